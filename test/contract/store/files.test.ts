import { execFile, spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { RefusalError } from '../../../src/core/refusal.js'
import type { Stores } from '../../../src/ports/store/stores.js'
import { backupStore, checkStore, listBackups, restoreStore } from '../../../src/store/backup.js'
import { Prisma } from '../../../src/store/generated/client.js'
import { migrate } from '../../../src/store/migrate.js'
import { openStores } from '../../../src/store/open.js'
import { type Database, openDatabase } from '../../../src/store/tx.js'
import { systemClock } from '../../../src/system/clock.js'
import { write } from './fixtures.js'

const migrationsDir = resolve('prisma/migrations')
/** The migrations there are, and one that comes after them. */
const KNOWN = ['0001_init', '0002_operations', '0003_chat']
const MORE = '0999_more'
const now = new Date('2026-03-01T10:00:00Z')
const childPath = resolve('test/contract/store/child.mjs')
let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-files-'))
  path = join(directory, 'state.db')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const open = (over: { path?: string; migrationsDir?: string; busyTimeout?: number } = {}) =>
  openStores({ path, migrationsDir, clock: systemClock, ...over })
const codeOf = async (work: Promise<unknown>) => {
  try {
    await work
    return 'no refusal'
  } catch (error) {
    return error instanceof RefusalError ? error.refusal.code : String(error)
  }
}
const filled = async () => {
  const stores = await open()
  await stores.inventory.commit(write())
  await stores.close()
}
/**
 * The same at a path that this process never opened: the driver lets go of a closed file only when memory is cleared,
 * and till then it is in use.
 */
const filledElsewhere = async (work: (stores: Stores) => Promise<unknown> = async () => {}) => {
  const stores = await open()
  await stores.inventory.commit(write())
  await work(stores)
  await stores.close()
  const file = join(directory, 'elsewhere.db')
  copyFileSync(path, file)
  return file
}
/** What another process answered, which is a line of JSON. */
const inAnother = async (...args: readonly string[]): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(process.execPath, [childPath, ...args])
  return JSON.parse(stdout)
}
const namesOf = async (file = path) => {
  const stores = await open({ path: file })
  const picture = await stores.inventory.picture('lab')
  await stores.close()
  return picture?.inventory.guests.map(({ name }) => name)
}

describe('several processes on one database', () => {
  it('four of them that start at once on a new file, 50 transactions each: 200 of 200', async () => {
    const child = resolve('test/support/writer-child.mjs')

    const done = await Promise.all(
      [1, 2, 3, 4].map(() => promisify(execFile)(process.execPath, [child, path, '50'])),
    )
    const stores = await open()
    const runs = await stores.inventory.runs('lab', 1000)
    await stores.close()

    expect(done.map(({ stdout }) => stdout)).toEqual(['50', '50', '50', '50'])
    expect(new Set(runs.map(({ message }) => message)).size).toBe(200)
  }, 60_000)
})

