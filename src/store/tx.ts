import { PrismaLibSql } from '@prisma/adapter-libsql'
import { storeError } from './errors.js'
import { type Prisma, PrismaClient } from './generated/client.js'

export type Tx = Prisma.TransactionClient

export type Database = {
  readonly path: string
  /**
   * The only opener of transactions. Its first statement is a write on the one row that all of them write, so that
   * writers queue; without it SQLite's deferred transactions lose against each other. No I/O belongs inside.
   */
  readonly write: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>
  /** For migrations alone, which run before the row above exists. */
  readonly migrate: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>
  /** Rows of one statement, which is a consistent reading by itself. */
  readonly rows: <T>(sql: string, ...values: readonly SqlValue[]) => Promise<readonly T[]>
  readonly run: (sql: string, ...values: readonly SqlValue[]) => Promise<number>
  /** A consistent copy in a new file, also while others write. */
  readonly copyTo: (target: string) => Promise<void>
  readonly close: () => Promise<void>
}
export type SqlValue = string | number | boolean | null | Uint8Array

export type DatabaseOptions = {
  readonly path: string
  /** How long to wait for another writer, in milliseconds. */
  readonly busyTimeout: number
}

/** As Prisma makes it, so that its tools understand this database too. */
const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "checksum" TEXT NOT NULL,
  "finished_at" DATETIME,
  "migration_name" TEXT NOT NULL,
  "logs" TEXT,
  "rolled_back_at" DATETIME,
  "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
  "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0
)`

export function openDatabase({ path, busyTimeout }: DatabaseOptions): Database {
  const adapter = new PrismaLibSql({ url: `file:${path}`, timeout: busyTimeout })
  const client = new PrismaClient({ adapter })
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw storeError(error, path)
    }
  }
  return {
    path,
    write: (work) =>
      guarded(() =>
        client.$transaction(
          async (tx) => {
            await tx.$executeRawUnsafe('UPDATE "AuditHead" SET "seq" = "seq" WHERE "id" = 1')
            return work(tx)
          },
          { maxWait: 20_000, timeout: 20_000 },
        ),
      ),
    migrate: (work) =>
      guarded(() =>
        client.$transaction(
          async (tx) => {
            await tx.$executeRawUnsafe(MIGRATIONS_TABLE)
            await tx.$executeRawUnsafe('UPDATE "_prisma_migrations" SET "logs" = "logs"')
            return work(tx)
          },
          { maxWait: 60_000, timeout: 60_000 },
        ),
      ),
    rows: (sql, ...values) => guarded(() => client.$queryRawUnsafe(sql, ...values)),
    run: (sql, ...values) => guarded(() => client.$executeRawUnsafe(sql, ...values)),
    copyTo: async (target) => {
      await guarded(() => client.$executeRawUnsafe('VACUUM INTO ?', target))
    },
    close: async () => {
      // The driver leaves the write-ahead log behind; put into the file, the file alone is the whole truth.
      await client.$queryRawUnsafe('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {})
      await client.$disconnect()
    },
  }
}
