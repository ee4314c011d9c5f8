import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** A process of a home (`operation-child.mjs`) that does what it is told until it is killed. */
export type Puppet = {
  /** What it says to a line; null when it is dead before it says anything. */
  readonly tell: (line: string) => Promise<string | null>
  readonly kill: () => Promise<void>
  /** Lets it come to its end by itself. */
  readonly end: () => Promise<void>
  /** What it sent to Proxmox VE up to now: method and path, in order. */
  readonly requests: () => readonly string[]
}

/** Starts one; it has the code in memory before it is told to open the home. */
export function startPuppet(home: string, requestLog: string): Puppet {
  const child = spawn(process.execPath, [resolve('test/support/operation-child.mjs'), home], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, PROXMOX_MPC_REQUEST_LOG: requestLog },
  })
  const waiting = new Map<number, (said: string | null) => void>()
  let told = 0
  let errors = ''
  let rest = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [number = '', ...said] = line.split(' ')
      waiting.get(Number(number))?.(said.join(' '))
      waiting.delete(Number(number))
    }
  })
  child.stdin.on('error', () => {})
  const over = new Promise<void>((done, fail) => {
    child.on('error', fail)
    child.on('close', (code) => {
      for (const answer of waiting.values()) answer(null)
      waiting.clear()
      if (code === null || code === 0) done()
      else fail(new Error(`the process ended with ${code}: ${errors}`))
    })
  })
  // Whoever waits for its end is told; until then a failure is nobody's.
  over.catch(() => {})
  const file = join(requestLog, `requests-${child.pid}.jsonl`)
  // Another process may have had the same number before.
  const before = existsSync(file) ? readFileSync(file, 'utf8').length : 0
  const tell = (line: string): Promise<string | null> => {
    told += 1
    const number = told
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(null)
    child.stdin.write(`${number} ${line}\n`)
    return new Promise((done) => waiting.set(number, done))
  }
  return {
    tell,
    kill: () => {
      child.kill('SIGKILL')
      return over
    },
    end: async () => {
      await tell('end')
      child.stdin.end()
      await over
    },
    requests: () => (existsSync(file) ? requestsOf(readFileSync(file, 'utf8').slice(before)) : []),
  }
}

/** The last line may be cut in two by a kill. */
function requestsOf(text: string): readonly string[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { method, path }: { method: string; path: string } = JSON.parse(line)
      return `${method} ${path}`
    })
}
