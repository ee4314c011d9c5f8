import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { operationName } from '../core/operation.js'
import { RefusalError, refuse } from '../core/refusal.js'
import type { StoreReport } from '../ports/store/health.js'
import { closeOpenOperations } from './after-restore.js'
import { appliedNames, readMigrations } from './migrate.js'
import { type OperationRow, operationOf } from './operation-schema.js'
import { SELECT_OPERATION } from './operations.js'
import { type Database, openDatabase } from './tx.js'

export { type Backup, listBackups } from './backup-files.js'

/**
 * Copies a home's database, also while it is in use. Throws a RefusalError when it cannot be read, or when the target
 * exists or cannot be written.
 */
export async function backupStore(path: string, target: string): Promise<void> {
  if (!existsSync(path))
    throw new RefusalError(
      refuse('backup_missing', `There is no database ${path}.`, 'Open the home once, then back it up.'),
    )
  if (existsSync(target))
    throw new RefusalError(refuse('backup_invalid', `${target} exists already.`, 'Choose another name.'))
  if (!existsSync(dirname(target)))
    throw new RefusalError(
      refuse(
        'backup_invalid',
        `There is no directory ${dirname(target)}.`,
        'Make it, or choose another one.',
      ),
    )
  const database = openDatabase({ path, busyTimeout: 5000 })
  try {
    await database.copyTo(target)
  } finally {
    await database.close()
  }
}

/**
 * Puts a backup in the place of a home's database. A copy of the backup is checked first; what was there is kept beside
 * it. Refused while another process uses the database, and for a backup that is damaged, foreign or of a newer version.
 * At no moment is there no database, and a failure leaves the present one.
 */
export async function restoreStore(
  path: string,
  backup: string,
  { migrationsDir, now }: { readonly migrationsDir: string; readonly now: Date },
): Promise<{ readonly replaced: string | null }> {
  if (!existsSync(backup))
    throw new RefusalError(
      refuse('backup_missing', `There is no file ${backup}.`, 'Name a backup: proxmox-mpc db restore FILE'),
    )
  if (!statSync(backup).isFile()) throw new RefusalError(unsound(backup, ['it is no file']))
  if (existsSync(path) && sameFile(path, backup))
    throw new RefusalError(unsound(backup, ['it is the database itself']))
  const draft = `${path}.restoring`
  removeWithLogs(draft)
  try {
    copyFileSync(backup, draft)
    // A plain copy of a database in use may have its newest transactions in the log beside it.
    if (existsSync(`${backup}-wal`)) copyFileSync(`${backup}-wal`, `${draft}-wal`)
    await refuseUnsound(draft, backup, migrationsDir)
    await closeWhatWasOpen(draft, now)
    await refuseWhileUsed(path)
    settle(draft)
    const replaced = setAside(path, now)
    // The log belongs to the file that goes; beside the new one it would be played into that.
    removeLogs(path)
    renameSync(draft, path)
    return { replaced }
  } finally {
    removeWithLogs(draft)
  }
}

function unsound(backup: string, details: readonly string[]) {
  const message = `${backup} is no sound backup of this program.`
  return refuse('backup_invalid', message, 'Choose another one; nothing was changed.', details)
}

async function refuseUnsound(draft: string, backup: string, migrationsDir: string): Promise<void> {
  const known = new Set(readMigrations(migrationsDir).map(({ name }) => name))
  const database = openDatabase({ path: draft, busyTimeout: 1000 })
  const report = await checkDatabase(database)
    .then(async (found) => {
      // What is still in a log beside it goes into the file, which is moved alone.
      if (found.problems.length === 0) await database.rows('PRAGMA journal_mode = DELETE')
      return found
    })
    .finally(() => database.close())
  if (report.problems.length > 0)
    throw new RefusalError(
      unsound(
        backup,
        report.problems.map((problem) => problem.replaceAll(draft, backup)),
      ),
    )
  const newer = report.migrations.filter((name) => !known.has(name))
  if (newer.length > 0)
    throw new RefusalError(unsound(backup, [`it was written by a newer version (${newer.join(', ')})`]))
}

/** In the copy, before it is put in place. A backup from before there were operations has none to close. */
async function closeWhatWasOpen(draft: string, now: Date): Promise<void> {
  const database = openDatabase({ path: draft, busyTimeout: 1000 })
  try {
    const tables = await database.rows(`SELECT 1 FROM "sqlite_master" WHERE "name" = 'AuditEntry'`)
    if (tables.length > 0) await closeOpenOperations(database, now)
    await database.rows('PRAGMA journal_mode = DELETE')
  } finally {
    await database.close()
  }
}

