import { z } from 'zod'
import type {
  DatedChange,
  StoredGuest,
  StoredInventory,
  StoredNode,
  StoredPool,
  StoredStorage,
} from '../core/change.js'
import type { ReplayableChange } from '../core/replay.js'
import type { GuestKind, UsageByKey } from '../core/resource.js'

/** Rows as the database gives them, to the types of core. We wrote them: the checks are light, and cheap per row. */

export const GUEST_COLUMNS = [
  'vmid',
  'name',
  'node',
  'status',
  'template',
  'tags',
  'pool',
  'lock',
  'hastate',
  'maxcpu',
  'maxmem',
  'maxdisk',
  'incarnation',
  'hidden',
] as const
export const NODE_COLUMNS = [
  'name',
  'status',
  'maxcpu',
  'maxmem',
  'maxdisk',
  'ip',
  'fingerprint',
  'hidden',
] as const
export const STORAGE_COLUMNS = [
  'name',
  'node',
  'type',
  'content',
  'shared',
  'status',
  'maxdisk',
  'hidden',
] as const
export const POOL_COLUMNS = ['name', 'comment', 'hidden'] as const

type Cell = string | number | null

/**
 * JSON as a bound value. Half a character (a lone surrogate) becomes the replacement character: SQLite would make bytes
 * of it that are no UTF-8, upon which the driver ends the process, now and whenever the row is read.
 */
export function sqlJson(value: unknown): string {
  const text = JSON.stringify(value)
  if (!text.includes('\\ud')) return text
  return JSON.stringify(value, (_, part) =>
    typeof part === 'string' ? part.replace(/\p{Cs}/gu, '\ufffd') : part,
  )
}

/** A guest as an array in the order of its columns; lists are joined, booleans 0 and 1. */
export function guestCells(guest: StoredGuest): readonly Cell[] {
  return [
    guest.vmid,
    guest.name,
    guest.node,
    guest.status,
    guest.template ? 1 : 0,
    guest.tags.join(';'),
    guest.pool,
    guest.lock,
    guest.hastate,
    guest.maxcpu,
    guest.maxmem,
    guest.maxdisk,
    guest.incarnation,
    guest.hidden ? 1 : 0,
  ]
}
export function nodeCells(node: StoredNode): readonly Cell[] {
  return [
    node.name,
    node.status,
    node.maxcpu,
    node.maxmem,
    node.maxdisk,
    node.ip,
    node.fingerprint,
    node.hidden ? 1 : 0,
  ]
}
export function storageCells(storage: StoredStorage): readonly Cell[] {
  const { name, node, type, content, shared, status, maxdisk, hidden } = storage
  return [name, node ?? '', type, content.join(','), shared ? 1 : 0, status, maxdisk, hidden ? 1 : 0]
}
export function poolCells(pool: StoredPool): readonly Cell[] {
  return [pool.name, pool.comment, pool.hidden ? 1 : 0]
}

const list = (text: string, separator: string): readonly string[] =>
  text === '' ? [] : text.split(separator)

type GuestCells = [
  number,
  string,
  string,
  StoredGuest['status'],
  number,
  string,
  string | null,
  string | null,
  string | null,
  number | null,
  number | null,
  number | null,
  number,
  number,
]
type NodeCells = [
  string,
  StoredNode['status'],
  number | null,
  number | null,
  number | null,
  string | null,
  string | null,
  number,
]
type StorageCells = [string, string, string, string, number, StoredStorage['status'], number | null, number]
type PoolCells = [string, string | null, number]

export function guestOf(kind: GuestKind, cells: GuestCells): StoredGuest {
  const [
    vmid,
    name,
    node,
    status,
    template,
    tags,
    pool,
    lock,
    hastate,
    maxcpu,
    maxmem,
    maxdisk,
    incarnation,
    hidden,
  ] = cells
  return {
    vmid,
    kind,
    name,
    node,
    status,
    template: template === 1,
    tags: list(tags, ';'),
    pool,
    lock,
    hastate,
    maxcpu,
    maxmem,
    maxdisk,
    incarnation,
    hidden: hidden === 1,
  }
}

const Run = z.tuple([z.number(), z.string(), z.number(), z.string().nullable(), z.string().nullable()])

type Wire = {
  run: unknown
  vms: GuestCells[]
  cts: GuestCells[]
  nodes: NodeCells[]
  storages: StorageCells[]
  pools: PoolCells[]
  usage: UsageByKey | null
}

/** Everything one statement gave about a cluster; null before its first good run. */
export function pictureOf(text: string) {
  const wire = JSON.parse(text) as Wire
  if (wire.run === null) return null
  const [runId, at, quorate, clusterName, version] = Run.parse(wire.run)
  const inventory: StoredInventory = {
    guests: [
      ...wire.vms.map((cells) => guestOf('qemu', cells)),
      ...wire.cts.map((cells) => guestOf('lxc', cells)),
    ],
    nodes: wire.nodes.map(([name, status, maxcpu, maxmem, maxdisk, ip, fingerprint, hidden]) => ({
      name,
      status,
      maxcpu,
      maxmem,
      maxdisk,
      ip,
      fingerprint,
      hidden: hidden === 1,
    })),
    storages: wire.storages.map(([name, node, type, content, shared, status, maxdisk, hidden]) => ({
      name,
      node: node === '' ? null : node,
      type,
      content: list(content, ','),
      shared: shared === 1,
      status,
      maxdisk,
      hidden: hidden === 1,
    })),
    pools: wire.pools.map(([name, comment, hidden]) => ({ name, comment, hidden: hidden === 1 })),
  }
  return {
    runId,
    at,
    quorate: quorate === 1,
    clusterName,
    version: version ?? 'unknown',
    inventory,
    usage: wire.usage ?? {},
  }
}

/** A keyframe's or a replayed state's rows by key, back to an inventory. */
export function inventoryOf(rows: ReadonlyMap<string, unknown>): StoredInventory {
  const of = <T>(prefix: string) =>
    [...rows].filter(([key]) => key.startsWith(prefix)).map(([, row]) => row as T)
  return {
    guests: of<StoredGuest>('guest/'),
    nodes: of<StoredNode>('node/'),
    storages: of<StoredStorage>('storage/'),
    pools: of<StoredPool>('pool/'),
  }
}

export function stateOf(text: string): StoredInventory {
  return JSON.parse(text) as StoredInventory
}

/** A line of history. */
export function changeOf(text: string): DatedChange {
  return JSON.parse(text) as DatedChange
}

/** Lines of history with the resources that make them replayable, oldest first. */
export function changesOf(text: string): readonly ReplayableChange[] {
  return JSON.parse(text) as ReplayableChange[]
}
