import type { Task } from '../core/resource.js'
import type { GuestPlace, TaskSearch } from '../ports/pve.js'
import type { Engine } from './engine.js'
import { taskOf } from './rows.js'
import { TaskRow } from './schema.js'
import { sourceOf } from './source.js'
import { parseUpid } from './upid.js'

/** The most tasks that are asked for; a guest that had more is not searched completely. */
const LIMIT = 500
const REQUEST = 'GET /nodes/{node}/tasks'

export type TaskQuestion = {
  readonly place: GuestPlace
  /** Unix seconds, by the node's clock; they began then or later. */
  readonly since: number
  /** Only tasks of this type; null for all. */
  readonly type: string | null
  readonly signal: AbortSignal | undefined
}

/** Tasks on one guest that its node knows, running ones included, newest first. Throws PveError. */
export async function searchTasks(engine: Engine, question: TaskQuestion): Promise<TaskSearch> {
  const { place, since, type, signal } = question
  const source = sourceOf(engine, { signal })
  const answer = source.api.nodes.$(place.node).tasks.$get({
    // Without it only finished ones are listed.
    source: 'all',
    since: Math.max(0, Math.floor(since)),
    vmid: place.vmid,
    limit: LIMIT,
    ...(type === null ? {} : { typefilter: type }),
  })
  const { rows, left } = await source.rows(TaskRow, REQUEST, answer)
  const tasks = rows.map(taskOf).filter(({ upid }) => parseUpid(upid) !== null)
  return {
    tasks: newestFirst(tasks),
    complete: left.length === 0 && tasks.length === rows.length && rows.length < LIMIT,
  }
}

/** Each once: one that ends while it is listed may stand among the running and among the finished. */
function newestFirst(tasks: readonly Task[]): readonly Task[] {
  const byUpid = new Map<string, Task>()
  for (const task of tasks) {
    if (byUpid.get(task.upid)?.status === undefined || task.status !== null) byUpid.set(task.upid, task)
  }
  return [...byUpid.values()].sort((a, b) => b.startTime - a.startTime)
}

/** What runs on a node now, whoever started it. Throws PveError, also when the list cannot be read whole. */
export async function runningTasks(
  engine: Engine,
  node: string,
  options: {
    readonly signal: AbortSignal | undefined
    readonly deadlineMs: number
    readonly retries: number
  },
): Promise<readonly Task[]> {
  const source = sourceOf(engine, options)
  const answer = source.api.nodes.$(node).tasks.$get({ source: 'active', limit: LIMIT })
  const { rows, left } = await source.rows(TaskRow, REQUEST, answer)
  if (left.length > 0 || rows.length >= LIMIT)
    throw engine.outage('notProxmox', REQUEST, 'the list of running tasks could not be read whole')
  // One that has just ended may still be among them.
  return rows.map(taskOf).filter(({ status }) => status === null)
}
