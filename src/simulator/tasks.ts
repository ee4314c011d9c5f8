import type { Caller } from './acl.js'
import { type Begun, beginWork, endWork, type Finished, powerOff } from './effects.js'
import { actHa, haTaskEnded, takeUpRequest } from './ha.js'
import { findNode, isQuorate, type Scheduled, type SimTask, type World } from './state.js'
import { plotFor } from './task-faults.js'
import type { Work } from './work.js'

/** How long PVE waits for the lock of a guest's config before it gives up, in milliseconds. */
const LOCK_WAIT = 10_000

/** Tasks a node remembers. */
const KEPT = 1500

const hex8 = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0')

/** Who a task belongs to: a token, or a user in the web UI. */
export type Owner = { readonly user: string; readonly tokenid: string | null }
export const ROOT: Owner = { user: 'root@pam', tokenid: null }
export const ownerOf = (caller: Caller): Owner => ({ user: caller.user, tokenid: caller.name })

/** `user@realm` or `user@realm!token`, as the UPID has it. */
export function fullUser(task: Owner): string {
  return task.tokenid === null ? task.user : `${task.user}!${task.tokenid}`
}

export type NewTask = {
  readonly node: string
  readonly type: string
  readonly id: string
  readonly owner: Owner
  readonly work: Work | null
}

function list(world: World, node: string): SimTask[] {
  const known = world.tasks.get(node)
  if (known !== undefined) return known
  const made: SimTask[] = []
  world.tasks.set(node, made)
  return made
}

const unfinished = new WeakMap<World, Set<SimTask>>()

/** The tasks that have not ended, in the order of their start on each node. */
function activeOf(world: World): Set<SimTask> {
  const known = unfinished.get(world)
  if (known !== undefined) return known
  const found = new Set<SimTask>()
  for (const tasks of world.tasks.values())
    for (const task of tasks) if (task.phase !== 'done') found.add(task)
  unfinished.set(world, found)
  return found
}

/** Puts a task into its node's list without any work, `at` in milliseconds. */
function register(world: World, task: NewTask, at: number): SimTask {
  const node = findNode(world, task.node)
  const starttime = Math.floor(at / 1000)
  const pid = (node?.lastPid ?? 1000) + world.rng.int(1, 9)
  if (node !== undefined) node.lastPid = pid
  const pstart = Math.max(0, Math.floor((at / 1000 - (node?.bootedAt ?? starttime)) * 100))
  const upid = `UPID:${task.node}:${hex8(pid)}:${hex8(pstart)}:${hex8(starttime)}:${task.type}:${task.id}:${fullUser(task.owner)}:`
  const made: SimTask = {
    upid,
    node: task.node,
    pid,
    pstart,
    starttime,
    type: task.type,
    id: task.id,
    user: task.owner.user,
    tokenid: task.owner.tokenid,
    endtime: null,
    status: null,
    log: [],
    work: task.work,
    phase: 'waiting',
    dueAt: at,
    deadline: at + LOCK_WAIT,
    plot: null,
  }
  const all = list(world, task.node)
  all.push(made)
  activeOf(world).add(made)
  if (all.length > KEPT) all.splice(0, all.length - KEPT)
  world.changed()
  return made
}

function finish(world: World, task: SimTask, result: Finished, at: number): void {
  const { work } = task
  task.phase = 'done'
  task.endtime = Math.floor(at / 1000)
  task.status = result.status
  const warned = result.status.startsWith('WARNINGS:')
  const last =
    result.status === 'OK' ? 'TASK OK' : warned ? `TASK ${result.status}` : `TASK ERROR: ${result.status}`
  task.log.push(...result.log, last)
  task.work = null
  activeOf(world).delete(task)
  world.changed()
  if (work?.forHa === true) haTaskEnded(world, work, result.status, at)
}

