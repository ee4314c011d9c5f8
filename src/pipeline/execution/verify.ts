import type { GuestFacts } from '../../core/guest-facts.js'
import type { Step } from '../../core/operation.js'
import type { PlanTarget } from '../../core/plan.js'
import type { Clock } from '../../ports/clock.js'
import { readTarget } from './look.js'
import { type ExecutionParts, PATIENCE, pauseAfter } from './parts.js'

export type Verification = {
  readonly state: 'verified' | 'unverified'
  readonly code: string | null
  readonly message: string | null
}

/**
 * Reads the guest until it is where the plan wants it. With the HA manager in between it is the guest that counts, not the
 * request, and the manager takes its time.
 */
export async function verify(
  parts: Pick<ExecutionParts, 'pve' | 'clock'>,
  step: Step,
  target: PlanTarget,
  signal: AbortSignal,
  patience = patienceFor(target),
): Promise<Verification> {
  const { clock } = parts
  const until = clock.monotonic() + patience
  for (let looks = 0; ; looks++) {
    const reading = await readTarget(parts, step, signal)
    if (reading?.kind === 'facts' && isDone(step, target, reading.facts))
      return { state: 'verified', code: null, message: doneText(step, target, reading.facts) }
    if (clock.monotonic() >= until)
      return notVerified(step, target, reading?.kind === 'facts' ? reading.facts : null)
    await pause(clock, looks, signal)
  }
}

async function pause(clock: Clock, looks: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(Math.min(2000, pauseAfter(looks)), signal)
}

function patienceFor(target: PlanTarget): number {
  const managed = target.ha !== null && ['start', 'stop', 'shutdown'].includes(target.call.verb)
  const waits = (target.call.timeout ?? 0) * 1000
  return managed ? PATIENCE.manager + waits : PATIENCE.verify
}

/** Of seconds of the node: an uptime and the node's time are rounded, and the time may be told by another node. */
const ROUNDED = 2

/** A restart is proved by an uptime that began after the call, where there is one to look at. */
export function isDone(step: Step, target: PlanTarget, facts: GuestFacts): boolean {
  if (facts.power !== target.goal) return false
  if (facts.lock === 'suspended' && target.goal === 'running') return false
  if (step.verb !== 'reboot') return true
  const up = startedAfter(step, facts)
  return up === null || up >= -ROUNDED
}

/**
 * Whether a running guest was started for certain after the call, of which there is no task: one that was started just
 * before the call was not.
 */
export function isRestarted(step: Step, facts: GuestFacts): boolean {
  const up = startedAfter(step, facts)
  return up === null || up > ROUNDED
}

/** How many seconds after the call the guest was started; null where that cannot be told. */
function startedAfter(step: Step, { nodeTime, uptime }: GuestFacts): number | null {
  if (nodeTime === null || uptime === null || step.intentNodeTime === null) return null
  return nodeTime - uptime - step.intentNodeTime
}

function doneText(step: Step, target: PlanTarget, facts: GuestFacts): string {
  const where = facts.node === step.node || step.node === null ? '' : `, now on ${facts.node}`
  if (step.verb === 'reboot') return `It was started again and is running${where}.`
  if (step.verb === 'reset') return `It was reset and is running${where}.`
  return `It is ${target.goal}${where}.`
}

function notVerified(step: Step, target: PlanTarget, facts: GuestFacts | null): Verification {
  const is = facts === null ? 'it cannot be read' : `it is ${facts.power}`
  const ha = target.ha === null || facts?.ha === null || facts === null ? '' : ` (HA: ${facts.ha})`
  const wanted = step.verb === 'reboot' ? 'started again' : target.goal
  return {
    state: 'unverified',
    code: 'not_verified',
    message: `Proxmox VE reported no failure, but it was not seen ${wanted}: ${is}${ha}.`,
  }
}
