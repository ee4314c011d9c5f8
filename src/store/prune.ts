import type { Tx } from './tx.js'

const DAY = 86_400_000
const HOUR = 3_600_000
/** Rows that go at once; the rest goes the next time, so that no commit waits long. */
const BATCH = 5000
const KEEP_RUNS = 1000

/** How long things are kept, in days. */
export const RETENTION_DAYS = { runs: 7, changes: 400, tasks: 90 } as const

/** Makes a pruner that does its work at most once an hour. */
export function prune(): (tx: Tx, now: Date) => Promise<void> {
  let last = Number.NEGATIVE_INFINITY
  return async (tx, now) => {
    if (now.getTime() - last < HOUR) return
    last = now.getTime()
    const before = (days: number) => new Date(now.getTime() - days * DAY).toISOString()
    const limited = (table: string, where: string) =>
      `DELETE FROM "${table}" WHERE rowid IN (SELECT rowid FROM "${table}" WHERE ${where} LIMIT ${BATCH})`
    await tx.$executeRawUnsafe(
      limited(
        'SyncRun',
        `"startedAt" < ? AND "usage" IS NULL AND "id" NOT IN (SELECT "id" FROM "SyncRun" ORDER BY "id" DESC LIMIT ${KEEP_RUNS})
        AND "id" NOT IN (SELECT max("id") FROM "SyncRun" WHERE "status" = 'ok' GROUP BY "cluster")`,
      ),
      before(RETENTION_DAYS.runs),
    )
    await tx.$executeRawUnsafe(limited('ResourceChange', '"at" < ?'), before(RETENTION_DAYS.changes))
    // The newest keyframe before the oldest change that is kept is still needed to replay it.
    await tx.$executeRawUnsafe(
      limited(
        'StateSnapshot',
        `"id" < (SELECT max("id") FROM "StateSnapshot" AS "s" WHERE "s"."cluster" = "StateSnapshot"."cluster" AND "s"."at" < ?)`,
      ),
      before(RETENTION_DAYS.changes),
    )
    await tx.$executeRawUnsafe(
      limited('Task', '"startTime" < ? AND "status" IS NOT NULL'),
      Math.floor(now.getTime() / 1000) - RETENTION_DAYS.tasks * 86_400,
    )
  }
}
