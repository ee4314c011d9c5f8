import type { Answer } from '../core/command.js'
import type { Verdict } from '../core/operation.js'

/** What a decision says besides yes or no. */
export type DecisionWords = {
  /** The digest, or its beginning, that the person had in view. */
  readonly plan: string | null
  readonly reason: string | null
  readonly typed: string | null
}

/** What a change can be told besides what it is about. */
export type ChangeWords = {
  readonly reason: string | null
}

/** Where operations are decided, ended, taken back and looked at, for the caller of a request. */
export interface OperationsDesk {
  decide(operation: number, verdict: Verdict, words: DecisionWords): Promise<Answer>
  /** Withdraws, stops between steps, or closes an `unknown`. */
  cancel(operation: number, reason: string | null): Promise<Answer>
  /** Looks again at an `unknown`, or goes on with a bulk that was stopped, as a new plan. */
  resume(operation: number, words: ChangeWords): Promise<Answer>
  /** Takes it back, as a new plan. */
  undo(operation: number, words: ChangeWords): Promise<Answer>
  /** The operation's card, and by which rules it needs what. */
  why(operation: number): Promise<Answer>
  /** What waits to be decided, runs, or is unknown; with `all` also the newest that are over. */
  pending(all: boolean): Promise<Answer>
}
