import { appendFileSync, chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { callSchema } from './control-schema.js'
import type { CallRecord } from './state.js'

/** Calls that are remembered; older ones are forgotten. */
const KEPT = 20_000

/** The changing calls that the API got, numbered from 1. */
export type CallLog = {
  readonly add: (call: Omit<CallRecord, 'n'>) => void
  /** Those with a greater number, oldest first. */
  readonly since: (n: number) => readonly CallRecord[]
}

function readLog(path: string): CallRecord[] {
  if (!existsSync(path)) return []
  const calls: CallRecord[] = []
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue
    try {
      const parsed = callSchema.safeParse(JSON.parse(line))
      if (parsed.success) calls.push(parsed.data)
    } catch {
      // The last line of a process that was killed while it wrote.
    }
  }
  return calls
}

/** What was kept, in a file that ends with a whole line. */
function openLog(path: string): CallRecord[] {
  const calls = readLog(path).slice(-KEPT)
  const next = `${path}.next`
  writeFileSync(next, calls.map((call) => `${JSON.stringify(call)}\n`).join(''), { mode: 0o600 })
  chmodSync(next, 0o600)
  renameSync(next, path)
  return calls
}

/** Makes a log; with a file each call is written as it is made, so that even a killed process has told all. */
export function createCallLog(path: string | null = null): CallLog {
  const calls = path === null ? [] : openLog(path)
  return {
    add: (call) => {
      const made = { n: (calls.at(-1)?.n ?? 0) + 1, ...call }
      calls.push(made)
      if (calls.length > KEPT) calls.splice(0, calls.length - KEPT)
      if (path === null) return
      try {
        appendFileSync(path, `${JSON.stringify(made)}\n`)
      } catch {
        // A full disk must not end the cluster; the call stays in memory.
      }
    },
    since: (n) => {
      const first = calls[0]?.n ?? 1
      return calls.slice(Math.max(0, n - first + 1))
    },
  }
}
