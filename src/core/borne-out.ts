import { type AuditEntry, entryHash } from './audit.js'
import { canonical, field, type Json, withoutHalves } from './digest.js'
import { type Decision, missingDecisions, newOperation, type Operation, type Step } from './operation.js'
import { type Actor, sameHuman } from './people.js'
import { type Plan, planDigest, typedPhrase } from './plan.js'
import { type Standing, standingOf } from './standing.js'

/**
 * Whether an operation, as its rows say it, is what its plan made of it and what the log tells of it. Rows can be edited
 * by whoever can write the file; a plan is bound by its digest, an entry of the log by its hash. So everything that
 * somebody is shown, or that steers what is done, is held against one of the two.
 */

/** What the log holds of the steps; asked for where steps are gone by. */
export const EFFECT_LOG = ['effect.intended', 'effect.sent', 'effect.ended'] as const

/** Far more than come of the largest plan: one of asking, some of deciding, three of each target. */
export const MOST_ENTRIES = 10_000

/** What is otherwise in an operation than in its plan; null where it has all of it as it was born with it. */
export function unfit(operation: Operation, plan: Plan): string | null {
  const asked = { by: operation.requester, at: new Date(0), typed: typedPhrase(plan) }
  const born = withoutHalves(newOperation(plan, planDigest(plan), asked))
  const odd = KEPT.find((key) => !same(operation[key], born[key]))
  if (odd !== undefined) return odd
  const fits =
    operation.steps.length === born.steps.length &&
    operation.steps.every((step, at) => STEP_KEPT.every((key) => same(step[key], born.steps[at]?.[key])))
  return fits ? null : 'guests'
}

const KEPT = [
  'workspace',
  'command',
  'asked',
  'risk',
  'planDigest',
  'requirement',
  'typed',
  'reason',
  'canary',
  'parallel',
  'keepGoing',
  'after',
] as const satisfies readonly (keyof Operation)[]

const STEP_KEPT = [
  'index',
  'cluster',
  'vmid',
  'kind',
  'name',
  'verb',
] as const satisfies readonly (keyof Step)[]

/**
 * What the log does not bear out of an operation; null where it bears out all. `entries` are its own of `OPERATION_LOG`,
 * and with `steps` those of `EFFECT_LOG`; newest first.
 */
export function unborne(
  operation: Operation,
  entries: readonly AuditEntry[],
  { steps }: { readonly steps: boolean },
): string | null {
  if (entries.length >= MOST_ENTRIES) return 'it holds more of it than can be'
  const damaged = entries.find((entry) => entryHash(entry) !== entry.hash)
  if (damaged !== undefined) return `its entry ${damaged.seq} was changed`
  const inOrder = entries.toReversed()
  const foreign = inOrder.find(({ action, data }) => action !== CLOSED && !isOf(operation, data))
  if (foreign !== undefined) return `its entry ${foreign.seq} tells of another plan`
  const [asked] = inOrder
  if (asked?.action !== 'operation.asked' || !same(asked.actor, operation.requester))
    return `it does not tell that ${operation.requester.person} asked for it`
  if (asked.at !== operation.createdAt) return 'it was asked for at another time'
  const told = standingOf(operation, inOrder)
  return (
    decisionsUnborne(operation, told) ??
    placeUnborne(operation, told) ??
    untouchedUnborne(operation) ??
    (steps ? stepsUnborne(operation, inOrder) : null)
  )
}

/** Closes what cannot be read any more, so it knows no plan. */
const CLOSED = 'operation.closed'

const isOf = ({ planDigest: digest }: Operation, data: Json): boolean => field(data, 'planDigest') === digest

/** The decisions are those of the log; each that counts was in time, and none is by somebody who has had their word. */
function decisionsUnborne(operation: Operation, told: Standing): string | null {
  const { createdAt, requirement, requester } = operation
  const odd = operation.decisions.find((made, at) => !same(made, told.decisions[at]))
  if (odd !== undefined) return `it does not tell of the decision of ${odd.actor.person} as it is said to be`
  if (told.decisions.length > operation.decisions.length) return 'it tells of a decision that is missing'
  const counting = told.decisions.filter(({ counts }) => counts)
  // Before it was decided in full nobody prolonged it.
  const late = counting.find(({ at }) => Date.parse(at) >= Date.parse(createdAt) + requirement.ttl)
  if (late !== undefined) return `the decision of ${late.actor.person} came too late`
  const had: Actor[] = [requester]
  for (const { actor } of counting.filter(isApproval)) {
    if (had.some((other) => sameHuman(other, actor)))
      return `the approval of ${actor.person} is by somebody who has had their word`
    had.push(actor)
  }
  return null
}

