import { changed, end, unchanged } from './deciding.js'
import { stoppedBy } from './freeze.js'
import { type Operation, operationName, outcomeOf, type Step, type StepEnd } from './operation.js'
import type { Actor } from './people.js'
import { refuse } from './refusal.js'
import { type Around, noted, type Transition } from './transition.js'

/** What the process that holds an operation does with it. */
export type ExecuteEvent =
  /** Takes it: a ready one, or one whose holder is gone. `seen` is the lease as it was when that was judged. */
  | { readonly kind: 'claim'; readonly holder: string; readonly seen: Operation['lease'] }
  /** Lets it go without ending it, so that another process may take it at once. */
  | { readonly kind: 'release'; readonly holder: string }
  /** Ends it before anything was sent. */
  | {
      readonly kind: 'refuse'
      readonly holder: string
      readonly state: 'stale' | 'failed'
      readonly code: string
      readonly message: string
    }
  /** A call is about to be sent. Committed before it is. */
  | {
      readonly kind: 'intend'
      readonly holder: string
      readonly index: number
      readonly node: string
      readonly nodeTime: number
    }
  | { readonly kind: 'follow'; readonly holder: string; readonly index: number; readonly upid: string }
  | StepEnded
  /** All steps have ended; `doubt`: or are only said to have. */
  | { readonly kind: 'finish'; readonly holder: string; readonly doubt?: Doubt }
  /** What a person's second look at an `unknown` found. */
  | {
      readonly kind: 'settle'
      readonly actor: Actor
      readonly index: number
      readonly state: 'verified' | 'unverified' | 'failed'
      readonly code: string | null
      readonly message: string | null
      readonly upid: string | null
    }

export type Doubt = { readonly code: string; readonly message: string }

export type StepEnded = {
  readonly kind: 'end'
  readonly holder: string
  readonly index: number
  readonly state: StepEnd
  readonly code: string | null
  readonly message: string | null
  readonly log: readonly string[]
}

/** From which states a step may come into which. */
const BEFORE: Readonly<Record<StepEnd, readonly Step['state'][]>> = {
  verified: ['sent', 'following'],
  unverified: ['sent', 'following'],
  failed: ['pending', 'sent', 'following'],
  unknown: ['sent', 'following'],
  stale: ['pending'],
  already: ['pending'],
  skipped: ['pending'],
  cancelled: ['pending'],
}

/** The part of the state machine that belongs to execution. */
export function execute(operation: Operation, event: ExecuteEvent, at: Date, around: Around): Transition {
  if (event.kind === 'claim') return claim(operation, event, at)
  if (event.kind === 'settle') return settle(operation, event, at)
  if (operation.state !== 'running' || operation.lease?.holder !== event.holder) return lost(operation)
  switch (event.kind) {
    case 'release':
      return changed({ ...operation, lease: null }, [])
    case 'refuse':
      return operation.steps.every((step) => step.state === 'pending')
        ? refused(operation, event, at)
        : lost(operation)
    case 'finish':
      return finish(operation, event.doubt, at)
    case 'intend':
      return intend(operation, event, at, around)
    case 'follow':
      return step(operation, event.index, ['sent'], { state: 'following', upid: event.upid }, 'effect.sent', {
        upid: event.upid,
      })
    case 'end':
      return step(
        operation,
        event.index,
        BEFORE[event.state],
        {
          state: event.state,
          code: event.code,
          message: event.message,
          log: event.log,
          endedAt: at.toISOString(),
        },
        'effect.ended',
        { state: event.state, message: event.message },
        event.code,
      )
  }
}

function claim(
  operation: Operation,
  { holder, seen }: Extract<ExecuteEvent, { readonly kind: 'claim' }>,
  at: Date,
): Transition {
  const { lease, state } = operation
  if (state === 'ready') {
    if (at.getTime() >= Date.parse(operation.expiresAt)) {
      const message = 'It was decided, but not begun in time.'
      return {
        operation: end(operation, 'expired', 'expired', message, at),
        audit: [noted(operation, 'operation.expired', { code: 'expired', data: { message } })],
        refusal: refuse(
          'expired',
          `${operationName(operation.id)} has expired.`,
          'It can be asked for again.',
        ),
      }
    }
    const next: Operation = { ...operation, state: 'running', lease: { holder, beat: 1 } }
    return changed(next, [noted(operation, 'operation.begun')])
  }
  const unclaimed =
    lease === null || (seen !== null && lease.holder === seen.holder && lease.beat === seen.beat)
  if (state !== 'running' || !unclaimed) return lost(operation)
  const next: Operation = { ...operation, lease: { holder, beat: (lease?.beat ?? 0) + 1 } }
  return changed(next, [noted(operation, 'operation.taken_over', { data: { from: lease?.holder ?? null } })])
}

