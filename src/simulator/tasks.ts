import type { Caller } from './acl.js'
import { type Begun, beginWork, endWork, type Finished } from './effects.js'
import { findNode, type SimTask, type World } from './state.js'
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
    giveUp: false,
  }
  const all = list(world, task.node)
  all.push(made)
  if (all.length > KEPT) all.splice(0, all.length - KEPT)
  world.changed()
  return made
}

function finish(world: World, task: SimTask, result: Finished, at: number): void {
  task.phase = 'done'
  task.endtime = Math.floor(at / 1000)
  task.status = result.status
  const warned = result.status.startsWith('WARNINGS:')
  const last =
    result.status === 'OK' ? 'TASK OK' : warned ? `TASK ${result.status}` : `TASK ERROR: ${result.status}`
  task.log.push(...result.log, last)
  task.work = null
  world.changed()
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
  task.log.push(...begun.log)
  task.phase = 'working'
  task.dueAt = at + begun.seconds * 1000
}

/** The task that holds the config lock of a guest longest. */
function holderOf(world: World, vmid: number): SimTask | null {
  let found: SimTask | null = null
  for (const task of running(world)) {
    if (task.work === null || task.work.vmid !== vmid || task.work.kind === 'ha-request') continue
    if (found === null || task.dueAt > found.dueAt) found = task
  }
  return found
}

/** Starts a task now; its UPID. A guest's tasks wait for each other, for at most 10 seconds. */
export function forkTask(world: World, task: NewTask, at = world.clock.now()): string {
  const holder =
    task.work === null || task.work.kind === 'ha-request' ? null : holderOf(world, task.work.vmid)
  const made = register(world, task, at)
  if (holder === null) {
    begin(world, made, at)
  } else {
    made.giveUp = holder.dueAt > at + LOCK_WAIT
    made.dueAt = made.giveUp ? at + LOCK_WAIT : holder.dueAt
  }
  return made.upid
}

/** All tasks that have not ended. */
export function running(world: World): SimTask[] {
  const found: SimTask[] = []
  for (const tasks of world.tasks.values()) {
    for (const task of tasks) if (task.phase !== 'done') found.push(task)
  }
  return found
}

function lockTimeout(work: Work): string {
  const folder = work.guest === 'qemu' ? 'qemu-server' : 'pve-manager'
  const file = work.guest === 'qemu' ? `lock-${work.vmid}.conf` : `pve-config-${work.vmid}.lock`
  const path = work.guest === 'qemu' ? `/var/lock/${folder}/${file}` : `/run/lock/lxc/${file}`
  return `can't lock file '${path}' - got timeout`
}

function step(world: World, task: SimTask): void {
  const at = task.dueAt
  if (task.phase === 'waiting') {
    if (task.giveUp && task.work !== null) {
      const log = task.work.guest === 'qemu' ? ['trying to acquire lock...'] : []
      finish(world, task, { status: lockTimeout(task.work), log }, at)
    } else {
      begin(world, task, at)
    }
    return
  }
  const result: Finished =
    task.work === null ? { status: 'OK', log: [] } : endWork(world, task.work, { node: task.node, at })
  finish(world, task, result, at)
}

/** Lets everything happen that is due by now, in the order of time. To be called before the world is looked at. */
export function settle(world: World): void {
  const now = world.clock.now()
  for (let rounds = 0; rounds < 10_000; rounds += 1) {
    let task: SimTask | null = null
    for (const candidate of running(world)) {
      const node = findNode(world, candidate.node)
      if (node?.offlineSince !== null) continue
      if (candidate.dueAt <= now && (task === null || candidate.dueAt < task.dueAt)) task = candidate
    }
    const scheduled = world.scheduled.reduce<World['scheduled'][number] | null>(
      (first, entry) => (entry.at <= now && (first === null || entry.at < first.at) ? entry : first),
      null,
    )
    if (task === null && scheduled === null) return
    if (scheduled !== null && (task === null || scheduled.at < task.dueAt)) {
      world.scheduled = world.scheduled.filter((entry) => entry !== scheduled)
      const { node, type, work } = scheduled
      forkTask(world, { node, type, id: String(work.vmid), owner: ROOT, work }, scheduled.at)
    } else if (task !== null) {
      step(world, task)
    }
  }
}

/** Stops a task as `DELETE` does; what waited for its lock goes on. */
export function abortTask(world: World, task: SimTask): void {
  if (task.phase === 'done') return
  const at = world.clock.now()
  const vmid = task.work?.vmid
  finish(world, task, { status: 'received interrupt', log: [] }, at)
  for (const other of running(world)) {
    if (other.phase !== 'waiting' || other.work?.vmid !== vmid) continue
    other.giveUp = false
    other.dueAt = at
  }
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
