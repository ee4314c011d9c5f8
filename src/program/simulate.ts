import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { isRefusal, type Refusal } from '../core/refusal.js'
import { describeSimulator, simulate } from '../setup/simulate.js'
import { type Given, wholeNumber } from './arguments.js'
import { endSignal, type Process } from './process.js'

/** `simulate`: the simulated cluster alone, until a signal ends it. */
export async function runSimulate(given: Given, here: Process): Promise<number | Refusal> {
  const numbers = {
    port: wholeNumber(given, 'port', 0, 65535),
    controlPort: wholeNumber(given, 'control-port', 0, 65535),
    nodes: wholeNumber(given, 'nodes', 1, 64),
    guests: wholeNumber(given, 'guests', 0, 50_000),
    seed: wholeNumber(given, 'seed', 0, 999_999_999),
    latencyMs: wholeNumber(given, 'latency', 0, 60_000),
    proxyTimeoutMs: wholeNumber(given, 'proxy-timeout', 1, 600_000),
  }
  for (const value of Object.values(numbers)) if (isRefusal(value)) return value
  const chosen = Object.fromEntries(Object.entries(numbers).filter(([, value]) => typeof value === 'number'))
  const stateDir = given.text('state-dir')
  const directory = stateDir === undefined ? undefined : resolve(here.workingDirectory, stateDir)
  if (directory !== undefined) mkdirSync(directory, { recursive: true, mode: 0o700 })
  const { signal, release } = endSignal(here)
  let stop = () => {}
  const ended = new Promise<void>((done) => {
    stop = done
    signal.addEventListener('abort', () => done())
  })
  const options = {
    ...chosen,
    ...(directory === undefined ? {} : { stateDir: directory }),
    exitWhenLast: given.flag('exit-when-last'),
  }
  const simulator = await simulate(options, () => stop())
  here.output.write(describeSimulator(simulator, directory === undefined))
  await ended
  await simulator.close()
  release()
  return 0
}
