import { dirname } from 'node:path'
import { type RefusalCode, RefusalError, refuse } from '../core/refusal.js'
import { listBackups } from './backup-files.js'

type StoreCode = Extract<RefusalCode, 'store_corrupt' | 'store_locked' | 'store_unreadable' | 'disk_full'>

const SENTENCES: Readonly<Record<StoreCode, string>> = {
  store_corrupt: 'is damaged, or no database of this program',
  store_locked: 'is locked by another process',
  store_unreadable: 'cannot be read or written',
  disk_full: 'cannot be written: the disk is full',
}

/** Turns what the driver throws into a refusal that a person can act on; anything else stays as it is. */
export function storeError(error: unknown, path: string): unknown {
  if (error instanceof RefusalError) return error
  const code = codeOf(textOf(error))
  if (code === null) return error
  return new RefusalError(refuse(code, `The database ${path} ${SENTENCES[code]}.`, hint(code, path)), {
    cause: error,
  })
}

function hint(code: StoreCode, path: string): string {
  switch (code) {
    case 'store_corrupt': {
      const newest = listBackups(dirname(path))[0]
      return newest === undefined
        ? 'There is no backup beside it; if you have one elsewhere: proxmox-mpc db restore FILE. Otherwise move the file away: the next start makes a new one.'
        : `Put the newest backup back: proxmox-mpc db restore (${newest.path}). What is there now is kept aside.`
    }
    case 'store_locked':
      return 'Another program holds it; try again when that has ended.'
    case 'store_unreadable':
      return 'Check that it is a file and that you may read and write it and its directory.'
    case 'disk_full':
      return 'Make room and try again; nothing was half-written.'
  }
}

/** SQLite's words, Node's codes, and P2028, with which Prisma gives up waiting for a transaction. */
const WORDS: readonly (readonly [StoreCode, RegExp])[] = [
  ['disk_full', /SQLITE_FULL|ENOSPC|EDQUOT|database or disk is full/],
  [
    'store_corrupt',
    /SQLITE_NOTADB|not a database|SQLITE_CORRUPT|disk image is malformed|malformed database schema|IOERR_SHORT_READ/,
  ],
  ['store_locked', /SQLITE_BUSY|SQLITE_LOCKED|database (table )?is locked|\bP2028\b/],
  [
    'store_unreadable',
    /SQLITE_CANTOPEN|unable to open|SQLITE_IOERR|disk I\/O error|SQLITE_READONLY|readonly database|SQLITE_PERM|\b(EACCES|EPERM|EISDIR|EROFS|EMFILE|ENFILE)\b/i,
  ],
]

function codeOf(text: string): StoreCode | null {
  return WORDS.find(([, pattern]) => pattern.test(text))?.[0] ?? null
}

/** Prisma wraps the driver's error in layers; the word that counts may stand in any of them. */
function textOf(error: unknown, depth = 0): string {
  if (depth > 5 || typeof error !== 'object' || error === null) return String(error)
  const parts: string[] = []
  for (const key of ['message', 'code', 'originalMessage'] as const)
    if (key in error) parts.push(String(Reflect.get(error, key)))
  for (const key of ['cause', 'meta', 'driverAdapterError'] as const)
    if (key in error) parts.push(textOf(Reflect.get(error, key), depth + 1))
  return parts.join(' ')
}
