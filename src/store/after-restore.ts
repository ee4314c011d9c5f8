import type { NewAudit } from '../core/audit.js'
import { type Operation, operationName } from '../core/operation.js'
import { appendAudit, laterOf } from './audit.js'
import { headOf, type OperationRow, operationOf, stepBody } from './operation-schema.js'
import { SELECT_OPERATION } from './operations.js'
import { sqlJson } from './row-schema.js'
import type { Database, Tx } from './tx.js'

const SAID = 'A backup from before its end was restored, so what came of it is not known.'
const OVER = 'A backup was restored; what was open then is not carried out.'

/**
 * What was open when a backup was made is not carried out after it is restored: what ran is unknown, what waited has
 * expired. The log, which goes back in time with it, says so.
 *
 * Cards in channels are compared with how their operations stand, so they are simply delivered, at once: one that was
 * posted before the backup is edited to say that it is over. One that was posted since is not known any more: the card is
 * posted once more, and the older copy is put right when somebody clicks on it. Posts that wait in the outbox are given
 * up: most were delivered since, and said twice, days later, they would be taken for news. What was only asked for before
 * the backup and never said is lost with them; the operation's card and the log still tell of it.
 */
export async function closeOpenOperations(database: Database, now: Date): Promise<void> {
  await database.write(async (tx) => {
    const rows: readonly OperationRow[] = await tx.$queryRawUnsafe(
      `${SELECT_OPERATION} WHERE "state" IN ('waiting', 'ready', 'running')`,
    )
    const at = await laterOf(tx, now)
    const lost = await settleChat(tx, at)
    const audit: NewAudit[] = [
      {
        ...ABOUT,
        action: 'store.restored',
        operation: null,
        workspace: null,
        subject: 'database',
        data: lost === 0 ? {} : { postsGivenUp: lost },
      },
    ]
    for (const row of rows) {
      const operation = operationOf(row)
      if (operation === null) continue
      const closed = closedBy(operation, at)
      await write(tx, closed)
      const { id, workspace, state, code, planDigest } = closed
      const subject = operationName(id)
      audit.push({
        ...ABOUT,
        action: 'operation.ended',
        operation: id,
        workspace,
        subject,
        code,
        data: { state, planDigest },
      })
    }
    await appendAudit(tx, audit, at)
  })
}

/** Gives how many posts were given up. A backup from before there was chat has none. */
async function settleChat(tx: Tx, at: Date): Promise<number> {
  const tables: readonly unknown[] = await tx.$queryRawUnsafe(
    `SELECT 1 FROM "sqlite_master" WHERE "type" = 'table' AND "name" = 'Outbox'`,
  )
  if (tables.length === 0) return 0
  await tx.$executeRawUnsafe(
    'UPDATE "CardMessage" SET "failures" = 0, "error" = NULL, "notBefore" = NULL WHERE "notBefore" IS NOT NULL',
  )
  return tx.$executeRawUnsafe(
    `UPDATE "Outbox" SET "state" = 'given_up', "endedAt" = ?, "error" = ?, "notBefore" = NULL WHERE "state" = 'waiting'`,
    at.toISOString(),
    sqlJson(NOT_SAID),
  )
}

const NOT_SAID = 'A backup was restored; what waited to be said then may have been said since.'

const ABOUT = { actor: null, code: null } as const

function closedBy(operation: Operation, at: Date): Operation {
  if (operation.state !== 'running')
    return {
      ...operation,
      state: 'expired',
      code: 'expired',
      message: OVER,
      endedAt: at.toISOString(),
      lease: null,
    }
  const steps = operation.steps.map((step) => {
    if (step.state === 'sent' || step.state === 'following')
      return { ...step, state: 'unknown' as const, code: 'outcome_unknown', message: SAID }
    if (step.state === 'pending')
      return { ...step, state: 'skipped' as const, code: 'skipped', message: OVER, endedAt: at.toISOString() }
    return step
  })
  const open = steps.some(({ state }) => state === 'unknown')
  return {
    ...operation,
    steps,
    state: open ? 'unknown' : 'unverified',
    code: 'outcome_unknown',
    message: SAID,
    endedAt: open ? null : at.toISOString(),
    lease: null,
  }
}

async function write(tx: Tx, operation: Operation): Promise<void> {
  await tx.$executeRawUnsafe(
    'UPDATE "Operation" SET "state" = ?, "leaseHolder" = NULL, "leaseBeat" = 0, "head" = ? WHERE "id" = ?',
    operation.state,
    headOf(operation),
    operation.id,
  )
  for (const step of operation.steps)
    await tx.$executeRawUnsafe(
      'UPDATE "OperationStep" SET "state" = ?, "body" = ? WHERE "operationId" = ? AND "index" = ?',
      step.state,
      stepBody(step),
      operation.id,
      step.index,
    )
}