describe('migrations', () => {
  const laterMigrations = (sql: string) => {
    const later = join(directory, 'migrations')
    for (const name of KNOWN) {
      mkdirSync(join(later, name), { recursive: true })
      copyFileSync(join(migrationsDir, name, 'migration.sql'), join(later, name, 'migration.sql'))
    }
    mkdirSync(join(later, MORE))
    writeFileSync(join(later, MORE, 'migration.sql'), sql)
    return later
  }

  it('are recorded as Prisma records them', async () => {
    await filled()
    const database = openDatabase({ path, busyTimeout: 1000 })
    const rows = await database.rows(
      'SELECT "migration_name", "checksum", "applied_steps_count" FROM "_prisma_migrations"',
    )
    await database.close()
    const { createHash } = await import('node:crypto')
    const checksum = (name: string) =>
      createHash('sha256')
        .update(readFileSync(join(migrationsDir, name, 'migration.sql')))
        .digest('hex')

    expect(rows).toEqual(
      KNOWN.map((name) => ({
        migration_name: name,
        checksum: checksum(name),
        applied_steps_count: expect.anything(),
      })),
    )
  })

  it('make the tables of prisma/schema.prisma', async () => {
    await filled()
    const database = openDatabase({ path, busyTimeout: 1000 })
    const made: Record<string, readonly string[]> = {}
    for (const model of Object.keys(Prisma.ModelName)) {
      const columns = await database.rows<{ name: string }>('SELECT "name" FROM pragma_table_info(?)', model)
      made[model] = columns.map(({ name }) => name).sort()
    }
    await database.close()

    const said = Object.keys(Prisma.ModelName).map((model) => {
      const fields: unknown = Reflect.get(Prisma, `${model}ScalarFieldEnum`)
      return [model, Object.keys(fields ?? {}).sort()]
    })
    expect(said.length).toBeGreaterThan(10)
    expect(made).toEqual(Object.fromEntries(said))
  })

  it('of a new version are applied after a backup', async () => {
    await filled()

    const stores = await open({
      migrationsDir: laterMigrations('CREATE TABLE "More" ("id" INTEGER PRIMARY KEY);'),
    })
    const report = await stores.health.check()
    await stores.close()

    expect(report).toMatchObject({ migrations: [...KNOWN, MORE], problems: [] })
    expect(await checkStore(`${path}.before-${MORE}.bak`)).toMatchObject({
      migrations: KNOWN,
      problems: [],
    })
  })

  it('that fail leave the database as it was', async () => {
    await filled()

    const code = await codeOf(
      open({ migrationsDir: laterMigrations('CREATE TABLE "More" ("id" INTEGER); CREATE NONSENSE;') }),
    )

    expect(code).toBe('store_migration_failed')
    expect(await namesOf()).toEqual(['vm-101', 'vm-200'])
    expect(await checkStore(path)).toMatchObject({ migrations: KNOWN, problems: [] })
  })

  it('may hold a semicolon in quotes, and make a table anew to which others refer', async () => {
    const before = await open()
    await before.workspaces.ensure([{ name: 'lab', clusters: ['one', 'two'] }])
    await before.close()

    const stores = await open({
      migrationsDir: laterMigrations(`
        -- it's redefined; as Prisma does it
        PRAGMA foreign_keys=OFF;
        CREATE TABLE "new_Workspace" ("name" TEXT NOT NULL PRIMARY KEY, "zone" TEXT NOT NULL DEFAULT 'a;b''c-d');
        INSERT INTO "new_Workspace" ("name") SELECT "name" FROM "Workspace";
        DROP TABLE "Workspace";
        ALTER TABLE "new_Workspace" RENAME TO "Workspace";
        PRAGMA foreign_keys=ON;`),
    })
    const workspaces = await stores.workspaces.list()
    await stores.close()
    const database = openDatabase({ path, busyTimeout: 1000 })
    const zones = await database.rows('SELECT "zone" FROM "Workspace"')
    const orphan = database.run('INSERT INTO "Cluster" VALUES (?, ?)', 'three', 'nowhere')

    expect(workspaces).toEqual([{ name: 'lab', clusters: ['one', 'two'] }])
    expect(zones).toEqual([{ zone: `a;b'c-d` }])
    await expect(orphan).rejects.toThrow(/foreign key/i)
    await database.close()
  })

  it('by several processes at once end well for all, with one sound backup of the state before', async () => {
    await filled()
    const later = laterMigrations('CREATE TABLE "More" ("id" INTEGER);')

    const all = await Promise.all([1, 2, 3, 4].map(() => inAnother('open', path, later)))

    expect(all).toEqual(['opened', 'opened', 'opened', 'opened'])
    expect(await checkStore(path)).toMatchObject({ migrations: [...KNOWN, MORE], problems: [] })
    expect(await checkStore(`${path}.before-${MORE}.bak`)).toMatchObject({
      migrations: KNOWN,
      problems: [],
    })
    expect(readdirSync(directory).filter((name) => /draft|part/.test(name))).toEqual([])
  }, 60_000)

  it('of another process, done while this one makes its backup, leave that of the state before', async () => {
    await filled()
    const later = laterMigrations('CREATE TABLE "More" ("id" INTEGER);')
    const database = openDatabase({ path, busyTimeout: 1000 })
    const slow: Database = {
      ...database,
      copyTo: async (target) => {
        await (await open({ migrationsDir: later })).close()
        await database.copyTo(target)
      },
    }

    await migrate(slow, later)
    await database.close()

    expect(await checkStore(`${path}.before-${MORE}.bak`)).toMatchObject({
      migrations: KNOWN,
      problems: [],
    })
  })

  it('replace the backup that an earlier try left behind', async () => {
    await filled()
    const later = laterMigrations('CREATE NONSENSE;')
    await codeOf(open({ migrationsDir: later }))
    const stores = await open()
    await stores.inventory.commit(write({ cluster: 'far' }))
    await stores.close()
    writeFileSync(join(later, MORE, 'migration.sql'), 'CREATE TABLE "More" ("id" INTEGER);')

    await (await open({ migrationsDir: later })).close()

    const backup = openDatabase({ path: `${path}.before-${MORE}.bak`, busyTimeout: 1000 })
    const clusters = await backup.rows('SELECT "cluster" FROM "SyncRun" ORDER BY "id"')
    await backup.close()
    expect(clusters).toEqual([{ cluster: 'lab' }, { cluster: 'far' }])
  })

  it("are not applied to another program's database", async () => {
    const foreign = openDatabase({ path, busyTimeout: 1000 })
    await foreign.run('CREATE TABLE "cookies" ("id" INTEGER)')

    expect(await codeOf(open())).toBe('store_corrupt')
    expect(await foreign.rows('SELECT "name" FROM "sqlite_master"')).toEqual([{ name: 'cookies' }])
    await foreign.close()
  })

  it('of a newer version are not touched', async () => {
    await (await open({ migrationsDir: laterMigrations('CREATE TABLE "More" ("id" INTEGER);') })).close()

    expect(await codeOf(open())).toBe('store_newer')
  })
})

