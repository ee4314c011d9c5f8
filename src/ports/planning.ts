import type { GuestRef } from '../core/args.js'
import type { Sighting } from '../core/births.js'
import type { FactsReading } from '../core/guest-facts.js'
import type { Known } from '../core/known.js'
import type { Policy } from '../core/policy.js'
import type { Permissions } from '../core/visibility.js'
import type { Workspace } from './query.js'
import type { SeenMark } from './store/marks.js'
import type { OwnTask } from './store/operations.js'

/** A guest that a change is about, as it is right now. */
export type GuestNow = {
  readonly guest: GuestRef
  readonly reading: FactsReading
  /** What the token for operations may do on its cluster. */
  readonly permissions: Known<Permissions>
  /** By which mark it was last known. */
  readonly seen: SeenMark | null
  /** The running tasks on it that operations of ours made, by UPID. */
  readonly ownTasks: ReadonlyMap<string, OwnTask>
  /** Of a container with an address; null for all others, whose mark tells by itself. */
  readonly births: Births | null
}

/** What tasks tell of a container: where it stood when it was read, and whether it was made anew since it was last known. */
export type Births = Known<{
  readonly sighting: Sighting
  readonly sinceSeen: boolean | 'unknown'
}>

/** What a change's `plan` may use. It sends nothing. */
export type PlanContext = {
  readonly workspace: Workspace
  readonly now: Date
  readonly signal: AbortSignal
  readonly policy: Policy
  /** Reads guests for a plan, in their order. Throws PveError when a cluster cannot be read at all. */
  readonly read: (guests: readonly GuestRef[]) => Promise<readonly GuestNow[]>
}
