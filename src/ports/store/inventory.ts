import type { Change, Picture, StoredInventory } from '../../core/change.js'
import type { Task, UsageByKey } from '../../core/resource.js'

/** The outcome of one successful reading, ready to be written in one transaction. */
export type SyncWrite = {
  readonly cluster: string
  /** The run the differences were computed from; null for the first. */
  readonly basedOn: number | null
  readonly startedAt: string
  readonly finishedAt: string
  readonly version: string
  readonly clusterName: string | null
  readonly quorate: boolean
  /** The whole picture after this reading, for keyframes. */
  readonly after: StoredInventory
  /** Only the rows that are new or different. */
  readonly upsert: StoredInventory
  /** Keys (`guest/101`) whose rows go. */
  readonly remove: readonly string[]
  readonly changes: readonly Change[]
  /** Tasks that are new, or were running and now have an end. */
  readonly tasks: readonly Task[]
  readonly usage: UsageByKey
  readonly warnings: readonly string[]
}

export type SyncFailure = {
  readonly cluster: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly code: string
  readonly message: string
}

export type SyncRun = {
  readonly id: number
  readonly cluster: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly status: 'ok' | 'failed'
  readonly code: string | null
  readonly message: string | null
  readonly guests: number
  readonly nodes: number
  readonly storages: number
  readonly pools: number
  readonly changes: number
  readonly warnings: readonly string[]
}

export interface InventoryStore {
  /** The newest picture of a cluster, read in one transaction; null before the first sync. */
  picture(cluster: string): Promise<Picture | null>
  /** The same without `usage`; for computing differences. */
  base(cluster: string): Promise<Picture | null>
  /** Writes a reading whole or not at all; `superseded` when another process wrote one meanwhile. */
  commit(
    write: SyncWrite,
  ): Promise<{ readonly kind: 'committed'; readonly runId: number } | { readonly kind: 'superseded' }>
  /** Remembers that a reading failed; the picture stays as it was. */
  fail(failure: SyncFailure): Promise<void>
  /** Newest first. */
  runs(cluster: string, limit: number): Promise<readonly SyncRun[]>
}
