import { PassThrough } from 'node:stream'
import { PLAIN } from '../../src/chat/console/theme.js'
import { noPrompts } from '../../src/chat/console/wizard.js'
import { composeConnector } from '../../src/compose.js'
import { homePaths } from '../../src/config/home.js'
import { init as initInside } from '../../src/setup/init.js'
import { type ControlClient, createControlClient } from '../../src/simulator/control-client.js'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.js'
import { systemClock } from '../../src/system/clock.js'
import { CANARY, canaryFile, freshDirectory, type Ran, run } from './program.js'

export const TOKEN = 'mpc@pve!read'

export type Lab = {
  readonly simulator: Simulator
  readonly control: ControlClient
  readonly home: string
  readonly secretFile: string
  /** Runs `init` by flags on this lab's home, as a program. */
  readonly init: (...flags: string[]) => Promise<Ran>
  /** The same inside this process, which is faster; trusts the fingerprint. */
  readonly ready: () => Promise<void>
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
  const ready = async () => {
    const done = await initInside(
      {
        workspace: 'lab',
        cluster: 'lab',
        endpoint: simulator.endpoint,
        tokenId: TOKEN,
        tokenSecretFile: secretFile,
        fingerprint: simulator.fingerprint,
      },
      {
        paths: homePaths(home),
        connector: composeConnector({ clock: systemClock, environment: process.env }),
        prompts: noPrompts(new PassThrough(), PLAIN),
        localTimeZone: 'UTC',
        workingDirectory: home,
        signal: new AbortController().signal,
        demo: false,
      },
    )
    if (done.kind !== 'done') throw new Error(done.message)
  }
  return { simulator, control: createControlClient(simulator.controlUrl), home, secretFile, init, ready }
}
