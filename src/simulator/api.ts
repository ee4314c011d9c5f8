import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller, Permissions } from './acl.js'
import { authenticate } from './auth.js'
import { hitFaults, type RequestFault } from './faults.js'
import { type Answer, bare, type Hop, type Rendered, render, send } from './http.js'
import type { Params } from './params.js'
import { readParams } from './request.js'
import { type Matched, type Routed, route } from './router.js'
import type { SimNode, World } from './state.js'
import { settle } from './tasks.js'

const MAX_HEADERS = 64
const REQUESTS_PER_CONNECTION = 100
const CALLS_KEPT = 5000
const NO_HOP: Hop = { relayed: false, forwarded: false }

/** What the listeners share. Delays are real milliseconds. */
export type ApiSettings = {
  readonly world: World
  readonly permissions: Permissions
  readonly lookup: (method: string, path: string) => Matched | null
  readonly latencyMs: number
  /** How long a 401 and a 595 are held back. */
  readonly authDelayMs: number
}

type Exchange = {
  readonly settings: ApiSettings
  readonly local: SimNode
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Whether this is the last request the connection may carry. */
  readonly last: boolean
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Puts the members of an object in another order; long lists keep theirs, they have been shuffled already. */
export function shuffleKeys(world: World): (value: unknown) => unknown {
  const again = (value: unknown, depth: number): unknown => {
    if (depth > 3 || typeof value !== 'object' || value === null) return value
    if (Array.isArray(value))
      return value.length > 200 ? value : value.map((entry) => again(entry, depth + 1))
    const entries = Object.entries(value)
    const by = world.rng.int(0, Math.max(0, entries.length - 1))
    const turned = [...entries.slice(by), ...entries.slice(0, by)]
    return Object.fromEntries(turned.map(([key, inner]) => [key, again(inner, depth + 1)]))
  }
  return (value) => again(value, 0)
}

async function respond(exchange: Exchange, answer: Answer, hop: Hop): Promise<Rendered> {
  const { world } = exchange.settings
  const rendered = render(answer, shuffleKeys(world))
  if (rendered.status === 401 || rendered.status === 595) await pause(exchange.settings.authDelayMs)
  sendRendered(exchange, rendered, hop)
  return rendered
}

function sendRendered(exchange: Exchange, rendered: Rendered, hop: Hop): void {
  const { request, response, settings } = exchange
  if (response.destroyed || response.writableEnded) return
  const wantsClose = /(?:^|,)\s*close\s*(?:,|$)/i.test(request.headers.connection ?? '')
  send(response, rendered, {
    now: new Date(settings.world.clock.now()),
    hop,
    gzip: /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')),
    close: exchange.last || wantsClose,
  })
}

function record(
  world: World,
  call: { readonly method: string; readonly path: string; readonly params: Params; readonly caller: Caller },
  outcome: { readonly executed: boolean; readonly status: number; readonly data: string | null },
): void {
  if (call.method === 'GET') return
  const n = (world.calls.at(-1)?.n ?? 0) + 1
  const at = new Date(world.clock.now()).toISOString()
  world.calls.push({
    n,
    at,
    method: call.method,
    path: call.path,
    params: call.params,
    token: call.caller.id,
    ...outcome,
  })
  if (world.calls.length > CALLS_KEPT) world.calls.splice(0, world.calls.length - CALLS_KEPT)
}

function oversized(exchange: Exchange, bytes: number): void {
  const { response } = exchange
  response.writeHead(200, 'OK', { 'Content-Type': 'application/json;charset=UTF-8', Connection: 'close' })
  const chunk = Buffer.alloc(64 * 1024, 0x20)
  let left = bytes
  response.write('{"data":[')
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      const size = Math.min(left, chunk.length)
      left -= size
      if (!response.write(chunk.subarray(0, size))) {
        response.once('drain', more)
        return
      }
    }
    if (!response.destroyed) response.end(']}')
  }
  more()
}

