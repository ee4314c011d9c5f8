import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/server.js'
import type { SimulatorFacts } from './demo.js'

export type SimulateOptions = SimulatorOptions & {
  /** End the process a moment after the last attached console has gone. */
  readonly exitWhenLast: boolean
}

const READ_TOKEN = 'mpc@pve!read'
const OPERATE_TOKEN = 'mpc@pve!operate'

/** Runs a simulator until the signal aborts or, if asked, its last console has gone. Gives it once it listens. */
export async function simulate(options: SimulateOptions, stop: () => void): Promise<Simulator> {
  const { exitWhenLast, ...rest } = options
  const start = () => startSimulator({ ...rest, exitWhenLast, ...(exitWhenLast ? { onIdle: stop } : {}) })
  const simulator = await onceItsPortIsFree(start)
  if (options.stateDir !== undefined) announce(options.stateDir, simulator)
  return simulator
}

/** A simulator that goes on from a directory wants its old port, which its predecessor may just be giving up. */
async function onceItsPortIsFree(start: () => Promise<Simulator>): Promise<Simulator> {
  for (let tries = 1; ; tries++) {
    try {
      return await start()
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!taken || tries === 50) throw error
      await wait(100)
    }
  }
}

/** Tells consoles where it listens; they look for this file. Each token's secret goes to a file of its own. */
function announce(directory: string, simulator: Simulator): void {
  const secretFile = (name: string, token: string): string => {
    const path = join(directory, name)
    writeFileSync(path, `${simulator.tokens[token] ?? ''}\n`, { mode: 0o600 })
    return path
  }
  const facts: SimulatorFacts = {
    pid: process.pid,
    endpoint: simulator.endpoint,
    controlUrl: simulator.controlUrl,
    fingerprint: simulator.fingerprint,
    readTokenId: READ_TOKEN,
    readTokenFile: secretFile('read-token', READ_TOKEN),
    operateTokenId: OPERATE_TOKEN,
    operateTokenFile: secretFile('operate-token', OPERATE_TOKEN),
  }
  writeFileSync(join(directory, 'running.json'), `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 })
  rmSync(join(directory, 'starting'), { force: true })
}

/**
 * What `simulate` prints for somebody who wants to connect to it. Where a state directory is kept, the secrets stay in
 * its files, since the output may be a log.
 */
export function describeSimulator(simulator: Simulator, showSecrets: boolean): string {
  const tokens = Object.entries(simulator.tokens).map(
    ([id, secret]) => `token        ${id}${showSecrets ? `=${secret}` : ''}`,
  )
  const lines = [
    `endpoint     ${simulator.endpoint}`,
    `fingerprint  ${simulator.fingerprint}`,
    ...(simulator.caFile === null ? [] : [`CA file      ${simulator.caFile}`]),
    `control      ${simulator.controlUrl}`,
    ...tokens,
  ]
  return `${lines.join('\n')}\n`
}