const sameFile = (a: string, b: string): boolean => {
  const [one, other] = [statSync(a), statSync(b)]
  return one.dev === other.dev && one.ino === other.ino
}

/**
 * Every process holds a shared lock while it has the database open, and leaving the write-ahead log takes the lock of all
 * others: so an idle one is noticed too. A damaged file cannot be locked, and nobody works with it either.
 */
async function refuseWhileUsed(path: string): Promise<void> {
  if (!existsSync(path) || !statSync(path).isFile()) return
  const database = openDatabase({ path, busyTimeout: 200 })
  try {
    await database.rows('PRAGMA journal_mode = DELETE')
  } catch (error) {
    if (error instanceof RefusalError && error.refusal.code === 'store_locked')
      throw new RefusalError(
        refuse(
          'store_locked',
          `The database ${path} is in use by another process.`,
          'End every console and server of this home, then try again; nothing was changed.',
        ),
        { cause: error },
      )
  } finally {
    await database.close()
  }
}

/** Sees a file's content onto the disk before its name is. */
function settle(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Gives the present file a second name and leaves it where it is; null when there is none. */
function setAside(path: string, now: Date): string | null {
  if (!existsSync(path)) return null
  const stamp = now.toISOString().replaceAll(/[-:]/g, '').slice(0, 15)
  const names = ['', ...Array.from({ length: 99 }, (_, i) => `-${i + 2}`)]
  const replaced = names.map((more) => `${path}.replaced-${stamp}${more}`).find((name) => !existsSync(name))
  if (replaced === undefined) throw new Error(`no free name for ${path}`)
  if (!statSync(path).isFile()) {
    renameSync(path, replaced)
    return replaced
  }
  try {
    linkSync(path, replaced)
  } catch {
    copyFileSync(path, replaced, constants.COPYFILE_EXCL)
  }
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${replaced}-wal`)
  return replaced
}

function removeLogs(path: string): void {
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true })
}
function removeWithLogs(path: string): void {
  removeLogs(path)
  rmSync(path, { force: true })
}

/** Looks at any file: what is wrong is told, never thrown. */
export async function checkStore(path: string): Promise<StoreReport> {
  const nothing = { path, size: 0, migrations: [] }
  if (!existsSync(path)) return { ...nothing, problems: ['the file does not exist'] }
  if (!statSync(path).isFile()) return { ...nothing, problems: ['it is no file'] }
  const database = openDatabase({ path, busyTimeout: 1000 })
  try {
    return await checkDatabase(database)
  } finally {
    await database.close()
  }
}

/** Tables of the first version, which every later one has too. */
const TABLES =
  'AuditHead Workspace Cluster SyncRun Node Vm Container Storage Pool Task StateSnapshot ResourceChange Lease'.split(
    ' ',
  )

/** SQLite's own check of every page, foreign keys, the migrations applied, and that our tables are there. */
export async function checkDatabase(database: Database): Promise<StoreReport> {
  const { path } = database
  const size = sizeOf(path)
  try {
    const integrity = await database.rows<{ integrity_check: string }>('PRAGMA integrity_check(20)')
    const keys = await database.rows<{ table: string }>('PRAGMA foreign_key_check')
    const migrations = await appliedNames(database)
    const problems = [
      ...integrity.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
      ...keys.map((row) => `a row of ${row.table} points nowhere`),
      ...(migrations.length === 0
        ? ['it holds no table of this program']
        : (await missingTables(database)).map((name) => `the table ${name} is missing`)),
      ...(await damagedOperations(database)),
    ]
    return { path, size, migrations, problems }
  } catch (error) {
    return { path, size, migrations: [], problems: [reasonOf(error)] }
  }
}

async function missingTables(database: Database): Promise<readonly string[]> {
  const rows = await database.rows<{ name: string }>(
    `SELECT "name" FROM "sqlite_master" WHERE "type" = 'table'`,
  )
  const there = new Set(rows.map(({ name }) => name))
  return TABLES.filter((name) => !there.has(name))
}

async function damagedOperations(database: Database): Promise<readonly string[]> {
  const [table] = await database.rows(`SELECT 1 FROM "sqlite_master" WHERE "name" = 'Operation'`)
  if (table === undefined) return []
  const rows = await database.rows<OperationRow>(SELECT_OPERATION)
  return rows
    .filter((row) => operationOf(row) === null)
    .map(({ id }) => `${operationName(Number(id))} was changed by hand and cannot be read`)
}

function reasonOf(error: unknown): string {
  if (error instanceof RefusalError) return error.refusal.message
  return error instanceof Error ? error.message : String(error)
}

function sizeOf(path: string): number {
  const files = [path, `${path}-wal`]
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
}
