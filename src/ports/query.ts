import type { Command } from '../core/command.js'
import type { Check } from './checks.js'
import type { PveCluster } from './pve.js'
import type { Caller } from './road.js'
import type { Stores } from './store/stores.js'
import type { Syncer } from './sync.js'

export type Workspace = {
  readonly name: string
  readonly timeZone: string
  readonly clusters: readonly string[]
}

/** What a command's `answer` may use. */
export type QueryContext = {
  readonly caller: Caller
  readonly workspace: Workspace
  readonly workspaces: readonly Workspace[]
  readonly now: Date
  readonly signal: AbortSignal
  readonly progress: (what: string, ratio: number | null) => void
  readonly stores: Stores
  /** A configured cluster by name; throws for a name that is not configured, which would be a bug. */
  readonly pve: (cluster: string) => PveCluster
  readonly syncer: Syncer
  /** Why the picture of a cluster could not be refreshed before this query, by cluster. */
  readonly staleBecause: ReadonlyMap<string, string>
  readonly commands: readonly Command<QueryContext>[]
  /** The nearest of some words to a mistyped one, or null. */
  readonly nearest: (word: string, candidates: readonly string[]) => string | null
  /** What `doctor` looks at outside the cluster: the home, its files and the store. */
  readonly homeChecks: () => Promise<readonly Check[]>
}
