import { holds } from '../core/visibility.js'
import type { PveTasks } from '../ports/pve.js'
import { birthsReader } from './births.js'
import type { Engine } from './engine.js'
import { readPermissions } from './overview.js'
import { decodeRows, LogLine, TaskStatus, toNumber, toText } from './schema.js'
import { sourceOf } from './source.js'
import { searchTasks } from './task-search.js'
import { parseUpid } from './upid.js'
import { knownOr } from './words.js'

const STATUS = '/nodes/{node}/tasks/{upid}/status'
const LOG = '/nodes/{node}/tasks/{upid}/log'
/** A log that is read in one go. */
const MOST_LINES = 5000

/** Reads tasks through an engine, each at the node that runs it. */
export function pveTasks(engine: Engine): PveTasks {
  const nodeOf = (upid: string, request: string): string => {
    const parsed = parseUpid(upid)
    if (parsed === null) throw engine.outage('invalid', request, 'that is no task id')
    return parsed.node
  }
  return {
    status: async (upid, signal) => {
      const node = nodeOf(upid, `GET ${STATUS}`)
      const source = sourceOf(engine, { signal, low: true })
      const answer = source.api.nodes.$(node).tasks.$(upid).status.$get()
      const { status, exitstatus, endtime } = await source.one(TaskStatus, `GET ${STATUS}`, answer)
      const running = status === 'running'
      return {
        running,
        status: running ? null : (toText(exitstatus) ?? ''),
        endTime: running ? null : toNumber(endtime),
      }
    },
    onGuest: async (place, since, signal) => {
      // The list is cut to a token's own tasks without a word where Sys.Audit is missing.
      const [found, permissions] = await Promise.all([
        searchTasks(engine, { place, since, type: null, signal }),
        knownOr(readPermissions(sourceOf(engine, { signal }), `/nodes/${place.node}`)),
      ])
      const seesAll =
        permissions.kind === 'known' && holds(permissions.value, `/nodes/${place.node}`, 'Sys.Audit')
      return { tasks: found.tasks, complete: found.complete && seesAll }
    },
    births: birthsReader(engine),
    logTail: async (upid, lines, signal) => {
      const node = nodeOf(upid, `GET ${LOG}`)
      const limit = Math.max(1, Math.min(Math.floor(lines), MOST_LINES))
      const first = await readLog(engine, { upid, node, start: 0, limit, signal })
      if (first.total <= limit) return first.lines
      const tail = { upid, node, start: first.total - limit, limit, signal }
      // A running task may have written on: its newest lines are one more question away, not worth a third.
      return (await readLog(engine, tail)).lines.slice(-limit)
    },
  }
}

type LogPart = {
  readonly upid: string
  readonly node: string
  readonly start: number
  readonly limit: number
  readonly signal: AbortSignal | undefined
}

async function readLog(engine: Engine, { upid, node, start, limit, signal }: LogPart) {
  const path = `/nodes/${node}/tasks/${upid}/log`
  const answer = await engine.request('GET', path, LOG, { start, limit }, { signal, low: true })
  const decoded = decodeRows(LogLine, answer.data)
  if (decoded === null) throw engine.outage('notProxmox', `GET ${LOG}`, 'the answer is no list')
  const lines = [...decoded.rows]
    .sort((a, b) => Number(a.n) - Number(b.n))
    .map(({ t }) => (t === null || t === undefined ? '' : String(t)))
  const [only] = lines
  // PVE puts both into the log itself, as its one line.
  if (lines.length === 1 && only === 'no content') return { lines: [], total: 0 }
  if (lines.length === 1 && only?.startsWith('unable to open file - '))
    throw engine.outage('missing', `GET ${LOG}`, 'its node does not know that task any more')
  return { lines, total: answer.total ?? start + lines.length }
}
