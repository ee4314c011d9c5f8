import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openStores } from '../../../src/store/open.js'
import { openDatabase } from '../../../src/store/tx.js'
import { systemClock } from '../../../src/system/clock.js'
import { storeContract } from './contract.js'

storeContract('SQLite in a file', async (options) => {
  const directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-store-'))
  const path = join(directory, 'state.db')
  const open = () =>
    openStores({ path, migrationsDir: resolve('prisma/migrations'), clock: systemClock, ...options })
  return {
    stores: await open(),
    reopen: open,
    counts: async () => {
      const database = openDatabase({ path, busyTimeout: 1000 })
      const tables = await database.rows<{ name: string }>(
        `SELECT "name" FROM "sqlite_master" WHERE "type" = 'table' AND "name" NOT LIKE 'sqlite_%'`,
      )
      const counts: Record<string, number> = {}
      for (const { name } of tables) {
        const [row] = await database.rows<{ n: number | bigint }>(`SELECT count(*) AS "n" FROM "${name}"`)
        counts[name] = Number(row?.n)
      }
      await database.close()
      return counts
    },
    dispose: async () => rmSync(directory, { recursive: true, force: true }),
  }
})