/** A task that is over when it is made, as the log of things others did. Times in unix seconds. */
export function recordTask(
  world: World,
  task: Omit<NewTask, 'work'>,
  times: { readonly start: number; readonly end: number },
  result: Finished,
): SimTask {
  const made = register(world, { ...task, work: null }, times.start * 1000)
  finish(world, made, result, times.end * 1000)
  return made
}

function begin(world: World, task: SimTask, at: number): void {
  const begun: Begun =
    task.work === null ? { kind: 'going', seconds: 0, log: [] } : beginWork(world, task.work, task.node)
  if (begun.kind === 'failed') {
    finish(world, task, { status: begun.error, log: begun.log }, at)
    return
  }
  task.plot = plotFor(world, task)
  task.log.push(...begun.log, ...(task.plot?.log ?? []))
  task.phase = 'working'
  const seconds = task.plot?.seconds ?? begun.seconds
  task.dueAt = at + (task.plot?.killed === true ? seconds / 2 : seconds) * 1000
  world.changed()
}

/** The task that holds the lock which another one needs: locks are files of the node. */
function holderOf(world: World, waiting: SimTask): SimTask | null {
  const { work } = waiting
  if (work === null || work.kind === 'ha-request') return null
  for (const task of activeOf(world)) {
    if (task === waiting || task.phase !== 'working' || task.node !== waiting.node) continue
    if (task.work?.vmid === work.vmid && task.work.kind !== 'ha-request') return task
  }
  return null
}

/** Goes to work, or waits for the lock until its holder is due or the patience ends. */
function beginOrWait(world: World, task: SimTask, at: number): void {
  const holder = holderOf(world, task)
  if (holder === null) begin(world, task, at)
  else task.dueAt = Math.max(at, Math.min(holder.dueAt, task.deadline))
}

/** Starts a task now; its UPID. A guest's tasks wait for each other, for at most 10 seconds. */
export function forkTask(world: World, task: NewTask, at = world.clock.now()): string {
  const made = register(world, task, at)
  beginOrWait(world, made, at)
  return made.upid
}

/** All tasks that have not ended. */
export function running(world: World): SimTask[] {
  return [...activeOf(world)]
}

function lockTimeout(work: Work): string {
  const folder = work.guest === 'qemu' ? 'qemu-server' : 'pve-manager'
  const file = work.guest === 'qemu' ? `lock-${work.vmid}.conf` : `pve-config-${work.vmid}.lock`
  const path = work.guest === 'qemu' ? `/var/lock/${folder}/${file}` : `/run/lock/lxc/${file}`
  return `can't lock file '${path}' - got timeout`
}

function endOf(world: World, task: SimTask): Finished {
  const { plot, work } = task
  if (plot !== null && plot.error !== null) return { status: plot.error, log: [] }
  const result =
    work === null ? { status: 'OK', log: [] } : endWork(world, work, { node: task.node, at: task.dueAt })
  const own =
    result.status === 'OK' ? 0 : Number(/^WARNINGS: ([0-9]+)$/.exec(result.status)?.[1] ?? Number.NaN)
  const added = plot?.warnings.length ?? 0
  if (added === 0 || Number.isNaN(own)) return result
  const lines = (plot?.warnings ?? []).map((text) => `WARN: ${text}`)
  return { status: `WARNINGS: ${own + added}`, log: [...result.log, ...lines] }
}

function step(world: World, task: SimTask): void {
  const at = task.dueAt
  if (task.phase === 'working' && task.plot?.killed === true) {
    abortTask(world, task, at)
    return
  }
  if (task.phase === 'working') {
    finish(world, task, endOf(world, task), at)
    return
  }
  if (task.work !== null && at >= task.deadline && holderOf(world, task) !== null) {
    const log = task.work.guest === 'qemu' ? ['trying to acquire lock...'] : []
    finish(world, task, { status: lockTimeout(task.work), log }, at)
  } else {
    beginOrWait(world, task, at)
  }
}

