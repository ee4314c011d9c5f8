// Socket Mode: tickets, hello, envelopes, acks, pings, disconnects.

import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { Outcome, Transport } from './deliver.js'
import { isObj, type Obj, parseJson } from './json.js'
import { changed, type State, violate } from './state.js'
import type { Answer } from './web-chat.js'

const MOST_CONNECTIONS = 10
const GOODBYE_MS = 250

type Waiting = {
  readonly kind: string
  readonly socket: WebSocket
  readonly done: (outcome: Outcome) => void
  readonly start: number
  state: 'open' | 'acked' | 'late' | 'lost'
}

export type SocketMode = {
  readonly transport: Transport
  /** The answer of apps.connections.open: a ws URL that works once. */
  open(): Answer
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  connections(): number
  /** Tells every connection to go away politely, as Slack does when it moves them. */
  disconnect(reason: 'warning' | 'refresh_requested'): void
  /** Cuts every connection without a word. */
  drop(): void
  /** Ends every connection, with the closing handshake where the client takes part in it. */
  close(): Promise<void>
}

export type SocketOptions = { readonly ackDeadlineMs: number; readonly pingEveryMs: number }

/** The socket side of the fake. */
export function createSocketMode(state: State, options: SocketOptions): SocketMode {
  const server = new WebSocketServer({ noServer: true })
  const tickets = new Set<string>()
  const open = new Set<WebSocket>()
  const waiting = new Map<string, Waiting>()
  const readyWaiters = new Set<() => void>()
  const timers = new Set<NodeJS.Timeout>()
  let turn = 0

  function accept(socket: WebSocket): void {
    if (open.size >= MOST_CONNECTIONS) {
      socket.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets' }))
      socket.close()
      return
    }
    open.add(socket)
    keepAlive(socket, options.pingEveryMs)
    socket.on('message', (data) => takeAck(data))
    socket.on('error', () => undefined)
    socket.on('close', () => gone(socket))
    socket.send(JSON.stringify(helloMessage(state, open.size)))
    for (const ready of [...readyWaiters]) ready()
    readyWaiters.clear()
    changed(state)
  }

  // What was on its way over a connection that broke is lost, not late.
  function gone(socket: WebSocket): void {
    open.delete(socket)
    for (const entry of waiting.values()) {
      if (entry.socket !== socket || entry.state !== 'open') continue
      entry.state = 'lost'
      entry.done({ kind: 'failed', why: 'lost', afterMs: performance.now() - entry.start })
    }
    changed(state)
  }

  function takeAck(data: RawData): undefined {
    const message = parseJson(rawText(data))
    if (!isObj(message)) return violateAck('a message that is no JSON object')
    const entry = waiting.get(String(message.envelope_id))
    if (entry === undefined) return violateAck(`an ack of an unknown envelope ${String(message.envelope_id)}`)
    if (entry.state === 'acked') return violateAck(`${entry.kind} acked twice`)
    const late = entry.state === 'late'
    entry.state = 'acked'
    if (!late)
      entry.done({ kind: 'acked', payload: message.payload, afterMs: performance.now() - entry.start })
  }

  function violateAck(what: string): undefined {
    violate(state, `socket: ${what}`)
  }

  function nextSocket(): WebSocket | undefined {
    const able = [...open].filter((socket) => socket.readyState === socket.OPEN)
    turn += 1
    return able[turn % Math.max(1, able.length)]
  }

  const transport: Transport = {
    name: 'socket',
    ready: () =>
      nextSocket() === undefined ? new Promise((resolve) => readyWaiters.add(resolve)) : Promise.resolve(),
    send: (delivery, retry) =>
      new Promise((resolve) => {
        const socket = nextSocket()
        if (socket === undefined) return resolve({ kind: 'failed', why: 'unreachable', afterMs: 0 })
        const envelope_id = randomUUID()
        const start = performance.now()
        const timer = setTimeout(() => expire(entry), options.ackDeadlineMs)
        timers.add(timer)
        const done = (outcome: Outcome) => {
          clearTimeout(timer)
          timers.delete(timer)
          resolve(outcome)
        }
        const entry: Waiting = { kind: delivery.kind, socket, done, start, state: 'open' }
        waiting.set(envelope_id, entry)
        const again = retry === undefined ? {} : { retry_attempt: retry.num, retry_reason: retry.reason }
        const head = {
          envelope_id,
          type: delivery.kind,
          accepts_response_payload: delivery.accepts,
          ...again,
        }
        socket.send(JSON.stringify({ ...head, payload: delivery.payload }))
      }),
  }

  function expire(entry: Waiting): void {
    if (entry.state !== 'open') return
    entry.state = 'late'
    violate(state, `${entry.kind} not acked within ${options.ackDeadlineMs} ms`)
    entry.done({ kind: 'failed', why: 'late', afterMs: performance.now() - entry.start })
  }

  return {
    transport,
    open: () => {
      const ticket = randomUUID()
      tickets.add(ticket)
      const base = state.baseUrl.replace(/^http/, 'ws')
      return { ok: true, url: `${base}/link/?ticket=${ticket}&app_id=${state.ids.app}` }
    },
    upgrade: (request, socket, head) => {
      const url = new URL(request.url ?? '/', state.baseUrl)
      const ticket = url.searchParams.get('ticket') ?? ''
      if (!url.pathname.startsWith('/link') || !tickets.delete(ticket)) {
        socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
        return
      }
      server.handleUpgrade(request, socket, head, accept)
    },
    connections: () => open.size,
    disconnect: (reason) => {
      for (const socket of open)
        socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'fake' } }))
    },
    drop: () => {
      for (const socket of open) socket.terminate()
    },
    close: async () => {
      for (const timer of timers) clearTimeout(timer)
      await closeAll([...server.clients])
      server.close()
    },
  }
}

// A client that is cut in the middle of its own goodbye keeps a timer of 30 s; so it gets a moment.
async function closeAll(sockets: readonly WebSocket[]): Promise<void> {
  const ended = sockets.map(
    (socket) =>
      new Promise<void>((resolve) => {
        socket.once('close', () => resolve())
        if (socket.readyState === socket.CLOSED) resolve()
        socket.close(1001)
      }),
  )
  const patience = new AbortController()
  await Promise.race([
    Promise.all(ended),
    wait(GOODBYE_MS, undefined, { signal: patience.signal }).catch(() => undefined),
  ])
  patience.abort()
  for (const socket of sockets) socket.terminate()
}

function helloMessage(state: State, connections: number): Obj {
  return {
    type: 'hello',
    num_connections: connections,
    debug_info: { host: 'fake', build_number: 1, approximate_connection_time: 18_060 },
    connection_info: { app_id: state.ids.app },
  }
}

function rawText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data).toString('utf8')
}

// Pings until the connection is gone; one that does not answer two in a row is cut.
function keepAlive(socket: WebSocket, everyMs: number): void {
  let missed = 0
  socket.on('pong', () => {
    missed = 0
  })
  const timer = setInterval(() => {
    missed += 1
    if (missed > 2) socket.terminate()
    else socket.ping(`Ping from the fake ${missed}`)
  }, everyMs)
  timer.unref()
  socket.on('close', () => clearInterval(timer))
}
