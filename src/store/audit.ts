import { type AuditEntry, type AuditHead, ChainCheck, chained, type NewAudit } from '../core/audit.js'
import type { AuditFilter, AuditStore } from '../ports/store/audit.js'
import { type AuditRow, auditEntryOf, cleaned } from './operation-schema.js'
import { sqlJson } from './row-schema.js'
import type { Database, SqlValue, Tx } from './tx.js'

const COLUMNS =
  '"seq", "at", "action", "actor", "workspace", "operation", "subject", "code", "data", "prev", "hash"'
/** Entries that are looked at in one go. */
const PIECE = 1000

/**
 * Writes entries at the end of the chain, in the transaction of what they describe. Every transaction has locked the head
 * before anything else.
 */
export async function appendAudit(
  tx: Tx,
  entries: readonly NewAudit[],
  at: Date,
): Promise<readonly AuditEntry[]> {
  if (entries.length === 0) return []
  let head = await headIn(tx)
  const written: AuditEntry[] = []
  for (const entry of entries) {
    const made = chained(head, cleaned(entry), at.toISOString())
    await tx.$executeRawUnsafe(
      `INSERT INTO "AuditEntry" (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      made.seq,
      made.at,
      made.action,
      sqlJson(made.actor),
      made.workspace,
      made.operation,
      sqlJson(made.subject),
      made.code,
      sqlJson(made.data),
      made.prev,
      made.hash,
    )
    written.push(made)
    head = { seq: made.seq, hash: made.hash }
  }
  await tx.$executeRawUnsafe(
    'UPDATE "AuditHead" SET "seq" = ?, "hash" = ? WHERE "id" = 1',
    head.seq,
    head.hash,
  )
  return written
}

async function headIn(tx: Tx): Promise<AuditHead> {
  const rows: readonly { seq: bigint | number; hash: string }[] = await tx.$queryRawUnsafe(
    'SELECT "seq", "hash" FROM "AuditHead" WHERE "id" = 1',
  )
  return { seq: Number(rows[0]?.seq ?? 0), hash: rows[0]?.hash ?? '' }
}

/** The later of a time and the newest one in the log: a clock that was set back makes nothing live longer. */
export async function laterOf(tx: Tx, now: Date): Promise<Date> {
  const rows: readonly { at: string | null }[] = await tx.$queryRawUnsafe(
    'SELECT max("at") AS "at" FROM "AuditEntry"',
  )
  const newest = Date.parse(rows[0]?.at ?? '')
  return Number.isNaN(newest) || newest <= now.getTime() ? now : new Date(newest)
}

export function auditStore(database: Database): AuditStore {
  const read = async (sql: string, ...values: readonly SqlValue[]): Promise<readonly AuditEntry[]> =>
    (await database.rows<AuditRow>(sql, ...values)).map(auditEntryOf)
  const pieces = async function* (size: number): AsyncIterable<readonly AuditEntry[]> {
    // By row, not by number: a row whose number was changed by hand must come up as well.
    let after = Number.MIN_SAFE_INTEGER
    for (;;) {
      const piece = await read(
        `SELECT ${COLUMNS} FROM "AuditEntry" WHERE "seq" > ? ORDER BY "seq" LIMIT ?`,
        after,
        size,
      )
      const last = piece.at(-1)
      if (last === undefined) return
      yield piece
      after = last.seq
    }
  }
  const head = async (): Promise<AuditHead> => {
    const [row] = await database.rows<{ seq: bigint | number; hash: string }>(
      'SELECT "seq", "hash" FROM "AuditHead" WHERE "id" = 1',
    )
    return { seq: Number(row?.seq ?? 0), hash: row?.hash ?? '' }
  }
  return {
    append: (entry, now) =>
      database.write(async (tx) => {
        const [written] = await appendAudit(tx, [entry], now)
        if (written === undefined) throw new Error('an entry was not written')
        return written
      }),
    list: (filter) => {
      const { where, values } = conditions(filter)
      return read(
        `SELECT ${COLUMNS} FROM "AuditEntry" ${where} ORDER BY "seq" DESC LIMIT ?`,
        ...values,
        filter.limit,
      )
    },
    newest: async (action) => {
      const sql = `SELECT ${COLUMNS} FROM "AuditEntry" WHERE "action" = ? ORDER BY "seq" DESC LIMIT 1`
      return (await read(sql, action))[0] ?? null
    },
    head,
    verify: async (against) => {
      // Entries that others write meanwhile come after this end, and are left for the next time.
      const end = await head()
      const check = new ChainCheck(against)
      for await (const piece of pieces(PIECE)) {
        for (const entry of piece) if (entry.seq <= end.seq) check.add(entry)
        if ((piece.at(-1)?.seq ?? 0) > end.seq) {
          const beyond = piece.find(({ seq }) => seq > end.seq)
          if (beyond !== undefined && (await head()).seq < beyond.seq) check.add(beyond)
          break
        }
      }
      return check.end(end)
    },
    pieces,
  }
}

function conditions(filter: AuditFilter): { readonly where: string; readonly values: readonly SqlValue[] } {
  const parts: string[] = []
  const values: SqlValue[] = []
  const add = (part: string, ...more: readonly SqlValue[]): void => {
    parts.push(part)
    values.push(...more)
  }
  if (filter.workspaces !== undefined)
    add('"workspace" IN (SELECT "value" FROM json_each(?))', sqlJson(filter.workspaces))
  if (filter.operation !== undefined) add('"operation" = ?', filter.operation)
  if (filter.action !== undefined)
    add(
      '("action" = ? OR substr("action", 1, ?) = ?)',
      filter.action,
      filter.action.length + 1,
      `${filter.action}.`,
    )
  if (filter.actions !== undefined)
    add('"action" IN (SELECT "value" FROM json_each(?))', sqlJson(filter.actions))
  if (filter.person !== undefined)
    add(
      `(json_extract("actor", '$.person') = ? OR json_extract("actor", '$.realPerson') = ?)`,
      filter.person,
      filter.person,
    )
  if (filter.since !== undefined) add('"at" >= ?', filter.since.toISOString())
  return { where: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, values }
}
