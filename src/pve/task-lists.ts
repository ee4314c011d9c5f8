import type { Task } from '../core/resource.js'
import { holds, type Permissions } from '../core/visibility.js'
import type { ReadOptions } from '../ports/pve.js'
import { taskOf } from './rows.js'
import { type LeftOut, TaskRow } from './schema.js'
import type { Source } from './source.js'
import { isPartial, reasonOf } from './words.js'

/** The tasks of a reading, each once, and what could not be read. */
export type TaskReading = {
  readonly tasks: readonly Task[]
  readonly left: readonly LeftOut[]
  readonly warnings: readonly string[]
}

/** How far one node's own list is read. */
const OWN_LIMIT = 50
const BACK_LIMIT = 500

/** `GET /cluster/tasks`: the newest 25 or so of every node; silently empty for a token without Sys.Audit on `/`. */
export async function readClusterTasks(source: Source): Promise<Omit<TaskReading, 'warnings'>> {
  const { rows, left } = await source.rows(TaskRow, 'GET /cluster/tasks', source.api.cluster.tasks.$get())
  return { tasks: rows.map(taskOf), left }
}

/**
 * Reads on where the cluster's list cannot be complete: on every online node when the token sees nothing of it, and
 * on nodes whose finished rows are all new to us, so that older new ones may have dropped out already.
 */
export async function readFurtherTasks(
  source: Source,
  first: Omit<TaskReading, 'warnings'>,
  around: {
    readonly online: readonly string[]
    readonly permissions: Permissions
    readonly options: ReadOptions
  },
): Promise<TaskReading> {
  const { online, permissions, options } = around
  const seesAll = holds(permissions, '/', 'Sys.Audit')
  const since = options.tasksSince
  const nodes = seesAll ? online.filter((node) => mayBeCut(first.tasks, node, options)) : online
  const query = seesAll
    ? { source: 'all' as const, limit: BACK_LIMIT, ...(since === null ? {} : { since }) }
    : { source: 'all' as const, limit: OWN_LIMIT }
  const read = await Promise.all(nodes.map((node) => readNode(source, node, query)))
  return {
    tasks: [...new Map([first, ...read].flatMap(({ tasks }) => tasks.map(byUpid))).values()],
    left: [first, ...read].flatMap(({ left }) => left),
    warnings: read.flatMap(({ warnings }) => warnings),
  }
}

/** A later list was read later: what was running may have finished meanwhile. */
const byUpid = (task: Task): readonly [string, Task] => [task.upid, task]

function mayBeCut(tasks: readonly Task[], node: string, options: ReadOptions): boolean {
  if (options.tasksSince === null) return false
  const finished = tasks.filter((task) => task.node === node && task.status !== null)
  return finished.every(({ upid }) => !options.isKnown(upid))
}

type NodeQuery = { readonly source: 'all'; readonly limit: number; readonly since?: number }

async function readNode(source: Source, node: string, query: NodeQuery): Promise<TaskReading> {
  try {
    const answer = source.api.nodes.$(node).tasks.$get(query)
    const { rows, left } = await source.rows(TaskRow, 'GET /nodes/{node}/tasks', answer)
    const cut =
      query.since !== undefined && rows.length >= query.limit
        ? [`Node ${node} had more than ${query.limit} tasks since the last reading; older ones are not read.`]
        : []
    return { tasks: rows.map(taskOf), left, warnings: cut }
  } catch (error) {
    if (!isPartial(error)) throw error
    const warning = `The tasks of node ${node} could not be read: ${reasonOf(error.outage)}.`
    return { tasks: [], left: [], warnings: [warning] }
  }
}
