/** The neutral picture of a cluster: what sync stores, what history compares and what cards show. */

export type GuestKind = 'qemu' | 'lxc'
export type ResourceType = 'guest' | 'node' | 'storage' | 'pool'
export type PowerState = 'running' | 'stopped' | 'paused' | 'unknown'

/**
 * A guest as last seen. `node` says where it is, never who it is: its identity is (cluster, vmid, incarnation).
 * Sizes are bytes.
 */
export type Guest = {
  readonly vmid: number
  readonly kind: GuestKind
  readonly name: string
  readonly node: string
  readonly status: PowerState
  readonly template: boolean
  readonly tags: readonly string[]
  readonly pool: string | null
  readonly lock: string | null
  readonly hastate: string | null
  readonly maxcpu: number | null
  readonly maxmem: number | null
  readonly maxdisk: number | null
}

export type Node = {
  readonly name: string
  readonly status: 'online' | 'offline' | 'unknown'
  readonly maxcpu: number | null
  readonly maxmem: number | null
  readonly maxdisk: number | null
  readonly ip: string | null
  readonly fingerprint: string | null
}

/** A storage; a shared one is one resource, a local one is one per node (`node` is null when shared). */
export type Storage = {
  readonly name: string
  readonly node: string | null
  readonly type: string
  readonly content: readonly string[]
  readonly shared: boolean
  readonly status: 'available' | 'unknown' | 'disabled'
  readonly maxdisk: number | null
}

export type Pool = { readonly name: string; readonly comment: string | null }

/** A PVE task. Times are unix seconds. `status` is null while it runs. */
export type Task = {
  readonly upid: string
  readonly node: string
  readonly type: string
  /** What it works on: mostly a vmid, may be empty or `100@storage`. */
  readonly id: string
  /** `user@realm` or `user@realm!token`. */
  readonly user: string
  readonly startTime: number
  readonly endTime: number | null
  /** `OK`, `WARNINGS: n` or the error text. */
  readonly status: string | null
}

export type Inventory = {
  readonly guests: readonly Guest[]
  readonly nodes: readonly Node[]
  readonly storages: readonly Storage[]
  readonly pools: readonly Pool[]
}

/** Values that move by themselves: never a change, never a column. Ratios 0..1, bytes, seconds. */
export type Usage = {
  readonly cpu: number | null
  readonly mem: number | null
  readonly disk: number | null
  readonly uptime: number | null
}

/** Newest counters by resource key (`guest/101`, `node/pve1`, `storage/pve1/local`). */
export type UsageByKey = { readonly [resourceKey: string]: Usage }

/** The stable key of a resource inside one cluster. */
export function guestKey(vmid: number): string {
  return `guest/${vmid}`
}
export function nodeKey(name: string): string {
  return `node/${name}`
}
export function storageKey(storage: { readonly name: string; readonly node: string | null }): string {
  return storage.node === null ? `storage/${storage.name}` : `storage/${storage.node}/${storage.name}`
}
export function poolKey(name: string): string {
  return `pool/${name}`
}

export type TaskOutcome = 'running' | 'ok' | 'warnings' | 'failed' | 'unknown'

/** What a task's status text means. `WARNINGS: n` is a success; a vanished worker is unknown. */
export function taskOutcome(status: string | null): TaskOutcome {
  if (status === null) return 'running'
  if (status === 'OK') return 'ok'
  if (/^WARNINGS: \d+$/.test(status)) return 'warnings'
  if (
    status === '' ||
    status === 'unexpected status' ||
    status.startsWith('unable to get last line from task log')
  )
    return 'unknown'
  return 'failed'
}
