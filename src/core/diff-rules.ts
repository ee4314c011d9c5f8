import type { ChangeValue, StoredGuest, StoredNode, StoredPool, StoredStorage } from './change.js'
import {
  type Guest,
  guestKey,
  type Node,
  nodeKey,
  type Pool,
  poolKey,
  type ResourceType,
  type Storage,
  storageKey,
} from './resource.js'

/** A guest's row as read. On a dead node PVE forgets most of it: `fresh` is false and the name may be null. */
export type SeenGuest = Omit<Guest, 'name'> & { readonly name: string | null; readonly fresh: boolean }

/** What, besides the two readings, tells one thing from another. */
export type Evidence = {
  /** vmids whose destruction was seen in the task log since the last reading. */
  readonly destroyed: ReadonlySet<number>
  /** vmids that bear another name and whose config says that it was created after the last reading. */
  readonly createdSince: ReadonlySet<number>
  /** Whether an absence from the listing proves that the resource is gone. */
  readonly wouldSee: (type: ResourceType, name: string) => boolean
  /** Keys of rows that were listed but could not be read: they are there, as they were. */
  readonly unread: ReadonlySet<string>
}

/** How one kind of resource is compared. */
export type Rules<SeenRow, Row extends { readonly hidden: boolean }> = {
  readonly type: ResourceType
  readonly key: (row: SeenRow | Row) => string
  readonly name: (row: Row) => string
  /** What history says it was when another thing takes its place. */
  readonly identity: (row: Row) => ChangeValue
  /** What the token needs to see: a vmid, a storage or a pool. */
  readonly subject: (row: Row) => string
  readonly incarnation: (row: Row) => number
  /** The row to store, given what was there; `recreated` when it is another thing under the same key. */
  readonly merge: (old: Row | undefined, row: SeenRow) => { readonly row: Row; readonly recreated: boolean }
  /** Attributes that history tells. */
  readonly told: (row: Row) => Readonly<Record<string, ChangeValue>>
  /** Everything stored, for finding rows that must be written. */
  readonly same: (a: Row, b: Row) => boolean
}

/** Whether two values of history are the same. */
export function equal(a: ChangeValue, b: ChangeValue): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, i) => value === b[i])
  return a === b
}

/** Guests: who it is, what of a dead node's row still counts. */
export function guestRules(evidence: Evidence): Rules<SeenGuest, StoredGuest> {
  return {
    type: 'guest',
    key: (guest) => guestKey(guest.vmid),
    name: (guest) => guest.name,
    identity: (guest) => [guest.kind, guest.name],
    subject: (guest) => String(guest.vmid),
    incarnation: (guest) => guest.incarnation,
    merge: (old, guest) => {
      if (old === undefined) return { row: stored(guest, 1), recreated: false }
      if (!guest.fresh) return { row: onDeadNode(old, guest), recreated: false }
      const another =
        guest.kind !== old.kind || evidence.destroyed.has(guest.vmid) || evidence.createdSince.has(guest.vmid)
      return { row: stored(guest, another ? old.incarnation + 1 : old.incarnation), recreated: another }
    },
    told: toldOfGuest,
    same: (a, b) =>
      a.kind === b.kind &&
      a.lock === b.lock &&
      a.hastate === b.hastate &&
      a.incarnation === b.incarnation &&
      a.hidden === b.hidden &&
      a.name === b.name &&
      a.node === b.node &&
      a.status === b.status &&
      a.template === b.template &&
      a.pool === b.pool &&
      a.maxcpu === b.maxcpu &&
      a.maxmem === b.maxmem &&
      a.maxdisk === b.maxdisk &&
      equal(a.tags, b.tags),
  }
}

/** `lock` and the steps of the HA manager come and go by themselves; that a guest is under HA does not. */
function toldOfGuest(guest: Guest): Readonly<Record<string, ChangeValue>> {
  return {
    name: guest.name,
    node: guest.node,
    status: guest.status,
    template: guest.template,
    tags: guest.tags,
    pool: guest.pool,
    ha: guest.hastate === null ? 'not managed' : 'managed',
    maxcpu: guest.maxcpu,
    maxmem: guest.maxmem,
    maxdisk: guest.maxdisk,
  }
}

