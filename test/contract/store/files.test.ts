import { execFile } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { RefusalError } from '../../../src/core/refusal.js'
import { backupStore, checkStore, listBackups, restoreStore } from '../../../src/store/backup.js'
import { openStores } from '../../../src/store/open.js'
import { openDatabase } from '../../../src/store/tx.js'
import { systemClock } from '../../../src/system/clock.js'
import { write } from './fixtures.js'

const migrationsDir = resolve('prisma/migrations')
const now = new Date('2026-03-01T10:00:00Z')
let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-files-'))
  path = join(directory, 'state.db')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const open = (over: { migrationsDir?: string; busyTimeout?: number } = {}) =>
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
const namesOf = async () => {
  const stores = await open()
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
    mkdirSync(join(later, '0001_init'), { recursive: true })
    mkdirSync(join(later, '0002_more'))
    copyFileSync(join(migrationsDir, '0001_init/migration.sql'), join(later, '0001_init/migration.sql'))
    writeFileSync(join(later, '0002_more/migration.sql'), sql)
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
    const checksum = createHash('sha256')
      .update(readFileSync(join(migrationsDir, '0001_init/migration.sql')))
      .digest('hex')

    expect(rows).toEqual([{ migration_name: '0001_init', checksum, applied_steps_count: expect.anything() }])
  })

  it('of a new version are applied after a backup', async () => {
    await filled()

    const stores = await open({
      migrationsDir: laterMigrations('CREATE TABLE "More" ("id" INTEGER PRIMARY KEY);'),
    })
    const report = await stores.health.check()
    await stores.close()

    expect(report).toMatchObject({ migrations: ['0001_init', '0002_more'], problems: [] })
    expect(await checkStore(`${path}.before-0002_more.bak`)).toMatchObject({
      migrations: ['0001_init'],
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
    expect(await checkStore(path)).toMatchObject({ migrations: ['0001_init'], problems: [] })
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
    await filled()
    await backupStore(path, join(directory, 'one.bak'))
    damage(path)

    const report = await checkStore(path)
    const restored = await restoreStore(path, listBackups(directory)[0]?.path ?? '', { migrationsDir, now })

    expect(report.problems.length).toBeGreaterThan(0)
    expect(restored.replaced).toMatch(/state\.db\.replaced-20260301T100000/)
    expect(existsSync(restored.replaced ?? '')).toBe(true)
    expect(await namesOf()).toEqual(['vm-101', 'vm-200'])
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
  it('is said to be locked, and not restored over', async () => {
    await filled()
    await backupStore(path, join(directory, 'one.bak'))
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
    const restoring = await codeOf(restoreStore(path, join(directory, 'one.bak'), { migrationsDir, now }))
    release()
    await transaction
    await stores.close()
    await holder.close()

    expect(code).toBe('store_locked')
    expect(restoring).toBe('store_locked')
  })
})

describe('a backup', () => {
  it('is consistent while others write, and never overwrites', async () => {
    await filled()
    const target = join(directory, 'one.bak')

    await backupStore(path, target)

    expect(await checkStore(target)).toMatchObject({ problems: [] })
    expect(await codeOf(backupStore(path, target))).toBe('backup_invalid')
    expect(await codeOf(backupStore(join(directory, 'none.db'), join(directory, 'two.bak')))).toBe(
      'backup_missing',
    )
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
