import type { IdentityMark } from '../core/identity.js'
import type { MarkStore } from '../ports/store/marks.js'
import { cleaned } from './operation-schema.js'
import { sqlJson } from './row-schema.js'
import type { Database } from './tx.js'

export function markStore(database: Database): MarkStore {
  return {
    get: async (cluster, vmid) => {
      const [row] = await database.rows<{ name: string; mark: string; seenAt: string }>(
        'SELECT "name", "mark", "seenAt" FROM "GuestMark" WHERE "cluster" = ? AND "vmid" = ?',
        cluster,
        vmid,
      )
      if (row === undefined) return null
      const mark: IdentityMark = JSON.parse(row.mark)
      return { mark, name: row.name, seenAt: row.seenAt }
    },
    put: (marks, now) =>
      database.write(async (tx) => {
        for (const { cluster, vmid, name, mark } of marks) {
          if (mark.kind === 'unknown') continue
          await tx.$executeRawUnsafe(
            `INSERT OR REPLACE INTO "GuestMark" ("cluster", "vmid", "name", "mark", "seenAt") VALUES (?, ?, ?, ?, ?)`,
            cluster,
            vmid,
            cleaned(name),
            sqlJson(mark),
            now.toISOString(),
          )
        }
      }),
  }
}
