// The gateway: HELLO, IDENTIFY, heartbeats, dispatches by intents, RESUME, and the ways in which it ends.

import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { isObj, type Obj, parseJson, str } from '../slack/json.js'
import { guildReady, helloFrame, type Ready, readyData } from './gateway-frames.js'
import { changed, type State, violate } from './state.js'

const PRIVILEGED = (1 << 1) | (1 << 8) | (1 << 15)
const KNOWN_INTENTS = (1 << 26) - 1
const MOST_SENDS = 120
const SENDS_WINDOW_MS = 60_000
const REMEMBERED = 1_000

type Dispatch = { readonly s: number; readonly t: string; readonly d: object }

/** What Discord remembers of a connection, also while it is broken. */
type Session = {
  readonly id: string
  readonly intents: number
  /** The newest dispatches, for a RESUME. */
  readonly sent: Dispatch[]
  seq: number
  line: Line | null
}

type Line = { readonly socket: WebSocket; session: Session | null; sends: number; since: number }

export type Gateway = {
  /** The answer of GET /gateway/bot. */
  info(): Obj
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** To every session whose intents ask for it; 0 means: to all. */
  emit(event: string, data: object, intents?: number): void
  /** Sends an interaction: `kept` for a session whose connection is broken; `nobody` when there is no session at all. */
  deliver(payload: Obj): 'sent' | 'kept' | 'nobody'
  connections(): number
  /** Cuts every connection without a word; the sessions can be resumed. */
  drop(): void
  /** Opcode 7. */
  requestReconnect(): void
  /** Opcode 9; without `resumable` the sessions are forgotten. */
  invalidateSession(resumable: boolean): void
  /** From now on heartbeats are not answered, until a new connection is made. */
  stopAcks(): void
  /** Closes every connection for good, as for a token that is no longer valid. */
  expel(code: number): void
  close(): Promise<void>
}

export type GatewayOptions = { readonly heartbeatMs: number; readonly identifies: number }

