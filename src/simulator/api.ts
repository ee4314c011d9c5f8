import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from './acl.js'
import { authenticate } from './auth.js'
import { type ApiSettings, type Exchange, NO_HOP, respond } from './exchange.js'
import { hitFaults, type RequestFault } from './faults.js'
import { type Answer, bare, render } from './http.js'
import type { Params } from './params.js'
import { readParams } from './request.js'
import { type Routed, route } from './router.js'
import { type SpoilingFault, sendProxyError, spoil, strikesBefore } from './spoil.js'
import type { SimNode, World } from './state.js'
import { settle } from './tasks.js'

const MAX_HEADERS = 64
const REQUESTS_PER_CONNECTION = 100

type ApiCall = {
  readonly method: string
  readonly path: string
  readonly params: Params
  /** Null when no valid token came with it. */
  readonly caller: Caller | null
}

type Outcome = {
  readonly executed: boolean
  readonly status: number
  readonly data: string | null
  readonly fault: string | null
}

const NOTHING: Outcome = { executed: false, status: 0, data: null, fault: null }

function record(world: World, call: ApiCall, outcome: Outcome): void {
  if (call.method === 'GET') return
  const { method, path, params, caller } = call
  const at = new Date(world.clock.now()).toISOString()
  world.calls.add({ at, method, path, params, token: caller?.id ?? '', ...outcome })
}

/** Refuses a request before it comes to its faults, and remembers it. */
async function refuse(exchange: Exchange, call: ApiCall, answer: Answer): Promise<void> {
  const status = 'status' in answer ? answer.status : 200
  record(exchange.settings.world, call, { ...NOTHING, status })
  await respond(exchange, answer, NO_HOP)
}

/** Carries a call out, and remembers it with the fault that will keep its answer back. */
function execute(exchange: Exchange, call: ApiCall, caller: Caller, fault: string | null): Routed {
  const { world, permissions, lookup } = exchange.settings
  settle(world)
  const base = { world, permissions, caller, now: world.clock.seconds(), local: exchange.local }
  const routed = route(lookup, call, base)
  const { answer, handled } = routed
  const data = answer.kind === 'data' && typeof answer.data === 'string' ? answer.data : null
  const status = answer.kind === 'error' || answer.kind === 'bare' ? answer.status : 200
  record(world, call, { executed: handled, status, data, fault })
  return routed
}

/** Carries a call out after its proxy has given up on it, as pvedaemon does, which nobody tells. */
async function executeLater(
  exchange: Exchange,
  call: ApiCall,
  caller: Caller,
  wait: { readonly ms: number; readonly fault: string },
): Promise<void> {
  const whole = await exchange.settings.timers.pause(wait.ms)
  if (whole) execute(exchange, call, caller, wait.fault)
  else record(exchange.settings.world, call, { ...NOTHING, fault: wait.fault })
}

/** Whether pveproxy hands a request on, and so stops waiting for its answer some day. */
function isProxied({ settings, local }: Exchange, call: ApiCall): boolean {
  const matched = settings.lookup(call.method, call.path)
  if (matched === null) return false
  return matched.route.relayed || (matched.vars.node ?? local.name) !== local.name
}

type Faults = {
  readonly slowMs: number
  readonly lateMs: number | null
  readonly before: SpoilingFault | null
  readonly after: SpoilingFault | null
}

function sortFaults(hit: readonly RequestFault[]): Faults {
  let sorted: Faults = { slowMs: 0, lateMs: null, before: null, after: null }
  for (const fault of hit) {
    if (fault.kind === 'slow') sorted = { ...sorted, slowMs: sorted.slowMs + fault.ms }
    else if (fault.kind === 'late') sorted = { ...sorted, lateMs: fault.afterMs }
    else if (strikesBefore(fault)) sorted = { ...sorted, before: sorted.before ?? fault }
    else sorted = { ...sorted, after: sorted.after ?? fault }
  }
  return sorted
}

async function carryOut(exchange: Exchange, caller: Caller, path: string, query: string): Promise<void> {
  const { settings, request } = exchange
  const { world, timers, proxyTimeoutMs, latencyMs } = settings
  const method = request.method ?? 'GET'
  const read = await readParams(request, query)
  if (read.kind === 'refused') return refuse(exchange, { method, path, params: {}, caller }, read.answer)
  const call: ApiCall = { method, path, params: read.params, caller }
  const { slowMs, lateMs, before, after } = sortFaults(hitFaults(world.faults, method, path))
  const givesUp = slowMs > proxyTimeoutMs && isProxied(exchange, call)
  const whole = slowMs === 0 || (await timers.pause(givesUp ? proxyTimeoutMs : slowMs))
  if (!whole) return record(world, call, { ...NOTHING, fault: 'slow' })
  if (givesUp) {
    sendProxyError(exchange, 596)
    return executeLater(exchange, call, caller, { ms: slowMs - proxyTimeoutMs, fault: 'slow' })
  }
  if (before !== null) {
    record(world, call, { ...NOTHING, fault: before.kind })
    return spoil(exchange, before, null)
  }
  if (lateMs !== null) {
    sendProxyError(exchange, 596)
    return executeLater(exchange, call, caller, { ms: lateMs, fault: 'late' })
  }
  const { answer, hop } = execute(exchange, call, caller, after?.kind ?? null)
  if (latencyMs > 0) await timers.pause(latencyMs)
  if (after === null) return respond(exchange, answer, hop)
  const rendered = render(answer, (value) => value)
  return spoil(exchange, after, rendered)
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
  const path = plainPath(below.path)
  const auth = authenticate(settings.world.access, request.headers.authorization, request.headers.cookie)
  if (auth.kind === 'rejected') {
    request.resume()
    await refuse(exchange, { method, path, params: {}, caller: null }, bare(401, auth.reason))
    return
  }
  await carryOut(exchange, auth.caller, path, query)
}
