// A strict local Discord: REST, files and the gateway on one 127.0.0.1 port.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { readBody } from './body.js'
import { gatewayTransport, httpTransport, newKeys, post, type Transport, type Tweak } from './deliver.js'
import { plainError } from './errors.js'
import { createGateway } from './gateway.js'
import { createPerson, type Person } from './human.js'
import type { RateOptions } from './rates.js'
import { createRest, type Rest, type RouteName } from './rest.js'
import { createSight, type Sight } from './sight.js'
import { changed, createState, type Fault, newId, type State, type StateOptions } from './state.js'
import { createWorld, type World } from './world-verbs.js'

export type DiscordOptions = StateOptions & {
  /** How long the first answer to an interaction may take, in ms (3,000). */
  readonly ackDeadlineMs?: number
  /** Time between heartbeats, in ms (41,250). */
  readonly heartbeatMs?: number
  /** What is left of the IDENTIFYs of the day (1,000). */
  readonly identifies?: number
  readonly rates?: RateOptions
}

export type FakeDiscord = Person &
  Sight &
  World & {
    /** The value of DISCORD_API_URL; ends with /api. */
    readonly apiUrl: string
    readonly gatewayUrl: string
    readonly token: string
    readonly appId: string
    readonly botId: string
    /** For signed requests: 32 bytes in hex. */
    readonly publicKey: string
    /** Sends interactions as signed requests to this URL from now on; undefined: over the gateway again. */
    deliverTo(url: string | undefined): void
    /** The PING that Discord sends when somebody sets the URL of `deliverTo`. */
    ping(tweak?: Tweak): Promise<{ readonly status: number; readonly body: unknown }>
    /** From now on this raw text, alive in markdown, is a violation. */
    untrusted(text: string): void
    /** A mention of this person, role or channel is meant, and no violation. */
    mayMention(id: string): void
    /** The next call of the route ('*': of any) goes wrong. Several queue up. */
    failNext(route: RouteName | '*', fault: Fault): void
    /** Every answer takes this long (ms); 0 ends it. */
    slow(ms: number): void
    /** Moves the clock of the 15 minutes and of the nonces. */
    advance(ms: number): void
    /** '503': every request is answered so; 'refused': nobody listens any more. The gateway breaks in both. */
    outage(how?: '503' | 'refused'): Promise<void>
    restore(): Promise<void>
    /** Cuts the gateway without a word; the session can be resumed. */
    dropGateway(): void
    stopAcks(): void
    requestReconnect(): void
    invalidateSession(resumable: boolean): void
    /** The token is worth nothing any more: 401, and 4004 on the gateway. */
    revokeToken(): void
    /** Gateway connections that have identified or resumed. */
    connections(): number
    stop(): Promise<void>
  }

/** Starts a fake Discord on 127.0.0.1 with a free port. */
export async function startDiscord(options: DiscordOptions = {}): Promise<FakeDiscord> {
  const state = createState(options)
  const keys = newKeys()
  const deadlineMs = options.ackDeadlineMs ?? 3_000
  const { heartbeatMs = 41_250, identifies = 1_000 } = options
  const gateway = createGateway(state, { heartbeatMs, identifies })
  state.emit = gateway.emit
  const { publicKey } = keys
  const rest = createRest(state, { gatewayInfo: gateway.info, publicKey, rates: options.rates ?? {} })
  const mode = { out: false }
  const server = createServer((request, response) => {
    void handle(state, rest, mode, request, response).catch(() => response.destroy())
  })
  server.on('upgrade', (request, socket, head) => {
    if (mode.out) socket.destroy()
    else gateway.upgrade(request, socket, head)
  })
  const port = await listen(server, 0)
  state.baseUrl = `http://127.0.0.1:${port}`
  const overGateway = gatewayTransport(state, gateway, deadlineMs)
  let transport: Transport = overGateway
  let url: string | undefined
  return {
    ...createPerson(state, () => transport),
    ...createSight(state),
    ...createWorld(state),
    ...faultVerbs(state),
    apiUrl: `${state.baseUrl}/api`,
    gatewayUrl: `ws://127.0.0.1:${port}/gateway`,
    token: state.token,
    appId: state.ids.app,
    botId: state.ids.bot,
    publicKey,
    deliverTo: (to) => {
      url = to
      transport = to === undefined ? overGateway : httpTransport(state, to, keys, deadlineMs)
    },
    ping: async (tweak = {}) => {
      if (url === undefined) throw new Error('there is no URL to send it to')
      const payload = { id: newId(state), application_id: state.ids.app, type: 1, version: 1 }
      const back = await post(url, payload, keys, tweak, deadlineMs)
      return typeof back === 'string' ? { status: 0, body: back } : back
    },
    outage: async (how = '503') => {
      mode.out = true
      gateway.drop()
      if (how === 'refused') await close(server)
    },
    restore: async () => {
      mode.out = false
      if (!server.listening) await listen(server, port)
      changed(state)
    },
    dropGateway: gateway.drop,
    stopAcks: gateway.stopAcks,
    requestReconnect: gateway.requestReconnect,
    invalidateSession: gateway.invalidateSession,
    revokeToken: () => {
      state.revoked = true
      gateway.expel(4004)
    },
    connections: gateway.connections,
    stop: async () => {
      mode.out = true
      await gateway.close()
      if (server.listening) await close(server)
    },
  }
}

type Faults = Pick<FakeDiscord, 'untrusted' | 'mayMention' | 'failNext' | 'slow' | 'advance'>

function faultVerbs(state: State): Faults {
  return {
    untrusted: (text) => void state.untrusted.add(text),
    mayMention: (id) => void state.mentionable.add(id),
    failNext: (route, fault) => void state.faults.set(route, [...(state.faults.get(route) ?? []), fault]),
    slow: (ms) => {
      state.slowMs = ms
    },
    advance: (ms) => {
      state.ahead += ms
      changed(state)
    },
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('no port'))
      else resolve(address.port)
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

async function handle(
  state: State,
  rest: Rest,
  mode: { readonly out: boolean },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(Buffer.from(part))
  if (mode.out) return answer(response, 503, plainError(503, 'Service Unavailable').body, {})
  const { pathname, searchParams } = new URL(request.url ?? '/', state.baseUrl)
  if (pathname.startsWith('/files/')) return file(state, pathname, response)
  if (!pathname.startsWith('/api/v10/')) return answer(response, 404, plainError(404, 'Not Found').body, {})
  const reply = rest.handle({
    method: request.method ?? 'GET',
    path: pathname.slice('/api/v10'.length),
    query: Object.fromEntries(searchParams),
    authorization: request.headers.authorization,
    body: await readBody(request.headers['content-type'] ?? '', Buffer.concat(parts)),
  })
  if (reply.delayMs > 0) await wait(reply.delayMs, undefined, { ref: false })
  if (reply.hangUp) response.destroy()
  else answer(response, reply.status, reply.body, reply.headers)
}

// A 204 carries neither a body nor a type of one: the client would try to read it.
function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): undefined {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  response.writeHead(status, { ...type, ...headers })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

function file(state: State, pathname: string, response: ServerResponse): undefined {
  const found = state.files.find(({ id }) => id === pathname.split('/')[2])
  if (found === undefined) return answer(response, 404, plainError(404, 'Not Found').body, {})
  response.writeHead(200, { 'content-type': found.type || 'application/octet-stream' })
  response.end(found.bytes)
}
