import type { Freeze } from '../core/freeze.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import type { FreezeStore } from '../ports/store/freezes.js'
import { appendAudit, laterOf } from './audit.js'
import { cleaned } from './operation-schema.js'
import type { Database, Tx } from './tx.js'

export function freezeStore(database: Database): FreezeStore {
  return {
    current: async (workspace, now) => {
      const [row] = await database.rows<Freeze>(
        `SELECT "workspace", "reason", "by", "at", "until" FROM "Freeze" WHERE "workspace" = ?1
           AND ("until" IS NULL OR "until" > max(?2, ifnull((SELECT max("at") FROM "AuditEntry"), '')))`,
        workspace,
        now.toISOString(),
      )
      return row ?? null
    },
    freeze: (asked, actor, now) =>
      database.write(async (tx) => {
        const freeze = shifted(cleaned(asked), await laterOf(tx, now), now)
        await tx.$executeRawUnsafe(
          `INSERT OR REPLACE INTO "Freeze" ("workspace", "reason", "by", "at", "until") VALUES (?, ?, ?, ?, ?)`,
          freeze.workspace,
          freeze.reason,
          freeze.by,
          freeze.at,
          freeze.until,
        )
        const data = { reason: freeze.reason, until: freeze.until }
        await appendAudit(tx, [{ ...about(freeze.workspace, 'workspace.frozen'), actor, data }], now)
        return freeze
      }),
    unfreeze: (workspace, actor, now) =>
      database.write(async (tx) => {
        const freeze = await lift(tx, workspace, now)
        if (isRefusal(freeze)) return freeze
        const data = { reason: freeze.reason }
        await appendAudit(tx, [{ ...about(workspace, 'workspace.unfrozen'), actor, data }], now)
        return freeze
      }),
  }
}

/** The freeze in force as a transaction sees it: one that is committed before is seen, one after comes too late. */
export async function freezeIn(tx: Tx, workspace: string, at: Date): Promise<Freeze | null> {
  const rows: readonly Freeze[] = await tx.$queryRawUnsafe(
    `SELECT "workspace", "reason", "by", "at", "until" FROM "Freeze" WHERE "workspace" = ? AND ("until" IS NULL OR "until" > ?)`,
    workspace,
    at.toISOString(),
  )
  return rows[0] ?? null
}

/** Its end is as far away as was meant, where the clock was set back behind the newest time in the log. */
function shifted(freeze: Freeze, at: Date, now: Date): Freeze {
  const { until } = freeze
  const more = at.getTime() - now.getTime()
  return {
    ...freeze,
    at: at.toISOString(),
    until: until === null ? null : new Date(Date.parse(until) + more).toISOString(),
  }
}

function about(workspace: string, action: string) {
  return { action, workspace, operation: null, subject: workspace, code: null }
}

async function lift(tx: Tx, workspace: string, now: Date): Promise<Freeze | Refusal> {
  const rows: readonly Freeze[] = await tx.$queryRawUnsafe(
    'SELECT "workspace", "reason", "by", "at", "until" FROM "Freeze" WHERE "workspace" = ?',
    workspace,
  )
  await tx.$executeRawUnsafe('DELETE FROM "Freeze" WHERE "workspace" = ?', workspace)
  const [row] = rows
  const at = (await laterOf(tx, now)).toISOString()
  if (row === undefined || (row.until !== null && row.until <= at))
    return refuse(
      'not_frozen',
      `Changes in workspace ${workspace} are not stopped.`,
      '`freeze REASON` stops them.',
    )
  return row
}