describe('a broken file', () => {
  it.each([
    ['truncated', (file: string) => truncateSync(file, 6000)],
    ['not a database', (file: string) => writeFileSync(file, 'shopping notes\n'.repeat(1000))],
    [
      'overwritten in the middle',
      (file: string) => writeFileSync(file, readFileSync(file).fill(0x55, 4096, 20_000)),
    ],
  ])('%s is found, and restored from a backup', async (_, damage) => {
    const file = await filledElsewhere()
    await backupStore(path, join(directory, 'one.bak'))
    damage(file)

    const report = await inAnother('check', file)
    const restored = await inAnother('restore', file, listBackups(directory)[0]?.path ?? '')

    expect(report).toMatchObject({ path: file, problems: expect.arrayContaining([expect.any(String)]) })
    expect(restored).toEqual({ replaced: `${file}.replaced-20260301T100000` })
    expect(existsSync(`${file}.replaced-20260301T100000`)).toBe(true)
    expect(await namesOf(file)).toEqual(['vm-101', 'vm-200'])
  })

  it('leaves nothing of its log in the one that takes its place', async () => {
    const file = await filledElsewhere(async (stores) => {
      await backupStore(path, join(directory, 'one.bak'))
      await stores.workspaces.ensure([{ name: 'in-the-log', clusters: ['x'] }])
      copyFileSync(`${path}-wal`, join(directory, 'elsewhere.db-wal'))
    })
    writeFileSync(file, 'shopping notes\n'.repeat(1000))

    const restored = await inAnother('restore', file, join(directory, 'one.bak'))

    expect(restored).toEqual({ replaced: `${file}.replaced-20260301T100000` })
    expect(existsSync(`${file}.replaced-20260301T100000-wal`)).toBe(true)
    const stores = await open({ path: file })
    expect(await stores.workspaces.list()).toEqual([])
    await stores.close()
  })

  it('is said with the newest backup to put back', async () => {
    await filled()
    writeFileSync(join(directory, 'old.bak'), '')
    utimesSync(join(directory, 'old.bak'), 1, 1)
    await backupStore(path, join(directory, 'one.bak'))
    writeFileSync(path, 'shopping notes\n'.repeat(1000))

    const answer = await inAnother('open', path, migrationsDir)

    expect(answer).toEqual({ code: 'store_corrupt', hint: expect.stringContaining('db restore') })
    expect(answer).toEqual({
      code: 'store_corrupt',
      hint: expect.stringContaining(join(directory, 'one.bak')),
    })
  })

  it('is said when it is opened', async () => {
    await filled()
    truncateSync(path, 6000)

    expect(await codeOf(open().then(async (stores) => stores.inventory.picture('lab')))).toBe('store_corrupt')
  })

  it('is no backup', async () => {
    await filled()
    const bad = join(directory, 'bad.bak')
    writeFileSync(bad, 'nothing')

    expect(await codeOf(restoreStore(path, bad, { migrationsDir, now }))).toBe('backup_invalid')
    expect(await namesOf()).toEqual(['vm-101', 'vm-200'])
    expect(readdirSync(directory).some((name) => name.includes('replaced'))).toBe(false)
  })

  it('an empty one is no backup either', async () => {
    await filled()
    const empty = join(directory, 'empty.bak')
    writeFileSync(empty, '')

    expect(await codeOf(restoreStore(path, empty, { migrationsDir, now }))).toBe('backup_invalid')
  })
})

