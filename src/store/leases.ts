import type { LeaseStore } from '../ports/store/leases.js'
import type { Database } from './tx.js'

/** No lease is as long as this: one that seems to be was taken before the clock was set back, and counts for nothing. */
const LONGEST_MS = 10 * 60_000
const latest = (now: Date): string => new Date(now.getTime() + LONGEST_MS).toISOString()

export function leaseStore(database: Database): LeaseStore {
  return {
    acquire: (name, holder, ttl, now) =>
      database.write(async (tx) => {
        const taken = await tx.$executeRawUnsafe(
          `INSERT INTO "Lease" ("name", "holder", "expiresAt") VALUES (?1, ?2, ?3)
           ON CONFLICT ("name") DO UPDATE SET "holder" = ?2, "expiresAt" = ?3 WHERE "holder" = ?2 OR "expiresAt" <= ?4 OR "expiresAt" > ?5`,
          name,
          holder,
          new Date(now.getTime() + ttl).toISOString(),
          now.toISOString(),
          latest(now),
        )
        return taken === 1
      }),
    release: async (name, holder) => {
      await database.write((tx) =>
        tx.$executeRawUnsafe('DELETE FROM "Lease" WHERE "name" = ? AND "holder" = ?', name, holder),
      )
    },
    holder: async (name, now) => {
      const rows = await database.rows<{ holder: string }>(
        'SELECT "holder" FROM "Lease" WHERE "name" = ? AND "expiresAt" > ? AND "expiresAt" <= ?',
        name,
        now.toISOString(),
        latest(now),
      )
      return rows[0]?.holder ?? null
    },
  }
}
