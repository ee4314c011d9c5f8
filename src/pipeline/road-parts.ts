import type { Refusal } from '../core/refusal.js'
import type { QueryContext, Workspace } from '../ports/query.js'
import type { Runner } from '../ports/runner.js'
import type { SettingsSource } from '../ports/settings.js'
import type { AnyCommand } from './parse.js'

/** What the road and its stages are made of. */
export type RoadParts = Pick<
  QueryContext,
  'stores' | 'pve' | 'syncer' | 'homeChecks' | 'chats' | 'chatChecks' | 'newCode'
> & {
  readonly commands: readonly AnyCommand[]
  readonly workspaces: readonly Workspace[]
  readonly startWorkspace: string | null
  readonly settings: SettingsSource
  readonly runner: Runner
  /** Why nothing can be changed on a cluster; null when its token for operations is there. */
  readonly operateProblem: (cluster: string) => Refusal | null
  readonly now: () => Date
  /** Told of what should not happen; the person only sees its reference. */
  readonly onFault: (error: unknown) => string
}
