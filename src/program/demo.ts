import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OpenHome, openHome } from '../compose.js'
import { type HomePaths, homePaths, readHome } from '../config/home.js'
import { card } from '../core/card.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import { type Attached, attachSimulator } from '../setup/demo.js'
import { systemClock } from '../system/clock.js'
import type { Given } from './arguments.js'
import { openConsole } from './console.js'
import { initialise } from './init.js'
import { type Process, surroundings } from './process.js'
import { watch } from './watch.js'

/** What a demo's workspace and cluster are called. */
const DEMO = 'demo'

/** `demo`: the console on a simulated small company. Without --home everything is thrown away at the end. */
export async function runDemo(given: Given, here: Process): Promise<number | Refusal> {
  const kept = given.text('home')
  const directory = kept ?? mkdtempSync(join(tmpdir(), 'proxmox-mpc-demo-'))
  const paths = homePaths(directory)
  const foreign = foreignHome(paths)
  if (foreign !== null) return foreign
  const simulator = await attachSimulator({ paths, clock: systemClock, program: here.program })
  try {
    const home = await openDemoHome(paths, simulator, here)
    if (isRefusal(home)) return home
    // Other workspaces that were made in this home may lie on clusters that are gone.
    const progress = watch(here, given)
    const first = await home.syncer.sync(DEMO, { progress: progress.report }).finally(progress.stop)
    if (first.kind === 'failed') {
      await home.close()
      return first.refusal
    }
    return await openConsole({ home, paths, plain: given.flag('plain'), greeting: greeting(kept) }, here)
  } finally {
    simulator.detach()
    if (kept === undefined) await discard(directory, simulator)
  }
}

/** A real home must not be mistaken for a demo. */
function foreignHome(paths: HomePaths): Refusal | null {
  if (!existsSync(paths.config)) return null
  const config = readHome(paths)
  if (isRefusal(config)) return config
  if (config.demo) return null
  return refuse(
    'home_exists',
    `${paths.home} is the home of real clusters, not a demo.`,
    'Name another directory with --home.',
  )
}

async function openDemoHome(
  paths: HomePaths,
  simulator: Attached,
  here: Process,
): Promise<OpenHome | Refusal> {
  const { facts } = simulator
  if (!existsSync(paths.config)) {
    const answers = {
      workspace: DEMO,
      cluster: DEMO,
      endpoint: facts.endpoint,
      tokenId: facts.readTokenId,
      tokenSecretFile: facts.readTokenFile,
      operateTokenId: facts.operateTokenId,
      operateTokenSecretFile: facts.operateTokenFile,
      fingerprint: facts.fingerprint,
    }
    const done = await initialise(answers, paths, here, true)
    // Two demos that start at once on one home: the other one was faster, and its home is as good.
    if (isRefusal(done) && !existsSync(paths.config)) return done
  }
  return openHome(paths, surroundings(here))
}

function greeting(kept: string | undefined) {
  return card({
    heading: 'Proxmox-MPC demo: a simulated cluster of a small company',
    text: [
      kept === undefined
        ? 'Nothing here is real, and it is gone when you leave (`demo --home DIR` keeps it).'
        : 'Nothing here is real. It goes on from here the next time.',
      'You speak as alice. `as bob`, `as carol` and `as dave` change that; `whoami` says what you may do.',
    ].join('\n'),
    actions: [
      { label: 'the cluster at a glance', words: 'status' },
      { label: 'all guests', words: 'ls' },
      { label: 'one of them', words: 'show web-01' },
      { label: 'a change that needs another person', words: 'stop web-01' },
      { label: 'everything there is', words: 'help' },
    ],
  })
}

/**
 * The simulator would go on for a moment after its last console, and save: what is thrown away with its home needs
 * neither.
 */
async function discard(directory: string, { facts }: Attached): Promise<void> {
  endNow(facts.pid)
  for (let tries = 0; tries < 50; tries++) {
    try {
      rmSync(directory, { recursive: true, force: true })
      if (!existsSync(directory)) return
    } catch {
      // It wrote just now; the next try finds less to remove.
    }
    await systemClock.sleep(50)
  }
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