describe('a database that another process holds', () => {
  it('in a transaction is said to be locked, and nothing is lost', async () => {
    await filled()
    const holder = openDatabase({ path, busyTimeout: 1000 })
    let release = () => {}
    const held = new Promise<void>((done) => {
      release = done
    })
    let started = () => {}
    const holding = new Promise<void>((done) => {
      started = done
    })
    const transaction = holder.write(async () => {
      started()
      await held
    })
    await holding

    const stores = await open({ busyTimeout: 50 })
    const code = await codeOf(stores.inventory.commit(write({ cluster: 'far' })))
    release()
    await transaction
    const later = await stores.inventory.commit(write({ cluster: 'far' }))
    await stores.close()
    await holder.close()

    expect(code).toBe('store_locked')
    expect(later.kind).toBe('committed')
  })

  it('idle is not restored over, and can be as soon as that one has ended', async () => {
    const file = await filledElsewhere()
    const backup = join(directory, 'one.bak')
    await backupStore(path, backup)
    const files = () => readdirSync(directory).filter((name) => !/-(wal|shm)$/.test(name))
    const before = files()
    const idle = spawn(process.execPath, [childPath, 'idle', file], { stdio: ['pipe', 'pipe', 'inherit'] })
    const ended = new Promise((done) => idle.once('exit', done))
    await new Promise((done) => idle.stdout.once('data', done))

    const meanwhile = await inAnother('restore', file, backup)
    const left = files()
    idle.stdin.end()
    await ended
    const later = await inAnother('restore', file, backup)

    expect(meanwhile).toMatchObject({ code: 'store_locked', hint: expect.stringContaining('console') })
    expect(left).toEqual(before)
    expect(later).toEqual({ replaced: `${file}.replaced-20260301T100000` })
    expect(await namesOf(file)).toEqual(['vm-101', 'vm-200'])
  }, 60_000)
})

describe('a process that runs for long', () => {
  const openFiles = () => readdirSync('/dev/fd').length

  it('does not lose a file descriptor with each transaction', async () => {
    const stores = await open()
    const at = new Date(0)
    await stores.leases.acquire('runner', 'a', 1000, at)
    const before = openFiles()

    for (let i = 0; i < 50; i++) await stores.leases.acquire('runner', 'a', 1000, at)
    const after = openFiles()
    await stores.close()

    expect(after).toBeLessThan(before + 10)
  })

  it('goes on after a transaction that failed, and keeps nothing of it', async () => {
    const database = openDatabase({ path, busyTimeout: 1000 })
    await (await open()).close()
    const add = (name: string) => database.run('INSERT INTO "Workspace" ("name") VALUES (?)', name)

    const failed = database.write(async (tx) => {
      await tx.$executeRawUnsafe('INSERT INTO "Workspace" ("name") VALUES (?)', 'lost')
      throw new Error('half-way')
    })

    await expect(failed).rejects.toThrow('half-way')
    await add('kept')
    expect(await database.rows('SELECT "name" FROM "Workspace"')).toEqual([{ name: 'kept' }])
    await database.close()
  })

  it('lets nothing else of its own into a transaction', async () => {
    const stores = await open()
    const database = openDatabase({ path, busyTimeout: 1000 })
    const outside: Promise<unknown>[] = []

    const failed = database.write(async () => {
      outside.push(database.run('INSERT INTO "Workspace" ("name") VALUES (?)', 'outside'))
      await new Promise((done) => setTimeout(done, 20))
      throw new Error('rolled back')
    })

    await expect(failed).rejects.toThrow('rolled back')
    await Promise.all(outside)
    expect(await database.rows('SELECT "name" FROM "Workspace"')).toEqual([{ name: 'outside' }])
    await database.close()
    await stores.close()
  })
})

