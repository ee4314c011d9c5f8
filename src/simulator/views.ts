import { createHash } from 'node:crypto'
import type { Caller, Permissions } from './acl.js'
import { bootDiskSize, cpusOf, memoryOf, nameOf } from './sizes.js'
import {
  findNode,
  isTemplate,
  lockOf,
  type SimGuest,
  type SimNode,
  type SimStorage,
  type World,
} from './state.js'
import { diskUsed, guestCounters, guestUsage, nodeUsage, storageFill } from './usage.js'

/** How long after a node's death its guests are still shown as they were, in seconds. */
const STALE_AFTER = 300

type Cached = { readonly revision: number; readonly text: string }
const fixedParts = new WeakMap<SimGuest, Cached>()
const digests = new WeakMap<SimGuest, Cached>()

/** SHA-1 over the guest's config, pending values and snapshots: PVE's digest of the config file. */
export function digestOf(guest: SimGuest): string {
  const known = digests.get(guest)
  if (known?.revision === guest.revision) return known.text
  const sorted = (values: object): unknown => Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify([sorted(guest.config), sorted(guest.pending), guest.snapshots])
  const digest = createHash('sha1').update(text).digest('hex')
  digests.set(guest, { revision: guest.revision, text: digest })
  return digest
}

/** Whether the cluster has not heard of the guest's node for so long that it knows nothing any more. */
export function isStale(node: SimNode | undefined, now: number): boolean {
  return node !== undefined && node.offlineSince !== null && now - node.offlineSince > STALE_AFTER
}

/** The JSON members of a guest's row that only change with the guest. */
function fixedPart(world: World, guest: SimGuest): string {
  const known = fixedParts.get(guest)
  if (known?.revision === guest.revision) return known.text
  const node = findNode(world, guest.node)
  const text =
    `"name":${JSON.stringify(nameOf(guest))},"status":"${guest.power}","template":${isTemplate(guest) ? 1 : 0},` +
    `"maxcpu":${cpusOf(guest, node)},"maxmem":${memoryOf(guest)},"maxdisk":${bootDiskSize(guest)},"disk":${diskUsed(world.seed, guest)}`
  fixedParts.set(guest, { revision: guest.revision, text })
  return text
}

/** Members that are also there when nothing is known of the guest. */
function identityPart(guest: SimGuest, pool: string | null): string {
  const tags = guest.config.tags
  const lock = lockOf(guest)
  return (
    `"id":"${guest.kind}/${guest.vmid}","type":"${guest.kind}","vmid":${guest.vmid},"node":"${guest.node}"` +
    (pool === null ? '' : `,"pool":${JSON.stringify(pool)}`) +
    (typeof tags === 'string' && tags !== '' ? `,"tags":${JSON.stringify(tags)}` : '') +
    (lock === null ? '' : `,"lock":"${lock}"`) +
    (guest.ha === null ? '' : `,"hastate":"${guest.ha.state}"`)
  )
}

function usagePart(world: World, guest: SimGuest, now: number): string {
  if (guest.power === 'stopped') {
    const host = world.version.startsWith('9') ? '"memhost":0,' : ''
    return `${host}"cpu":0,"mem":0,"uptime":0,"netin":0,"netout":0,"diskread":0,"diskwrite":0`
  }
  const usage = guestUsage(world.seed, guest, now)
  const counted = guestCounters(world.seed, guest, now)
  const memhost = guest.kind === 'lxc' ? 0 : Math.floor(usage.mem * 1.04) + 50_000_000
  const host = world.version.startsWith('9') ? `"memhost":${memhost},` : ''
  return (
    `${host}"cpu":${usage.cpu},"mem":${usage.mem},"uptime":${Math.max(0, now - guest.startedAt)},` +
    `"netin":${counted.netin},"netout":${counted.netout},"diskread":${counted.diskread},"diskwrite":${counted.diskwrite}`
  )
}

type CachedRow = {
  readonly revision: number
  readonly tick: number
  readonly pool: string | null
  readonly text: string
}
const rows = new WeakMap<SimGuest, CachedRow>()

/**
 * A guest's row in `cluster/resources`, as JSON text; `turn` varies the order of its members. PVE refreshes what it
 * knows every 10 seconds, so a row is good for that long unless the guest changes.
 */