function refused(
  operation: Operation,
  event: Extract<ExecuteEvent, { readonly kind: 'refuse' }>,
  at: Date,
): Transition {
  const { state, code, message } = event
  const steps = operation.steps.map((each) => ({
    ...each,
    state,
    code,
    message,
    endedAt: at.toISOString(),
  }))
  const next = end({ ...operation, steps }, state, code, message, at)
  return changed(next, [noted(operation, 'operation.ended', { code, data: { state, message } })])
}

function intend(
  operation: Operation,
  event: Extract<ExecuteEvent, { readonly kind: 'intend' }>,
  at: Date,
  { freeze, grants }: Around,
): Transition {
  if (operation.cancelAsked) return lost(operation)
  const stopped = stoppedBy(freeze, operation.command, grants)
  if (stopped !== null) return { ...unchanged(operation), refusal: stopped }
  const { index, node, nodeTime } = event
  const patch = { state: 'sent' as const, node, intentAt: at.toISOString(), intentNodeTime: nodeTime }
  const next = step(operation, index, ['pending'], patch, 'effect.intended', { index, node, nodeTime })
  // The intent is a sign of life as well, so that the whole lease is left for the call.
  const { lease } = next.operation
  return lease === null || next.refusal !== null
    ? next
    : { ...next, operation: { ...next.operation, lease: { ...lease, beat: lease.beat + 1 } } }
}

function step(
  operation: Operation,
  index: number,
  from: readonly Step['state'][],
  patch: Partial<Step>,
  action: string,
  data: Readonly<Record<string, string | number | null>>,
  code: string | null = null,
): Transition {
  const before = operation.steps[index]
  if (before === undefined || !from.includes(before.state)) return lost(operation)
  const steps = operation.steps.map((each) => (each.index === index ? { ...each, ...patch } : each))
  const subject = `${before.verb} ${before.cluster}/${before.vmid} ${before.name}`
  return changed({ ...operation, steps }, [noted(operation, action, { subject, code, data })])
}

function finish(operation: Operation, doubt: Doubt | undefined, at: Date): Transition {
  const open = operation.steps.some(
    ({ state }) => state === 'pending' || state === 'sent' || state === 'following',
  )
  if (open) return lost(operation)
  const outcome = outcomeOf(operation.steps, operation.cancelAsked)
  const doubted = outcome.state === 'verified' ? 'unverified' : outcome.state
  const { state, code, message } = doubt === undefined ? outcome : { state: doubted, ...doubt }
  return changed(end(operation, state, code, message, at), [
    noted(operation, 'operation.ended', { code, data: { state, message } }),
  ])
}

function settle(
  operation: Operation,
  event: Extract<ExecuteEvent, { readonly kind: 'settle' }>,
  at: Date,
): Transition {
  if (operation.state !== 'unknown') return lost(operation)
  const { actor, index, state, code, message, upid } = event
  const found = operation.steps[index]
  if (found?.state !== 'unknown') return lost(operation)
  const steps = operation.steps.map((each) =>
    each.index === index
      ? { ...each, state, code, message, upid: upid ?? each.upid, endedAt: at.toISOString() }
      : each,
  )
  const outcome = outcomeOf(steps, operation.cancelAsked)
  const next = end({ ...operation, steps }, outcome.state, outcome.code, outcome.message, at)
  return changed(next, [
    noted(operation, 'operation.settled', {
      actor,
      code,
      subject: `${found.verb} ${found.cluster}/${found.vmid} ${found.name}`,
      data: { state, message, upid, outcome },
    }),
  ])
}

/** Whoever comes with this does not hold the operation any more, or comes twice. */
function lost(operation: Operation): Transition {
  return {
    ...unchanged(operation),
    refusal: refuse(
      'lease_lost',
      `${operationName(operation.id)} is not, or no longer, in the hands of this process.`,
      'Another process of this home goes on with it.',
    ),
  }
}
