import type { Operation, Step } from '../../core/operation.js'
import type { Actor } from '../../core/people.js'
import type { PlanTarget } from '../../core/plan.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import { taskOutcome } from '../../core/resource.js'
import { PveError } from '../../ports/pve.js'
import { readPlan } from '../stored-plan.js'
import { readTarget, traceOf } from './look.js'
import type { ExecutionParts } from './parts.js'
import { isDone } from './verify.js'

type Parts = Pick<ExecutionParts, 'stores' | 'pve'> & { readonly now: () => Date }

type Found = {
  readonly state: 'verified' | 'unverified' | 'failed'
  readonly code: string | null
  readonly message: string
  readonly upid: string | null
}

/** A person's second look at an operation of which nobody knows what came of it. Sends nothing. */
export async function settleUnknown(
  parts: Parts,
  operation: Operation,
  actor: Actor,
): Promise<Operation | Refusal> {
  const read = await readPlan(parts.stores, operation, { steps: true })
  if (isRefusal(read)) return read
  let current: Operation | Refusal = read.operation
  for (const step of read.operation.steps.filter(({ state }) => state === 'unknown')) {
    const target = read.plan.targets[step.index]
    if (target === undefined) continue
    const found = await lookAgain(parts, step, target)
    if (isRefusal(found)) return found
    current = await parts.stores.operations.apply(
      operation.id,
      { kind: 'settle', actor, index: step.index, ...found },
      parts.now(),
    )
    if (isRefusal(current)) return current
  }
  return current
}

async function lookAgain(parts: Parts, step: Step, target: PlanTarget): Promise<Found | Refusal> {
  const trace = step.upid === null ? await traceOf(parts, step, target) : null
  const upid = step.upid ?? (trace?.kind === 'found' ? trace.task.upid : null)
  const status = upid === null ? null : await statusOf(parts, step, upid)
  const reading = await readTarget(parts, step)
  const still = (why: string) =>
    refuse(
      'outcome_unknown',
      `What came of ${step.name} is still not known: ${why}.`,
      'Look at it in Proxmox VE; `cancel` closes the operation.',
    )
  if (status === 'running') return still('its task is still running')
  if (reading === null || reading.kind === 'unreadable') return still('it cannot be read')
  const { kind } = reading
  const there = kind === 'facts' && isDone(step, target, reading.facts)
  const is = reading.kind === 'facts' ? `it is ${reading.facts.power}` : 'it is gone'
  const untold = upid === null ? trace?.kind === 'unsure' : status === 'unknown'
  if (untold && !there && kind === 'facts') return still('its task cannot be read')
  if (upid !== null && status === 'ok' && there)
    return { state: 'verified', code: null, message: `Its task ended well and ${is}.`, upid }
  if (upid !== null && status === 'failed')
    return { state: 'failed', code: 'task_failed', message: `Its task failed; ${is}.`, upid }
  if (there)
    return { state: 'unverified', code: 'not_verified', message: `No end of its task is known; ${is}.`, upid }
  if (upid === null && trace?.kind === 'none')
    return { state: 'failed', code: 'not_started', message: `There is no task of it; ${is}.`, upid }
  return { state: 'failed', code: 'outcome_unknown', message: `It is not as it was to be: ${is}.`, upid }
}

async function statusOf(
  parts: Parts,
  step: Step,
  upid: string,
): Promise<'running' | 'ok' | 'failed' | 'unknown'> {
  try {
    const { running, status } = await parts.pve(step.cluster).tasks.status(upid)
    if (running) return 'running'
    const outcome = taskOutcome(status ?? '')
    return outcome === 'ok' || outcome === 'warnings' ? 'ok' : outcome === 'failed' ? 'failed' : 'unknown'
  } catch (error) {
    if (error instanceof PveError) return 'unknown'
    throw error
  }
}
