import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Refusal, refuse } from '../core/refusal.js'
import type { HealthState } from '../ports/health.js'
import type { SurfaceHealth } from '../ports/surface.js'

export type HealthOptions = {
  /** 0 lets the system choose. */
  readonly port: number
  readonly state: () => Promise<HealthState>
  readonly now: () => Date
  /** Told of a state that cannot be read; gives a reference. */
  readonly onFault?: (error: unknown) => string
  /** Milliseconds to wait for the state; 5 s unless given. */
  readonly patience?: number
}

export type HealthServer = { readonly port: number; readonly close: () => Promise<void> }

const HOST = '127.0.0.1'
const PATIENCE_MS = 5000
/** Clusters are read once a minute: one that was not for so long is told, but starting anew would not help it. */
const STALE_SECONDS = 5 * 60

/** What `/healthz` answers: 200 or 503, and a body. */
export type HealthReport = {
  readonly code: 200 | 503
  readonly body: {
    readonly status: 'ok' | 'stale' | 'failing'
    readonly runner: HealthState['runner'] | 'unknown'
    readonly lastSync: Readonly<Record<string, { readonly at: string | null; readonly age: number | null }>>
    readonly executing: readonly number[]
    readonly waiting: number | null
    readonly surfaces: Readonly<Record<string, SurfaceHealth['state']>>
  }
}

/** `failing` (503) only where starting the process anew may help; an age is in whole seconds. */
export function healthReport(state: HealthState, now: Date): HealthReport {
  const lastSync = Object.fromEntries(
    Object.entries(state.lastSync).map(([cluster, at]) => [cluster, { at, age: ageOf(at, now) }]),
  )
  const stale = Object.values(lastSync).some(({ age }) => age === null || age > STALE_SECONDS)
  const failing = state.runner === 'nobody'
  const { runner, executing, waiting } = state
  const surfaces = Object.fromEntries(state.surfaces.map((each) => [each.surface, each.state]))
  const status = failing ? 'failing' : stale ? 'stale' : 'ok'
  return { code: failing ? 503 : 200, body: { status, runner, lastSync, executing, waiting, surfaces } }
}

function ageOf(at: string | null, now: Date): number | null {
  return at === null ? null : Math.max(0, Math.round((now.getTime() - Date.parse(at)) / 1000))
}

const UNREADABLE: HealthReport = {
  code: 503,
  body: { status: 'failing', runner: 'unknown', lastSync: {}, executing: [], waiting: null, surfaces: {} },
}

/** Answers `GET /healthz` on 127.0.0.1, and nothing else. A port that is taken is a refusal. */
export function startHealth(options: HealthOptions): Promise<HealthServer | Refusal> {
  const server = createServer({ requestTimeout: 5000, headersTimeout: 5000 }, (request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      options.onFault?.(error)
      send(response, UNREADABLE.code, UNREADABLE.body)
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const refusal = refusedPort(error, options.port)
      if (refusal === null) reject(error)
      else resolve(refusal)
    })
    server.listen(options.port, HOST, () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : options.port
      resolve({ port, close: () => close(server) })
    })
  })
}

function refusedPort(error: Error, port: number): Refusal | null {
  const code = 'code' in error ? error.code : ''
  if (code === 'EADDRINUSE')
    return refuse(
      'wrong_argument',
      `Port ${port} on ${HOST} is taken by another process.`,
      'Name another one with --port N; perhaps this home is served already.',
    )
  if (code === 'EACCES')
    return refuse(
      'wrong_argument',
      `This user may not listen on port ${port}.`,
      'Name another one with --port N, above 1023.',
    )
  return null
}

async function answer(request: IncomingMessage, response: ServerResponse, options: HealthOptions) {
  request.resume()
  const path = (request.url ?? '').split('?')[0]
  if (path !== '/healthz') return send(response, 404, { error: 'not found' })
  if (request.method !== 'GET') return send(response, 405, { error: 'GET only' }, { allow: 'GET' })
  const state = await withinTime(options.state(), options.patience ?? PATIENCE_MS)
  const { code, body } = healthReport(state, options.now())
  send(response, code, body)
}

function withinTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the state was not there in time')), milliseconds)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function send(
  response: ServerResponse,
  code: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(code, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(text)
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
