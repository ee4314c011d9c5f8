import { type RefusalCode, RefusalError, refuse } from '../core/refusal.js'

const HINTS: Partial<Record<RefusalCode, string>> = {
  store_corrupt: 'Put the newest backup back: proxmox-mpc db restore. What is there now is kept aside.',
  store_locked: 'Another program holds it; try again when that has ended.',
  store_unreadable: 'Check that it is a file and that you may read and write it and its directory.',
  disk_full: 'Make room and try again; nothing was half-written.',
}
const SENTENCES: Partial<Record<RefusalCode, string>> = {
  store_corrupt: 'is damaged, or no database of this program',
  store_locked: 'is locked by another process',
  store_unreadable: 'cannot be opened',
  disk_full: 'cannot be written: the disk is full',
}

/** Turns what the driver throws into a refusal that a person can act on; anything else stays as it is. */
export function storeError(error: unknown, path: string): unknown {
  if (error instanceof RefusalError) return error
  const code = codeOf(textOf(error))
  if (code === null) return error
  return new RefusalError(refuse(code, `The database ${path} ${SENTENCES[code] ?? ''}.`, HINTS[code] ?? ''), {
    cause: error,
  })
}

function codeOf(text: string): RefusalCode | null {
  if (/not a database|SQLITE_NOTADB|malformed|SQLITE_CORRUPT|disk image/i.test(text)) return 'store_corrupt'
  if (/SQLITE_FULL|ENOSPC|disk is full|database or disk/i.test(text)) return 'disk_full'
  if (/SQLITE_BUSY|database is locked|SQLITE_LOCKED/i.test(text)) return 'store_locked'
  if (
    /SQLITE_CANTOPEN|unable to open|EACCES|EISDIR|SQLITE_READONLY|readonly database|SQLITE_PERM|EPERM/i.test(
      text,
    )
  )
    return 'store_unreadable'
  return null
}

/** Prisma wraps the driver's error in layers; the word that counts may stand in any of them. */
function textOf(error: unknown, depth = 0): string {
  if (depth > 5 || typeof error !== 'object' || error === null) return String(error)
  const parts = [error instanceof Error ? error.message : '']
  if ('code' in error) parts.push(String(error.code))
  if ('meta' in error) parts.push(JSON.stringify(error.meta) ?? '')
  if ('cause' in error) parts.push(textOf(error.cause, depth + 1))
  return parts.join(' ')
}
