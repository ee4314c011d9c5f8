import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { RefusalError, refuse } from '../core/refusal.js'
import type { StoreReport } from '../ports/store/health.js'
import { appliedNames, readMigrations } from './migrate.js'
import { type Database, openDatabase } from './tx.js'

/** Copies a home's database; throws a RefusalError when it cannot be read or the target exists. */
export async function backupStore(path: string, target: string): Promise<void> {
  if (!existsSync(path))
    throw new RefusalError(
      refuse('backup_missing', `There is no database ${path}.`, 'Open the home once, then back it up.'),
    )
  if (existsSync(target))
    throw new RefusalError(refuse('backup_invalid', `${target} exists already.`, 'Choose another name.'))
  const database = openDatabase({ path, busyTimeout: 5000 })
  try {
    await database.copyTo(target)
  } finally {
    await database.close()
  }
}

export type Backup = { readonly path: string; readonly modified: Date }

/** Backups beside a database, newest first. */
export function listBackups(directory: string): readonly Backup[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.bak'))
    .map((name) => join(directory, name))
    .map((path) => ({ path, modified: statSync(path).mtime }))
    .sort((a, b) => b.modified.getTime() - a.modified.getTime())
}

/**
 * Puts a backup in the place of a home's database. The backup is checked first; what was there is kept beside it.
 * Refused while another process writes, and for a backup that is damaged, foreign or of a newer version.
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
  const known = new Set(readMigrations(migrationsDir).map(({ name }) => name))
  const report = await checkStore(backup)
  const newer = report.migrations.filter((name) => !known.has(name))
  if (report.problems.length > 0 || report.migrations.length === 0 || newer.length > 0) {
    const details =
      newer.length > 0 ? [`it was written by a newer version (${newer.join(', ')})`] : report.problems
    throw new RefusalError(
      refuse(
        'backup_invalid',
        `${backup} is no sound backup of this program.`,
        'Choose another one; nothing was changed.',
        details,
      ),
    )
  }
  await refuseWhileUsed(path)
  const draft = `${path}.restoring`
  copyFileSync(backup, draft)
  let replaced: string | null = null
  if (existsSync(path)) {
    replaced = `${path}.replaced-${now.toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}`
    renameSync(path, replaced)
    if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${replaced}-wal`)
  }
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
  renameSync(draft, path)
  return { replaced }
}

/** A damaged file cannot be locked, and nobody works with it either; only a busy one is refused. */
async function refuseWhileUsed(path: string): Promise<void> {
  if (!existsSync(path) || !statSync(path).isFile()) return
  const database = openDatabase({ path, busyTimeout: 200 })
  try {
    await database.write(async () => {})
    await database.rows('PRAGMA wal_checkpoint(TRUNCATE)')
  } catch (error) {
    if (error instanceof RefusalError && error.refusal.code === 'store_locked') throw error
  } finally {
    await database.close()
  }
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

/** SQLite's own check of every page, foreign keys, and the migrations applied. */
export async function checkDatabase(database: Database): Promise<StoreReport> {
  const size = sizeOf(database.path)
  try {
    const integrity = await database.rows<{ integrity_check: string }>('PRAGMA integrity_check(20)')
    const keys = await database.rows<{ table: string }>('PRAGMA foreign_key_check')
    const migrations = await appliedNames(database)
    return {
      path: database.path,
      size,
      migrations,
      problems: [
        ...integrity.map((row) => row.integrity_check).filter((text) => text !== 'ok'),
        ...keys.map((row) => `a row of ${row.table} points nowhere`),
        ...(migrations.length === 0 ? ['it holds no table of this program'] : []),
      ],
    }
  } catch (error) {
    const why =
      error instanceof RefusalError
        ? error.refusal.message
        : error instanceof Error
          ? error.message
          : String(error)
    return { path: database.path, size, migrations: [], problems: [why] }
  }
}

function sizeOf(path: string): number {
  const names = [basename(path), `${basename(path)}-wal`].map((name) => join(dirname(path), name))
  return names.reduce((sum, name) => sum + (statSync(name, { throwIfNoEntry: false })?.size ?? 0), 0)
}
