import type { ParsedTaskFault } from './control-schema.js'
import type { SimTask, World } from './state.js'

/** What faults do to one task. Plain data, so that a restart goes on with it. */
export type TaskPlot = {
  /** The error it ends with, its effect not applied; null when it ends as it would. */
  readonly error: string | null
  /** Lines it prints as it begins. */
  readonly log: readonly string[]
  /** Warnings it prints at its end, its effect applied. */
  readonly warnings: readonly string[]
  /** How long it takes; null for its usual time. */
  readonly seconds: number | null
}

/** An active fault of tasks; `left` counts down to 0. */
export type TaskFault = { readonly id: number; readonly fault: ParsedTaskFault; left: number | null }

/** Makes an active fault out of a request for one. */
export function armTaskFault(id: number, fault: ParsedTaskFault): TaskFault {
  return { id, fault, left: fault.count ?? null }
}

function matches({ fault, left }: TaskFault, task: SimTask): boolean {
  if (left === 0) return false
  if (fault.type !== undefined && fault.type !== task.type) return false
  return fault.vmid === undefined || String(fault.vmid) === task.id
}

/** What the faults have in store for a task that begins to work; each that matches counts as used. */
export function plotFor(world: World, task: SimTask): TaskPlot | null {
  let plot: TaskPlot | null = null
  for (const entry of world.taskFaults) {
    if (!matches(entry, task)) continue
    if (entry.left !== null) entry.left -= 1
    const before: TaskPlot = plot ?? { error: null, log: [], warnings: [], seconds: null }
    const { fault } = entry
    if (fault.kind === 'task-slow') plot = { ...before, seconds: fault.seconds }
    else if (fault.kind === 'task-warns')
      plot = { ...before, warnings: [...before.warnings, ...fault.warnings] }
    else plot = { ...before, error: fault.error.replace(/\s*\n\s*/g, ' ').trim(), log: fault.log }
  }
  return plot
}
