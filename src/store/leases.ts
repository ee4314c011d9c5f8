import type { LeaseStore } from '../ports/store/leases.js'
import type { Database } from './tx.js'

export function leaseStore(database: Database): LeaseStore {
  return {
    acquire: (name, holder, ttl, now) =>
      database.write(async (tx) => {
        const taken = await tx.$executeRawUnsafe(
          `INSERT INTO "Lease" ("name", "holder", "expiresAt") VALUES (?1, ?2, ?3)
           ON CONFLICT ("name") DO UPDATE SET "holder" = ?2, "expiresAt" = ?3 WHERE "holder" = ?2 OR "expiresAt" <= ?4`,
          name,
          holder,
          new Date(now.getTime() + ttl).toISOString(),
          now.toISOString(),
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
        'SELECT "holder" FROM "Lease" WHERE "name" = ? AND "expiresAt" > ?',
        name,
        now.toISOString(),
      )
      return rows[0]?.holder ?? null
    },
  }
}
