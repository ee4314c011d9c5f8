import type { Command } from '../core/command.js'
import type { Actor, Person } from '../core/people.js'
import type { Refusal } from '../core/refusal.js'
import type { Check } from './checks.js'
import type { OperationsDesk } from './desk.js'
import type { PlanContext } from './planning.js'
import type { PveCluster } from './pve.js'
import type { Caller, Channel } from './road.js'
import type { Settings } from './settings.js'
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
  /** Who speaks; null where the account belongs to nobody (then only what `anyone` may do is answered). */
  readonly actor: Actor | null
  /** The person who speaks, with grants and accounts. */
  readonly person: Person | null
  /** The channel in which it was asked; null on the console. */
  readonly channel: Channel | null
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
  readonly commands: readonly Command<QueryContext, PlanContext>[]
  /** The nearest of some words to a mistyped one, or null. */
  readonly nearest: (word: string, candidates: readonly string[]) => string | null
  readonly desk: OperationsDesk
  /** What of the config file counts for changes, as the file is now. */
  readonly settings: () => Settings | Refusal
  /** A new secret word of at least 60 random bits, easy to read out and type. */
  readonly newCode: () => string
  /** What `doctor` looks at outside the cluster: the home, its files and the store. */
  readonly homeChecks: () => Promise<readonly Check[]>
  /** The chats that the config names, whether they work or not. */
  readonly chats: readonly ('slack' | 'discord')[]
  /** What `doctor` looks at of chat: tokens, connections, channels. Empty where none is configured. */
  readonly chatChecks: (only?: 'slack' | 'discord') => Promise<readonly Check[]>
}
