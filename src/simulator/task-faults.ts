import type { ParsedTaskFault } from './control-schema.js'
import { createRng, type Rng } from './rng.js'
import type { SimTask, World } from './state.js'

/** Every way in which a task can go wrong. */
export const TASK_STORM_KINDS = ['fails', 'warns', 'slow', 'killed'] as const

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
  /** Whether somebody stops it half-way. */
  readonly killed: boolean
}

const PLAIN: TaskPlot = { error: null, log: [], warnings: [], seconds: null, killed: false }

/** An active fault of tasks; `left` counts down to 0. */
export type TaskFault = {
  readonly id: number
  readonly fault: ParsedTaskFault
  left: number | null
  readonly rng: Rng | null
  /** How often a storm struck, by its kinds. */
  readonly struck: Map<string, number>
}

/** Makes an active fault out of a request for one. */
export function armTaskFault(id: number, fault: ParsedTaskFault): TaskFault {
  const rng = fault.kind === 'task-storm' ? createRng(fault.seed) : null
  return { id, fault, left: fault.count ?? null, rng, struck: new Map() }
}

function matches({ fault, left }: TaskFault, task: SimTask): boolean {
  if (left === 0) return false
  if (fault.kind === 'task-storm' && fault.callsOnly && task.tokenid === null) return false
  if (fault.type !== undefined && fault.type !== task.type) return false
  return fault.vmid === undefined || String(fault.vmid) === task.id
}

/** What the faults have in store for a task that begins to work; each that matches counts as used. */
export function plotFor(world: World, task: SimTask): TaskPlot | null {
  let plot: TaskPlot | null = null
  for (const entry of world.taskFaults) {
    if (!matches(entry, task)) continue
    const thicker = thickened(plot ?? PLAIN, entry)
    if (thicker === null) continue
    if (entry.left !== null) entry.left -= 1
    plot = thicker
  }
  return plot
}

/** A plot with what a fault adds; null where chance spares the task. Every task costs a storm the same draws. */
function thickened(plot: TaskPlot, { fault, rng, struck }: TaskFault): TaskPlot | null {
  switch (fault.kind) {
    case 'task-slow':
      return { ...plot, seconds: fault.seconds }
    case 'task-warns':
      return { ...plot, warnings: [...plot.warnings, ...fault.warnings] }
    case 'task-fails':
      return { ...plot, error: fault.error.replace(/\s*\n\s*/g, ' ').trim(), log: fault.log }
    case 'task-killed':
      return { ...plot, killed: true }
    case 'task-storm': {
      if (rng === null) return null
      const [chance, which] = [rng.next() * 100, rng.next()]
      const kind = fault.kinds[Math.floor(which * fault.kinds.length)]
      if (chance >= fault.percent || kind === undefined) return null
      struck.set(kind, (struck.get(kind) ?? 0) + 1)
      return stormy(plot, kind, fault.slowSeconds)
    }
  }
}

function stormy(plot: TaskPlot, kind: (typeof TASK_STORM_KINDS)[number], slowSeconds: number): TaskPlot {
  switch (kind) {
    case 'fails':
      return { ...plot, error: 'no space left on device' }
    case 'warns':
      return { ...plot, warnings: [...plot.warnings, 'something is not as it should be'] }
    case 'slow':
      return { ...plot, seconds: slowSeconds }
    case 'killed':
      return { ...plot, killed: true }
  }
}