describe('what cannot be opened', () => {
  it.each([
    ['a directory in its place', () => mkdirSync(path)],
    ['no directory around it', () => rmSync(directory, { recursive: true })],
  ])('%s: store_unreadable', async (_, spoil) => {
    spoil()

    expect(await codeOf(open())).toBe('store_unreadable')
  })

  it('is told by a check, never thrown', async () => {
    mkdirSync(path)

    expect(await checkStore(path)).toMatchObject({ problems: ['it is no file'] })
    expect(await checkStore(join(directory, 'none'))).toMatchObject({ problems: ['the file does not exist'] })
    expect(listBackups(join(directory, 'none'))).toEqual([])
  })

  it('a table that is missing is a problem', async () => {
    await filled()
    const database = openDatabase({ path, busyTimeout: 1000 })
    await database.run('DROP TABLE "Vm"')
    await database.close()

    expect(await checkStore(path)).toMatchObject({ problems: ['the table Vm is missing'] })
  })
})

describe('a backup', () => {
  it('is consistent while others write, and never overwrites', async () => {
    await filled()
    const target = join(directory, 'one.bak')

    await backupStore(path, target)

    expect(await checkStore(target)).toMatchObject({ problems: [] })
    expect(await codeOf(backupStore(path, target))).toBe('backup_invalid')
    expect(await codeOf(backupStore(path, join(directory, 'no/one.bak')))).toBe('backup_invalid')
    expect(readdirSync(directory).filter((name) => name.endsWith('.part'))).toEqual([])
    expect(await codeOf(backupStore(join(directory, 'none.db'), join(directory, 'two.bak')))).toBe(
      'backup_missing',
    )
  })
})

describe('as a backup', () => {
  it('a plain copy with its log is taken whole', async () => {
    const file = await filledElsewhere()
    await filledElsewhere(async (stores) => {
      await stores.workspaces.ensure([{ name: 'in-the-log', clusters: ['x'] }])
      for (const suffix of ['', '-wal'])
        copyFileSync(`${path}${suffix}`, join(directory, `copy.bak${suffix}`))
    })
    copyFileSync(join(directory, 'copy.bak'), file)

    const restored = await inAnother('restore', file, join(directory, 'copy.bak'))

    expect(restored).toEqual({ replaced: `${file}.replaced-20260301T100000` })
    const stores = await open({ path: file })
    expect(await stores.workspaces.list()).toEqual([{ name: 'in-the-log', clusters: ['x'] }])
    await stores.close()
  })

  it('the database itself is refused', async () => {
    await filled()

    expect(await codeOf(restoreStore(path, path, { migrationsDir, now }))).toBe('backup_invalid')
  })

  it('the same one twice in a second keeps both that were replaced', async () => {
    const file = await filledElsewhere()
    await backupStore(path, join(directory, 'one.bak'))

    await inAnother('restore', file, join(directory, 'one.bak'))
    const second = await inAnother('restore', file, join(directory, 'one.bak'))

    expect(second).toEqual({ replaced: `${file}.replaced-20260301T100000-2` })
    expect(existsSync(`${file}.replaced-20260301T100000`)).toBe(true)
  })
})

it('a full disk is said', async () => {
  await filled()
  const database = openDatabase({ path, busyTimeout: 1000 })
  const code = await codeOf(
    database.write(async (tx) => {
      await tx.$queryRawUnsafe('PRAGMA max_page_count = 1')
      await tx.$executeRawUnsafe(
        'INSERT INTO "Workspace" ("name") SELECT hex(randomblob(4000)) FROM json_each(?)',
        JSON.stringify([...Array(200).keys()]),
      )
    }),
  )
  await database.close()

  expect(code).toBe('disk_full')
  expect(await namesOf()).toEqual(['vm-101', 'vm-200'])
})
