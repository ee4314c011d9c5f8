import type { SeenStore } from '../ports/store/seen.js'
import type { Database, Tx } from './tx.js'

const DAY_MS = 86_400_000

export function seenStore(database: Database): SeenStore {
  return {
    // One statement, so that of two processes exactly one is first. A key from before yesterday is as good as none, pruned
    // or not.
    first: async (key, now) => {
      const noted = await database.run(
        `INSERT INTO "SeenInteraction" ("key", "at") VALUES (?1, ?2)
         ON CONFLICT ("key") DO UPDATE SET "at" = ?2 WHERE "at" <= ?3`,
        key,
        now.toISOString(),
        dayBefore(now),
      )
      return noted === 1
    },
  }
}

/** Forgets keys of the days before yesterday's now, at most `most` at once. */
export async function pruneSeen(tx: Tx, now: Date, most: number): Promise<void> {
  await tx.$executeRawUnsafe(
    `DELETE FROM "SeenInteraction" WHERE "key" IN
       (SELECT "key" FROM "SeenInteraction" WHERE "at" <= ? ORDER BY "at" LIMIT ?)`,
    dayBefore(now),
    most,
  )
}

const dayBefore = (now: Date): string => new Date(now.getTime() - DAY_MS).toISOString()
