import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** The secret that must show up nowhere but in its own file; searched for after all tests. */
export const CANARY = 'ca9a57ec-0ff3-4c0d-9a1e-5ec2e7ca9a57'
export const PROGRAM = resolve('bin/proxmox-mpc.mjs')

const root = process.env.PROXMOX_MPC_TEST_ROOT ?? mkdtempSync(join(tmpdir(), 'proxmox-mpc-test-'))
for (const folder of ['homes', 'output']) mkdirSync(join(root, folder), { recursive: true })

/** A fresh directory that is searched and removed after all tests. */
export function freshDirectory(): string {
  return mkdtempSync(join(root, 'homes', 'h-'))
}

/** The one file that holds the canary. */
export function canaryFile(directory: string): string {
  const path = join(directory, 'canary-secret')
  writeFileSync(path, `${CANARY}\n`, { mode: 0o600 })
  return path
}

export type Ran = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

export type RunOptions = {
  readonly input?: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called with the child once it runs, to send it signals. */
  readonly onStart?: (child: { kill: (signal: NodeJS.Signals) => boolean }) => void
}

/** Runs the program as a person would, from outside; everything it was given and printed is kept for the search. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { NO_COLOR: _, FORCE_COLOR: __, NODE_OPTIONS: ___, ...inherited } = process.env
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: options.cwd ?? root,
    env: { ...inherited, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  options.onStart?.(child)
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', (status) => {
      keepOutput(`$ ${args.join(' ')}\n${stdout}\n${stderr}\n`)
      done({ status, stdout, stderr })
    })
  })
}

/** Keeps a text that the program gave out, so that it is searched for the canary. */
export function keepOutput(text: string): void {
  appendFileSync(join(root, 'output', `output-${process.pid}.txt`), text)
}

/** `exec --json`: the parsed object and the exit status. */
export async function exec(home: string, ...words: string[]) {
  const ran = await run(['exec', '--home', home, '--json', '--', ...words])
  const lines = ran.stdout.split('\n').filter((line) => line !== '')
  if (lines.length !== 1) throw new Error(`not one line of JSON: ${ran.stdout}${ran.stderr}`)
  return { status: ran.status, answer: JSON.parse(lines[0] ?? 'null') }
}
