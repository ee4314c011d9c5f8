import { BIRTHS, MOVE } from '../core/births.js'
import type { Task } from '../core/resource.js'
import { holds } from '../core/visibility.js'
import type { Known, PveTasks } from '../ports/pve.js'
import type { Engine } from './engine.js'
import { readPermissions } from './overview.js'
import { taskOf } from './rows.js'
import { NodeRow, TaskRow } from './schema.js'
import { type Source, sourceOf } from './source.js'
import { knownOr } from './words.js'

/** A node's list that holds so many may lack some. */
const LIMIT = 500
/** So few fit into 50 kB, the least that a node keeps of its tasks, however long their errors are: it has forgotten none. */
const KEPT = 150
const TYPES = [...BIRTHS, MOVE]
const REQUEST = 'GET /nodes/{node}/tasks'

type Births = Known<readonly Task[]>

const LIMITS = { deadlineMs: 20_000, retries: 1 } as const

/** Reads what was done to containers: one list per node, however many of them are asked for at the same time. */
export function birthsReader(engine: Engine): PveTasks['births'] {
  const shared = sharedReads<Births>()
  return async (node, since, signal) => {
    signal?.throwIfAborted()
    const nodes = node === null ? await onlineNodes(engine) : { kind: 'known' as const, value: [node] }
    if (nodes.kind === 'unknown') return nodes
    const lists = await Promise.all(
      nodes.value.map((each) => shared(`${each}/${since}`, () => readNode(engine, each, since))),
    )
    const unknown = lists.find(({ kind }) => kind === 'unknown')
    if (unknown?.kind === 'unknown') return unknown
    return { kind: 'known', value: lists.flatMap((list) => (list.kind === 'known' ? list.value : [])) }
  }
}

type Under<T> = { readonly running: Promise<T>; next: Promise<T> | null }

/**
 * Lets several share one reading. Whoever comes while one is under way shares the next: what they ask about may have
 * happened since that one began.
 */
function sharedReads<T>(): (key: string, read: () => Promise<T>) => Promise<T> {
  const under = new Map<string, Under<T>>()
  const begin = (key: string, read: () => Promise<T>): Promise<T> => {
    const running = read()
    const mine: Under<T> = { running, next: null }
    under.set(key, mine)
    const over = (): void => {
      if (under.get(key) === mine && mine.next === null) under.delete(key)
    }
    running.then(over, over)
    return running
  }
  return (key, read) => {
    const before = under.get(key)
    if (before === undefined) return begin(key, read)
    const next = (): Promise<T> => begin(key, read)
    before.next ??= before.running.then(next, next)
    return before.next
  }
}

/** All nodes; one that is off cannot tell what was done on it before. */
async function onlineNodes(engine: Engine): Promise<Known<readonly string[]>> {
  const source = sourceOf(engine, LIMITS)
  const listed = await knownOr(source.rows(NodeRow, 'GET /nodes', source.api.nodes.$get()))
  if (listed.kind === 'unknown') return listed
  const { rows, left } = listed.value
  const off = rows.find(({ status }) => status !== 'online')
  if (off !== undefined) return { kind: 'unknown', why: `node ${off.node} is offline` }
  if (left.length > 0) return { kind: 'unknown', why: 'the list of nodes could not be read whole' }
  return { kind: 'known', value: rows.map(({ node }) => node) }
}

async function readNode(engine: Engine, node: string, since: number): Promise<Births> {
  const source = sourceOf(engine, LIMITS)
  const [permissions, tasks] = await Promise.all([
    knownOr(readPermissions(source, `/nodes/${node}`)),
    knownOr(readTasks(engine, source, node, Math.max(0, since))),
  ])
  if (tasks.kind === 'unknown') return { kind: 'unknown', why: `node ${node}: ${tasks.why}` }
  if (permissions.kind === 'unknown') return permissions
  // Without it a token is shown its own tasks only, as if there were no others.
  return holds(permissions.value, `/nodes/${node}`, 'Sys.Audit')
    ? tasks
    : { kind: 'unknown', why: `the token lacks Sys.Audit on /nodes/${node}` }
}

async function readTasks(
  engine: Engine,
  source: Source,
  node: string,
  since: number,
): Promise<readonly Task[]> {
  const list = (query: Query) => listOf(engine, source, node, { limit: LIMIT, ...query })
  const all = await list({ source: 'all', since })
  const births = all.filter(({ type }) => TYPES.includes(type))
  if (all.length < KEPT) return births
  const [older, ...lists] = await Promise.all([
    list({ source: 'archive', until: Math.max(0, since - 1), limit: 1 }),
    // Where others crowd them out, each kind is asked for by itself.
    ...(all.length < LIMIT ? [] : TYPES.map((typefilter) => list({ source: 'all', since, typefilter }))),
  ])
  if (older.length === 0 || lists.some(({ length }) => length >= LIMIT))
    throw engine.outage('notProxmox', REQUEST, 'it does not remember its tasks so far back', { node })
  return all.length < LIMIT ? births : lists.flat()
}

type Query = {
  readonly source: 'all' | 'archive'
  readonly limit?: number
  readonly since?: number
  readonly until?: number
  readonly typefilter?: string
}

async function listOf(
  engine: Engine,
  { api, rows }: Source,
  node: string,
  query: Query,
): Promise<readonly Task[]> {
  const read = await rows(TaskRow, REQUEST, api.nodes.$(node).tasks.$get(query))
  if (read.left.length > 0)
    throw engine.outage('notProxmox', REQUEST, 'its tasks could not be read whole', { node })
  return read.rows.map(taskOf)
}
