import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { keepOutput, PROGRAM } from './program.js'

/** The home served by the program, in a process of its own. */
export type Apart = { readonly kill: () => Promise<void>; readonly stop: () => Promise<void> }

/** The program as it is installed, until it says that it is connected. */
export async function serveApart(
  directory: string,
  platform: 'slack' | 'discord',
  environment: Readonly<Record<string, string>>,
): Promise<Apart> {
  const { NODE_OPTIONS: _, ...inherited } = process.env
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--home', directory, '--port', '0'], {
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const keep = (text: string) => {
    printed += text
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  const closed = once(child, 'close').then(() => keepOutput(printed))
  const health = await until(() => {
    if (child.exitCode !== null) throw new Error(`it ended: ${printed}`)
    return /http:\/\/127\.0\.0\.1:\d+\/healthz/.exec(printed)?.[0]
  })
  await until(async () => (await surfacesAt(health)).includes(`"${platform}":"connected"`))
  const ended = (signal: NodeJS.Signals) => async () => {
    kill(child, signal)
    await closed
  }
  return { kill: ended('SIGKILL'), stop: ended('SIGTERM') }
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal)
}

const surfacesAt = async (health: string): Promise<string> => (await fetch(health)).text()

/** Waits for as long as a test may take. */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    await new Promise((done) => setTimeout(done, 20))
  }
}
