import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import type { Stores } from '../../../src/ports/store/stores.js'
import { auditStore } from '../../../src/store/audit.js'
import { freezeStore } from '../../../src/store/freezes.js'
import { markStore } from '../../../src/store/marks.js'
import { openStores } from '../../../src/store/open.js'
import { operationStore } from '../../../src/store/operations.js'
import { type Database, openDatabase, type Tx } from '../../../src/store/tx.js'
import { systemClock } from '../../../src/system/clock.js'
import { type OperationsLab, startOperationsLab } from '../../support/operations-lab.js'

/** A database that fills up at a certain moment: SQLite itself finds no page any more, and says so. */

let directory = ''
let database: Database
let lab: OperationsLab
let stores: Stores
const faults: unknown[] = []
let full = false

beforeEach(async () => {
  faults.length = 0
  full = false
  directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-full-'))
  const path = join(directory, 'state.db')
  await withSmallPages(path)
  stores = await openStores({ path, migrationsDir: resolve('prisma/migrations'), clock: systemClock })
  database = openDatabase({ path, busyTimeout: 5000 })
  await database.run('CREATE TABLE "Filler" ("row" BLOB)')
  const limited = filling(database)
  const real = {
    ...stores,
    operations: operationStore(limited),
    audit: auditStore(limited),
    freezes: freezeStore(limited),
    marks: markStore(limited),
  }
  lab = await startOperationsLab({
    nodes: 3,
    stores: real,
    onFault: (error) => `fault ${faults.push(error)}`,
  })
})
afterEach(async () => {
  await lab.close()
  await database.close()
  await stores.close()
  rmSync(directory, { recursive: true, force: true })
})

/** So small that no entry of the log fits into what is left of one; and one row fills one. */
async function withSmallPages(path: string): Promise<void> {
  const fresh = openDatabase({ path, busyTimeout: 5000 })
  await fresh.rows('PRAGMA page_size = 512')
  await fresh.run('CREATE TABLE "First" ("nothing" TEXT)')
  await fresh.run('DROP TABLE "First"')
  const [size] = await fresh.rows<{ page_size: bigint | number }>('PRAGMA page_size')
  expect(Number(size?.page_size)).toBe(512)
  await fresh.close()
}

/** As many pages as there are, or as many as it takes; each time anew, since a connection that failed is replaced. */
function filling(under: Database): Database {
  return {
    ...under,
    write: (work) =>
      under.write(async (tx) => {
        await tx.$queryRawUnsafe(`PRAGMA max_page_count = ${full ? 1 : 4_294_967_294}`)
        if (full) await fill(tx)
        return work(tx)
      }),
  }
}

/** Takes the pages that others gave back. */
async function fill(tx: Tx): Promise<void> {
  for (;;) {
    const free: readonly { freelist_count: bigint | number }[] =
      await tx.$queryRawUnsafe('PRAGMA freelist_count')
    if (Number(free[0]?.freelist_count) === 0) return
    await tx.$executeRawUnsafe('INSERT INTO "Filler" VALUES (zeroblob(400))')
  }
}

/** From the first event of a kind on, until there is room again. */
function fullFrom(kind: string): void {
  const { apply } = lab.stores.operations
  let met = false
  lab.stores.operations.apply = (id, event, now) => {
    if (!met && event.kind === kind) full = met = true
    return apply(id, event, now)
  }
}

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await what()) return
    await new Promise((done) => setTimeout(done, 30))
  }
  throw new Error('it did not come about')
}

const calls = async () => (await lab.control.calls()).map(({ path }) => path)

it.each([
  ['before the effect', 'intend', 0],
  ['after the effect', 'follow', 1],
  ['after its end', 'end', 1],
] as const)(
  'full %s: nothing is sent twice, nothing is lost',
  async (_, kind, sent) => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    fullFrom(kind)
    const deciding = lab.decide('bob', 'approve', 1)
    await until(async () => faults.length > 1)
    expect(await calls()).toHaveLength(sent)
    full = false

    expect(await deciding).toMatchObject({ report: { state: 'verified' } })
    expect(await calls()).toHaveLength(1)
    expect(faults.filter((fault) => !String(fault).includes('disk_full'))).toEqual([])
    expect(await stores.audit.verify(null)).toMatchObject({ kind: 'sound' })
    const told = (await stores.audit.list({ operation: 1, limit: 100 })).map(({ action }) => action)
    for (const action of ['effect.intended', 'effect.sent', 'effect.ended', 'operation.ended'])
      expect([action, told.filter((each) => each === action).length]).toEqual([action, 1])
  },
  30_000,
)

it('full when it is asked for, or decided: it is refused, and nothing is there by half', async () => {
  full = true
  await expect(lab.change('alice', 'stop', [await lab.guest(101)])).rejects.toThrow('disk_full')
  expect(await stores.operations.list({ limit: 10 })).toEqual([])
  full = false
  await lab.change('alice', 'stop', [await lab.guest(101)])
  full = true
  await expect(lab.decide('bob', 'approve', 1)).rejects.toThrow('disk_full')
  expect(await stores.operations.get(1)).toMatchObject({ state: 'waiting', decisions: [] })
  full = false

  expect(await lab.decide('bob', 'approve', 1)).toMatchObject({ report: { state: 'verified' } })
  expect(await calls()).toHaveLength(1)
  expect(await stores.audit.verify(null)).toMatchObject({ kind: 'sound' })
})