const isApproval = ({ verdict }: Decision): boolean => verdict === 'approve'

/** Where it stands, since when and until when, and how it ended, are what the log comes to. */
function placeUnborne(operation: Operation, told: Standing): string | null {
  const { state, cancelAsked, decidedAt, createdAt, expiresAt, requirement, lease } = operation
  if (told.state !== null && state !== told.state) return `it is said to be ${state} and is ${told.state}`
  if (cancelAsked !== told.cancelAsked)
    return cancelAsked ? 'nobody cancelled it' : 'it was cancelled, and is said not to be'
  if (decidedAt !== told.decidedAt) return 'it was decided at another time'
  if (Date.parse(expiresAt) !== Date.parse(decidedAt ?? createdAt) + requirement.ttl)
    return 'it expires at another time'
  if (lease !== null && state !== 'running') return `nobody has it in hands while it is ${state}`
  const missing = missingDecisions(operation)
  const undecided = missing.confirm || missing.approvals > 0
  if (undecided && (state === 'ready' || state === 'running')) return 'it was never decided in full'
  const { code, message, endedAt } = operation
  const end: Standing['end'] = { code, message, endedAt }
  return same({ ...end, ...told.end }, end) ? null : 'it did not end as it is said to have'
}

/** Nothing is known of a step that waits for its turn; and all wait before the operation is begun. */
function untouchedUnborne({ state, steps }: Operation): string | null {
  const early = state === 'waiting' || state === 'ready'
  const odd = steps.find((step) => (step.state === 'pending' ? !same({ ...step, ...BLANK }, step) : early))
  return odd === undefined ? null : `nothing was done to ${odd.name} yet`
}

const BLANK = {
  code: null,
  message: null,
  node: null,
  intentAt: null,
  intentNodeTime: null,
  upid: null,
  endedAt: null,
  log: [],
} as const satisfies Partial<Step>

function stepsUnborne(operation: Operation, inOrder: readonly AuditEntry[]): string | null {
  const odd = operation.steps.find((step) => {
    const subject = `${step.verb} ${step.cluster}/${step.vmid} ${step.name}`
    const entries = inOrder.filter((entry) => entry.subject === subject || isIntent(entry, step))
    return !callBorne(step, entries) || (operation.state === 'running' && !stateBorne(step, entries))
  })
  return odd === undefined ? null : `it tells otherwise of what was done to ${odd.name}`
}

const isIntent = ({ action, data }: AuditEntry, { index }: Step): boolean =>
  action === 'effect.intended' && field(data, 'index') === index

/** What is told of a call, by which it is followed and looked for: where and when it was sent, and its task. */
function callBorne(step: Step, entries: readonly AuditEntry[]): boolean {
  const find = (action: string) => entries.findLast((entry) => entry.action === action)
  const [intended, sent, settled] = [find('effect.intended'), find('effect.sent'), find('operation.settled')]
  const upid = field(settled?.data, 'upid') ?? field(sent?.data, 'upid') ?? null
  const nodeTime = field(intended?.data, 'nodeTime')
  return (
    step.upid === upid &&
    step.intentAt === (intended?.at ?? null) &&
    step.node === (field(intended?.data, 'node') ?? null) &&
    (nodeTime === undefined || step.intentNodeTime === nodeTime)
  )
}

const STATE_AFTER: Readonly<Record<string, Step['state']>> = {
  'effect.intended': 'sent',
  'effect.sent': 'following',
}

function stateBorne(step: Step, entries: readonly AuditEntry[]): boolean {
  const last = entries.findLast(({ action }) => action.startsWith('effect.'))
  if (last?.action !== 'effect.ended') return step.state === (STATE_AFTER[last?.action ?? ''] ?? 'pending')
  const { state, code, message, endedAt } = step
  const told = { state: field(last.data, 'state'), code: last.code, message: field(last.data, 'message') }
  return same({ state, code, message, endedAt }, { ...told, endedAt: last.at })
}

function same(one: Json | undefined, other: Json | undefined): boolean {
  return canonical(one ?? null) === canonical(other ?? null)
}
