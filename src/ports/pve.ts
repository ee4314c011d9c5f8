import type { GuestRef } from '../core/args.js'
import type { FactsReading, GuestPlace } from '../core/guest-facts.js'
import type { Known } from '../core/known.js'
import type { Outage } from '../core/outage.js'
import type { PowerVerb } from '../core/power.js'
import type { Guest, GuestKind, Node, Pool, Storage, Task, UsageByKey } from '../core/resource.js'
import type { Permissions } from '../core/visibility.js'

/** Thrown by every method below when Proxmox VE, or the way to it, fails. */
export class PveError extends Error {
  override readonly name = 'PveError'
  readonly outage: Outage

  constructor(outage: Outage, options?: { readonly cause?: unknown }) {
    super(`${outage.kind}: ${outage.request}: ${outage.message}`, options)
    this.outage = outage
  }
}

export type { Known } from '../core/known.js'

/** A guest's row in a reading. On a dead node PVE keeps the row but forgets most of it: `fresh` is false then. */
export type GuestReading = Omit<Guest, 'name'> & { readonly name: string | null; readonly fresh: boolean }

/** One reading of a whole cluster. Task lists were read before the guests. */
export type Reading = {
  /** ISO time by our clock when it began. */
  readonly at: string
  readonly version: string
  readonly clusterName: string | null
  readonly quorate: boolean
  readonly guests: readonly GuestReading[]
  readonly nodes: readonly Node[]
  readonly storages: readonly Storage[]
  readonly pools: readonly Pool[]
  readonly usage: UsageByKey
  readonly tasks: readonly Task[]
  /** What the token may see; decides whether an absence means "gone". */
  readonly permissions: Permissions
  /** Keys of resources that were listed in a form that could not be read: they are not gone. */
  readonly undecoded: readonly string[]
  /** What could not be read, in plain words. */
  readonly warnings: readonly string[]
}

export type ReadOptions = {
  readonly signal?: AbortSignal
  /** Whether a finished task is already stored: nodes whose newest rows are all unknown are read further back. */
  readonly isKnown: (upid: string) => boolean
  /** Unix seconds; how far back to read on such nodes. Null on the first reading. */
  readonly tasksSince: number | null
  /** Called with a sentence and 0..1 as the reading proceeds. */
  readonly progress?: (what: string, ratio: number) => void
}

export interface PveInventory {
  /** Reads the whole cluster: nodes, guests, storages, pools, tasks, permissions. */
  read(options: ReadOptions): Promise<Reading>
  /** Unix seconds of a VM's creation as its config's `meta` says; null when it does not say (all containers). */
  createdAt(guest: {
    readonly kind: GuestKind
    readonly vmid: number
    readonly node: string
  }): Promise<number | null>
}

export type Snapshot = {
  readonly name: string
  readonly parent: string | null
  readonly time: string | null
  readonly description: string
  readonly withMemory: boolean
}

export type PendingChange = {
  readonly key: string
  readonly value: string | null
  readonly pending: string | null
  readonly removed: boolean
}

/** Everything `show` tells about one guest, read now. */
export type GuestLive = {
  /** ISO time of the reading. */
  readonly at: string
  readonly node: string
  readonly name: string
  readonly status: string
  readonly uptime: number | null
  readonly cpu: number | null
  readonly maxcpu: number | null
  readonly mem: number | null
  readonly maxmem: number | null
  readonly disk: number | null
  readonly maxdisk: number | null
  readonly lock: string | null
  readonly tags: readonly string[]
  readonly template: boolean
  readonly ha: string | null
  /** The running config; passwords and keys are never in it. */
  readonly config: Known<Readonly<Record<string, string | number>>>
  readonly configDigest: Known<string>
  readonly pending: Known<readonly PendingChange[]>
  readonly snapshots: Known<readonly Snapshot[]>
  /** IP addresses as the agent (VM) or the container tells. */
  readonly addresses: Known<readonly string[]>
}

export type Timeframe = 'hour' | 'day' | 'week' | 'month' | 'year'

/** Points over time; every column has one value per time, null where PVE has none. */
export type Metrics = {
  readonly at: string
  readonly stepSeconds: number
  /** Unix seconds, ascending. */
  readonly times: readonly number[]
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>
}

export type { FactsReading, GuestFacts, GuestPlace } from '../core/guest-facts.js'

export interface PveGuests {
  /**
   * Reads several guests for a plan: one listing of the cluster finds where each is now, then each is read at its node.
   * One answer per place, in their order. Throws only when the cluster as a whole cannot be read.
   */
  facts(places: readonly GuestPlace[], signal?: AbortSignal): Promise<readonly FactsReading[]>
  /** Reads one guest now, wherever it is; follows it to another node. */
  live(guest: GuestRef, signal?: AbortSignal): Promise<GuestLive>
  metrics(target: MetricsTarget, timeframe: Timeframe, signal?: AbortSignal): Promise<Metrics>
}

