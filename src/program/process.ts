import { userInfo } from 'node:os'
import type { ReadStream, WriteStream } from 'node:tty'
import { fileURLToPath } from 'node:url'
import type { Surroundings } from '../compose.js'
import { type HomePaths, homePaths } from '../config/home.js'
import type { Environment } from '../config/secrets.js'
import { systemClock } from '../system/clock.js'
import type { Given } from './arguments.js'

/** What the running process is; handed in by `main.ts`, so that nothing else touches globals. */
export type Process = {
  readonly environment: Environment
  readonly input: ReadStream | (NodeJS.ReadStream & { fd: 0 })
  readonly output: WriteStream | (NodeJS.WriteStream & { fd: 1 })
  readonly errorOutput: WriteStream | (NodeJS.WriteStream & { fd: 2 })
  readonly workingDirectory: string
  readonly packageRoot: URL
  /** How to start this program once more. */
  readonly program: readonly string[]
  /** Listens to a signal; gives the way to stop listening. */
  readonly onSignal: (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP', listener: () => void) => () => void
}

export function surroundings(here: Process): Surroundings {
  const level = here.environment.PROXMOX_MPC_LOG_LEVEL
  return {
    environment: here.environment,
    clock: systemClock,
    user: userInfo().username,
    packageRoot: fileURLToPath(here.packageRoot),
    logLevel: level ?? 'warn',
    logTarget: level === undefined ? null : 'stderr',
  }
}

/** The home that was named by flag or environment, else the working directory. */
export function homeOf(given: Given, here: Process): HomePaths {
  return homePaths(given.text('home') ?? here.environment.PROXMOX_MPC_HOME ?? here.workingDirectory)
}

/** A signal that aborts when the process is asked to end; `release` stops listening. */
export function endSignal(here: Process): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController()
  const releases = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((name) =>
    here.onSignal(name, () => controller.abort()),
  )
  const release = () => {
    for (const stopListening of releases) stopListening()
  }
  return { signal: controller.signal, release }
}
