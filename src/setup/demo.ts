import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { HomePaths } from '../config/home.js'
import { RefusalError, refuse } from '../core/refusal.js'
import type { Clock } from '../ports/clock.js'
import { createControlClient } from '../simulator/control-client.js'

/** What a running simulator tells about itself; written by it into its state directory. */
export const SimulatorFacts = z.object({
  pid: z.number(),
  endpoint: z.string(),
  controlUrl: z.string(),
  fingerprint: z.string(),
  readTokenId: z.string(),
  readTokenFile: z.string(),
  operateTokenId: z.string(),
  operateTokenFile: z.string(),
})
export type SimulatorFacts = z.infer<typeof SimulatorFacts>

export type DemoParts = {
  readonly paths: HomePaths
  readonly clock: Clock
  /** Starts this program again; arguments of the simulator follow. */
  readonly program: readonly string[]
}

export type Attached = { readonly facts: SimulatorFacts; readonly detach: () => void }

const START_DEADLINE_MS = 30_000

export function simulatorDirectory(paths: HomePaths): string {
  return join(paths.proxmox, 'simulator')
}

/**
 * Attaches to the simulator of a demo home, starting it when it does not run. It is a process of its own, which ends
 * a moment after the last console that is attached.
 */
export async function attachSimulator(parts: DemoParts): Promise<Attached> {
  const directory = simulatorDirectory(parts.paths)
  makeDirectory(directory)
  const deadline = parts.clock.monotonic() + START_DEADLINE_MS
  let spawned = false
  while (parts.clock.monotonic() < deadline) {
    const facts = readFacts(directory)
    const attached = facts === null ? null : await attach(facts)
    if (attached !== null) return attached
    if (!spawned) spawned = startOnce(parts, directory)
    await parts.clock.sleep(100)
  }
  throw new RefusalError(
    refuse(
      'cluster_unreachable',
      'The simulator of this demo home did not start.',
      `Its log is ${join(directory, 'simulator.log')}.`,
    ),
  )
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new RefusalError(
      refuse(
        'home_unwritable',
        `The home cannot be written: ${why}`,
        'Name a directory that you may write to.',
      ),
      { cause: error },
    )
  }
}

function readFacts(directory: string): SimulatorFacts | null {
  const path = join(directory, 'running.json')
  if (!existsSync(path)) return null
  try {
    const parsed = SimulatorFacts.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return parsed.success ? parsed.data : null
  } catch {
    // Half-written by a simulator that starts right now: the next look finds it whole.
    return null
  }
}

/** Null when nothing listens there any more. */
async function attach(facts: SimulatorFacts): Promise<Attached | null> {
  try {
    const held = await createControlClient(facts.controlUrl).attach()
    return { facts, detach: held.detach }
  } catch {
    return null
  }
}

/** Two consoles that start at once must not start two simulators: the lock file's creation decides. */
function startOnce(parts: DemoParts, directory: string): boolean {
  const lock = join(directory, 'starting')
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
  } catch {
    if (isStale(lock)) rmSync(lock, { force: true })
    return false
  }
  const log = openSync(join(directory, 'simulator.log'), 'a', 0o600)
  const [command = process.execPath, ...args] = parts.program
  const child = spawn(command, [...args, 'simulate', '--state-dir', directory, '--exit-when-last'], {
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  return true
}

function isStale(lock: string): boolean {
  const pid = Number(existsSync(lock) ? readFileSync(lock, 'utf8') : '0')
  if (!Number.isInteger(pid) || pid <= 0) return true
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}
