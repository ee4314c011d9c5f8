import type { Freeze } from '../../core/freeze.js'
import type { Actor } from '../../core/people.js'
import type { Refusal } from '../../core/refusal.js'

/** Whether changes are stopped in a workspace. Written with audit entries `workspace.frozen`, `workspace.unfrozen`. */
export interface FreezeStore {
  /** The freeze in force; its end is judged by the later of `now` and the newest time in the audit log. */
  current(workspace: string, now: Date): Promise<Freeze | null>
  /** Replaces one that is in force. */
  freeze(freeze: Freeze, actor: Actor, now: Date): Promise<Freeze>
  /** `not_frozen` when there is none. */
  unfreeze(workspace: string, actor: Actor, now: Date): Promise<Freeze | Refusal>
}
