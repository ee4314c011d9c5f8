import { existsSync, statSync } from 'node:fs'
import { RefusalError, refuse } from '../core/refusal.js'
import type { Clock } from '../ports/clock.js'
import type { Stores } from '../ports/store/stores.js'
import { auditStore } from './audit.js'
import { checkDatabase } from './backup.js'
import { bindingStore } from './bindings.js'
import { cardMessageStore } from './card-messages.js'
import { storeError } from './errors.js'
import { freezeStore } from './freezes.js'
import { historyStore } from './history.js'
import { inventoryStore } from './inventory.js'
import { leaseStore } from './leases.js'
import { markStore } from './marks.js'
import { migrate } from './migrate.js'
import { operationStore } from './operations.js'
import { outboxStore } from './outbox.js'
import { peopleStore } from './people.js'
import { seenStore } from './seen.js'
import { taskStore } from './tasks.js'
import { openDatabase } from './tx.js'
import { workspaceStore } from './workspaces.js'

export type OpenOptions = {
  readonly path: string
  readonly migrationsDir: string
  readonly clock: Clock
  /** Milliseconds to wait for another writer. */
  readonly busyTimeout?: number
  /** Changes after which the whole state is stored again. */
  readonly keyframeEvery?: number
}

/**
 * Opens a home's database, making it and bringing it up to date as needed. Throws a RefusalError: `store_corrupt`,
 * `store_newer`, `store_locked`, `store_unreadable`, `store_migration_failed`, `disk_full`.
 */
export async function openStores(options: OpenOptions): Promise<Stores> {
  const { path, migrationsDir, busyTimeout = 5000, keyframeEvery = 500 } = options
  if (existsSync(path) && !statSync(path).isFile())
    throw new RefusalError(
      refuse('store_unreadable', `The database ${path} is no file.`, 'Move away what is there.'),
    )
  const database = openDatabase({ path, busyTimeout })
  try {
    await whileLocked(options.clock, busyTimeout, async () => {
      const [mode] = await database.rows<{ journal_mode: string }>('PRAGMA journal_mode')
      if (mode?.journal_mode !== 'wal') await database.rows('PRAGMA journal_mode = WAL')
      await migrate(database, migrationsDir)
    })
  } catch (error) {
    await database.close()
    throw storeError(error, path)
  }
  return {
    inventory: inventoryStore(database, { keyframeEvery }),
    history: historyStore(database),
    tasks: taskStore(database),
    workspaces: workspaceStore(database),
    leases: leaseStore(database),
    operations: operationStore(database),
    people: peopleStore(database),
    audit: auditStore(database),
    freezes: freezeStore(database),
    marks: markStore(database),
    bindings: bindingStore(database),
    cards: cardMessageStore(database),
    outbox: outboxStore(database),
    seen: seenStore(database),
    health: { check: () => checkDatabase(database) },
    close: () => database.close(),
  }
}

/**
 * Making a new database does not wait for another process that makes it, as ordinary writes do: SQLite's busy time-out
 * does not cover the change to a write-ahead log. So it is tried again.
 */
async function whileLocked(clock: Clock, timeout: number, work: () => Promise<void>): Promise<void> {
  const deadline = clock.monotonic() + timeout
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const locked = error instanceof RefusalError && error.refusal.code === 'store_locked'
      if (!locked || clock.monotonic() >= deadline) throw error
      await clock.sleep(50)
    }
  }
}
