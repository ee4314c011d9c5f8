import type { NewAudit } from '../core/audit.js'
import { type Operation, operationName } from '../core/operation.js'
import { appendAudit, laterOf } from './audit.js'
import { headOf, type OperationRow, operationOf, stepBody } from './operation-schema.js'
import { SELECT_OPERATION } from './operations.js'
import type { Database, Tx } from './tx.js'

const SAID = 'A backup from before its end was restored, so what came of it is not known.'
const OVER = 'A backup was restored; what was open then is not carried out.'

/**
 * What was open when a backup was made is not carried out after it is restored: what ran is unknown, what waited has
 * expired. The log, which goes back in time with it, says so.
 */
export async function closeOpenOperations(database: Database, now: Date): Promise<void> {
  await database.write(async (tx) => {
    const rows: readonly OperationRow[] = await tx.$queryRawUnsafe(
      `${SELECT_OPERATION} WHERE "state" IN ('waiting', 'ready', 'running')`,
    )
    const at = await laterOf(tx, now)
    const audit: NewAudit[] = [
      { ...ABOUT, action: 'store.restored', operation: null, workspace: null, subject: 'database', data: {} },
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
