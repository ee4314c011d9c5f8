import type { NewAudit } from './audit.js'
import {
  type Decision,
  ENDED,
  isOver,
  missingDecisions,
  type Operation,
  type OperationState,
  operationName,
  type Verdict,
} from './operation.js'
import { type Actor, sameHuman } from './people.js'
import { type Refusal, refuse } from './refusal.js'
import { noted, type Transition } from './transition.js'

/** What people, and time, do to an operation before and while it runs. */
export type DecideEvent =
  | {
      readonly kind: 'decide'
      readonly verdict: Verdict
      readonly actor: Actor
      /** The digest, or its beginning, that the person had in view; null where it was typed as `opN`. */
      readonly digest: string | null
      readonly reason: string | null
      /** The name as it was typed, where that is asked for. */
      readonly typed: string | null
    }
  | {
      readonly kind: 'cancel' /** Null for the program itself. */
      readonly actor: Actor | null
      readonly reason: string | null
    }
  | { readonly kind: 'expire' }
  | { readonly kind: 'remind' }
  /** Decisions of these persons do not count any more. */
  | { readonly kind: 'retract'; readonly persons: readonly number[]; readonly why: string }

/** The part of the state machine that belongs to decisions. */
export function decide(operation: Operation, event: DecideEvent, at: Date, now: Date): Transition {
  const late = expired(operation, at, now)
  if (late !== null && event.kind !== 'expire')
    return {
      ...late,
      refusal: event.kind === 'remind' || event.kind === 'retract' ? null : endedRefusal(late.operation),
    }
  switch (event.kind) {
    case 'expire':
      return late ?? unchanged(operation)
    case 'remind':
      return operation.state === 'waiting' && operation.remindedAt === null
        ? changed({ ...operation, remindedAt: at.toISOString() }, [])
        : unchanged(operation)
    case 'retract':
      return retract(operation, event)
    case 'cancel':
      return cancel(operation, event, at)
    case 'decide':
      return event.verdict === 'deny' ? deny(operation, event, at) : agree(operation, event, at, now)
  }
}

/** The operation as expired, where its time is over; null where it is not, or where that does not matter any more. */
function expired(operation: Operation, at: Date, now: Date): Transition | null {
  const open = operation.state === 'waiting' || operation.state === 'ready'
  if (!open || (at.getTime() < Date.parse(operation.expiresAt) && !isOver(operation, now))) return null
  const message =
    operation.state === 'waiting' ? 'Nobody decided it in time.' : 'It was decided, but not begun in time.'
  const next = end(operation, 'expired', 'expired', message, at)
  return changed(next, [noted(operation, 'operation.expired', { code: 'expired', data: { message } })])
}

type Decide = Extract<DecideEvent, { readonly kind: 'decide' }>

function agree(operation: Operation, event: Decide, at: Date, now: Date): Transition {
  const { actor, verdict, reason } = event
  const refusal = agreeRefusal(operation, event)
  if (refusal !== null) return refused(operation, refusal)
  const decision: Decision = {
    actor,
    verdict,
    reason,
    at: at.toISOString(),
    planDigest: operation.planDigest,
    counts: true,
  }
  const decided = { ...operation, decisions: [...operation.decisions, decision] }
  const missing = missingDecisions(decided)
  const complete = !missing.confirm && missing.approvals === 0
  const next: Operation = complete
    ? {
        ...decided,
        state: 'ready',
        decidedAt: decision.at,
        // Decided and never begun is as dead as undecided: the world moves on.
        expiresAt: new Date(at.getTime() + operation.requirement.ttl).toISOString(),
        clockAhead: Math.max(0, at.getTime() - now.getTime()),
      }
    : decided
  return changed(next, [
    noted(operation, `decision.${verdict}`, {
      actor,
      data: { reason, complete, missingApprovals: missing.approvals },
    }),
  ])
}