/** The next task that is due; of two at the same time the one that works goes first, since the other may wait for it. */
function nextTask(world: World, now: number): SimTask | null {
  let next: SimTask | null = null
  for (const task of activeOf(world)) {
    if (task.dueAt > now || findNode(world, task.node)?.offlineSince !== null) continue
    const sooner = next === null || task.dueAt < next.dueAt
    if (sooner || (task.dueAt === next?.dueAt && task.phase === 'working' && next.phase === 'waiting'))
      next = task
  }
  return next
}

/** Whether nothing can happen where it was to happen: the node is down, or the HA manager has no quorum. */
function isHeld(world: World, entry: Scheduled): boolean {
  const node = entry.kind === 'task' ? entry.node : world.guests.get(entry.vmid)?.node
  if (node !== undefined && findNode(world, node)?.offlineSince !== null) return true
  return (entry.kind === 'ha-request' || entry.kind === 'ha-act') && !isQuorate(world)
}

function nextScheduled(world: World, now: number): Scheduled | null {
  let next: Scheduled | null = null
  for (const entry of world.scheduled) {
    if (entry.at > now || (next !== null && entry.at >= next.at) || isHeld(world, entry)) continue
    next = entry
  }
  return next
}

function happen(world: World, entry: Scheduled): void {
  world.scheduled = world.scheduled.filter((other) => other !== entry)
  world.changed()
  if (entry.kind === 'ha-request') {
    takeUpRequest(world, entry, entry.at)
  } else if (entry.kind === 'off') {
    const guest = world.guests.get(entry.vmid)
    if (guest !== undefined && guest.power !== 'stopped' && guest.pid === entry.pid)
      powerOff(world, guest, entry.at)
  } else {
    const wanted = entry.kind === 'task' ? entry : actHa(world, entry.vmid)
    if (wanted === null) return
    const { node, type, work } = wanted
    forkTask(world, { node, type, id: String(work.vmid), owner: ROOT, work }, entry.at)
  }
}

/** Lets everything happen that is due by now, in the order of time. To be called before the world is looked at. */
export function settle(world: World): void {
  const now = world.clock.now()
  for (let rounds = 0; rounds < 100_000; rounds += 1) {
    const task = nextTask(world, now)
    const scheduled = nextScheduled(world, now)
    if (scheduled !== null && (task === null || scheduled.at < task.dueAt)) happen(world, scheduled)
    else if (task !== null) step(world, task)
    else return
  }
}

/** A guest that has been asked to shut down goes on doing so when the task that asked is gone. */
function goesOff(world: World, task: SimTask): void {
  const { work } = task
  const guest = work === null ? undefined : world.guests.get(work.vmid)
  if (work?.kind !== 'shutdown' || task.phase !== 'working' || guest === undefined) return
  if (guest.stubborn || guest.power !== 'running') return
  if (task.plot !== null && task.plot.error !== null) return
  world.scheduled.push({ kind: 'off', at: task.dueAt, vmid: guest.vmid, pid: guest.pid })
}

/** Stops a task as `DELETE` does; what waited for its lock goes on. */
export function abortTask(world: World, task: SimTask, at = world.clock.now()): void {
  if (task.phase === 'done') return
  goesOff(world, task)
  finish(world, task, { status: 'received interrupt', log: [] }, at)
  for (const other of activeOf(world)) if (other.phase === 'waiting') other.dueAt = at
}

/** Ends a task as the crash of its node does: without a last line. */
export function endUnexpectedly(world: World, task: SimTask, at: number): void {
  finish(world, task, { status: 'unexpected status', log: [] }, at)
  task.log.pop()
}

/** The tasks of a node, newest first. */
export function tasksOf(world: World, node: string): SimTask[] {
  return [...(world.tasks.get(node) ?? [])].reverse()
}

/** The task with that UPID, or undefined. */
export function findTask(world: World, upid: string): SimTask | undefined {
  const node = upid.split(':')[1] ?? ''
  return world.tasks.get(node)?.find((task) => task.upid === upid)
}
