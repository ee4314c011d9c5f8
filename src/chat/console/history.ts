import { appendFile, chmod, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import type { Clock } from '../../ports/clock.js'

const MOST_LINES = 1000
const LONGEST_LINE = 1000
/** A lock older than this was left by a console that died. */
const STALE_MILLISECONDS = 10_000

const TELLING =
  /secret|token|passw(or)?d|passphrase|passwd|pveapi|api[-_ ]?key|private[-_ ]?key|credential|bearer|authorization|-----begin/i
const UUID = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/i
/** `link CODE` carries a code that is as good as a password for ten minutes. */
const CODE = /^\/?(pve\s+)?link\s/i

/** Whether a typed line may be kept in a file. When in doubt, not: a line lost costs less than a secret kept. */
export function mayRemember(line: string): boolean {
  if (line.trim() === '' || /^\s/.test(line) || line.length > LONGEST_LINE) return false
  if (/\p{Cc}/u.test(line)) return false
  if (TELLING.test(line) || UUID.test(line) || CODE.test(line)) return false
  const words = line.split(/[\s"'`=,;:@!]+/)
  return !words.some((word) => looksRandom(word) || word.split(/[^A-Za-z0-9+/]+/).some(looksRandom))
}

/** Names are made of words; keys are long, mixed and never repeat themselves. */
function looksRandom(word: string): boolean {
  const bits = entropy(word)
  const digits = (word.match(/\d/g) ?? []).length
  const lower = /[a-z]/.test(word)
  const upper = /[A-Z]/.test(word)
  if (/^[0-9a-f]+$/i.test(word)) return word.length >= 16 && bits >= 2.5
  if (/^[A-Za-z0-9+/]+$/.test(word) && word.length >= 16 && digits >= 2 && bits >= 3.2) return true
  return word.length >= 20 && lower && upper && bits >= 3.6
}

/** Shannon's entropy in bits for each character. */
function entropy(word: string): number {
  const counts = new Map<string, number>()
  for (const char of word) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / word.length) * Math.log2(count / word.length)
  return bits
}

export type History = {
  /** The lines kept so far, the oldest first; empty when there is no readable file. */
  readonly load: () => Promise<readonly string[]>
  /** Keeps a line if it may be kept. Never fails: a history is a comfort. */
  readonly add: (line: string) => Promise<void>
}

/** A history in a file that several consoles may share; readable by its owner alone. */
export function fileHistory(path: string, clock: Clock): History {
  let last: Promise<void> = Promise.resolve()
  return {
    load: async () => {
      const lines = await readLines(path)
      await chmod(path, 0o600).catch(() => {})
      return lines
    },
    add: (line) => {
      if (!mayRemember(line)) return Promise.resolve()
      last = last.then(() => store(path, line.trimEnd(), clock)).catch(() => {})
      return last
    },
  }
}

/** For sessions without a file. */
export function noHistory(): History {
  return { load: async () => [], add: async () => {} }
}

async function readLines(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return lastOnes(text.split('\n').filter(mayRemember))
}

/** The newest of equal lines stays, at its place. */
function lastOnes(lines: readonly string[]): readonly string[] {
  const kept = new Set<string>()
  for (const line of lines.toReversed()) kept.add(line)
  return [...kept].slice(0, MOST_LINES).reverse()
}

/** Rewrites the file under a lock; without the lock, only appends, which never loses another console's lines. */
async function store(path: string, line: string, clock: Clock): Promise<void> {
  const lock = `${path}.lock`
  if (!(await acquire(lock, clock))) {
    await appendFile(path, `${line}\n`, { mode: 0o600 })
    return
  }
  try {
    const lines = lastOnes([...(await readLines(path)), line])
    const draft = `${path}.new`
    await rm(draft, { force: true })
    await writeFile(draft, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' })
    await rename(draft, path)
  } finally {
    await rm(lock, { force: true })
  }
}

async function acquire(lock: string, clock: Clock): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await (await open(lock, 'wx', 0o600)).close()
      return true
    } catch (error) {
      if (!isTaken(error)) return false
    }
    const made = await stat(lock).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    )
    if (made !== null && clock.now().getTime() - made > STALE_MILLISECONDS) await rm(lock, { force: true })
    else await clock.sleep(10)
  }
  return false
}

function isTaken(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST'
}
