import { gzipSync } from 'node:zlib'
import type { SyncWrite } from '../ports/store/inventory.js'
import { sqlJson } from './row-schema.js'
import type { Tx } from './tx.js'

/** A keyframe this old is followed by another with the next change, so that old changes can be let go. */
const KEYFRAME_DAYS = 30

/**
 * The condition for changes that came after a keyframe's run. The time is there for the index alone, with a day to spare
 * for clocks that were set back.
 */
export const changesAfter = (frame: string): string =>
  `"at" >= strftime('%Y-%m-%dT%H:%M:%fZ', ${frame}."at", '-1 day') AND "runId" > ${frame}."runId"`

/** The whole state: with the first run, and whenever `every` changes or much time lie between it and the last one. */
export async function writeKeyframe(tx: Tx, write: SyncWrite, runId: number, every: number): Promise<void> {
  if (write.basedOn !== null && (write.changes.length === 0 || (await isFresh(tx, write, every)))) return
  await tx.$executeRawUnsafe(
    'INSERT INTO "StateSnapshot" ("cluster", "runId", "at", "state") VALUES (?, ?, ?, ?)',
    write.cluster,
    runId,
    write.startedAt,
    new Uint8Array(gzipSync(sqlJson(write.after), { level: 1 })),
  )
}

async function isFresh(tx: Tx, { cluster, startedAt }: SyncWrite, every: number): Promise<boolean> {
  const rows: readonly { changes: bigint | number; young: bigint | number }[] = await tx.$queryRawUnsafe(
    `SELECT (SELECT count(*) FROM "ResourceChange" WHERE "cluster" = ?1 AND ${changesAfter('"last"')}) AS "changes",
       "last"."at" > ?2 AS "young"
     FROM "StateSnapshot" AS "last" WHERE "last"."cluster" = ?1 ORDER BY "last"."id" DESC LIMIT 1`,
    cluster,
    new Date(Date.parse(startedAt) - KEYFRAME_DAYS * 86_400_000).toISOString(),
  )
  const [last] = rows
  return last !== undefined && Number(last.changes) < every && Number(last.young) === 1
}
