import { resolve } from 'node:path'
import type { StoredInventory } from '../../src/core/change.js'
import { openStores } from '../../src/store/open.js'
import { openDatabase } from '../../src/store/tx.js'
import { systemClock } from '../../src/system/clock.js'

type Counts = { readonly id: number; readonly guests: number; readonly told: number; readonly stored: number }

/**
 * Holds a database against itself: every good run has just the changes that it says, the newest one just the guests,
 * and the first keyframe with all changes since gives what is stored now. Gives the number of good runs; throws where
 * a sync is there by half.
 */
export async function wholeRuns(path: string): Promise<number> {
  const database = openDatabase({ path, busyTimeout: 5000 })
  const runs = await database.rows<Counts>(
    `SELECT "id", "guests", "changes" AS "told",
       (SELECT count(*) FROM "ResourceChange" WHERE "runId" = "SyncRun"."id") AS "stored"
     FROM "SyncRun" WHERE "status" = 'ok' ORDER BY "id"`,
  )
  await database.close()
  const half = runs.find((run) => Number(run.told) !== Number(run.stored))
  if (half !== undefined) throw new Error(`run ${half.id} tells ${half.told} changes and has ${half.stored}`)
  const newest = runs.at(-1)
  if (newest === undefined) return 0
  await comparePresent(path, Number(newest.guests))
  return runs.length
}

async function comparePresent(path: string, guests: number): Promise<void> {
  const stores = await openStores({ path, migrationsDir: resolve('prisma/migrations'), clock: systemClock })
  const picture = await stores.inventory.base('lab')
  const replayed = await stores.history.stateAt('lab', '9999-01-01T00:00:00.000Z')
  await stores.close()
  const present = picture?.inventory
  if (present === undefined || replayed === null) throw new Error('a run without a picture or a keyframe')
  const visible = present.guests.filter((guest) => !guest.hidden).length
  if (visible !== guests) throw new Error(`the newest run tells ${guests} guests and ${visible} are stored`)
  if (told(present) !== told(replayed.inventory))
    throw new Error('the history does not lead to the present state')
}

/** What history tells of guests, in one order. */
function told(inventory: StoredInventory): string {
  const rows = inventory.guests.map(({ vmid, kind, name, node, status, tags, pool, incarnation, hidden }) =>
    JSON.stringify([vmid, kind, name, node, status, tags, pool, incarnation, hidden]),
  )
  return rows.sort().join('\n')
}