export type MetricsTarget =
  | { readonly type: 'guest'; readonly guest: GuestRef }
  | { readonly type: 'node'; readonly node: string }
  | { readonly type: 'storage'; readonly node: string; readonly storage: string }

export type TaskState = {
  readonly running: boolean
  readonly status: string | null
  readonly endTime: number | null
}

export interface PveTasks {
  /** The state of one task; `missing` outage when its node has forgotten it. */
  status(upid: string, signal?: AbortSignal): Promise<TaskState>
  /** The last `lines` lines of its log. */
  logTail(upid: string, lines: number, signal?: AbortSignal): Promise<readonly string[]>
  /** Everybody's tasks on a guest that began at or after `since` (unix seconds, the node's clock), newest first. */
  onGuest(place: GuestPlace, since: number, signal?: AbortSignal): Promise<TaskSearch>
  /**
   * Everybody's tasks that make, restore, remove or move containers and began at or after `since` (unix seconds, the
   * cluster's clock), on a node, or on all of them (null). Unknown where a list may lack some.
   */
  births(node: string | null, since: number, signal?: AbortSignal): Promise<Known<readonly Task[]>>
}

/** `complete` is false where the node may know of more than it listed. */
export type TaskSearch = { readonly tasks: readonly Task[]; readonly complete: boolean }

/** One power verb for one guest. Seconds. */
export type PowerCall = GuestPlace & {
  readonly verb: PowerVerb
  readonly timeout: number | null
  /** Ends our own running shutdown of the guest first; not for HA-managed ones. */
  readonly overruleShutdown: boolean
  /** By the monotonic clock: what has not been written by then is not sent any more (outage `timeout`, not ambiguous). */
  readonly notAfter: number
}

/** Changes, sent with the `operate` token. */
export interface PveOperate {
  /** `user@realm!name`, as it stands in the user field of a UPID. */
  readonly tokenId: string
  /** What the token may do. */
  permissions(signal?: AbortSignal): Promise<Permissions>
  /**
   * Sends one verb, once, to the node that is named, and gives the UPID. Throws PveError; `ambiguous` says that it may
   * have been carried out all the same (that includes an answer that is no UPID).
   */
  power(call: PowerCall): Promise<string>
  /**
   * This token's own tasks on a guest that began at or after `since` (unix seconds, the node's clock), running ones
   * included, newest first.
   */
  ownTasks(
    place: GuestPlace,
    types: readonly string[],
    since: number,
    signal?: AbortSignal,
  ): Promise<TaskSearch>
}

/** What `init` and `doctor` want to know about a cluster. */
export type Probe = {
  readonly endpoint: string
  readonly version: string
  readonly clusterName: string | null
  readonly quorate: Known<boolean>
  readonly nodes: readonly string[]
  readonly permissions: Permissions
  /** Seconds by which the cluster's clock is ahead of ours. */
  readonly clockAhead: number
}

export type EndpointState = {
  readonly endpoint: string
  readonly state: 'up' | 'down' | 'unused'
  readonly note: string
}

export interface PveAccess {
  probe(signal?: AbortSignal): Promise<Probe>
  /** Which of the known hosts answer. */
  endpoints(): readonly EndpointState[]
}

/** One configured cluster, read with its `read` token. `operate` is null where no token for changes is configured. */
export type PveCluster = {
  readonly name: string
  /** Of the `read` token, `user@realm!name`. */
  readonly tokenId: string
  readonly inventory: PveInventory
  readonly guests: PveGuests
  readonly tasks: PveTasks
  readonly access: PveAccess
  readonly operate: PveOperate | null
  readonly close: () => Promise<void>
}

/** What a host shows before anybody has decided to trust it. */
export type Certificate = {
  readonly fingerprint: string
  /** `sha256/BASE64` of its public key: what is pinned, since PVE renews certificates on the same key. */
  readonly publicKey: string
  readonly subject: string
  readonly issuer: string
  readonly names: readonly string[]
  readonly validFrom: string
  readonly validTo: string
  /** Whether the system's authorities vouch for it and it names this host. */
  readonly trustedBySystem: boolean
}

/** Trust in a cluster's certificate. Never "off". */
export type TlsTrust =
  | { readonly kind: 'system' }
  | { readonly kind: 'ca'; readonly pem: string }
  | { readonly kind: 'pin'; readonly fingerprint: string; readonly publicKey: string | null }

export type ClusterSettings = {
  readonly name: string
  readonly endpoints: readonly string[]
  readonly tls: TlsTrust
  readonly token: TokenSettings
  /** May be the same token; null when the cluster may only be read. */
  readonly operateToken: TokenSettings | null
}

export type TokenSettings = { readonly id: string; readonly secret: string }

export interface PveConnector {
  /** Looks at a host's certificate; sends nothing else, least of all a token. */
  certificate(endpoint: string, signal?: AbortSignal): Promise<Certificate>
  connect(settings: ClusterSettings): PveCluster
}
