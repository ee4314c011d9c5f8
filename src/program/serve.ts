import { openHome } from '../compose.js'
import type { HomePaths } from '../config/home.js'
import { isRefusal, type Refusal } from '../core/refusal.js'
import { startHealth } from '../http/health.js'
import type { HealthState } from '../ports/health.js'
import type { Attached } from '../setup/demo.js'
import { systemClock } from '../system/clock.js'
import { type Given, wholeNumber } from './arguments.js'
import { chatSurfaces } from './chat-surfaces.js'
import { attachDemo } from './demo-cluster.js'
import { endSignal, homeOf, type Process, surroundings } from './process.js'

/** Where `/healthz` is, unless `--port` says otherwise; the container's healthcheck asks there. */
export const HEALTH_PORT = 8807

/** `serve`: carries out, syncs and expires for a home until a signal ends it. */
export async function runServe(given: Given, here: Process): Promise<number | Refusal> {
  const port = wholeNumber(given, 'port', 0, 65535) ?? HEALTH_PORT
  if (isRefusal(port)) return port
  const paths = homeOf(given, here)
  const { signal, release } = endSignal(here)
  const home = await openHome(paths, surroundings(here))
  if (isRefusal(home)) {
    release()
    return home
  }
  let cluster: Attached | null = null
  try {
    cluster = await attachDemo(home, here)
    const { surfaces, off } = await chatSurfaces(home, here.environment)
    for (const line of off) here.errorOutput.write(`${line}\n`)
    const served: Served = {
      paths,
      port,
      output: here.output,
      now: () => systemClock.now(),
      serve: async (until) => {
        await Promise.all([home.serve(until), ...surfaces.map((surface) => surface.run(until))])
      },
      health: async () => ({ ...(await home.health()), surfaces: surfaces.map((each) => each.health()) }),
    }
    const ended = await serveUntil(served, signal)
    if (isRefusal(ended)) return ended
  } finally {
    // A second signal from here on ends it at once.
    release()
    await home.close()
    cluster?.detach()
  }
  here.output.write('Ended. What was under way goes on when this home is served or opened next.\n')
  return 0
}

/** What serving a home takes; `serve` and `health` are an open home's. */
export type Served = {
  readonly serve: (signal: AbortSignal) => Promise<void>
  readonly health: () => Promise<HealthState>
  readonly paths: HomePaths
  /** 0 lets the system choose. */
  readonly port: number
  readonly output: { write(text: string): unknown }
  readonly now: () => Date
}

/** Serves until the signal aborts; null once it has, or why it could not begin. */
export async function serveUntil(served: Served, signal: AbortSignal): Promise<null | Refusal> {
  const { output, paths, port, now } = served
  const health = await startHealth({ port, state: served.health, now })
  if (isRefusal(health)) return health
  output.write(`Serving ${paths.home}; health: http://127.0.0.1:${health.port}/healthz\n`)
  try {
    await served.serve(signal)
  } finally {
    await health.close()
  }
  return null
}
