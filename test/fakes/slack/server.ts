// A strict local Slack: Web API, uploads, response_urls and Socket Mode on one 127.0.0.1 port.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { httpTransport, type Transport } from './deliver.js'
import { createPerson, type Person } from './human.js'
import { isObj, parseJson } from './json.js'
import { useResponseUrl } from './respond.js'
import { createSight, type Sight } from './sight.js'
import { createSocketMode, type SocketMode } from './socket.js'
import {
  type Channel,
  changed,
  createState,
  type Fault,
  type State,
  type StateOptions,
  type User,
} from './state.js'
import { callMethod, parseArgs, tokenOf } from './web-api.js'
import { fail } from './web-chat.js'

export type SlackOptions = StateOptions & {
  /** False: Socket Mode is off, apps.connections.open is refused. */
  readonly socket?: boolean
  /** How long an ack may take, in ms (3,000). */
  readonly ackDeadlineMs?: number
  /** Time between pings on a socket, in ms (5,000). */
  readonly pingEveryMs?: number
}

export type FakeSlack = Person &
  Sight & {
    /** The value of SLACK_API_URL; ends with /api/. */
    readonly apiUrl: string
    readonly botToken: string
    readonly appToken: string
    readonly signingSecret: string
    readonly botUserId: string
    readonly botId: string
    readonly teamId: string
    readonly appId: string
    addChannel(channel: Partial<Channel> & { readonly id: string; readonly name: string }): void
    /** Changes a channel: archive it, take the bot out of it, … */
    setChannel(
      id: string,
      change: Partial<Pick<Channel, 'member' | 'archived' | 'private' | 'name' | 'members'>>,
    ): void
    addUser(user: Partial<User> & { readonly id: string; readonly name: string }): void
    addGroup(id: string, handle: string, users: readonly string[]): void
    /** Sends over HTTP to this request URL from now on; undefined: over the sockets again. */
    deliverTo(url: string | undefined): void
    /** From now on this raw text in any markup is a violation. */
    untrusted(text: string): void
    /** The next call of the method ('*': of any) goes wrong. Several queue up. */
    failNext(method: string, fault: Fault): void
    /** Every Web API answer takes this long (ms); 0 ends it. */
    slow(ms: number): void
    revokeToken(): void
    grant(scope: string): void
    revokeScope(scope: string): void
    /** '503': every request is answered so; 'refused': nobody listens any more. Sockets break in both. */
    outage(how?: '503' | 'refused'): Promise<void>
    restore(): Promise<void>
    dropSockets(): void
    /** The polite `disconnect` message on every connection. */
    requestRefresh(reason?: 'warning' | 'refresh_requested'): void
    connections(): number
    stop(): Promise<void>
  }

/** Starts a fake Slack on 127.0.0.1 with a free port. */
export async function startSlack(options: SlackOptions = {}): Promise<FakeSlack> {
  const state = createState(options)
  const ackDeadlineMs = options.ackDeadlineMs ?? 3_000
  const sockets = createSocketMode(state, { ackDeadlineMs, pingEveryMs: options.pingEveryMs ?? 5_000 })
  const mode = { out: false, socket: options.socket !== false }
  const server = createServer((request, response) => {
    void handle(state, sockets, mode, request, response).catch(() => response.destroy())
  })
  server.on('upgrade', (request, socket, head) => {
    if (mode.out) socket.destroy()
    else sockets.upgrade(request, socket, head)
  })
  const port = await listen(server, 0)
  state.baseUrl = `http://127.0.0.1:${port}`
  let transport: Transport = sockets.transport
  const { team, app, bot, botId } = state.ids
  return {
    ...createPerson(state, () => transport),
    ...createSight(state),
    ...worldVerbs(state),
    apiUrl: `${state.baseUrl}/api/`,
    botToken: state.tokens.bot,
    appToken: state.tokens.app,
    signingSecret: state.signingSecret,
    botUserId: bot,
    botId,
    teamId: team,
    appId: app,
    deliverTo: (url) => {
      transport = url === undefined ? sockets.transport : httpTransport(state, url, ackDeadlineMs)
    },
    outage: async (how = '503') => {
      mode.out = true
      sockets.drop()
      if (how === 'refused') await close(server)
    },
    restore: async () => {
      mode.out = false
      if (!server.listening) await listen(server, port)
      changed(state)
    },
    dropSockets: () => sockets.drop(),
    requestRefresh: (reason = 'refresh_requested') => sockets.disconnect(reason),
    connections: () => sockets.connections(),
    stop: async () => {
      await sockets.close()
      if (server.listening) await close(server)
    },
  }
}

