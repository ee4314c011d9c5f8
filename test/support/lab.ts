import { type ControlClient, createControlClient } from '../../src/simulator/control-client.js'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.js'
import { CANARY, canaryFile, freshDirectory, type Ran, run } from './program.js'

export const TOKEN = 'mpc@pve!read'

export type Lab = {
  readonly simulator: Simulator
  readonly control: ControlClient
  readonly home: string
  readonly secretFile: string
  /** Runs `init` by flags on this lab's home. */
  readonly init: (...flags: string[]) => Promise<Ran>
}

/** A simulated cluster with the canary as its token's secret, and a directory for a home. */
export async function startLab(options: SimulatorOptions = {}): Promise<Lab> {
  const simulator = await startSimulator({
    seed: 1,
    authDelayMs: 50,
    tokens: { [TOKEN]: CANARY },
    ...options,
  })
  const home = freshDirectory()
  const secretFile = canaryFile(home)
  const flags = [
    '--workspace',
    'lab',
    '--cluster',
    'lab',
    '--endpoint',
    simulator.endpoint,
    '--token-id',
    TOKEN,
  ]
  const init = (...more: string[]) =>
    run(['init', '--home', home, ...flags, '--token-secret-file', secretFile, ...more])
  return { simulator, control: createControlClient(simulator.controlUrl), home, secretFile, init }
}
