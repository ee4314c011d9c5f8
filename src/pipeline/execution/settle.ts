import type { Step } from '../../core/operation.js'
import type { PlanTarget } from '../../core/plan.js'
import type { StepOutcome } from './follow.js'
import { readPatiently, traceOf } from './look.js'
import { type ExecutionParts, PATIENCE, pauseAfter } from './parts.js'
import { isRestarted } from './verify.js'

export type Settled =
  /** The call was carried out: this is its task. */
  | { readonly kind: 'adopted'; readonly upid: string }
  | { readonly kind: 'ended'; readonly outcome: StepOutcome }

type Parts = Pick<ExecutionParts, 'pve' | 'stores' | 'clock' | 'timing'>

/**
 * What came of a call whose answer was lost, or whose sender died. PVE's proxy gives up after 30 s while the call may still
 * be executed, so nothing is said before 45 s have passed by our own clock, which starts later than the intent. Never
 * sends anything.
 */
export async function settle(
  parts: Parts,
  step: Step,
  target: PlanTarget,
  signal: AbortSignal,
): Promise<Settled> {
  const { clock, timing } = parts
  const until = clock.monotonic() + timing.settleAfter
  for (let looks = 0; ; looks++) {
    const late = clock.monotonic() >= until
    const trace = await traceOf(parts, step, target)
    if (trace.kind === 'found') return { kind: 'adopted', upid: trace.task.upid }
    // An answer that could not be had just then is asked for again.
    const tooLate = clock.monotonic() >= until + PATIENCE.verify
    if (late && (trace.kind === 'none' || tooLate))
      return judged(parts, step, target, trace.kind === 'none', signal)
    const rest = late ? PATIENCE.verify : until - clock.monotonic()
    await clock.sleep(Math.max(20, Math.min(pauseAfter(looks), rest)), signal)
  }
}

/** No task was found and none will come: the state of the guest has the last word. */
async function judged(
  parts: Parts,
  step: Step,
  target: PlanTarget,
  whole: boolean,
  signal: AbortSignal,
): Promise<Settled> {
  const unknown = (message: string): Settled => ({
    kind: 'ended',
    outcome: { state: 'unknown', code: 'outcome_unknown', message, log: [] },
  })
  const reading = await readPatiently(parts, step, signal)
  if (!whole)
    return unknown('The answer to the call was lost, and the tasks of the node cannot be told completely.')
  if (reading === null || reading.kind === 'unreadable')
    return unknown('The answer to the call was lost, and the guest cannot be read.')
  if (reading.kind === 'gone') return unknown('The answer to the call was lost, and the guest is gone.')
  const { facts } = reading
  if (facts.power !== target.power || (step.verb === 'reboot' && isRestarted(step, facts)))
    return unknown(
      `The answer to the call was lost. There is no task of it, yet the guest changed: it was ${target.power}, is ${facts.power}.`,
    )
  return {
    kind: 'ended',
    outcome: {
      state: 'failed',
      code: 'not_started',
      message:
        'The call did not get through: there is no task of it, and nothing changed. It is not sent again.',
      log: [],
    },
  }
}
