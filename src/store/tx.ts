import { randomUUID } from 'node:crypto'
import { renameSync, rmSync } from 'node:fs'
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
  /** For migrations alone: before the row above exists, and with foreign keys looked at only when all is done. */
  readonly migrate: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>
  /** Rows of one statement, which is a consistent reading by itself. */
  readonly rows: <T>(sql: string, ...values: readonly SqlValue[]) => Promise<readonly T[]>
  readonly run: (sql: string, ...values: readonly SqlValue[]) => Promise<number>
  /** A consistent copy, whole or not at all, also while others write; replaces what is at `target`. */
  readonly copyTo: (target: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** Values that are bound to a statement. */
export type SqlValue = string | number | boolean | null | Uint8Array

export type DatabaseOptions = {
  readonly path: string
  /** How long to wait for another writer, in milliseconds. */
  readonly busyTimeout: number
}

type Client = ReturnType<PrismaLibSql['createClient']>
type Transaction = Awaited<ReturnType<Client['transaction']>>
type Statement = Parameters<Transaction['execute']>[0]

/**
 * Prisma's adapter with one connection to the file. The driver gives every transaction a connection of its own and never
 * closes it: two file descriptors each, until none are left. Here they take turns on one; the adapter lets nothing else
 * in before a transaction has ended.
 */
class OneConnection extends PrismaLibSql {
  override createClient(config: Parameters<PrismaLibSql['createClient']>[0]): Client {
    const client = super.createClient(config)
    const connection = renewable(client)
    client.execute = (statement: Statement) => connection.execute(statement)
    client.transaction = () => begin(connection)
    return client
  }
}

type Connection = {
  /** A statement outside a transaction. */
  readonly execute: Transaction['execute']
  /** One that must meet the connection as it is. */
  readonly within: Transaction['execute']
}

/**
 * The driver leaves a statement that failed lying half-done on its connection, and then nothing can be committed there.
 * So a connection on which anything failed is replaced before it is used again.
 */
function renewable(client: Client): Connection {
  const execute: Transaction['execute'] = client.execute.bind(client)
  let stale = false
  const within: Transaction['execute'] = async (statement) => {
    try {
      return await execute(statement)
    } catch (error) {
      stale = true
      throw error
    }
  }
  return {
    within,
    execute: async (statement) => {
      if (stale && !client.closed) client.reconnect()
      stale = false
      return within(statement)
    },
  }
}

/** Begins as a writer at once, so that it waits for other writers here and cannot fail for them later. */
async function begin({ execute, within }: Connection): Promise<Transaction> {
  await execute('BEGIN IMMEDIATE')
  let closed = false
  const rollback = async (): Promise<void> => {
    if (closed) return
    closed = true
    await within('ROLLBACK')
  }
  return {
    get closed() {
      return closed
    },
    execute: within,
    batch: () => Promise.reject(new Error('a transaction takes one statement at a time')),
    executeMultiple: () => Promise.reject(new Error('a transaction takes one statement at a time')),
    rollback,
    commit: async () => {
      try {
        await within('COMMIT')
      } catch (error) {
        await rollback().catch(() => {})
        throw error
      }
      closed = true
    },
    close: () => {
      void rollback().catch(() => {})
    },
  }
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
  const adapter = new OneConnection({ url: `file:${path}`, timeout: busyTimeout })
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
      guarded(async () => {
        // A migration that makes a table anew drops the old one, which would take with it whatever refers to it.
        await client.$executeRawUnsafe('PRAGMA foreign_keys = OFF')
        try {
          return await client.$transaction(
            async (tx) => {
              await tx.$executeRawUnsafe(MIGRATIONS_TABLE)
              const done = await work(tx)
              const loose: readonly unknown[] = await tx.$queryRawUnsafe('PRAGMA foreign_key_check')
              if (loose.length > 0) throw new Error('rows would point nowhere')
              return done
            },
            { maxWait: 60_000, timeout: 60_000 },
          )
        } finally {
          await client.$executeRawUnsafe('PRAGMA foreign_keys = ON')
        }
      }),
    rows: (sql, ...values) => guarded(() => client.$queryRawUnsafe(sql, ...values)),
    run: (sql, ...values) => guarded(() => client.$executeRawUnsafe(sql, ...values)),
    copyTo: async (target) => {
      const draft = `${target}.${randomUUID()}.part`
      try {
        await guarded(() => client.$executeRawUnsafe('VACUUM INTO ?', draft))
        renameSync(draft, target)
      } finally {
        rmSync(draft, { force: true })
      }
    },
    close: async () => {
      // The driver leaves the write-ahead log behind; put into the file, the file alone is the whole truth.
      await client.$queryRawUnsafe('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {})
      await client.$disconnect()
    },
  }
}
