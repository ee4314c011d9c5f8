import type { FactsReading } from '../../core/guest-facts.js'
import { compareMarks } from '../../core/identity.js'
import type { Operation, Step, StepEnd } from '../../core/operation.js'
import { refusalOf } from '../../core/outage.js'
import type { Plan, PlanTarget } from '../../core/plan.js'
import { recheck } from '../../core/recheck.js'
import { isRefusal, type Refusal } from '../../core/refusal.js'
import { PveError } from '../../ports/pve.js'
import { mayBeAnother, sightingOf } from '../births.js'
import { readShown } from '../stored-plan.js'
import { follow, type StepOutcome } from './follow.js'
import { beyondDecided } from './lawful.js'
import { readTarget } from './look.js'
import { type ExecutionParts, LetGo } from './parts.js'
import { settle } from './settle.js'

/** One target of an operation that this process holds. */
export type StepRun = {
  readonly parts: ExecutionParts
  readonly operation: Operation
  readonly plan: Plan
  readonly target: PlanTarget
  readonly signal: AbortSignal
}

type Ended = {
  readonly state: StepEnd
  readonly code: string | null
  readonly message: string | null
  readonly log: readonly string[]
}

/** Brings a step from where it stands to its end: recheck, intent, one call, its task, the guest. Gives how it ended. */
export async function runStep(run: StepRun, stored: Step): Promise<StepEnd> {
  // Whom it is about is the plan's word, which was proved: the row was read again since.
  const { cluster, vmid, kind, name, call } = run.target
  const step = { ...stored, cluster, vmid, kind, name, verb: call.verb }
  switch (step.state) {
    case 'pending':
      return begin(run, step)
    case 'sent':
      return settled(run, step)
    case 'following':
      return followed(run, step)
    default:
      return step.state
  }
}

async function begin(run: StepRun, step: Step): Promise<StepEnd> {
  const { parts, target, signal } = run
  const reading = await readTarget(parts, step, signal)
  if (reading === null)
    return end(run, step, {
      state: 'failed',
      code: 'cluster_unreachable',
      message: `Cluster ${step.cluster} could not be read, so nothing was sent.`,
      log: [],
    })
  const seen = await asTasksTell(parts, run, step, reading)
  if (isRefusal(seen))
    return end(run, step, { state: 'failed', code: seen.code, message: saidBy(seen), log: [] })
  const found = recheck(target, seen)
  if (found.kind !== 'same') {
    const code = found.kind === 'already' ? 'already' : found.code
    return end(run, step, { state: found.kind, code, message: found.sentence, log: [] })
  }
  const beyond = await beyondDecided(parts, run, found.facts)
  if (beyond !== null) {
    const state = beyond.code === 'plan_stale' ? ('stale' as const) : ('failed' as const)
    return end(run, step, { state, code: beyond.code, message: saidBy(beyond), log: [] })
  }
  return send(run, step, found.facts.node, found.facts.nodeTime)
}

/** A container's address is no proof by itself: where it may be another one by its tasks, its mark is unknown. */
async function asTasksTell(
  { stores, pve }: ExecutionParts,
  { operation, target, signal }: StepRun,
  { index, cluster, vmid }: Step,
  reading: FactsReading,
): Promise<FactsReading | Refusal> {
  if (target.mark.kind !== 'ct' || reading.kind !== 'facts') return reading
  if (compareMarks(target.mark, reading.facts.mark) !== 'same') return reading
  const shown = await readShown(stores, operation)
  if (isRefusal(shown)) return shown
  const before = sightingOf(operation, shown, index)
  const why = await mayBeAnother(pve(cluster), vmid, before, reading.facts.node, signal)
  return why === null ? reading : { ...reading, facts: { ...reading.facts, mark: { kind: 'unknown', why } } }
}

/**
 * The intent is committed, then the call is sent, once. The commit renewed the lease; from when too little of it is left,
 * nothing is sent any more, however long the call waited for its turn: another process might take over while PVE still
 * executes.
 */
async function send(run: StepRun, step: Step, node: string, nodeTime: number | null): Promise<StepEnd> {
  const { parts, target } = run
  const { clock, timing, holder } = parts
  const { operate } = parts.pve(step.cluster)
  if (operate === null)
    return end(run, step, {
      state: 'failed',
      code: 'no_operate_token',
      message: `Cluster ${step.cluster} has no token for operations any more.`,
      log: [],
    })
  const before = clock.monotonic()
  const notAfter = before + timing.lease - timing.sendMargin
  const seconds = nodeTime ?? Math.floor(clock.now().getTime() / 1000)
  const answer = await apply(run, { kind: 'intend', holder, index: step.index, node, nodeTime: seconds })
  if (isRefusal(answer) && answer.code === 'frozen')
    return end(run, step, { state: 'cancelled', code: answer.code, message: answer.message, log: [] })
  const intended = held(answer)
  const sent = intended.steps[step.index] ?? step
  let upid: string
  try {
    const { verb, timeout, overruleShutdown } = target.call
    const place = { kind: step.kind, vmid: step.vmid, node }
    upid = await operate.power({ ...place, verb, timeout, overruleShutdown, notAfter })
  } catch (error) {
    if (!(error instanceof PveError)) throw error
    if (error.outage.ambiguous) return settled(run, sent)
    if (error.outage.kind === 'timeout')
      return end(run, sent, {
        state: 'failed',
        code: 'not_started',
        message: 'It could not be sent in time, so it was not sent at all.',
        log: [],
      })
    const refusal = refusalOf(error.outage)
    return end(run, sent, { state: 'failed', code: refusal.code, message: saidBy(refusal), log: [] })
  }
  return known(run, sent, upid)
}

function saidBy({ message, details }: Refusal): string {
  return details.length === 0 ? message : `${message} ${details.join(' ')}`
}

async function settled(run: StepRun, step: Step): Promise<StepEnd> {
  const found = await settle(run.parts, step, run.target, run.signal)
  return found.kind === 'adopted' ? known(run, step, found.upid) : end(run, step, found.outcome)
}

/** The task's id is stored before it is followed: whoever takes over goes on with it. */
async function known(run: StepRun, step: Step, upid: string): Promise<StepEnd> {
  const { holder } = run.parts
  const following = held(await apply(run, { kind: 'follow', holder, index: step.index, upid }))
  return followed(run, following.steps[step.index] ?? step)
}

async function followed(run: StepRun, step: Step): Promise<StepEnd> {
  const { upid } = step
  if (upid === null) return settled(run, step)
  const outcome: StepOutcome = await follow(run.parts, { ...step, upid }, run.target, run.signal)
  return end(run, step, outcome)
}

async function end(run: StepRun, step: Step, ended: Ended): Promise<StepEnd> {
  const { holder } = run.parts
  held(await apply(run, { kind: 'end', holder, index: step.index, ...ended }))
  return ended.state
}

async function apply(
  { parts, operation }: StepRun,
  event: Parameters<ExecutionParts['stores']['operations']['apply']>[1],
): Promise<Operation | Refusal> {
  const applied = await parts.stores.operations.apply(operation.id, event, parts.clock.now())
  parts.onChange(operation.id)
  return applied
}

/** An operation that is in other hands by now is let go of. */
function held(applied: Operation | Refusal): Operation {
  if (isRefusal(applied)) throw new LetGo(applied.message)
  return applied
}
