import { userInfo } from 'node:os'
import { runConsole } from '../chat/console/session.js'
import type { Opened } from '../chat/console/shell.js'
import { type OpenHome, openHome } from '../compose.js'
import type { HomePaths } from '../config/home.js'
import { type Card, card } from '../core/card.js'
import { count } from '../core/facts.js'
import { isRefusal, type Refusal } from '../core/refusal.js'
import { homelessRoad } from '../pipeline/homeless.js'
import { registry } from '../registry.js'
import { systemClock } from '../system/clock.js'
import type { Given } from './arguments.js'
import { attachDemo } from './demo-cluster.js'
import { initialise } from './init.js'
import { endSignal, homeOf, type Process, surroundings } from './process.js'
import { savingRoad } from './save-files.js'

/** `console`: the console on a home. Where there is none, a person at a terminal can make one with `init`. */
export async function runHomeConsole(given: Given, here: Process): Promise<number | Refusal> {
  const paths = homeOf(given, here)
  const home = await openHome(paths, surroundings(here))
  if (!isRefusal(home)) {
    const cluster = await attachDemo(home, here)
    const greeting = greetingOf(home)
    return openConsole({ home, paths, plain: given.flag('plain'), greeting }, here).finally(() =>
      cluster?.detach(),
    )
  }
  if (home.code !== 'no_home' || here.input.isTTY !== true) return home
  return openConsole(
    { home: null, paths, plain: given.flag('plain'), greeting: homelessGreeting(home) },
    here,
  )
}

export type ConsoleOn = {
  readonly home: OpenHome | null
  readonly paths: HomePaths
  readonly plain: boolean
  readonly greeting: Card
}

/** Runs the console until it is left; reads the clusters once a minute meanwhile. */
export async function openConsole(on: ConsoleOn, here: Process): Promise<number> {
  const { signal, release } = endSignal({ ...here, onSignal: withoutInterrupt(here) })
  let current = on.home === null ? null : keep(on.home)
  const reopen = async (): Promise<Opened | Refusal> => {
    const done = await initialise({}, on.paths, here)
    if (isRefusal(done)) return done
    const home = await openHome(on.paths, surroundings(here))
    if (isRefusal(home)) return home
    await current?.stop()
    current = keep(home)
    const set = card({
      heading: `Now in workspace ${done.workspace}`,
      tone: 'good',
      text: '`status` reads the cluster for the first time.',
    })
    return {
      kind: 'opened',
      road: savingRoad(home.road, here.workingDirectory),
      workspace: done.workspace,
      timeZoneOf: zones(home),
      card: set,
    }
  }
  try {
    return await runConsole({
      road: on.home === null ? homelessRoad(registry) : savingRoad(on.home.road, here.workingDirectory),
      input: here.input,
      output: here.output,
      errorOutput: here.errorOutput,
      env: here.environment,
      plain: on.plain,
      historyFile: on.home === null ? null : on.paths.history,
      clock: systemClock,
      account: userInfo().username,
      timeZoneOf: on.home === null ? () => 'UTC' : zones(on.home),
      greeting: on.greeting,
      init: reopen,
      signal,
      onStart: ({ interrupt }) => here.onSignal('SIGINT', interrupt),
    })
  } finally {
    release()
    await current?.stop()
  }
}

/** Ctrl-C belongs to the console: it stops an answer, not the program. */
function withoutInterrupt(here: Process): Process['onSignal'] {
  return (signal, listener) => (signal === 'SIGINT' ? () => {} : here.onSignal(signal, listener))
}

function keep(home: OpenHome): { readonly stop: () => Promise<void> } {
  const ending = new AbortController()
  const syncing = home.keep(ending.signal)
  return {
    stop: async () => {
      ending.abort()
      await syncing
      await home.close()
    },
  }
}

function zones(home: OpenHome): (workspace: string | null) => string {
  return (workspace) =>
    home.workspaces.find(({ name }) => name === (workspace ?? home.config.default))?.timeZone ?? 'UTC'
}

/** A newcomer's first screen: where this is, and what to type. */
export function greetingOf(home: OpenHome): Card {
  return card({
    heading: `Proxmox-MPC, workspace ${home.config.default}, ${count(home.clusters.length, 'cluster')}`,
    text: 'Tab completes, Ctrl-C stops an answer, `exit` leaves.',
    actions: [
      { label: 'the cluster at a glance', words: 'status' },
      { label: 'all guests', words: 'ls' },
      { label: 'everything there is', words: 'help' },
    ],
  })
}

function homelessGreeting(refusal: Refusal): Card {
  return card({
    heading: 'Proxmox-MPC',
    tone: 'warning',
    text: `${refusal.message} Nothing can be asked yet.`,
    actions: [
      { label: 'connect a cluster; this directory becomes its home', words: 'init' },
      { label: 'leave', words: 'exit' },
    ],
  })
}