type World = 'addChannel' | 'setChannel' | 'addUser' | 'addGroup' | 'untrusted' | 'failNext' | 'slow'

// What changes the workspace from outside, without the app.
function worldVerbs(state: State): Pick<FakeSlack, World | 'revokeToken' | 'grant' | 'revokeScope'> {
  return {
    addChannel: (channel) => {
      state.channels.set(channel.id, { member: true, archived: false, private: false, ...channel })
    },
    setChannel: (id, change) => {
      const channel = state.channels.get(id)
      if (channel === undefined) throw new Error(`no such channel: ${id}`)
      state.channels.set(id, { ...channel, ...change })
    },
    addUser: (user) => {
      const usual = { team: state.ids.team, is_bot: false, is_restricted: false, deleted: false }
      state.users.set(user.id, { ...usual, ...user })
    },
    addGroup: (id, handle, users) => void state.groups.set(id, { id, handle, users }),
    untrusted: (text) => void state.untrusted.add(text),
    failNext: (method, fault) => void state.faults.set(method, [...(state.faults.get(method) ?? []), fault]),
    slow: (ms) => {
      state.slowMs = ms
    },
    revokeToken: () => {
      state.tokens.revoked = true
    },
    grant: (scope) => void state.scopes.add(scope),
    revokeScope: (scope) => void state.scopes.delete(scope),
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

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}

type Mode = { out: boolean; readonly socket: boolean }

async function handle(
  state: State,
  sockets: SocketMode,
  mode: Mode,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request)
  if (mode.out) return answer(response, 503, fail('service_unavailable'))
  const { pathname, searchParams } = new URL(request.url ?? '/', state.baseUrl)
  const [, room = '', ...rest] = pathname.split('/')
  if (room === 'api')
    return api(state, sockets, mode, rest.join('/'), body.toString('utf8'), request, response)
  if (room === 'respond') {
    const parsed = parseJson(body.toString('utf8'))
    const used = useResponseUrl(state, rest[0] ?? '', isObj(parsed) ? parsed : {})
    return answer(response, used.status, used.body)
  }
  if (room === 'upload')
    return upload(state, rest[1] ?? '', Number(searchParams.get('length')), body, request, response)
  answer(response, 404, fail('not_found'))
}

function answer(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): undefined {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
  response.end(JSON.stringify(body))
}

async function api(
  state: State,
  sockets: SocketMode,
  mode: Mode,
  method: string,
  body: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const args = parseArgs(request.headers['content-type'] ?? '', body)
  const openSocket = () => (mode.socket ? sockets.open() : fail('not_allowed_token_type'))
  const reply = callMethod(state, method, tokenOf(request.headers.authorization, args), args, openSocket)
  if (reply.delayMs > 0) await wait(reply.delayMs, undefined, { ref: false })
  if (reply.hangUp) response.destroy()
  else answer(response, reply.status, reply.body, reply.headers)
}

// The bytes of a file: as the whole body, or as a part of a form.
async function upload(
  state: State,
  id: string,
  length: number,
  body: Buffer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const file = state.files.get(id)
  if (file === undefined) return answer(response, 404, fail('file_not_found'))
  const type = request.headers['content-type'] ?? ''
  const bytes = type.startsWith('multipart/') ? await partOf(type, body) : body
  if (bytes.length !== length) return answer(response, 400, fail('invalid_length'))
  state.files.set(id, { ...file, bytes })
  response.writeHead(200, { 'content-type': 'text/plain' })
  response.end(`OK - ${bytes.length}`)
}

async function partOf(type: string, body: Buffer): Promise<Buffer> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
  for (const value of form.values()) {
    if (typeof value !== 'string') return Buffer.from(await value.arrayBuffer())
  }
  return Buffer.alloc(0)
}
