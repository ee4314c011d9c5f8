import type { NewOperation, Operation, OperationState } from '../../core/operation.js'
import type { Actor } from '../../core/people.js'
import type { Refusal } from '../../core/refusal.js'
import type { OperationEvent } from '../../core/transition.js'

export type OperationFilter = {
  readonly workspaces?: readonly string[]
  readonly states?: readonly OperationState[]
  readonly limit: number
  /** Else the newest come first. */
  readonly oldestFirst?: boolean
}

/** The plan of an operation as it lies in the store: text, since whoever uses it has to check it against the digest. */
export type StoredPlan = { readonly json: string; readonly planDigest: string }

/** What moves by itself and was shown beside the plan; JSON, bound by its hash in `operation.asked`. */
export type PlanView = string

export type CreateOperation = {
  readonly operation: NewOperation
  /** Canonical JSON of the plan. */
  readonly plan: string
  readonly shown: PlanView
  readonly at: Date
}

export type Claimed =
  | { readonly kind: 'claimed'; readonly operation: Operation }
  /** Other operations have their hands on its guests. */
  | { readonly kind: 'held'; readonly by: readonly { readonly guest: string; readonly operation: number }[] }
  | Refusal

/**
 * Operations, their steps and decisions. Every change goes through the state machine of core, in one transaction with the
 * audit entries that it yields.
 */
export interface OperationStore {
  /** Gives it a number and writes `operation.asked` to the audit log. */
  create(made: CreateOperation): Promise<Operation>
  get(id: number): Promise<Operation | null>
  plan(id: number): Promise<(StoredPlan & { readonly shown: PlanView }) | null>
  /** Newest first. */
  list(filter: OperationFilter): Promise<readonly Operation[]>
  /**
   * Applies an event. The time is the later of `now` and the newest time in the audit log. Gives the refusal of the state
   * machine, after writing what it says is to be written.
   */
  apply(id: number, event: OperationEvent, now: Date): Promise<Operation | Refusal>
  /**
   * Claims an operation for a holder, all of its open guests at once: while another one has an open step on a guest
   * (`sent`, `following`, `unknown`), or runs and has not come to it yet, it is `held`. `overrules` names targets by
   * their index that may be taken from a shutdown which is `following` at that moment, and from nothing else.
   */
  claim(
    id: number,
    by: { readonly holder: string; readonly seen: Operation['lease']; readonly overrules: readonly number[] },
    now: Date,
  ): Promise<Claimed>
  /** A sign of life; false when the operation is in other hands. Writes no audit entry. */
  beat(id: number, holder: string): Promise<boolean>
  /** Which operations have their hands on the guests of one, damaged ones too. */
  holders(id: number): Promise<readonly { readonly guest: string; readonly operation: number }[]>
  /** Frees the guests of an operation whose row was damaged by hand; false where it was not. */
  closeDamaged(id: number, actor: Actor, now: Date): Promise<boolean>
  /** Which of these UPIDs belong to operations. */
  ownUpids(cluster: string, upids: readonly string[]): Promise<ReadonlyMap<string, OwnTask>>
}

export type OwnTask = { readonly operation: number; readonly requester: Actor }
