import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { RefusalError, refuse } from '../core/refusal.js'
import { type Database, openDatabase, type Tx } from './tx.js'

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
 * Brings a database up to date: refuses one of a newer version or of another program, backs up one that holds something,
 * applies what is missing in one transaction. Two processes at once queue; the second finds nothing to do.
 */
export async function migrate(database: Database, directory: string): Promise<void> {
  const migrations = readMigrations(directory)
  const before = await appliedNames(database)
  refuseNewer(database.path, before, migrations)
  const [next] = migrations.filter((migration) => !before.includes(migration.name))
  if (next === undefined) return
  if (before.length > 0) await backUpBefore(database, next.name)
  else await refuseForeign(database)
  try {
    await database.migrate((tx) => applyMissing(tx, migrations, database.path))
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

async function applyMissing(tx: Tx, migrations: readonly Migration[], path: string): Promise<void> {
  const rows: readonly { migration_name: string }[] = await tx.$queryRawUnsafe(APPLIED)
  const done = rows.map((row) => row.migration_name)
  // Asked again, since another process may have been faster.
  refuseNewer(path, done, migrations)
  for (const migration of migrations.filter(({ name }) => !done.includes(name))) {
    const startedAt = Date.now()
    for (const statement of statementsOf(migration.sql)) await tx.$executeRawUnsafe(statement)
    const { checksum, name } = migration
    await tx.$executeRawUnsafe(RECORD, randomUUID(), checksum, name, startedAt, Date.now())
  }
  await tx.$executeRawUnsafe(`INSERT OR IGNORE INTO "AuditHead" ("id", "seq", "hash") VALUES (1, 0, '')`)
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

function refuseNewer(path: string, applied: readonly string[], known: readonly Migration[]): void {
  const newer = applied.filter((name) => !known.some((migration) => migration.name === name))
  if (newer.length === 0) return
  throw new RefusalError(
    refuse(
      'store_newer',
      `The database ${path} was written by a newer version.`,
      'Install that version again, or restore a backup from before.',
      [`unknown migrations: ${newer.join(', ')}`],
    ),
  )
}

/** Tables, but no migration: another program's database, into which ours must not be written. */
async function refuseForeign(database: Database): Promise<void> {
  const tables = await database.rows<{ name: string }>(
    `SELECT "name" FROM "sqlite_master" WHERE "type" = 'table' AND "name" NOT LIKE 'sqlite_%' LIMIT 5`,
  )
  if (tables.length === 0 || (await appliedNames(database)).length > 0) return
  const names = tables.map(({ name }) => name).join(', ')
  throw new RefusalError(
    refuse(
      'store_corrupt',
      `The file ${database.path} is the database of another program.`,
      'Nothing was changed. Move it away, or name another home.',
      [`it holds: ${names}`],
    ),
  )
}

/**
 * The copy is looked at before it gets its name: another process that starts at the same time may have brought the
 * database up to date already, and its copy of the state before must not be replaced by one of the state after.
 */
async function backUpBefore(database: Database, migration: string): Promise<void> {
  const target = `${database.path}.before-${migration}.bak`
  const draft = `${target}.${randomUUID()}.draft`
  try {
    await database.copyTo(draft)
    const copy = openDatabase({ path: draft, busyTimeout: 1000 })
    const names = await appliedNames(copy).finally(() => copy.close())
    if (!names.includes(migration)) renameSync(draft, target)
  } finally {
    if (existsSync(draft)) rmSync(draft)
  }
}

/** Statements of a migration file, split where a semicolon stands outside quotes. Triggers are not understood. */
function statementsOf(sql: string): readonly string[] {
  const tokens = sql.match(/--[^\n]*|'(?:[^']|'')*'|"(?:[^"]|"")*"|;|[^'";-]+|-/g) ?? []
  const statements = ['']
  for (const token of tokens) {
    if (token.startsWith('--')) continue
    if (token === ';') statements.push('')
    else statements.push(`${statements.pop() ?? ''}${token}`)
  }
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '')
}
