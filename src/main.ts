import { readFileSync } from 'node:fs'
import { isRefusal, REFUSAL_CODES, type Refusal, RefusalError, refuse } from './core/refusal.js'
import { type Given, helpText, PROGRAMS, programHelp, readArguments } from './program/arguments.js'
import type { Process } from './program/process.js'

const PACKAGE_ROOT = new URL('..', import.meta.url)

/** The program: picks what to run, loads only that, and sets the exit code. The only reader of `process.env`. */
export async function main(args: readonly string[]): Promise<void> {
  process.stdout.on('error', leaveQuietly)
  process.stderr.on('error', leaveQuietly)
  process.exitCode = await start(args)
}

/** Whoever read our output has gone (`| head`): that is no failure. */
function leaveQuietly(error: Error & { code?: string }): void {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
}

async function start(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === '--version' || name === '-v') {
    process.stdout.write(`proxmox-mpc ${version()}\n`)
    return 0
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(helpText(PROGRAMS))
    return name === undefined ? 2 : 0
  }
  const program = PROGRAMS.find((candidate) => candidate.name === name)
  if (program === undefined) return tell(unknownProgram(name))
  const end = rest.indexOf('--')
  const own = end < 0 ? rest : rest.slice(0, end)
  if (own.includes('--help') || own.includes('-h')) {
    process.stdout.write(programHelp(program))
    return 0
  }
  const read = readArguments(program, rest)
  if (isRefusal(read)) return tell(read)
  try {
    const result = await run(program.name, read.given)
    return isRefusal(result) ? tell(result) : result
  } catch (error) {
    if (error instanceof RefusalError) return tell(error.refusal)
    return fault(error)
  }
}

/** A bug, or a machine in trouble: told in one line, and with the place where it happened for a report. */
function fault(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error)
  tell(
    refuse(
      'internal',
      `Something went wrong inside the program: ${message}`,
      'Please report it with these lines:',
    ),
  )
  if (error instanceof Error)
    process.stderr.write(`${(error.stack ?? '').split('\n').slice(1, 6).join('\n')}\n`)
  return 1
}

function unknownProgram(name: string): Refusal {
  const names = PROGRAMS.map((program) => program.name).join(', ')
  return refuse(
    'unknown_command',
    `There is no \`proxmox-mpc ${name}\`.`,
    `There are: ${names}. Commands for a cluster go behind \`exec --\`.`,
  )
}

/** Refusals of the program itself, before there is a console to draw them. */
function tell(refusal: Refusal): number {
  const lines = [
    `${refusal.message} [${refusal.code}]`,
    ...refusal.details.map((line) => `  ${line}`),
    `→ ${refusal.hint}`,
  ]
  // Untrusted text may be in it; a terminal must not obey it.
  const clean = lines.map((line) =>
    line.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '�'),
  )
  process.stderr.write(`${clean.join('\n')}\n`)
  return REFUSAL_CODES[refusal.code] === 'failed' ? 1 : 2
}

async function run(name: string, given: Given): Promise<number | Refusal> {
  const here = thisProcess()
  switch (name) {
    case 'exec':
      return (await import('./program/exec.js')).runExec(given, here)
    case 'doctor':
      return (await import('./program/exec.js')).runDoctor(given, here)
    case 'console':
      return (await import('./program/console.js')).runHomeConsole(given, here)
    case 'demo':
      return (await import('./program/demo.js')).runDemo(given, here)
    case 'init':
      return (await import('./program/init.js')).runInit(given, here)
    case 'serve':
      return (await import('./program/serve.js')).runServe(given, here)
    case 'db':
      return (await import('./program/db.js')).runDb(given, here)
    case 'manifest':
      return (await import('./program/manifest.js')).runManifest(given, here)
    case 'simulate':
      return (await import('./program/simulate.js')).runSimulate(given, here)
    default:
      throw new Error(`program ${name} is listed and not run`)
  }
}

function thisProcess(): Process {
  return {
    environment: process.env,
    input: process.stdin,
    output: process.stdout,
    errorOutput: process.stderr,
    workingDirectory: process.cwd(),
    packageRoot: PACKAGE_ROOT,
    program: [process.execPath, new URL('bin/proxmox-mpc.mjs', PACKAGE_ROOT).pathname],
    onSignal: (signal, listener) => {
      process.on(signal, listener)
      return () => process.off(signal, listener)
    },
  }
}

function version(): string {
  const text: unknown = JSON.parse(readFileSync(new URL('package.json', PACKAGE_ROOT), 'utf8'))
  return typeof text === 'object' && text !== null && 'version' in text ? String(text.version) : 'unknown'
}
