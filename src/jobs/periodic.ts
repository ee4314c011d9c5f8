import type { Clock } from '../ports/clock.js'
import type { LeaseStore } from '../ports/store/leases.js'
import type { Syncer } from '../ports/sync.js'

export const SYNC_EVERY_MS = 60_000
const LEASE_TTL_MS = 90_000

export type PeriodicParts = {
  readonly clusters: readonly string[]
  readonly leases: LeaseStore
  readonly syncer: Syncer
  readonly clock: Clock
  /** Tells this process from the others of the home. */
  readonly holder: string
  readonly onFault: (error: unknown) => string
}

/**
 * Reads every cluster once a minute, in the one process of the home that holds the `runner` lease. Runs until the
 * signal aborts, then gives the lease back.
 */
export async function periodicSync(parts: PeriodicParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await parts.clock.sleep(SYNC_EVERY_MS, signal)
      if (await parts.leases.acquire('runner', parts.holder, LEASE_TTL_MS, parts.clock.now()))
        await Promise.all(parts.clusters.map((cluster) => parts.syncer.sync(cluster, { signal })))
    } catch (error) {
      if (!signal.aborted) parts.onFault(error)
    }
  }
  await parts.leases.release('runner', parts.holder).catch(parts.onFault)
}
