import type { StoredTask, TaskFilter, TaskStore } from '../ports/store/tasks.js'
import { sqlJson } from './row-schema.js'
import type { Database, SqlValue } from './tx.js'

type Row = Omit<StoredTask, 'handle' | 'id' | 'startTime' | 'endTime'> & {
  readonly seq: bigint | number
  readonly taskId: string
  readonly startTime: bigint | number
  readonly endTime: bigint | number | null
}

const COLUMNS = '"seq", "cluster", "upid", "node", "type", "taskId", "user", "startTime", "endTime", "status"'

/** What `taskOutcome` of core calls failed; a status that is NULL is neither. */
const FAILED = `"status" NOT IN ('OK', '', 'unexpected status') AND "status" NOT GLOB 'unable to get last line from task log*'
  AND ("status" NOT GLOB 'WARNINGS: [0-9]*' OR "status" GLOB 'WARNINGS: *[^0-9]*')`

export function taskStore(database: Database): TaskStore {
  const rows = async (where: string, ...values: readonly SqlValue[]): Promise<readonly StoredTask[]> => {
    const found = await database.rows<Row>(`SELECT ${COLUMNS} FROM "Task" WHERE ${where}`, ...values)
    return found.map(taskOf)
  }
  return {
    list: (cluster, filter) => {
      const { where, values } = conditions(filter)
      return rows(
        `"cluster" = ? ${where} ORDER BY "startTime" DESC, "seq" DESC LIMIT ?`,
        cluster,
        ...values,
        filter.limit,
      )
    },
    find: (clusters, reference) => {
      const among = '"cluster" IN (SELECT "value" FROM json_each(?))'
      const handle = /^t(\d{1,9})$/.exec(reference)
      if (handle !== null) return rows(`${among} AND "seq" = ?`, sqlJson(clusters), Number(handle[1]))
      if (!reference.startsWith('UPID:')) return Promise.resolve([])
      // A range instead of LIKE: a UPID may hold its wildcards.
      return rows(
        `${among} AND "upid" >= ? AND "upid" < ? ORDER BY "seq" DESC LIMIT 10`,
        sqlJson(clusters),
        reference,
        `${reference}\u{10ffff}`,
      )
    },
    running: async (cluster) =>
      (await rows('"cluster" = ? AND "status" IS NULL', cluster)).map((task) => task.upid),
    known: async (cluster, upids) => {
      const found = await database.rows<{ upid: string }>(
        `SELECT "upid" FROM "Task" WHERE "cluster" = ? AND "status" IS NOT NULL AND "upid" IN (SELECT "value" FROM json_each(?))`,
        cluster,
        sqlJson(upids),
      )
      return new Set(found.map(({ upid }) => upid))
    },
  }
}

function conditions(filter: TaskFilter): { readonly where: string; readonly values: readonly SqlValue[] } {
  const parts: string[] = []
  const values: SqlValue[] = []
  const equals = (column: string, value: string | undefined) => {
    if (value === undefined) return
    parts.push(`AND "${column}" = ?`)
    values.push(value)
  }
  equals('node', filter.node)
  equals('taskId', filter.id)
  equals('type', filter.type)
  if (filter.outcome === 'running') parts.push('AND "status" IS NULL')
  if (filter.outcome === 'failed') parts.push(`AND ${FAILED}`)
  return { where: parts.join(' '), values }
}

function taskOf(row: Row): StoredTask {
  const { cluster, upid, node, type, user, status } = row
  return {
    cluster,
    upid,
    node,
    type,
    user,
    status,
    id: row.taskId,
    handle: `t${row.seq}`,
    startTime: Number(row.startTime),
    endTime: row.endTime === null ? null : Number(row.endTime),
  }
}
