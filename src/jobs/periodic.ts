import type { Clock } from '../ports/clock.js'
import type { LeaseStore } from '../ports/store/leases.js'
import type { Syncer } from '../ports/sync.js'

export const SYNC_EVERY_MS = 60_000
/** Whoever holds it looks after the home. */
export const RUNNER_LEASE = 'runner'
const LEASE_TTL_MS = 90_000

export type PeriodicParts = {
  readonly clusters: readonly string[]
  readonly leases: LeaseStore
  readonly syncer: Syncer
  readonly clock: Clock
  /** Tells this process from the others of the home. */
  readonly holder: string
  /** Read the clusters when this begins, not only a minute later. */
  readonly atOnce: boolean
  readonly onFault: (error: unknown) => string
}

/**
 * Reads every cluster once a minute, in the one process of the home that holds the `runner` lease. Runs until the
 * signal aborts, then gives the lease back.
 */
export async function periodicSync(parts: PeriodicParts, signal: AbortSignal): Promise<void> {
  for (let due = parts.atOnce; !signal.aborted; due = true) {
    try {
      const ours = await parts.leases.acquire(RUNNER_LEASE, parts.holder, LEASE_TTL_MS, parts.clock.now())
      if (ours && due)
        await Promise.all(parts.clusters.map((cluster) => parts.syncer.sync(cluster, { signal })))
      await parts.clock.sleep(SYNC_EVERY_MS, signal)
    } catch (error) {
      if (signal.aborted) break
      parts.onFault(error)
      await parts.clock.sleep(SYNC_EVERY_MS, signal).catch(() => {})
    }
  }
  await parts.leases.release(RUNNER_LEASE, parts.holder).catch(parts.onFault)
}
