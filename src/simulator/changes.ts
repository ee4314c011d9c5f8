import { create, destroy, recreate, restoreOver } from './births.js'
import { type ChangeResult, done, type Existing, leaveTask, refused } from './change-result.js'
import type { ParsedChange } from './control-schema.js'
import { powerOff, powerOn } from './effects.js'
import { applyConfig } from './guest-config.js'
import { newHa, noticeHa } from './ha.js'
import { createRng } from './rng.js'
import { createSnapshot, deleteSnapshot } from './snapshots.js'
import { findNode, type SimGuest, type SimTask, touch, type World } from './state.js'
import { abortTask, findTask, running } from './tasks.js'

/** The options whose editor in the web interface makes a background task. */
const HARDWARE =
  /^(?:cores|sockets|cpu|memory|balloon|net[0-9]|scsi[0-9]|virtio[0-9]|sata[0-9]|ide[0-9]|vga|machine|bios)/

function setConfig(world: World, guest: SimGuest, change: Extract<Existing, { kind: 'config' }>): void {
  const set = Object.fromEntries(Object.entries(change.set).map(([key, value]) => [key, String(value)]))
  applyConfig(world, guest, set, change.remove)
  const hardware = [...Object.keys(set), ...change.remove].some((key) => HARDWARE.test(key))
  if (change.by === 'web-ui' && guest.kind === 'qemu' && hardware) {
    const words = Object.entries(set).map(([key, value]) => `-${key} ${value}`)
    leaveTask(world, guest, 'qmconfig', [`update VM ${guest.vmid}: ${words.join(' ')}`])
  }
}

function setPower(world: World, guest: SimGuest, to: 'on' | 'off' | 'pause'): void {
  if (to === 'pause') {
    guest.power = 'paused'
    touch(world, guest)
    leaveTask(world, guest, guest.kind === 'qemu' ? 'qmpause' : 'vzsuspend')
  } else if (to === 'off') {
    powerOff(world, guest, world.clock.now())
    leaveTask(world, guest, 'xxstop')
  } else {
    if (guest.ha !== null) guest.ha.requested = 'started'
    if (guest.power === 'stopped') powerOn(world, guest, world.clock.now())
    guest.power = 'running'
    touch(world, guest)
    leaveTask(world, guest, 'xxstart')
  }
}

function migrate(world: World, guest: SimGuest, node: string): ChangeResult {
  if (findNode(world, node) === undefined) return refused(`no node ${node}`)
  const from = guest.node
  guest.node = node
  touch(world, guest)
  const type = guest.kind === 'qemu' ? 'qmigrate' : 'vzmigrate'
  const log = [`starting migration of ${guest.kind === 'qemu' ? 'VM' : 'CT'} ${guest.vmid} to node '${node}'`]
  leaveTask(world, guest, type, log, from)
  return done(guest.vmid, `migrated from ${from} to ${node}`)
}

function setPool(world: World, guest: SimGuest, pool: string | null): ChangeResult {
  if (pool !== null && !world.pools.has(pool)) world.pools.set(pool, { comment: null, storages: [] })
  guest.pool = pool
  touch(world, guest)
  return done(guest.vmid, `pool ${pool ?? 'none'}`)
}

function changeExisting(world: World, guest: SimGuest, change: Existing): ChangeResult {
  const { vmid } = guest
  switch (change.kind) {
    case 'rename':
      applyConfig(world, guest, { [guest.kind === 'qemu' ? 'name' : 'hostname']: change.name }, [])
      return done(vmid, `renamed to ${change.name}`)
    case 'tags':
      applyConfig(world, guest, { tags: change.tags }, [])
      return done(vmid, `tags ${change.tags}`)
    case 'pool':
      return setPool(world, guest, change.pool)
    case 'config':
      setConfig(world, guest, change)
      return done(vmid, 'config')
    case 'power':
      setPower(world, guest, change.to)
      return done(vmid, `power ${change.to}`)
    case 'migrate':
      return migrate(world, guest, change.node)
    case 'destroy':
      destroy(world, guest, change.by)
      return done(vmid, 'destroyed')
    case 'recreate':
      return recreate(world, guest, change)
    case 'restore-over':
      return restoreOver(world, guest, change.by)
    case 'snapshot-add':
      createSnapshot(world, guest, { ...change, vmstate: false }, world.clock.seconds())
      leaveTask(world, guest, 'xxsnapshot')
      return done(vmid, `snapshot ${change.name}`)
    case 'snapshot-remove':
      deleteSnapshot(world, guest, change.name)
      leaveTask(world, guest, 'xxdelsnapshot')
      return done(vmid, `snapshot ${change.name} removed`)
    case 'lock':
      if (change.lock === null) delete guest.config.lock
      else guest.config.lock = change.lock
      touch(world, guest)
      return done(vmid, `lock ${change.lock ?? 'none'}`)
    case 'ha':
      guest.ha = change.state === null ? null : newHa(change.state, null)
      touch(world, guest)
      noticeHa(world, guest, world.clock.now())
      return done(vmid, `ha ${change.state ?? 'none'}`)
    case 'stubborn':
      guest.stubborn = change.stubborn
      touch(world, guest)
      return done(vmid, `stubborn ${change.stubborn}`)
  }
}

