import type { Guest, Inventory, Node, Pool, ResourceType, Storage, UsageByKey } from './resource.js'

/** A resource as the store holds it. `hidden` ones are not seen any more because a privilege was lost. */
export type StoredGuest = Guest & { readonly incarnation: number; readonly hidden: boolean }
export type StoredNode = Node & { readonly hidden: boolean }
export type StoredStorage = Storage & { readonly hidden: boolean }
export type StoredPool = Pool & { readonly hidden: boolean }

export type StoredInventory = {
  readonly guests: readonly StoredGuest[]
  readonly nodes: readonly StoredNode[]
  readonly storages: readonly StoredStorage[]
  readonly pools: readonly StoredPool[]
}

export type ChangeWhat = 'added' | 'removed' | 'recreated' | 'changed' | 'hidden' | 'visible'

/** A JSON value small enough for a history line. */
export type ChangeValue = string | number | boolean | null | readonly string[]

/** One attribute-level difference of one resource between two readings. */
export type Change = {
  readonly type: ResourceType
  /** The resource's stable key inside its cluster, `guest/101`. */
  readonly key: string
  /** Its name after the change (before it, when it was removed). */
  readonly name: string
  /** Which life of a guest this belongs to; 0 for everything else. */
  readonly incarnation: number
  readonly what: ChangeWhat
  /** Set for `changed` only. */
  readonly attribute: string | null
  readonly before: ChangeValue
  readonly after: ChangeValue
}

/** A change as history tells it: it happened after `since` and at or before `at` (ISO times). */
export type DatedChange = Change & {
  readonly id: number
  readonly cluster: string
  readonly since: string
  readonly at: string
}

/** What is in the store for a cluster, and which reading it came from. */
export type Picture = {
  readonly cluster: string
  /** The SyncRun it came from. */
  readonly runId: number
  /** ISO time of that reading. */
  readonly at: string
  readonly quorate: boolean
  readonly clusterName: string | null
  readonly version: string
  readonly inventory: StoredInventory
  readonly usage: UsageByKey
}

export const EMPTY_INVENTORY: Inventory = { guests: [], nodes: [], storages: [], pools: [] }
