import { disksOf } from './sizes.js'
import { type SimGuest, touch, type World } from './state.js'

const NOT_SAVED = new Set(['parent', 'lock', 'template', 'snaptime', 'snapstate'])

/** Takes a snapshot; gives the lines a task prints about it. Time in unix seconds. */
export function createSnapshot(
  world: World,
  guest: SimGuest,
  wanted: { readonly name: string; readonly description: string; readonly vmstate: boolean },
  snaptime: number,
): string[] {
  const config = Object.fromEntries(Object.entries(guest.config).filter(([key]) => !NOT_SAVED.has(key)))
  delete config.description
  const parent = typeof guest.config.parent === 'string' ? guest.config.parent : null
  const vmstate = wanted.vmstate && guest.power !== 'stopped' && guest.kind === 'qemu' ? 1 : 0
  guest.snapshots.push({
    name: wanted.name,
    description: wanted.description,
    snaptime,
    vmstate,
    parent,
    config,
  })
  guest.config.parent = wanted.name
  touch(world, guest)
  if (guest.kind === 'lxc') return []
  const freeze = vmstate === 1 ? [] : ['skipping guest filesystem freeze - disabled in VM options']
  const disks = disksOf(config).map((disk) => `snapshotting 'drive-${disk.key}' (${disk.volid})`)
  return [...freeze, ...disks, 'internal qemu snapshot']
}

/** Removes a snapshot; those that followed it now follow its parent. */
export function deleteSnapshot(world: World, guest: SimGuest, name: string): string[] {
  const gone = guest.snapshots.find((entry) => entry.name === name)
  if (gone === undefined) return []
  guest.snapshots = guest.snapshots.filter((entry) => entry !== gone)
  for (const entry of guest.snapshots) if (entry.parent === name) entry.parent = gone.parent
  if (guest.config.parent === name) {
    if (gone.parent === null) delete guest.config.parent
    else guest.config.parent = gone.parent
  }
  touch(world, guest)
  return []
}

/** Puts config and state of a snapshot back. With saved memory the guest runs afterwards. */
export function rollbackSnapshot(world: World, guest: SimGuest, name: string): string[] {
  const found = guest.snapshots.find((entry) => entry.name === name)
  if (found === undefined) return []
  const description = guest.config.description
  guest.config = { ...found.config, parent: name }
  if (description !== undefined) guest.config.description = description
  guest.pending = {}
  guest.power = found.vmstate === 1 ? 'running' : 'stopped'
  guest.startedAt = found.vmstate === 1 ? world.clock.seconds() : 0
  touch(world, guest)
  return []
}