/** One of several things that happen to guests, drawn. */
function randomChange(guest: SimGuest, draw: number, number: number): Existing {
  const { vmid } = guest
  if (draw < 0.25) return { kind: 'rename', vmid, name: `renamed-${number}`, by: 'config-file' }
  if (draw < 0.5) return { kind: 'tags', vmid, tags: `drift;run-${number % 7}`, by: 'config-file' }
  if (draw < 0.75 && guest.config.template !== 1) {
    return { kind: 'power', vmid, to: guest.power === 'stopped' ? 'on' : 'off' }
  }
  const onboot = guest.config.onboot === 1 ? 0 : 1
  return {
    kind: 'config',
    vmid,
    set: { onboot, memory: 512 + 256 * (number % 9) },
    remove: [],
    by: 'config-file',
  }
}

function randomChanges(world: World, percent: number, seed: number): ChangeResult {
  const rng = createRng(seed)
  const changed: { vmid: number; what: string }[] = []
  for (const guest of [...world.guests.values()].sort((a, b) => a.vmid - b.vmid)) {
    const chosen = rng.next() * 100 < percent
    const [draw, number] = [rng.next(), rng.int(1, 99_999)]
    if (!chosen) continue
    const result = changeExisting(world, guest, randomChange(guest, draw, number))
    if (result.kind === 'done') changed.push(...result.changed)
  }
  return { kind: 'done', changed }
}

function killTask(world: World, asked: Extract<ParsedChange, { kind: 'kill-task' }>): ChangeResult {
  const newest = running(world)
    .filter((task) => task.id === String(asked.vmid))
    .reduce<SimTask | null>(
      (last, task) => (last === null || task.starttime >= last.starttime ? task : last),
      null,
    )
  const task = asked.upid === undefined ? newest : findTask(world, asked.upid)
  if (task === null || task === undefined || task.phase === 'done') return refused('no such running task')
  if (findNode(world, task.node)?.offlineSince !== null) return refused(`node ${task.node} is offline`)
  abortTask(world, task)
  const vmid = /^[1-9][0-9]{2,8}$/.test(task.id) ? Number(task.id) : 0
  return done(vmid, `killed ${task.upid}`)
}

/** Makes a change of the inventory as somebody else would. Changes of certificates are not made here. */
export function applyChange(world: World, change: ParsedChange): ChangeResult {
  switch (change.kind) {
    case 'renew-certificate':
    case 'rekey-certificate':
      return refused('not a change of the inventory')
    case 'random-changes':
      return randomChanges(world, change.percent, change.seed)
    case 'create':
      return create(world, change)
    case 'kill-task':
      return killTask(world, change)
    case 'add-storage':
      if (world.storages.some((entry) => entry.name === change.storage)) return refused('storage exists')
      world.storages.push({
        name: change.storage,
        type: change.type,
        content: change.content,
        shared: change.shared,
        disabled: false,
        total: change.totalBytes,
        nodes: change.nodes,
        extra: { path: `/srv/${change.storage}` },
      })
      world.changed()
      return { kind: 'done', changed: [] }
    default: {
      const guest = world.guests.get(change.vmid)
      return guest === undefined ? refused(`no guest ${change.vmid}`) : changeExisting(world, guest, change)
    }
  }
}
