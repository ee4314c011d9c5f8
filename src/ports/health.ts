import type { SurfaceHealth } from './surface.js'

/** How a process that serves a home is. */
export type HealthState = {
  /** Which process looks after the home, by its `runner` lease: this one, another one, or nobody at the moment. */
  readonly runner: 'here' | 'elsewhere' | 'nobody'
  /** ISO time of each cluster's last good reading; null when it was never read. */
  readonly lastSync: Readonly<Record<string, string | null>>
  /** Numbers of operations that this process has in its hands. */
  readonly executing: readonly number[]
  /** How many operations wait for a person. */
  readonly waiting: number
  /** Connections to chat platforms; those that are configured. */
  readonly surfaces: readonly SurfaceHealth[]
}
