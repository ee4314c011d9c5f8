import { type Grant, holdsEverywhere } from './people.js'
import { type Refusal, refuse } from './refusal.js'

/** A stop of all changes in a workspace. */
export type Freeze = {
  readonly workspace: string
  readonly reason: string
  readonly by: string
  readonly at: string
  /** ISO time; null until somebody lifts it. */
  readonly until: string | null
}

/** Even while changes are stopped, admins may bring machines up. */
const ALLOWED = ['start', 'resume']

/** Why a change is stopped by the freeze that is in force; null when it is not. */
export function stoppedBy(freeze: Freeze | null, command: string, grants: readonly Grant[]): Refusal | null {
  if (freeze === null) return null
  if (ALLOWED.includes(command) && holdsEverywhere(grants, 'admin')) return null
  const until = freeze.until === null ? 'until it is lifted' : `until ${freeze.until}`
  return refuse(
    'frozen',
    `Changes in workspace ${freeze.workspace} are stopped ${until}: ${freeze.reason} (${freeze.by}).`,
    'An admin lifts it with `unfreeze`; admins may start and resume guests meanwhile.',
  )
}
