import { pruneCardMessages } from './card-messages.js'
import { pruneOutbox } from './outbox.js'
import { pruneSeen } from './seen.js'
import type { Tx } from './tx.js'

const DAY = 86_400_000
const HOUR = 3_600_000
/** Rows that go at once; the rest goes the next time, so that no commit waits long. */
const BATCH = 5000
const KEEP_RUNS = 1000
/** A quiet node goes on listing its newest tasks for ever; forgotten here, they would come back as new ones. */
const KEEP_TASKS_OF_NODE = 100

/** How long things are kept, in days. */
export const RETENTION_DAYS = { runs: 7, changes: 400, tasks: 90 } as const

/** Lets go what is too old, at most once an hour among all processes of a home. */
export async function prune(tx: Tx, now: Date): Promise<void> {
  if (!(await isTime(tx, now))) return
  const before = (days: number) => new Date(now.getTime() - days * DAY).toISOString()
  await tx.$executeRawUnsafe(
    `DELETE FROM "SyncRun" WHERE "id" IN (SELECT "id" FROM "SyncRun"
       WHERE "startedAt" < ? AND "id" <= (SELECT "id" FROM "SyncRun" ORDER BY "id" DESC LIMIT 1 OFFSET ${KEEP_RUNS})
       AND "id" NOT IN (SELECT max("id") FROM "SyncRun" WHERE "status" = 'ok' GROUP BY "cluster")
       ORDER BY "id" LIMIT ${BATCH})`,
    before(RETENTION_DAYS.runs),
  )
  await pruneHistory(tx, before(RETENTION_DAYS.changes))
  await tx.$executeRawUnsafe(
    `DELETE FROM "Task" WHERE "seq" IN (SELECT "seq" FROM (SELECT "seq", "startTime", "status",
         row_number() OVER (PARTITION BY "cluster", "node" ORDER BY "startTime" DESC) AS "place" FROM "Task")
       WHERE "startTime" < ? AND "status" IS NOT NULL AND "place" > ${KEEP_TASKS_OF_NODE} LIMIT ${BATCH})`,
    Math.floor(now.getTime() / 1000) - RETENTION_DAYS.tasks * 86_400,
  )
  for (const forget of [pruneSeen, pruneOutbox, pruneCardMessages]) await forget(tx, now, BATCH)
}

/** Kept as a lease that nobody holds, so that it survives a process that ends after each command. */
async function isTime(tx: Tx, now: Date): Promise<boolean> {
  const taken = await tx.$executeRawUnsafe(
    `INSERT INTO "Lease" ("name", "holder", "expiresAt") VALUES ('prune', '', ?1)
     ON CONFLICT ("name") DO UPDATE SET "expiresAt" = ?1 WHERE "expiresAt" <= ?2`,
    new Date(now.getTime() + HOUR).toISOString(),
    now.toISOString(),
  )
  return taken === 1
}

/**
 * History ends at a keyframe: the newest one that is old enough stays as its beginning, and only changes that it already
 * holds go. Going by the age of changes alone would leave gaps between a keyframe and what is replayed upon it.
 */
async function pruneHistory(tx: Tx, before: string): Promise<void> {
  const beginnings: readonly { cluster: string; runId: bigint | number; at: string }[] =
    await tx.$queryRawUnsafe(
      `SELECT "cluster", max("runId") AS "runId", CAST(max("at") AS TEXT) AS "at" FROM "StateSnapshot" WHERE "at" < ? GROUP BY "cluster"`,
      before,
    )
  for (const { cluster, runId, at } of beginnings) {
    await tx.$executeRawUnsafe(
      'DELETE FROM "StateSnapshot" WHERE "cluster" = ? AND "runId" < ?',
      cluster,
      Number(runId),
    )
    await tx.$executeRawUnsafe(
      `DELETE FROM "ResourceChange" WHERE "id" IN (SELECT "id" FROM "ResourceChange"
         WHERE "cluster" = ? AND "at" <= ? AND "runId" <= ? ORDER BY "id" LIMIT ${BATCH})`,
      cluster,
      at,
      Number(runId),
    )
  }
}
