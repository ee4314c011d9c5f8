// REST: which route, who may call it, one-shot faults, rate limits, and the record of every call.

import type { Body } from './body.js'
import { objectOf } from './body.js'
import { anyError, plainError, type Reply, refuse } from './errors.js'
import { LIMITS } from './limits-text.js'
import { createRates, type RateOptions, type Rates, rateHeaders } from './rates.js'
import { CHANNELS } from './rest-channels.js'
import { COMMANDS } from './rest-commands.js'
import { guildRoutes } from './rest-guilds.js'
import { INTERACTIONS } from './rest-interactions.js'
import { MESSAGES } from './rest-messages.js'
import { ok, type Route } from './route.js'
import { changed, type Fault, type State, violate } from './state.js'

/** What goes back over HTTP; `hangUp` means: break the connection instead. */
export type HttpReply = Reply & {
  readonly headers: Readonly<Record<string, string>>
  readonly delayMs: number
  readonly hangUp: boolean
}

export type Request = {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly authorization: string | undefined
  readonly body: Body
}

/** The names that `failNext` and `rates` take; a message may be `@original`. */
export type RouteName =
  | keyof typeof CHANNELS
  | keyof typeof COMMANDS
  | keyof typeof INTERACTIONS
  | keyof typeof MESSAGES
  | keyof ReturnType<typeof guildRoutes>
  | 'GET /gateway'
  | 'GET /gateway/bot'

type Found = {
  readonly name: string
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

export type Rest = { handle(request: Request): HttpReply }

export function createRest(
  state: State,
  of: { readonly gatewayInfo: () => object; readonly publicKey: string; readonly rates: RateOptions },
): Rest {
  const url = () => ok({ url: `${state.baseUrl.replace(/^http/, 'ws')}/gateway` })
  const routes: Readonly<Record<RouteName, Route>> = {
    ...CHANNELS,
    ...COMMANDS,
    ...INTERACTIONS,
    ...MESSAGES,
    ...guildRoutes(of.publicKey),
    'GET /gateway': url,
    'GET /gateway/bot': () => ok(of.gatewayInfo()),
  }
  const table = Object.entries(routes).map(([name, route]) => ({ name, route, parts: partsOf(name) }))
  const rates = createRates(state, of.rates)

  function find({ method, path }: Request): Found | undefined {
    const asked = partsOf(`${method} ${path}`).map(decodeURIComponent)
    for (const { name, route, parts } of table) {
      const params = matched(parts, asked)
      if (params !== undefined) return { name, route, params }
    }
    return undefined
  }

  return {
    handle: (request) => {
      const found = find(request)
      const fault = takeFault(state, found?.name)
      const reply = answer(state, rates, request, found, fault)
      const delayMs = state.slowMs + (fault !== undefined && 'delayMs' in fault ? fault.delayMs : 0)
      record(state, request, found, reply)
      return { ...reply, delayMs }
    },
  }
}

function partsOf(name: string): readonly string[] {
  return name.replace(' ', '/').split('/')
}

// A fixed part goes before a parameter only by the order of the table; `@me` is therefore no parameter.
function matched(
  parts: readonly string[],
  asked: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (parts.length !== asked.length) return undefined
  const params: Record<string, string> = {}
  for (const [i, part] of parts.entries()) {
    const given = asked[i] ?? ''
    if (part.startsWith(':')) params[part.slice(1)] = given
    else if (part !== given) return undefined
  }
  return params
}

function takeFault(state: State, name: string | undefined): Fault | undefined {
  for (const key of [name ?? '', '*']) {
    const fault = state.faults.get(key)?.shift()
    if (fault !== undefined) return fault
  }
  return undefined
}

type Answer = Omit<HttpReply, 'delayMs'>

function answer(
  state: State,
  rates: Rates,
  request: Request,
  found: Found | undefined,
  fault: Fault | undefined,
): Answer {
  const plain = (reply: Reply): Answer => ({ ...reply, headers: {}, hangUp: false })
  if (found === undefined) {
    violate(state, `${request.method} ${request.path}: no such route in this fake`)
    return plain(plainError(404, 'Not Found'))
  }
  const major = Object.values(found.params)[0] ?? ''
  const early = faultReply(rates, found.name, major, fault)
  if (early !== undefined) return early
  if (!authorized(state, found.name, request)) return plain(plainError(401, 'Unauthorized'))
  const taken = rates.take(found.name, major)
  if (taken.wait !== null) return limited(taken.wait, taken.global, taken.headers)
  const hangUp = fault !== undefined && 'hangUp' in fault
  if (request.body.bytes > LIMITS.requestBytes) return { ...tooLarge(state, found.name), headers: {}, hangUp }
  if (!request.body.ok) return { ...refuse(50109), headers: taken.headers, hangUp }
  return { ...found.route(askOf(state, request, found)), headers: taken.headers, hangUp }
}

function tooLarge(state: State, name: string): Reply {
  violate(state, `${name}: a request of more than ${LIMITS.requestBytes} bytes`)
  return refuse(40005)
}

function askOf(state: State, request: Request, found: Found) {
  return {
    state,
    where: `${request.method} ${request.path}`,
    params: found.params,
    query: request.query,
    raw: request.body.json,
    body: objectOf(request.body),
    files: request.body.files,
  }
}

const FREE = /^\w+ \/(interactions|webhooks)\/|^GET \/gateway$/

function authorized(state: State, name: string, { authorization }: Request): boolean {
  return FREE.test(name) || (!state.revoked && authorization === `Bot ${state.token}`)
}

function limited(wait: number, global: boolean, headers: Readonly<Record<string, string>>): Answer {
  const scope = global ? 'global' : 'user'
  return {
    status: 429,
    body: { message: 'You are being rate limited.', retry_after: wait, global },
    headers: {
      ...headers,
      'retry-after': String(Math.ceil(wait)),
      'x-ratelimit-scope': scope,
      ...(global ? { 'x-ratelimit-global': 'true' } : {}),
    },
    hangUp: false,
  }
}

function faultReply(rates: Rates, name: string, major: string, fault: Fault | undefined): Answer | undefined {
  if (fault === undefined || 'delayMs' in fault) return undefined
  if ('hangUp' in fault)
    return fault.hangUp === 'after' ? undefined : { status: 0, body: undefined, headers: {}, hangUp: true }
  if ('code' in fault) return { ...anyError(fault.code), headers: {}, hangUp: false }
  if (fault.status !== 429) return { ...plainError(fault.status, 'Error'), headers: {}, hangUp: false }
  const wait = fault.retryAfter ?? 1
  rates.block(name, major, wait)
  return limited(wait, fault.global === true, rateHeaders(name, 5, 0, wait * 1000))
}

function record(state: State, request: Request, found: Found | undefined, reply: Reply): void {
  state.calls.push({
    method: request.method,
    path: request.path,
    route: found?.name ?? null,
    query: request.query,
    body: request.body.json,
    files: request.body.files.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
    status: reply.status,
    answer: reply.body,
    at: state.now(),
  })
  changed(state)
}