/** Lets a fault spoil an answer. True when it has taken care of the response. */
async function spoil(exchange: Exchange, fault: RequestFault, rendered: Rendered | null): Promise<boolean> {
  const json = 'application/json;charset=UTF-8'
  switch (fault.kind) {
    case 'slow':
      await pause(fault.ms)
      return false
    case 'reset':
      exchange.request.socket.destroy()
      return true
    case 'proxy-error':
      sendRendered(
        exchange,
        render(bare(fault.status, proxyReason(fault.status)), (value) => value),
        NO_HOP,
      )
      return true
    case 'status': {
      const body = JSON.stringify({ data: null, message: `${fault.reason}\n` })
      sendRendered(exchange, { status: fault.status, reason: fault.reason, contentType: json, body }, NO_HOP)
      return true
    }
    case 'html': {
      const body =
        '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>'
      sendRendered(exchange, { status: 200, reason: 'OK', contentType: 'text/html', body }, NO_HOP)
      return true
    }
    case 'wrong-content':
      sendRendered(exchange, { status: 200, reason: 'OK', contentType: json, body: fault.body }, NO_HOP)
      return true
    case 'truncated': {
      const body = rendered?.body ?? '{"data":[]}'
      const half = body.slice(0, Math.max(1, Math.floor(body.length / 2)))
      sendRendered(exchange, { status: 200, reason: 'OK', contentType: json, body: half }, NO_HOP)
      return true
    }
    case 'oversized':
      oversized(exchange, fault.bytes)
      return true
  }
}

function proxyReason(status: 595 | 596): string {
  return status === 595 ? 'No route to host' : 'Connection timed out'
}

/** Whether a fault strikes without the request being carried out. */
function strikesBefore(fault: RequestFault): boolean {
  return 'when' in fault ? fault.when === 'before' : fault.kind === 'status'
}

/** The path below the formatter, or an answer to what is no API path. */
function apiPath(path: string): { readonly path: string } | Answer {
  const match = /^\/api2\/([a-z0-9]+)(\/.*)?$/.exec(path)
  if (match === null) return bare(404, 'Not Found')
  const [, formatter, rest] = match
  if (formatter !== 'json') {
    const text = `no formatter for uri ${rest ?? '/'}, ${formatter}`
    return bare(501, text, text)
  }
  return { path: rest ?? '/' }
}

const plainPath = (path: string): string => {
  const clean = path.replace(/\/+/g, '/').replace(/\/$/, '')
  return clean === '' ? '/' : clean
}

async function carryOut(exchange: Exchange, caller: Caller, path: string, query: string): Promise<void> {
  const { settings, request, local } = exchange
  const { world } = settings
  const method = request.method ?? 'GET'
  const read = await readParams(request, query)
  if (read.kind === 'refused') {
    await respond(exchange, read.answer, NO_HOP)
    return
  }
  const call = { method, path, params: read.params, caller }
  const faults = hitFaults(world.faults, method, path)
  for (const fault of faults.filter((entry) => strikesBefore(entry) || entry.kind === 'slow')) {
    if (strikesBefore(fault)) record(world, call, { executed: false, status: 0, data: null })
    if (await spoil(exchange, fault, null)) return
  }
  settle(world)
  const now = world.clock.seconds()
  const base = { world, permissions: settings.permissions, caller, now, local }
  const routed: Routed = route(settings.lookup, { method, path, params: read.params }, base)
  const data =
    routed.answer.kind === 'data' && typeof routed.answer.data === 'string' ? routed.answer.data : null
  const status = routed.answer.kind === 'error' || routed.answer.kind === 'bare' ? routed.answer.status : 200
  record(world, call, { executed: true, status, data })
  if (settings.latencyMs > 0) await pause(settings.latencyMs)
  for (const fault of faults.filter((entry) => !strikesBefore(entry) && entry.kind !== 'slow')) {
    if (
      await spoil(
        exchange,
        fault,
        render(routed.answer, (value) => value),
      )
    )
      return
  }
  await respond(exchange, routed.answer, routed.hop)
}

const served = new WeakMap<object, number>()

/** Answers one request on a node's listener. */
export async function handleRequest(
  settings: ApiSettings,
  local: SimNode,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const count = (served.get(request.socket) ?? 0) + 1
  served.set(request.socket, count)
  if (request.rawHeaders.length / 2 > MAX_HEADERS) {
    // pveproxy closes the connection here without an answer.
    request.socket.destroy()
    return
  }
  const exchange = { settings, local, request, response, last: count >= REQUESTS_PER_CONNECTION }
  const method = request.method ?? 'GET'
  if (!['GET', 'POST', 'PUT', 'DELETE'].includes(method)) {
    request.resume()
    await respond(exchange, bare(501, `method '${method}' not available`), NO_HOP)
    return
  }
  const [target = '/', query = ''] = (request.url ?? '/').split('?', 2)
  const below = apiPath(target)
  if ('kind' in below) {
    request.resume()
    await respond(exchange, below, NO_HOP)
    return
  }
  const auth = authenticate(settings.world.access, request.headers.authorization, request.headers.cookie)
  if (auth.kind === 'rejected') {
    request.resume()
    await respond(exchange, bare(401, auth.reason), NO_HOP)
    return
  }
  await carryOut(exchange, auth.caller, plainPath(below.path), query)
}