function agreeRefusal(operation: Operation, event: Decide): Refusal | null {
  const { actor, verdict, digest, reason, typed } = event
  const name = operationName(operation.id)
  if (operation.state !== 'waiting') return endedRefusal(operation)
  if (digest !== null && !operation.planDigest.startsWith(digest))
    return refuse(
      'wrong_digest',
      `${name} is another plan than the one you had in view.`,
      `\`approvals\` shows what ${name} would do now.`,
    )
  if (verdict === 'confirm' && operation.requester.personId !== actor.personId)
    return refuse(
      'not_yours',
      `Only ${operation.requester.person}, who asked for ${name}, can confirm it.`,
      `To decide on somebody else's plan: \`approve ${name}\`.`,
    )
  if (verdict === 'approve' && sameHuman(operation.requester, actor)) return ownPlan(operation, actor)
  if (
    operation.decisions.some(
      (made) => made.verdict === verdict && made.counts && sameHuman(made.actor, actor),
    )
  )
    return refuse('already_decided', `You have decided ${name} already.`, 'Somebody else has to.')
  const missing = missingDecisions(operation)
  if (verdict === 'confirm' ? !missing.confirm : missing.approvals === 0)
    return refuse(
      'nothing_to_decide',
      verdict === 'confirm'
        ? `${name} does not need your confirmation.`
        : `${name} does not need another person's approval.`,
      verdict === 'confirm' ? 'It waits for somebody else.' : `It waits for ${operation.requester.person}.`,
    )
  // Who approves gives a reason of their own; who asked may have given theirs with the command.
  return wordsRefusal(operation, verdict === 'confirm' ? (reason ?? operation.reason) : reason, typed)
}

function ownPlan(operation: Operation, actor: Actor): Refusal {
  const name = operationName(operation.id)
  const same =
    operation.requester.account === actor.account && operation.requester.personId === actor.personId
  return same
    ? refuse(
        'own_plan',
        `You asked for ${name} yourself, so somebody else has to approve it.`,
        'Whoever may approve it sees it with `approvals`.',
      )
    : refuse(
        'same_person',
        `${name} was asked for by the same person, through another account.`,
        'A different person has to approve it.',
      )
}

function wordsRefusal(operation: Operation, reason: string | null, typed: string | null): Refusal | null {
  const name = operationName(operation.id)
  const { requirement } = operation
  if (requirement.confirm === 'typed' && typed?.trim() !== operation.typed)
    return refuse(
      'typed_wrong',
      typed === null
        ? `${name} has to be decided by typing \`${operation.typed}\`.`
        : `What was typed is not \`${operation.typed}\`.`,
      `Add --type '${operation.typed}'.`,
    )
  if (requirement.reason && (reason ?? '').trim() === '')
    return refuse('needs_reason', `${name} needs a reason.`, "Add --reason 'why'.")
  return null
}

function deny(operation: Operation, event: Decide, at: Date): Transition {
  const { actor, reason } = event
  if (operation.state !== 'waiting') return refused(operation, endedRefusal(operation))
  const decision: Decision = {
    actor,
    verdict: 'deny',
    reason,
    at: at.toISOString(),
    planDigest: operation.planDigest,
    counts: true,
  }
  const said = `${actor.person} denied it${reason === null ? '.' : `: ${reason}`}`
  const next = end(
    { ...operation, decisions: [...operation.decisions, decision] },
    'denied',
    'denied',
    said,
    at,
  )
  return changed(next, [
    noted(operation, 'decision.deny', { actor, code: 'denied', data: { reason, message: said } }),
  ])
}

function cancel(
  operation: Operation,
  event: Extract<DecideEvent, { readonly kind: 'cancel' }>,
  at: Date,
): Transition {
  const { actor, reason } = event
  const who = actor === null ? 'It was withdrawn' : `${actor.person} cancelled it`
  const said = `${who}${reason === null ? '.' : `: ${reason}`}`
  const data = { reason, message: said }
  const audit = [noted(operation, 'operation.cancel', { actor, code: 'cancelled', data })]
  switch (operation.state) {
    case 'waiting':
    case 'ready':
      return changed(end(operation, 'cancelled', 'cancelled', said, at), audit)
    case 'running':
      return operation.cancelAsked
        ? refused(operation, endedRefusal(operation))
        : changed({ ...operation, cancelAsked: true }, audit)
    case 'unknown':
      return changed(closeUnknown(operation, said, at), audit)
    default:
      return refused(operation, endedRefusal(operation))
  }
}

