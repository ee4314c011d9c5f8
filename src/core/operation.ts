import type { Actor } from './people.js'
import type { Plan, PlanTarget } from './plan.js'
import { needsOwn, type Requirement } from './policy.js'

/** A plan on its way. */

export const OPERATION_STATES = [
  'waiting',
  'ready',
  'running',
  'unknown',
  'verified',
  'unverified',
  'failed',
  'partial',
  'stale',
  'denied',
  'expired',
  'cancelled',
] as const
export type OperationState = (typeof OPERATION_STATES)[number]

/** Nothing more comes of it. `unknown` is none of them: a person has to end it. */
export const ENDED: ReadonlySet<OperationState> = new Set([
  'verified',
  'unverified',
  'failed',
  'partial',
  'stale',
  'denied',
  'expired',
  'cancelled',
])

export const STEP_STATES = [
  /** Nothing was sent. */
  'pending',
  /** The intent is stored; whether the call got through is not known yet. */
  'sent',
  /** Its task is known and followed. */
  'following',
  'unknown',
  'verified',
  'unverified',
  'failed',
  'stale',
  'already',
  'skipped',
  'cancelled',
] as const
export type StepState = (typeof STEP_STATES)[number]

/** The step may have an effect that is not over: its guest is held. */
export const OPEN_STEPS: ReadonlySet<StepState> = new Set(['sent', 'following', 'unknown'])

export type StepEnd = Exclude<StepState, 'pending' | 'sent' | 'following'>

export type Step = {
  readonly index: number
  readonly cluster: string
  readonly vmid: number
  readonly kind: PlanTarget['kind']
  readonly name: string
  readonly verb: PlanTarget['call']['verb']
  readonly state: StepState
  readonly code: string | null
  readonly message: string | null
  /** Where it was sent to. */
  readonly node: string | null
  /** ISO time of the intent by our clock. */
  readonly intentAt: string | null
  /** The same in unix seconds by the clock of the cluster. */
  readonly intentNodeTime: number | null
  readonly upid: string | null
  readonly endedAt: string | null
  /** The last lines of its task, kept when it did not end well. */
  readonly log: readonly string[]
}

export type Verdict = 'confirm' | 'approve' | 'deny'

export type Decision = {
  readonly actor: Actor
  readonly verdict: Verdict
  readonly reason: string | null
  readonly at: string
  readonly planDigest: string
  /** False once the person lost the right to it. */
  readonly counts: boolean
}

export type Operation = {
  readonly id: number
  readonly workspace: string
  readonly command: string
  readonly asked: string
  readonly risk: Plan['risk']
  readonly requester: Actor
  readonly planDigest: string
  readonly requirement: Requirement
  /** What has to be typed where the requirement asks for it. */
  readonly typed: string
  readonly reason: string | null
  readonly state: OperationState
  readonly code: string | null
  readonly message: string | null
  readonly createdAt: string
  /** When it dies undecided, or decided and never begun. */
  readonly expiresAt: string
  readonly remindedAt: string | null
  /** Milliseconds by which the log was ahead of the clock when its time began to run; nearly always 0. */
  readonly clockAhead: number
  readonly decidedAt: string | null
  readonly endedAt: string | null
  readonly cancelAsked: boolean
  readonly lease: Lease | null
  readonly canary: number
  readonly parallel: number
  readonly keepGoing: boolean
  readonly after: Plan['after']
  readonly decisions: readonly Decision[]
  readonly steps: readonly Step[]
}

/** Who executes. Every sign of life counts `beat` up. */
export type Lease = { readonly holder: string; readonly beat: number }

/** A new operation before it has a number. */
export type NewOperation = Omit<Operation, 'id'>

/**
 * Whether its time is over by the clock. Where the log was ahead of it when its time began, that lead counts: the log's own
 * time stands still until the clock has caught up with it.
 */
export function isOver(
  { expiresAt, clockAhead }: Pick<Operation, 'expiresAt' | 'clockAhead'>,
  now: Date,
): boolean {
  return now.getTime() + clockAhead >= Date.parse(expiresAt)
}

