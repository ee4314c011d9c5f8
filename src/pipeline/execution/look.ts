import type { FactsReading } from '../../core/guest-facts.js'
import type { Step } from '../../core/operation.js'
import type { PlanTarget } from '../../core/plan.js'
import { taskTypes } from '../../core/power.js'
import type { Task } from '../../core/resource.js'
import { PveError } from '../../ports/pve.js'
import { type ExecutionParts, PATIENCE, pauseAfter } from './parts.js'

type Looking = Pick<ExecutionParts, 'pve' | 'stores'>

/** A step's guest as it is now. Null when its cluster cannot be read. */
export async function readTarget(
  { pve }: Pick<Looking, 'pve'>,
  step: Pick<Step, 'cluster' | 'vmid' | 'kind' | 'node'>,
  signal?: AbortSignal,
): Promise<FactsReading | null> {
  try {
    const place = { kind: step.kind, vmid: step.vmid, node: step.node ?? '' }
    const [reading] = await pve(step.cluster).guests.facts([place], signal)
    return reading ?? null
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof PveError) return null
    throw error
  }
}

/** An answer that was lost must not leave a guest held: it is read again for a while. */
export async function readPatiently(
  parts: Pick<ExecutionParts, 'pve' | 'clock'>,
  step: Pick<Step, 'cluster' | 'kind' | 'vmid' | 'node'>,
  signal: AbortSignal,
): Promise<FactsReading | null> {
  const until = parts.clock.monotonic() + PATIENCE.verify
  for (let looks = 0; ; looks++) {
    const reading = await readTarget(parts, step, signal)
    const read = reading !== null && reading.kind !== 'unreadable'
    if (read || parts.clock.monotonic() >= until) return reading
    await parts.clock.sleep(pauseAfter(looks), signal)
  }
}

export type Trace =
  | { readonly kind: 'found'; readonly task: Task }
  /** Nothing, and the list was whole. */
  | { readonly kind: 'none' }
  /** It could not be asked, or the list may lack something. */
  | { readonly kind: 'unsure' }

/** Seconds by which the clocks of the cluster's nodes may differ. Only tasks of our own token that no operation knows count. */
const SLACK = 60

/**
 * The task that a step's call made, if it made one: of our own token, on this guest, of a fitting type, begun no earlier
 * than a minute before the intent by the cluster's clock, and not known to belong to another operation.
 */
export async function traceOf(parts: Looking, step: Step, target: Pick<PlanTarget, 'ha'>): Promise<Trace> {
  const { operate } = parts.pve(step.cluster)
  if (operate === null || step.node === null || step.intentNodeTime === null) return { kind: 'unsure' }
  const types = taskTypes(step.verb, step.kind, target.ha !== null)
  const place = { kind: step.kind, vmid: step.vmid, node: step.node }
  try {
    const { tasks, complete } = await operate.ownTasks(place, types, step.intentNodeTime - SLACK)
    const upids = tasks.map(({ upid }) => upid)
    const taken = upids.length === 0 ? new Map() : await parts.stores.operations.ownUpids(step.cluster, upids)
    const [task] = tasks.filter(({ upid }) => !taken.has(upid)).sort((a, b) => b.startTime - a.startTime)
    if (task !== undefined) return { kind: 'found', task }
    return complete ? { kind: 'none' } : { kind: 'unsure' }
  } catch (error) {
    if (error instanceof PveError) return { kind: 'unsure' }
    throw error
  }
}
