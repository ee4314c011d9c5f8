import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Refusal, RefusalError, refuse } from '../core/refusal.js'
import type { Database } from './tx.js'

type Migration = { readonly name: string; readonly sql: string; readonly checksum: string }

/** The migrations that this version brings, oldest first. */
export function readMigrations(directory: string): readonly Migration[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(join(directory, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
}

/**
 * Brings a database up to date: refuses one of a newer version, backs up one that holds something, applies what is
 * missing in one transaction. Two processes at once queue; the second finds nothing to do.
 */
export async function migrate(database: Database, directory: string): Promise<void> {
  const migrations = readMigrations(directory)
  const before = await appliedNames(database)
  const newer = before.filter((name) => !migrations.some((migration) => migration.name === name))
  if (newer.length > 0) throw new RefusalError(newerVersion(database.path, newer))
  const [next] = migrations.filter((migration) => !before.includes(migration.name))
  if (next === undefined) return
  if (before.length > 0) await backupOnce(database, `${database.path}.before-${next.name}.bak`)
  try {
    await database.migrate(async (tx) => {
      const rows: readonly { migration_name: string }[] = await tx.$queryRawUnsafe(APPLIED)
      const done = new Set(rows.map((row) => row.migration_name))
      for (const migration of migrations.filter(({ name }) => !done.has(name))) {
        for (const statement of statementsOf(migration.sql)) await tx.$executeRawUnsafe(statement)
        await tx.$executeRawUnsafe(
          RECORD,
          randomUUID(),
          migration.checksum,
          migration.name,
          Date.now(),
          Date.now(),
        )
      }
      await tx.$executeRawUnsafe(`INSERT OR IGNORE INTO "AuditHead" ("id", "seq", "hash") VALUES (1, 0, '')`)
    })
  } catch (error) {
    if (error instanceof RefusalError) throw error
    const why = error instanceof Error ? (error.message.split('\n').at(-1) ?? '') : String(error)
    const refusal = refuse(
      'store_migration_failed',
      `The database ${database.path} could not be brought up to date.`,
      'It is as it was before; please report this.',
      [why],
    )
    throw new RefusalError(refusal, { cause: error })
  }
}

const APPLIED =
  'SELECT "migration_name" FROM "_prisma_migrations" WHERE "finished_at" IS NOT NULL AND "rolled_back_at" IS NULL'
const RECORD =
  'INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "started_at", "finished_at", "applied_steps_count") VALUES (?, ?, ?, ?, ?, 1)'

/** Names of the migrations in a database; none for a new or foreign one. */
export async function appliedNames(database: Database): Promise<readonly string[]> {
  const tables = await database.rows<{ name: string }>(
    `SELECT "name" FROM "sqlite_master" WHERE "name" = '_prisma_migrations'`,
  )
  if (tables.length === 0) return []
  return (await database.rows<{ migration_name: string }>(`${APPLIED} ORDER BY "migration_name"`)).map(
    (row) => row.migration_name,
  )
}

function newerVersion(path: string, names: readonly string[]): Refusal {
  return refuse(
    'store_newer',
    `The database ${path} was written by a newer version.`,
    'Install that version again, or restore a backup from before.',
    [`unknown migrations: ${names.join(', ')}`],
  )
}

async function backupOnce(database: Database, target: string): Promise<void> {
  if (!existsSync(target)) await database.copyTo(target)
}

/** Statements of a migration file; ours hold no semicolon within a statement. */
function statementsOf(sql: string): readonly string[] {
  return sql
    .replace(/^--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