/** Written out, because this runs for every guest of every reading and spreading is many times slower. */
function stored(guest: SeenGuest, incarnation: number): StoredGuest {
  return {
    vmid: guest.vmid,
    kind: guest.kind,
    name: guest.name ?? `${guest.kind === 'qemu' ? 'VM' : 'CT'} ${guest.vmid}`,
    node: guest.node,
    status: guest.status,
    template: guest.template,
    tags: guest.tags,
    pool: guest.pool,
    lock: guest.lock,
    hastate: guest.hastate,
    maxcpu: guest.maxcpu,
    maxmem: guest.maxmem,
    maxdisk: guest.maxdisk,
    incarnation,
    hidden: false,
  }
}

/**
 * Where the guest is comes from the cluster's file system and is right even when its node is dead; all else is kept as
 * it was last known, so that a node's bad hour leaves no line in the history of its guests.
 */
function onDeadNode(old: StoredGuest, guest: SeenGuest): StoredGuest {
  return { ...old, node: guest.node, hidden: false }
}

export const nodeRules: Rules<Node, StoredNode> = {
  type: 'node',
  key: (node) => nodeKey(node.name),
  name: (node) => node.name,
  identity: (node) => node.name,
  subject: (node) => node.name,
  incarnation: () => 0,
  merge: (old, node) => {
    const kept = {
      maxcpu: node.maxcpu ?? old?.maxcpu ?? null,
      maxmem: node.maxmem ?? old?.maxmem ?? null,
      maxdisk: node.maxdisk ?? old?.maxdisk ?? null,
      ip: node.ip ?? old?.ip ?? null,
      fingerprint: node.fingerprint ?? old?.fingerprint ?? null,
    }
    return { row: { ...node, ...kept, hidden: false }, recreated: false }
  },
  told: ({ status, maxcpu, maxmem, ip }) => ({ status, maxcpu, maxmem, ip }),
  same: (a, b) =>
    a.status === b.status &&
    a.maxcpu === b.maxcpu &&
    a.maxmem === b.maxmem &&
    a.maxdisk === b.maxdisk &&
    a.ip === b.ip &&
    a.fingerprint === b.fingerprint &&
    a.hidden === b.hidden,
}

/** What a dead node's own storages hold is not known; they keep the state they were last seen in. */
export function storageRules(deadNodes: ReadonlySet<string>): Rules<Storage, StoredStorage> {
  return {
    type: 'storage',
    key: (storage) => storageKey(storage),
    name: (storage) => storage.name,
    identity: (storage) => storage.name,
    subject: (storage) => storage.name,
    incarnation: () => 0,
    merge: (old, storage) => {
      const blind = old !== undefined && storage.node !== null && deadNodes.has(storage.node)
      const seen = { ...storage, maxdisk: storage.maxdisk ?? old?.maxdisk ?? null, hidden: false }
      return { row: blind ? { ...seen, status: old.status } : seen, recreated: false }
    },
    told: ({ type, content, shared, status }) => ({ type, content, shared, status }),
    same: (a, b) =>
      a.type === b.type &&
      a.shared === b.shared &&
      a.status === b.status &&
      a.maxdisk === b.maxdisk &&
      a.hidden === b.hidden &&
      equal(a.content, b.content),
  }
}

export const poolRules: Rules<Pool, StoredPool> = {
  type: 'pool',
  key: (pool) => poolKey(pool.name),
  name: (pool) => pool.name,
  identity: (pool) => pool.name,
  subject: (pool) => pool.name,
  incarnation: () => 0,
  merge: (_old, pool) => ({ row: { ...pool, hidden: false }, recreated: false }),
  told: ({ comment }) => ({ comment }),
  same: (a, b) => a.comment === b.comment && a.hidden === b.hidden,
}
