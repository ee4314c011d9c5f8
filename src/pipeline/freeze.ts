import { stoppedBy } from '../core/freeze.js'
import type { Grant } from '../core/people.js'
import type { Refusal } from '../core/refusal.js'
import type { Stores } from '../ports/store/stores.js'

/** Why a change is stopped by a freeze of its workspace; null when it is not. */
export async function frozen(
  parts: { readonly stores: Pick<Stores, 'freezes'>; readonly now: () => Date },
  workspace: string,
  command: string,
  grants: readonly Grant[],
): Promise<Refusal | null> {
  return stoppedBy(await parts.stores.freezes.current(workspace, parts.now()), command, grants)
}