export function guestRow(
  world: World,
  guest: SimGuest,
  pool: string | null,
  now: number,
  turn: number,
): string {
  const node = findNode(world, guest.node)
  if (isStale(node, now)) return `{${identityPart(guest, pool)},"status":"unknown"}`
  const seen = node?.offlineSince ?? now
  const tick = Math.floor(seen / 10)
  const known = rows.get(guest)
  if (known?.revision === guest.revision && known.tick === tick && known.pool === pool) return known.text
  const parts = [identityPart(guest, pool), fixedPart(world, guest), usagePart(world, guest, seen)]
  const first = turn % 3
  const text = `{${parts[first]},${parts[(first + 1) % 3]},${parts[(first + 2) % 3]}}`
  rows.set(guest, { revision: guest.revision, tick, pool, text })
  return text
}

/** A node's row in `cluster/resources`. Without Sys.Audit its numbers are left out. */
export function nodeRow(
  world: World,
  node: SimNode,
  mayAudit: boolean,
  now: number,
): { [key: string]: unknown } {
  const row = { ...nodeBasics(node), 'cgroup-mode': 2 }
  return mayAudit ? { ...row, ...nodeNumbers(world, node, now) } : row
}

export function nodeBasics(node: SimNode): { [key: string]: unknown } {
  return {
    id: `node/${node.name}`,
    node: node.name,
    type: 'node',
    status: node.offlineSince === null ? 'online' : 'offline',
    level: '',
  }
}

export function nodeNumbers(world: World, node: SimNode, now: number): { [key: string]: unknown } {
  const sizes = { maxcpu: node.cpus, maxmem: node.memory, maxdisk: node.rootTotal }
  if (node.offlineSince !== null) return sizes
  const usage = nodeUsage(world.seed, node, now)
  return { ...sizes, cpu: usage.cpu, mem: usage.mem, disk: usage.rootUsed, uptime: now - node.bootedAt }
}

/** The storages a node has, disabled ones included. */
export function storagesOf(world: World, node: string): SimStorage[] {
  return world.storages.filter((storage) => storage.nodes === null || storage.nodes.includes(node))
}

/** Bytes used on a storage as seen from a node; a shared one shows the same everywhere. */
export function storageUsed(world: World, storage: SimStorage, node: SimNode, at: number): number {
  const index = world.storages.indexOf(storage)
  const id = 0x20_0000 + index * 64 + (storage.shared ? 0 : node.id)
  return Math.floor(storage.total * storageFill(world.seed, id, Math.floor(at / 10) * 10))
}

/** A storage's row in `cluster/resources`. */
export function storageRow(
  world: World,
  storage: SimStorage,
  node: SimNode,
  now: number,
): { [key: string]: unknown } {
  const row = {
    id: `storage/${node.name}/${storage.name}`,
    storage: storage.name,
    node: node.name,
    type: 'storage',
    plugintype: storage.type,
    content: world.rng.shuffle(storage.content).join(','),
    shared: storage.shared ? 1 : 0,
  }
  if (isStale(node, now)) return { ...row, status: 'unknown' }
  const seen = node.offlineSince ?? now
  return {
    ...row,
    status: 'available',
    maxdisk: storage.total,
    disk: storageUsed(world, storage, node, seen),
  }
}

/** A pool's row: the sums over its guests that are known and running. */
export function poolRow(world: World, pool: string, now: number): { [key: string]: unknown } {
  let [maxcpu, maxmem, mem, uptime, work] = [0, 0, 0, 0, 0]
  for (const guest of world.guests.values()) {
    if (guest.pool !== pool || guest.power === 'stopped') continue
    const node = findNode(world, guest.node)
    if (isStale(node, now)) continue
    const usage = guestUsage(world.seed, guest, node?.offlineSince ?? now)
    const cpus = cpusOf(guest, node)
    maxcpu += cpus
    maxmem += memoryOf(guest)
    mem += usage.mem
    uptime += now - guest.startedAt
    work += usage.cpu * cpus
  }
  const cpu = maxcpu === 0 ? 0 : work / maxcpu
  return { id: `/pool/${pool}`, pool, type: 'pool', maxcpu, maxmem, mem, uptime, cpu }
}

/** The pool of a guest, if the caller may know of it. */
export function visiblePool(permissions: Permissions, caller: Caller, guest: SimGuest): string | null {
  if (guest.pool === null) return null
  return permissions.has(caller, `/pool/${guest.pool}`, 'Pool.Audit') ? guest.pool : null
}