/** The gateway side of the fake. */
export function createGateway(state: State, options: GatewayOptions): Gateway {
  const server = new WebSocketServer({ noServer: true })
  const sessions = new Set<Session>()
  const lines = new Set<Line>()
  const deaf = new WeakSet<Line>()
  let left = options.identifies

  function accept(socket: WebSocket): void {
    const line: Line = { socket, session: null, sends: 0, since: performance.now() }
    lines.add(line)
    socket.on('message', (data) => hear(line, data))
    socket.on('error', () => undefined)
    socket.on('close', (code) => gone(line, code))
    send(line, helloFrame(options.heartbeatMs))
  }

  // Only a goodbye with 1000 or 1001 ends a session; after anything else it can be resumed.
  function gone(line: Line, code: number): void {
    lines.delete(line)
    // A session that was taken over by another connection is none of this one's business.
    if (line.session?.line === line) {
      line.session.line = null
      if (code === 1000 || code === 1001) sessions.delete(line.session)
    }
    changed(state)
  }

  function hear(line: Line, data: RawData): undefined {
    const frame = parseJson(rawText(data))
    if (!isObj(frame) || typeof frame.op !== 'number') return bad(line, 4002, 'a frame that is none')
    if (tooMany(line)) return bad(line, 4008, `more than ${MOST_SENDS} frames in a minute`)
    if (frame.op === 1) {
      if (!deaf.has(line)) send(line, { op: 11 })
      return
    }
    if (frame.op === 2) return identify(line, isObj(frame.d) ? frame.d : {})
    if (frame.op === 6) return resume(line, isObj(frame.d) ? frame.d : {})
    if (![3, 4, 8, 31].includes(frame.op)) return bad(line, 4001, `opcode ${frame.op}`)
    if (line.session === null) bad(line, 4003, 'a frame before IDENTIFY')
  }

  function tooMany(line: Line): boolean {
    const now = performance.now()
    if (now - line.since > SENDS_WINDOW_MS) Object.assign(line, { since: now, sends: 0 })
    line.sends += 1
    return line.sends > MOST_SENDS
  }

  function bad(line: Line, code: number, what: string): undefined {
    violate(state, `gateway: ${what}`)
    line.socket.close(code)
  }

  function tokenFails(line: Line, given: Obj): boolean {
    if (given.token === state.token && !state.revoked) return false
    line.socket.close(4004, 'Authentication failed.')
    return true
  }

  function identify(line: Line, given: Obj): undefined {
    const intents = typeof given.intents === 'number' ? given.intents : -1
    const properties = isObj(given.properties) ? given.properties : {}
    const note = (ok: boolean) => void state.identifies.push({ intents, ok, properties })
    if (line.session !== null) return bad(line, 4005, 'IDENTIFY twice on one connection')
    if (tokenFails(line, given)) return note(false)
    if (intents < 0 || (intents & ~KNOWN_INTENTS) !== 0) {
      note(false)
      return bad(line, 4013, `intents ${String(given.intents)}`)
    }
    if ((intents & PRIVILEGED) !== 0) {
      note(false)
      return bad(line, 4014, `privileged intents ${intents & PRIVILEGED}`)
    }
    left = Math.max(0, left - 1)
    note(true)
    const session: Session = { id: randomUUID().replaceAll('-', ''), intents, sent: [], seq: 0, line }
    sessions.add(session)
    line.session = session
    welcome(session)
    changed(state)
  }

  function welcome(session: Session): void {
    const url = `${state.baseUrl.replace(/^http/, 'ws')}/gateway`
    dispatch(session, 'READY', readyData(state, session.id, url) satisfies Ready)
    if ((session.intents & 1) === 0) return
    for (const guild of state.guilds.values()) dispatch(session, 'GUILD_CREATE', guildReady(state, guild))
  }

  function resume(line: Line, given: Obj): undefined {
    if (tokenFails(line, given)) return
    const id = str(given.session_id) ?? ''
    const seq = typeof given.seq === 'number' ? given.seq : -1
    const session = [...sessions].find((one) => one.id === id)
    const ok = session !== undefined && seq <= session.seq && seq >= (session.sent[0]?.s ?? 1) - 1
    state.resumes.push({ session: id, seq, ok })
    if (!ok) {
      send(line, { op: 9, d: false })
      return
    }
    session.line?.socket.close(4000)
    session.line = line
    line.session = session
    for (const missed of session.sent.filter((one) => one.s > seq)) send(line, { op: 0, ...missed })
    dispatch(session, 'RESUMED', {})
    changed(state)
  }

  function dispatch(session: Session, t: string, d: object): void {
    session.seq += 1
    const frame: Dispatch = { s: session.seq, t, d }
    session.sent.push(frame)
    if (session.sent.length > REMEMBERED) session.sent.shift()
    if (session.line !== null) send(session.line, { op: 0, ...frame })
  }

  function emit(event: string, data: object, intents = 0): void {
    for (const session of sessions) {
      if (intents === 0 || (session.intents & intents) !== 0) dispatch(session, event, data)
    }
  }

  return {
    info: () => ({
      url: `${state.baseUrl.replace(/^http/, 'ws')}/gateway`,
      shards: 1,
      session_start_limit: { total: 1000, remaining: left, reset_after: 14_400_000, max_concurrency: 1 },
    }),
    upgrade: (request, socket, head) => {
      const url = new URL(request.url ?? '/', state.baseUrl)
      if (!url.pathname.startsWith('/gateway')) {
        socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
        return
      }
      server.handleUpgrade(request, socket, head, (line) => {
        const wrong = url.searchParams.get('v') !== '10' || url.searchParams.get('encoding') !== 'json'
        if (wrong) line.close(4012)
        else accept(line)
      })
    },
    emit,
    deliver: (payload) => {
      if (sessions.size === 0) return 'nobody'
      emit('INTERACTION_CREATE', payload)
      return [...sessions].some(({ line }) => line !== null) ? 'sent' : 'kept'
    },
    connections: () => [...lines].filter((line) => line.session !== null).length,
    drop: () => {
      for (const line of lines) {
        gone(line, 1006)
        line.socket.terminate()
      }
    },
    requestReconnect: () => {
      for (const line of lines) send(line, { op: 7, d: null })
    },
    invalidateSession: (resumable) => {
      for (const line of lines) {
        if (line.session === null) continue
        if (!resumable) sessions.delete(line.session)
        line.session.line = null
        line.session = null
        send(line, { op: 9, d: resumable })
      }
    },
    stopAcks: () => {
      for (const line of lines) deaf.add(line)
    },
    expel: (code) => {
      sessions.clear()
      for (const line of lines) line.socket.close(code)
    },
    close: async () => {
      for (const line of lines) line.socket.terminate()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function send(line: Line, frame: Obj): void {
  if (line.socket.readyState === line.socket.OPEN)
    line.socket.send(JSON.stringify({ s: null, t: null, d: null, ...frame }))
}

function rawText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data).toString('utf8')
}
