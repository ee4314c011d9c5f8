// Sending payloads to the app, over either transport, with Slack's rules for acks and retries.

import { createHmac, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { isObj, type Obj, parseJson } from './json.js'
import { changed, type State, violate } from './state.js'

/** One thing the app is told. */
export type Delivery = {
  readonly id: string
  readonly kind: 'slash_commands' | 'interactive' | 'events_api'
  readonly payload: Obj
  /** Whether an answer may be carried by the ack. */
  readonly accepts: boolean
}

export type Retry = { readonly num: number; readonly reason: string }

/** Ways in which an HTTP delivery is made wrong on purpose. */
export type Tweak = { readonly badSignature?: boolean; readonly ageSeconds?: number; readonly retry?: Retry }

/** How the app took it. `status` only over HTTP. */
export type Outcome =
  | { readonly kind: 'acked'; readonly payload: unknown; readonly afterMs: number; readonly status?: number }
  | {
      readonly kind: 'failed'
      readonly why: 'late' | 'unreachable' | 'lost' | 'refused'
      readonly afterMs: number
      readonly status?: number
      readonly noRetry?: boolean
    }

export type Transport = {
  readonly name: 'socket' | 'http'
  send(delivery: Delivery, retry?: Retry, tweak?: Tweak): Promise<Outcome>
  /** Resolves when something can be sent. */
  ready(): Promise<void>
}

/** A new delivery with its own id. */
export function newDelivery(kind: Delivery['kind'], payload: Obj, id: string = randomUUID()): Delivery {
  return { id, kind, payload, accepts: kind !== 'events_api' }
}

const REASONS = {
  late: 'http_timeout',
  unreachable: 'connection_failed',
  lost: 'connection_failed',
  refused: 'http_error',
}

/** Sends once, records the ack; an event that failed is sent once more in the background. */
export async function deliver(
  state: State,
  transport: () => Transport,
  delivery: Delivery,
  tweak: Tweak = {},
): Promise<Outcome> {
  const via = transport()
  const outcome = await via.send(delivery, tweak.retry, tweak)
  noteAck(state, via, delivery, outcome)
  const spoilt = tweak.badSignature === true || tweak.ageSeconds !== undefined
  const again = outcome.kind === 'failed' && delivery.kind === 'events_api' && outcome.noRetry !== true
  if (again && !spoilt && tweak.retry === undefined) {
    void redeliver(state, transport, delivery, { num: 1, reason: REASONS[outcome.why] })
  }
  return outcome
}

async function redeliver(
  state: State,
  transport: () => Transport,
  delivery: Delivery,
  retry: Retry,
): Promise<void> {
  await transport().ready()
  const via = transport()
  noteAck(state, via, delivery, await via.send(delivery, retry))
}

function noteAck(state: State, via: Transport, delivery: Delivery, outcome: Outcome): void {
  if (outcome.kind !== 'acked') return
  const { payload, afterMs } = outcome
  const empty =
    payload === undefined || payload === '' || (isObj(payload) && Object.keys(payload).length === 0)
  if (!delivery.accepts && !empty) violate(state, `ack of ${delivery.kind} carries a payload nobody reads`)
  state.acks.push({ delivery: delivery.id, kind: delivery.kind, payload, afterMs, transport: via.name })
  changed(state)
}

/** The body and content type of a delivery over HTTP. */
function httpBody(delivery: Delivery): { readonly body: string; readonly type: string } {
  const form = 'application/x-www-form-urlencoded'
  if (delivery.kind === 'events_api')
    return { body: JSON.stringify(delivery.payload), type: 'application/json' }
  const fields = new URLSearchParams()
  if (delivery.kind === 'interactive') fields.set('payload', JSON.stringify(delivery.payload))
  else for (const [key, value] of Object.entries(delivery.payload)) fields.set(key, String(value))
  return { body: fields.toString(), type: form }
}

/** Slack's signature of a raw body. */
export function sign(secret: string, timestamp: number, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`
}

/** Signed deliveries to one request URL. */
export function httpTransport(state: State, url: string, deadlineMs: number): Transport {
  return {
    name: 'http',
    ready: async () => undefined,
    send: async (delivery, retry, tweak = {}) => {
      const { body, type } = httpBody(delivery)
      const timestamp = Math.floor(Date.now() / 1000) - (tweak.ageSeconds ?? 0)
      const secret = tweak.badSignature === true ? `${state.signingSecret}x` : state.signingSecret
      const headers = {
        'content-type': type,
        'content-length': String(Buffer.byteLength(body)),
        'x-slack-request-timestamp': String(timestamp),
        'x-slack-signature': sign(secret, timestamp, body),
        ...(retry === undefined
          ? {}
          : { 'x-slack-retry-num': String(retry.num), 'x-slack-retry-reason': retry.reason }),
      }
      const outcome = await post(url, headers, body, deadlineMs)
      const spoilt = tweak.badSignature === true || tweak.ageSeconds !== undefined
      if (outcome.kind === 'failed' && !spoilt && outcome.why !== 'unreachable') {
        const how =
          outcome.why === 'refused'
            ? `was answered with ${outcome.status}`
            : `was not answered (${outcome.why})`
        violate(state, `${delivery.kind} ${how} within ${deadlineMs} ms`)
      }
      return outcome
    },
  }
}

type Headers = Readonly<Record<string, string>>

function post(url: string, headers: Headers, body: string, deadlineMs: number): Promise<Outcome> {
  const start = performance.now()
  const since = () => performance.now() - start
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined
    const done = (outcome: Outcome) => {
      clearTimeout(timer)
      resolve(outcome)
      call.destroy()
    }
    const call = request(url, { method: 'POST', headers, agent: false }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8')
        const status = answer.statusCode ?? 0
        const noRetry = answer.headers['x-slack-no-retry'] === '1'
        if (status < 200 || status > 299)
          return done({ kind: 'failed', why: 'refused', status, afterMs: since(), noRetry })
        done({ kind: 'acked', payload: parseJson(text) ?? text, status, afterMs: since() })
      })
    })
    call.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ECONNREFUSED' ? 'unreachable' : 'lost'
      done({ kind: 'failed', why, afterMs: since() })
    })
    timer = setTimeout(() => done({ kind: 'failed', why: 'late', afterMs: since() }), deadlineMs)
    call.end(body)
  })
}
