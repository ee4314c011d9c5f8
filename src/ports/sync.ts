import type { Refusal } from '../core/refusal.js'

export type SyncOutcome =
  | {
      readonly kind: 'synced'
      readonly cluster: string
      readonly runId: number
      readonly at: string
      readonly first: boolean
      readonly changes: number
      readonly guests: number
      readonly nodes: number
      readonly storages: number
      readonly pools: number
      readonly tasks: number
      readonly warnings: readonly string[]
    }
  | { readonly kind: 'failed'; readonly cluster: string; readonly refusal: Refusal }

export type SyncOptions = {
  readonly signal?: AbortSignal
  readonly progress?: (what: string, ratio: number | null) => void
}

/** Reads a cluster into the store. Never throws; a second call while one runs joins it. */
export interface Syncer {
  sync(cluster: string, options?: SyncOptions): Promise<SyncOutcome>
}