export function operationName(id: number): string {
  return `op${id}`
}

/** Reads `op12` or `12`; null for anything else. */
export function parseOperationName(text: string): number | null {
  const match = /^(?:op)?([1-9]\d{0,9})$/i.exec(text.trim())
  return match === null ? null : Number(match[1])
}

/** A plan as an operation that nobody has decided yet; one that needs no decision is ready at once. */
export function newOperation(
  plan: Plan,
  planDigest: string,
  asked: { readonly by: Actor; readonly at: Date; readonly typed: string },
): NewOperation {
  const { requirement } = plan
  const at = asked.at.toISOString()
  const decided = requirement.approvals === 0 && requirement.confirm === 'none'
  return {
    workspace: plan.workspace,
    command: plan.command,
    asked: plan.asked,
    risk: plan.risk,
    requester: asked.by,
    planDigest,
    requirement,
    typed: asked.typed,
    reason: plan.reason,
    state: decided ? 'ready' : 'waiting',
    code: null,
    message: null,
    createdAt: at,
    expiresAt: new Date(asked.at.getTime() + requirement.ttl).toISOString(),
    remindedAt: null,
    clockAhead: 0,
    decidedAt: decided ? at : null,
    endedAt: null,
    cancelAsked: false,
    lease: null,
    canary: plan.canary,
    parallel: plan.parallel,
    keepGoing: plan.keepGoing,
    after: plan.after,
    decisions: [],
    steps: plan.targets.map((target, index) => ({
      index,
      cluster: target.cluster,
      vmid: target.vmid,
      kind: target.kind,
      name: target.name,
      verb: target.call.verb,
      state: 'pending',
      code: null,
      message: null,
      node: null,
      intentAt: null,
      intentNodeTime: null,
      upid: null,
      endedAt: null,
      log: [],
    })),
  }
}

export type Missing = {
  readonly confirm: boolean
  readonly approvals: number
}

/** What is still to be decided. */
export function missingDecisions(
  operation: Pick<Operation, 'requirement' | 'decisions' | 'planDigest'>,
): Missing {
  const { requirement, decisions, planDigest } = operation
  const counting = decisions.filter((decision) => decision.counts && decision.planDigest === planDigest)
  const confirmed = counting.some(({ verdict }) => verdict === 'confirm')
  const approvers = new Set(
    counting.filter(({ verdict }) => verdict === 'approve').map(({ actor }) => actor.personId),
  )
  return {
    confirm: needsOwn(requirement) && !confirmed,
    approvals: Math.max(0, requirement.approvals - approvers.size),
  }
}

/** How an operation ends whose steps have all ended. */
export function outcomeOf(
  steps: readonly Step[],
  cancelAsked: boolean,
): {
  readonly state: OperationState
  readonly code: string | null
  readonly message: string | null
} {
  const states = new Set(steps.map(({ state }) => state))
  const has = (...wanted: readonly StepState[]) => wanted.some((state) => states.has(state))
  const good = has('verified', 'already')
  const first = (...wanted: readonly StepState[]) => steps.find(({ state }) => wanted.includes(state))
  const ended = (state: OperationState, step: Step | undefined) => ({
    state,
    code: step?.code ?? null,
    message: step?.message ?? null,
  })
  const bad = first('failed', 'stale', 'unverified', 'cancelled', 'skipped')
  if (has('unknown')) return ended('unknown', first('unknown'))
  if (has('failed', 'stale', 'skipped', 'cancelled') && good)
    return ended('partial', first('failed', 'stale') ?? bad)
  if (has('failed')) return ended('failed', first('failed'))
  if (has('stale') && has('unverified')) return ended('partial', first('stale'))
  if (has('unverified')) return ended('unverified', first('unverified'))
  if (has('stale')) return ended('stale', first('stale'))
  if (cancelAsked || has('cancelled', 'skipped')) return ended('cancelled', bad)
  const only = states.size === 1 && states.has('already')
  return {
    state: 'verified',
    code: only ? 'already' : null,
    message: only ? (steps[0]?.message ?? null) : null,
  }
}
