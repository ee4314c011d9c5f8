import { canaryFell, canarySteps } from '../../core/canary.js'
import type { Operation, Step } from '../../core/operation.js'
import { grantsOf } from '../../core/people.js'
import type { Plan } from '../../core/plan.js'
import { isRefusal } from '../../core/refusal.js'
import { frozen } from '../freeze.js'
import { type ExecutionParts, LetGo } from './parts.js'
import { provenPlan } from './proven.js'
import { runStep } from './step.js'

/**
 * Carries out an operation that this process has claimed, or goes on with one that another left: plan checked, canaries
 * first, so many at a time, stopped at the first failure unless it is to keep going. Throws LetGo where it is to stop
 * where it stands.
 */
export async function runOperation(
  parts: ExecutionParts,
  claimed: Operation,
  signal: AbortSignal,
): Promise<void> {
  const { stores, holder, clock } = parts
  const proven = await provenPlan(parts, claimed)
  if (isRefusal(proven)) {
    const fresh = claimed.steps.every(({ state }) => state === 'pending')
    if (fresh) {
      const state =
        proven.code === 'plan_stale' || proven.code === 'expired' ? ('stale' as const) : ('failed' as const)
      const { code, message } = proven
      await stores.operations.apply(claimed.id, { kind: 'refuse', holder, state, code, message }, clock.now())
      parts.onChange(claimed.id)
      return
    }
    await abandon(parts, claimed, proven.code, proven.message)
  } else {
    await runTargets(parts, claimed, proven, signal)
  }
  const done = await stores.operations.apply(claimed.id, { kind: 'finish', holder }, clock.now())
  parts.onChange(claimed.id)
  if (isRefusal(done)) throw new LetGo(done.message)
}

/** Some of it is under way and the rest must not be: what runs cannot be judged by an edited plan. */
async function abandon(
  parts: ExecutionParts,
  operation: Operation,
  code: string,
  message: string,
): Promise<void> {
  const { stores, holder, clock } = parts
  for (const { index, state } of operation.steps) {
    if (state !== 'pending' && state !== 'sent' && state !== 'following') continue
    const ended = state === 'pending' ? ('failed' as const) : ('unknown' as const)
    await stores.operations.apply(
      operation.id,
      { kind: 'end', holder, index, state: ended, code, message, log: [] },
      clock.now(),
    )
  }
}

async function runTargets(
  parts: ExecutionParts,
  operation: Operation,
  plan: Plan,
  signal: AbortSignal,
): Promise<void> {
  const failed = operation.steps.some(isFailure)
  const flow: Flow = { parts, operation, plan, signal, failed, fell: false }
  // What another process began is ended first.
  const begun = operation.steps.filter(({ state }) => state === 'sent' || state === 'following')
  await inParallel(flow, begun, begun.length)
  await runCanary(flow)
  const rest = (await stepsNow(flow)).filter(({ state }) => state === 'pending')
  await inParallel(flow, rest, plan.parallel)
}

type Flow = {
  readonly parts: ExecutionParts
  readonly operation: Operation
  readonly plan: Plan
  readonly signal: AbortSignal
  failed: boolean
  /** A canary did not come out well. */
  fell: boolean
}

/** One by one, by what the store says of all that go first: some of them may have been another process's. */
async function runCanary(flow: Flow): Promise<void> {
  for (;;) {
    const steps = await stepsNow(flow)
    const next = canarySteps(flow.plan.canary, steps).find(({ state }) => state === 'pending')
    flow.fell = canaryFell(flow.plan.canary, steps)
    if (flow.fell || next === undefined) return
    await one(flow, next)
  }
}

async function stepsNow({ parts, operation }: Flow): Promise<readonly Step[]> {
  const current = await parts.stores.operations.get(operation.id)
  if (current === null) throw new LetGo('the operation is gone')
  return current.steps
}

const isFailure = ({ state }: Pick<Step, 'state'>): boolean =>
  state === 'failed' || state === 'unknown' || state === 'unverified'

async function inParallel(flow: Flow, steps: readonly Step[], width: number): Promise<void> {
  const queue = [...steps]
  const worker = async (): Promise<void> => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) await one(flow, step)
  }
  // All of them come to their end, or to where they let go, before an error is passed on.
  const ended = await Promise.allSettled(Array.from({ length: Math.min(width, steps.length) }, worker))
  for (const each of ended) if (each.status === 'rejected') throw each.reason
}

async function one(flow: Flow, step: Step): Promise<void> {
  const { parts, operation, plan, signal } = flow
  if (signal.aborted) throw new LetGo('this process is to end')
  const target = plan.targets[step.index]
  if (target === undefined) throw new LetGo('the plan has no such target')
  const reason = step.state === 'pending' ? await notBegun(flow) : null
  if (reason !== null) {
    const { stores, holder, clock } = parts
    const event = { kind: 'end', holder, index: step.index, ...reason, log: [] } as const
    const ended = await stores.operations.apply(operation.id, event, clock.now())
    parts.onChange(operation.id)
    if (isRefusal(ended)) throw new LetGo(ended.message)
    return
  }
  try {
    const state = await runStep({ parts, operation, plan, target, signal }, step)
    if (isFailure({ state })) flow.failed = true
  } catch (error) {
    if (signal.aborted || error instanceof LetGo) throw error
    // Nothing was lost: the step stands where the store says, and whoever takes over goes on from there.
    parts.onFault(error)
    throw new LetGo('a fault')
  }
}

/** Why a target is not begun any more; null when it is to be. */
async function notBegun(flow: Flow) {
  const { parts, operation, plan } = flow
  const current = await parts.stores.operations.get(operation.id)
  if (current?.cancelAsked === true)
    return {
      state: 'cancelled' as const,
      code: 'cancelled',
      message: 'It was cancelled before this was begun.',
    }
  const people = await parts.stores.people.list()
  const requester = people.find(({ id }) => id === operation.requester.personId)
  const stopped = await frozen(
    { stores: parts.stores, now: () => parts.clock.now() },
    operation.workspace,
    operation.command,
    grantsOf(requester, operation.requester),
  )
  if (stopped !== null) return { state: 'cancelled' as const, code: stopped.code, message: stopped.message }
  const skipped = (message: string) => ({ state: 'skipped' as const, code: 'skipped', message })
  if (flow.fell) return skipped('The canary did not come out well, so this was not begun.')
  return flow.failed && !plan.keepGoing ? skipped('Another one failed before this was begun.') : null
}
