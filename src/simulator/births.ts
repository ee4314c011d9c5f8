import { type ChangeResult, done, type Existing, leaveTask, refused } from './change-result.js'
import type { ParsedChange } from './control-schema.js'
import { powerOff, removeGuest } from './effects.js'
import { normalizeTags } from './guest-config.js'
import { makeGuest } from './seed-guests.js'
import { nameOf } from './sizes.js'
import { findNode, type SimGuest, touch, type World } from './state.js'

/** Makes a guest as somebody else would. */
export function create(world: World, change: Extract<ParsedChange, { kind: 'create' }>): ChangeResult {
  if (world.guests.has(change.vmid)) return refused(`guest ${change.vmid} exists`)
  const node = change.node ?? world.nodes[0]?.name ?? 'pve1'
  if (findNode(world, node) === undefined) return refused(`no node ${node}`)
  const now = world.clock.seconds()
  const guest = makeGuest(
    {
      vmid: change.vmid,
      kind: change.guestKind,
      name: change.name,
      node,
      power: change.running ? 'running' : 'stopped',
      upDays: 0,
      cores: change.cores,
      memoryMiB: change.memoryMiB,
      diskGiB: change.diskGiB,
      nic: change.nic,
      ...(change.tags === undefined ? {} : { tags: normalizeTags(change.tags) }),
      ...(change.pool === undefined ? {} : { pool: change.pool }),
    },
    world.rng,
    now,
  )
  if (guest.config.meta !== undefined) guest.config.meta = `creation-qemu=10.0.2,ctime=${now}`
  world.guests.set(guest.vmid, guest)
  touch(world, guest)
  if (change.by === 'web-ui') leaveTask(world, guest, 'xxcreate')
  return done(guest.vmid, 'created')
}

/** Takes a guest away. */
export function destroy(world: World, guest: SimGuest, by: 'web-ui' | 'config-file'): void {
  removeGuest(world, guest)
  if (by === 'web-ui') leaveTask(world, guest, 'xxdestroy')
}

/** Destroys a guest and makes another one under its number. */
export function recreate(
  world: World,
  guest: SimGuest,
  change: Extract<Existing, { kind: 'recreate' }>,
): ChangeResult {
  destroy(world, guest, change.by)
  const made = create(world, {
    kind: 'create',
    vmid: guest.vmid,
    guestKind: change.guestKind ?? guest.kind,
    name: change.name ?? nameOf(guest),
    node: guest.node,
    running: guest.power !== 'stopped',
    memoryMiB: Number(guest.config.memory ?? 1024),
    cores: Number(guest.config.cores ?? 1),
    diskGiB: 8,
    nic: guest.config.net0 !== undefined,
    by: change.by,
    ...(typeof guest.config.tags === 'string' ? { tags: guest.config.tags } : {}),
    ...(guest.pool === null ? {} : { pool: guest.pool }),
  })
  return made.kind === 'refused' ? made : done(guest.vmid, 'recreated')
}

/**
 * Restores a backup over a guest: it stays what it is called, and is stopped. PVE gives a VM a new vmgenid, keeps its
 * uuid and time of creation, and lets a container keep its addresses; snapshots are gone.
 */
export function restoreOver(world: World, guest: SimGuest, by: 'web-ui' | 'config-file'): ChangeResult {
  if (guest.power !== 'stopped') powerOff(world, guest, world.clock.now())
  guest.pending = {}
  guest.snapshots = []
  delete guest.config.parent
  delete guest.config.lock
  if (guest.config.vmgenid !== undefined) guest.config.vmgenid = world.rng.uuid()
  touch(world, guest)
  if (by === 'web-ui') leaveTask(world, guest, 'xxrestore')
  return done(guest.vmid, 'restored over')
}
