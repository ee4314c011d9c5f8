import { type Grant, holdsEverywhere } from '../core/people.js'
import { type Refusal, refuse } from '../core/refusal.js'
import type { Stores } from '../ports/store/stores.js'

/** Even while changes are stopped, admins may bring machines up. */
const ALLOWED = ['start', 'resume']

/** Why a change is stopped by a freeze of its workspace; null when it is not. */
export async function frozen(
  parts: { readonly stores: Pick<Stores, 'freezes'>; readonly now: () => Date },
  workspace: string,
  command: string,
  grants: readonly Grant[],
): Promise<Refusal | null> {
  const freeze = await parts.stores.freezes.current(workspace, parts.now())
  if (freeze === null) return null
  if (ALLOWED.includes(command) && holdsEverywhere(grants, 'admin')) return null
  const until = freeze.until === null ? 'until it is lifted' : `until ${freeze.until}`
  return refuse(
    'frozen',
    `Changes in workspace ${workspace} are stopped ${until}: ${freeze.reason} (${freeze.by}).`,
    'An admin lifts it with `unfreeze`; admins may start and resume guests meanwhile.',
  )
}
