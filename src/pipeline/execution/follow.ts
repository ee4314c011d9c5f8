import type { Step } from '../../core/operation.js'
import type { PlanTarget } from '../../core/plan.js'
import { taskOutcome } from '../../core/resource.js'
import { PveError } from '../../ports/pve.js'
import { readPatiently } from './look.js'
import { type ExecutionParts, PATIENCE, pauseAfter } from './parts.js'
import { isDone, verify } from './verify.js'

/** How a step ends, for the state machine. */
export type StepOutcome = {
  readonly state: 'verified' | 'unverified' | 'failed' | 'unknown'
  readonly code: string | null
  readonly message: string | null
  readonly log: readonly string[]
}

type Following = Pick<ExecutionParts, 'pve' | 'clock' | 'stores'>

/** Follows a step's task to its true end, then the guest. Outages on the way are waited for. */
export async function follow(
  parts: Following,
  step: Step & { readonly upid: string },
  target: PlanTarget,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const status = await endOf(parts, step, signal)
  if (status.kind === 'unreadable')
    return {
      state: 'unknown',
      code: 'outcome_unknown',
      message: `Its task could not be read for ${PATIENCE.unreadable / 60_000} minutes: ${status.why}`,
      log: [],
    }
  switch (taskOutcome(status.status)) {
    case 'ok':
    case 'warnings':
      return ended(parts, step, target, status.status, signal)
    case 'failed':
      return failedTask(parts, step, status.status ?? '')
    case 'running':
    case 'unknown':
      return brokenOff(parts, step, target, signal)
  }
}

type End =
  | { readonly kind: 'ended'; readonly status: string | null }
  | { readonly kind: 'unreadable'; readonly why: string }

async function endOf(
  parts: Following,
  step: Step & { readonly upid: string },
  signal: AbortSignal,
): Promise<End> {
  const { clock } = parts
  let troubleSince: number | null = null
  for (let looks = 0; ; looks++) {
    await clock.sleep(pauseAfter(looks), signal)
    try {
      const { running, status } = await parts.pve(step.cluster).tasks.status(step.upid, signal)
      if (!running) return { kind: 'ended', status }
      troubleSince = null
    } catch (error) {
      if (!(error instanceof PveError)) throw error
      signal.throwIfAborted()
      // A node that has forgotten the task will not remember it: the guest has to tell.
      if (error.outage.kind === 'missing') return { kind: 'ended', status: '' }
      troubleSince ??= clock.monotonic()
      if (clock.monotonic() - troubleSince > PATIENCE.unreadable)
        return { kind: 'unreadable', why: error.outage.message }
    }
  }
}

async function ended(
  parts: Following,
  step: Step & { readonly upid: string },
  target: PlanTarget,
  status: string | null,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const seen = await verify(parts, step, target, signal)
  if (status === 'OK' || status === null) return { ...seen, log: [] }
  const log = (await tailOf(parts, step)).filter((line) => line.startsWith('WARN'))
  return {
    ...seen,
    message: `${seen.message ?? ''} Its task ended with ${status.toLowerCase()}.`.trim(),
    log,
  }
}

async function failedTask(
  parts: Following,
  step: Step & { readonly upid: string },
  status: string,
): Promise<StepOutcome> {
  const log = await tailOf(parts, step)
  const killed = status === 'received interrupt' || status.startsWith('interrupted by signal')
  if (!killed) return { state: 'failed', code: 'task_failed', message: `Its task failed: ${status}.`, log }
  const overtaken = await overtakenBy(parts, step)
  return overtaken === null
    ? {
        state: 'failed',
        code: 'task_killed',
        message: 'Its task was stopped by somebody in Proxmox VE.',
        log,
      }
    : { state: 'failed', code: 'overtaken', message: `op${overtaken} overtook it.`, log }
}

/** An operation of ours that stopped the guest while this step was shutting it down. */
async function overtakenBy({ stores }: Following, step: Step): Promise<number | null> {
  if (step.verb !== 'shutdown') return null
  const recent = await stores.operations.list({ limit: 50 })
  const over = recent.find(
    (operation) =>
      operation.command === 'stop' &&
      operation.steps.some(
        ({ cluster, vmid, intentAt }) =>
          cluster === step.cluster &&
          vmid === step.vmid &&
          intentAt !== null &&
          intentAt > (step.intentAt ?? ''),
      ),
  )
  return over?.id ?? null
}

/** The task is gone without an end (its node crashed, its worker was killed): only the guest can tell. */
async function brokenOff(
  parts: Following,
  step: Step & { readonly upid: string },
  target: PlanTarget,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const log = await tailOf(parts, step)
  const reading = await readPatiently(parts, step, signal)
  if (reading?.kind !== 'facts')
    return {
      state: 'unknown',
      code: 'outcome_unknown',
      message: 'Its task broke off, and it cannot be read.',
      log,
    }
  const there = isDone(step, target, reading.facts)
  return {
    state: there ? 'unverified' : 'failed',
    code: there ? 'not_verified' : 'task_failed',
    message: there
      ? `Its task broke off without an end; it is ${reading.facts.power} all the same.`
      : `Its task broke off without an end; it is ${reading.facts.power}.`,
    log,
  }
}

/** The last lines of a task; a log that cannot be read is no reason to stop. */
async function tailOf(
  { pve }: Following,
  step: Step & { readonly upid: string },
): Promise<readonly string[]> {
  return pve(step.cluster)
    .tasks.logTail(step.upid, 10)
    .catch(() => [])
}