/** A person frees the guests of an operation of which nobody knows what came of it. Nothing is sent. */
function closeUnknown(operation: Operation, said: string, at: Date): Operation {
  const steps = operation.steps.map((step) =>
    step.state === 'unknown'
      ? {
          ...step,
          state: 'unverified' as const,
          code: 'outcome_unknown',
          message: said,
          endedAt: at.toISOString(),
        }
      : step,
  )
  return end({ ...operation, steps }, 'unverified', 'outcome_unknown', said, at)
}

function retract(
  operation: Operation,
  event: Extract<DecideEvent, { readonly kind: 'retract' }>,
): Transition {
  if (operation.state !== 'ready' && operation.state !== 'waiting') return unchanged(operation)
  const gone = (decision: Decision) => decision.counts && event.persons.includes(decision.actor.personId)
  if (!operation.decisions.some(gone)) return unchanged(operation)
  const decisions = operation.decisions.map((each) => (gone(each) ? { ...each, counts: false } : each))
  const next = { ...operation, decisions }
  const missing = missingDecisions(next)
  const open = missing.confirm || missing.approvals > 0
  return changed(open ? reopened(next) : next, [
    noted(operation, 'decision.retracted', { data: { persons: event.persons, why: event.why } }),
  ])
}

/** It waits again, no longer than it would have without the decision. */
function reopened(operation: Operation): Operation {
  const { createdAt, requirement } = operation
  const expiresAt = new Date(Date.parse(createdAt) + requirement.ttl).toISOString()
  return { ...operation, state: 'waiting', decidedAt: null, expiresAt }
}

/** What is said to somebody who decides on what is decided. */
export function endedRefusal(operation: Operation): Refusal {
  const name = operationName(operation.id)
  switch (operation.state) {
    case 'waiting':
      return refuse('nothing_to_decide', `${name} still waits to be decided.`, '`approvals` shows for whom.')
    case 'denied':
      return refuse(
        'denied',
        `${name} was denied. ${operation.message ?? ''}`.trim(),
        'It can be asked for again.',
      )
    case 'expired':
      return refuse(
        'expired',
        `${name} has expired. ${operation.message ?? ''}`.trim(),
        'It can be asked for again; it is then a new operation.',
      )
    case 'cancelled':
      return refuse(
        'cancelled',
        `${name} was cancelled. ${operation.message ?? ''}`.trim(),
        'It can be asked for again.',
      )
    case 'unknown':
      return refuse(
        'outcome_unknown',
        `Nobody knows yet what came of ${name}.`,
        `\`continue ${name}\` looks again, \`cancel ${name}\` closes it.`,
      )
    case 'ready':
    case 'running':
      return refuse(
        'already_decided',
        `${name} is decided already and on its way.`,
        `\`cancel ${name}\` stops it.`,
      )
    default:
      return refuse(
        'already_decided',
        `${name} is over: ${operation.state}.`,
        '`history` tells what changed since.',
      )
  }
}

export function end(
  operation: Operation,
  state: OperationState,
  code: string | null,
  message: string | null,
  at: Date,
): Operation {
  return {
    ...operation,
    state,
    code,
    message,
    endedAt: ENDED.has(state) ? at.toISOString() : null,
    lease: null,
  }
}

export function changed(operation: Operation, audit: readonly NewAudit[]): Transition {
  return { operation, audit, refusal: null }
}

export function unchanged(operation: Operation): Transition {
  return { operation, audit: [], refusal: null }
}

/** What was not taken leaves the operation as it is; whoever asked for it notes that. */
function refused(operation: Operation, refusal: Refusal): Transition {
  return { operation, audit: [], refusal }
}
