import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { RefusalError, refuse } from '../../../src/core/refusal.js'
import { storeError } from '../../../src/store/errors.js'

const codeOf = (error: unknown) => {
  const told = storeError(error, '/home/state.db')
  return told instanceof RefusalError ? told.refusal.code : null
}
/** As Prisma hands on what its adapter caught. */
const wrapped = (originalMessage: string) =>
  Object.assign(new Error('Raw query failed.'), {
    code: 'P2010',
    meta: { driverAdapterError: { cause: { kind: 'sqlite', originalMessage, count: 1n } } },
  })

describe('what the driver throws', () => {
  it.each<[string, unknown, string | null]>([
    ['no database', new Error('SQLITE_NOTADB: file is not a database'), 'store_corrupt'],
    ['a malformed one', wrapped('database disk image is malformed'), 'store_corrupt'],
    [
      'a file that ends too soon',
      Object.assign(new Error('x'), { code: 'SQLITE_IOERR_SHORT_READ' }),
      'store_corrupt',
    ],
    ['a malformed value', wrapped('SQLITE_ERROR: malformed JSON'), null],
    ['busy', wrapped('SQLITE_BUSY: database is locked'), 'store_locked'],
    ['a locked table', wrapped('database table is locked'), 'store_locked'],
    ['no turn', Object.assign(new Error('Unable to start a transaction'), { code: 'P2028' }), 'store_locked'],
    ['full', wrapped('SQLITE_FULL: database or disk is full'), 'disk_full'],
    ['full, by Node', Object.assign(new Error('write'), { code: 'ENOSPC' }), 'disk_full'],
    ['no right', Object.assign(new Error('open'), { code: 'EACCES' }), 'store_unreadable'],
    ['read-only', wrapped('attempt to write a readonly database'), 'store_unreadable'],
    ['not to be opened', wrapped('ConnectionFailed("Unable to open connection: 14")'), 'store_unreadable'],
    ['a bad disk', wrapped('SQLITE_IOERR: disk I/O error'), 'store_unreadable'],
    ['a bug', new TypeError('x is not a function'), null],
    ['a wrong statement', wrapped('SQLITE_ERROR: no such column: lock'), null],
  ])('%s', (_, error, code) => {
    expect(codeOf(error)).toBe(code)
  })

  it('stays what it is when it is a refusal already, or none', () => {
    const refusal = new RefusalError(refuse('store_newer', 'a', 'b'))
    const bug = new Error('bug')

    expect(storeError(refusal, 'x')).toBe(refusal)
    expect(storeError(bug, 'x')).toBe(bug)
  })

  it('names the newest backup of a damaged database, if there is one', () => {
    const directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-errors-'))
    const hint = () => {
      const told = storeError(new Error('file is not a database'), join(directory, 'state.db'))
      return told instanceof RefusalError ? told.refusal.hint : ''
    }

    const none = hint()
    for (const [name, time] of [
      ['a.bak', 2000],
      ['b.bak', 1000],
      ['c.txt', 3000],
    ] as const) {
      writeFileSync(join(directory, name), '')
      utimesSync(join(directory, name), time, time)
    }
    const some = hint()
    rmSync(directory, { recursive: true })

    expect(none).toContain('no backup')
    expect(some).toContain(join(directory, 'a.bak'))
    expect(some).toContain('db restore')
  })
})
