import type { Clock } from '../../ports/clock.js'
import type { PveCluster } from '../../ports/pve.js'
import type { SettingsSource } from '../../ports/settings.js'
import type { Stores } from '../../ports/store/stores.js'
import type { Timing } from '../../ports/timing.js'

/** What executing needs of the outside. */
export type ExecutionParts = {
  readonly stores: Stores
  readonly pve: (cluster: string) => PveCluster
  readonly settings: SettingsSource
  readonly clock: Clock
  readonly timing: Timing
  /** This process, for leases. */
  readonly holder: string
  /** Told of what should not happen. */
  readonly onFault: (error: unknown) => string
  /** Something happened to an operation. */
  readonly onChange: (operation: number) => void
}

/** How long things may take that nobody can promise. Milliseconds. */
export const PATIENCE = {
  /** A task that cannot be asked for (its node is down, PVE does not answer) for so long leaves an unknown. */
  unreadable: 5 * 60_000,
  /** After its task has ended, a guest is where it should be within this time. */
  verify: 20_000,
  /** The HA manager comes round every 10 s or so, and may have to move the guest first. */
  manager: 120_000,
} as const

/** Pauses between looks: quick at first, since most tasks are short, then ever more polite. */
export function pauseAfter(looks: number): number {
  return [250, 250, 500, 500, 500, 500, 1000, 1000, 1000, 2000, 2000][looks] ?? 5000
}

/** This process does not hold the operation any more, or is to end: everything stops where it stands. */
export class LetGo extends Error {
  override readonly name = 'LetGo'
}
