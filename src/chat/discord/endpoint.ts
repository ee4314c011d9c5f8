import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { APIInteractionResponse } from 'discord.js'
import type { SurfaceHealth } from '../../ports/surface.js'
import { messageOf } from './errors.js'
import type { DiscordParts } from './parts.js'
import type { Respond } from './respond.js'

/** An interactions endpoint: Discord sends each interaction as a signed request, and takes the first answer as the response. */

export type Endpoint = {
  readonly health: () => SurfaceHealth
  /** Null before it listens. */
  readonly port: () => number | null
  readonly hold: (signal: AbortSignal) => Promise<void>
}

type Parts = Pick<DiscordParts, 'settings' | 'clock' | 'onFault'>

export const INTERACTIONS_PATH = '/discord/interactions'
const MOST_BYTES = 1_000_000
/** Older requests, and those from the future, are taken as replayed. Seconds. */
const WINDOW_S = 300
const PAUSE_MS = 5000
const OVERTAKE_MS = 100
/** An Ed25519 key as OpenSSL knows it begins so. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

export function endpoint(parts: Parts, heard: (raw: unknown, respond: Respond) => Promise<void>): Endpoint {
  const { settings, clock, onFault } = parts
  const state: { port: number | null; why: string | null } = { port: null, why: null }
  const key = createPublicKey({
    key: Buffer.concat([SPKI, Buffer.from(settings.publicKey ?? '', 'hex')]),
    format: 'der',
    type: 'spki',
  })
  const server = createServer((request, response) => {
    take(parts, key, heard, request, response).catch((error: unknown) => {
      onFault(error)
      end(response, 500)
    })
  })
  return {
    health: () => ({
      surface: 'discord',
      state: state.port === null ? (state.why === null ? 'connecting' : 'disconnected') : 'connected',
      why: state.why,
    }),
    port: () => state.port,
    hold: async (signal) => {
      while (!signal.aborted) {
        try {
          state.port = await listen(server, settings)
          state.why = null
          break
        } catch (error) {
          // Its port is taken, most likely.
          state.why = messageOf(error)
          onFault(error)
          await clock.sleep(PAUSE_MS, signal).catch(() => {})
        }
      }
      await aborted(signal)
      state.port = null
      server.closeAllConnections()
      if (server.listening) await new Promise((done) => server.close(done))
    },
  }
}

function listen(server: Server, { host, port }: Parts['settings']): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      const address = server.address()
      done(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

async function take(
  { settings, clock }: Parts,
  key: KeyObject,
  heard: (raw: unknown, respond: Respond) => Promise<void>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0]
  if (request.method !== 'POST' || path !== INTERACTIONS_PATH) return end(response, 404)
  const body = await bodyOf(request)
  if (body === null) return end(response, 413)
  if (!isSigned(request, body, key, clock.now()) || settings.publicKey === null) return end(response, 401)
  const raw = parsed(body)
  if (raw === null) return end(response, 400)
  await heard(raw, (answer) => answerBy(response, answer))
  // What is none of ours, or went wrong before its answer.
  end(response, 400)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    if (!(part instanceof Buffer)) return null
    size += part.length
    if (size > MOST_BYTES) return null
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function isSigned(request: IncomingMessage, body: Buffer, key: KeyObject, now: Date): boolean {
  const signature = request.headers['x-signature-ed25519']
  const at = request.headers['x-signature-timestamp']
  if (typeof signature !== 'string' || typeof at !== 'string') return false
  if (!/^[0-9a-f]{128}$/i.test(signature) || !/^\d{1,12}$/.test(at)) return false
  if (Math.abs(now.getTime() / 1000 - Number(at)) > WINDOW_S) return false
  return verify(null, Buffer.concat([Buffer.from(at), body]), key, Buffer.from(signature, 'hex'))
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}

/** Done once Discord has it: only then may the answer be changed. */
function answerBy(response: ServerResponse, answer: APIInteractionResponse): Promise<void> {
  return new Promise((done, fail) => {
    if (response.headersSent) return fail(new Error('this interaction was answered already'))
    response.once('error', fail)
    response.once('close', () =>
      response.writableFinished ? undefined : fail(new Error('Discord did not wait for the answer')),
    )
    // It is on its way then, and an answer that follows on another connection must not overtake it.
    response.once('finish', () => setTimeout(done, OVERTAKE_MS))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
}

function end(response: ServerResponse, status: number): void {
  if (response.headersSent) return
  response.writeHead(status)
  response.end()
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }))
}
