import type { Refusal } from '../core/refusal.js'
import type { InventoryStore, SyncRun } from '../ports/store/inventory.js'
import type { Syncer } from '../ports/sync.js'

/** A query is not answered from a picture older than this, if a newer one can be had. */
export const MAX_PICTURE_AGE_MS = 120_000

/** After a failed reading, queries answer from the old picture this long before they try again. */
export const RETRY_AFTER_MS = 15_000

export type Freshened =
  | { readonly kind: 'fresh'; readonly staleBecause: ReadonlyMap<string, string> }
  | { readonly kind: 'no_picture'; readonly refusal: Refusal }

export type FreshenWith = {
  readonly store: Pick<InventoryStore, 'runs' | 'base'>
  readonly syncer: Syncer
  readonly now: Date
  readonly signal: AbortSignal
  readonly progress: (what: string, ratio: number | null) => void
}

/**
 * Reads the clusters whose picture is older than two minutes. A cluster that cannot be read keeps its old picture, and
 * the answer says why; only where there is no picture of any cluster is the query refused.
 */
export async function freshen(clusters: readonly string[], by: FreshenWith): Promise<Freshened> {
  const staleBecause = new Map<string, string>()
  const refusals: Refusal[] = []
  await Promise.all(
    clusters.map(async (cluster) => {
      const runs = await by.store.runs(cluster, 20)
      const run = runs.find((candidate) => candidate.status === 'ok')
      if (ageOf(run, by.now) <= MAX_PICTURE_AGE_MS) return
      const last = runs[0]
      if (run !== undefined && last?.status === 'failed' && ageOf(last, by.now) <= RETRY_AFTER_MS) {
        staleBecause.set(cluster, last.message ?? 'the last reading failed')
        return
      }
      const outcome = await by.syncer.sync(cluster, { signal: by.signal, progress: by.progress })
      if (outcome.kind === 'synced') return
      staleBecause.set(cluster, outcome.refusal.message)
      if (run === undefined && (await by.store.base(cluster)) === null) refusals.push(outcome.refusal)
    }),
  )
  const [first] = refusals
  if (first !== undefined && refusals.length === clusters.length)
    return { kind: 'no_picture', refusal: first }
  return { kind: 'fresh', staleBecause }
}

function ageOf(run: SyncRun | undefined, now: Date): number {
  const age = run === undefined ? Number.POSITIVE_INFINITY : now.getTime() - Date.parse(run.startedAt)
  // A reading from the future was made before the clock was set back: how old it is nobody knows.
  return age < 0 ? Number.POSITIVE_INFINITY : age
}
