import type { Operation, OperationState, StepState } from './operation.js'
import { missingDecisions, operationName } from './operation.js'

/** An operation as surfaces and scripts see it. */
export type OperationReport = {
  readonly number: number
  /** `op12`. */
  readonly id: string
  readonly state: OperationState
  readonly code: string | null
  readonly planDigest: string
  /** What it waits for; `nothing` once it is decided. */
  readonly needs: 'nothing' | 'confirmation' | 'approval'
  readonly targets: readonly {
    readonly guest: string
    readonly state: StepState
    readonly code: string | null
    readonly upid: string | null
  }[]
}

export function reportOf(operation: Operation): OperationReport {
  const missing = missingDecisions(operation)
  const waiting = operation.state === 'waiting'
  return {
    number: operation.id,
    id: operationName(operation.id),
    state: operation.state,
    code: operation.code,
    planDigest: operation.planDigest,
    needs: !waiting ? 'nothing' : missing.confirm ? 'confirmation' : 'approval',
    targets: operation.steps.map(({ cluster, vmid, state, code, upid }) => ({
      guest: `${cluster}/${vmid}`,
      state,
      code,
      upid,
    })),
  }
}

/** Something that the person who reads may do next, as words of the one grammar. */
export type Choice = {
  readonly label: string
  readonly hint?: string
  /** A whole command, bound to what is shown: `approve op1 --plan 1a2b3c4d`. */
  readonly words: string
  /** Must be typed by the person and goes behind `--type`; null where nothing has to be. */
  readonly typed: string | null
  /** A reason has to be given; goes behind `--reason`. */
  readonly reason: boolean
}
