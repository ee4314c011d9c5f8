// Bringing interactions to the app, over the gateway or as signed requests, and waiting for the first answer.

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { request } from 'node:http'
import { isObj, type Obj, parseJson } from '../slack/json.js'
import { nameOf, takeCallback } from './callback.js'
import type { Gateway } from './gateway.js'
import { type Interaction, type State, violate } from './state.js'

/** Ways in which a request is made wrong on purpose; `again`: it was sent before, and may be refused. */
export type Tweak = {
  readonly badSignature?: boolean
  readonly ageSeconds?: number
  readonly again?: boolean
}

/** How the app took it. `status` only over HTTP. */
export type Outcome = {
  readonly kind: 'acked' | 'late' | 'unreachable' | 'refused'
  readonly status?: number
}

export type Keys = { readonly secret: KeyObject; readonly publicKey: string }

export function newKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  return { secret: privateKey, publicKey: raw.toString('hex') }
}

export type Transport = { send(interaction: Interaction, tweak: Tweak): Promise<Outcome> }

// Waits for the answer to come by REST, at most until the deadline.
function answered(state: State, interaction: Interaction, deadlineMs: number): Promise<Outcome> {
  if (interaction.status !== 'open') return Promise.resolve(outcomeOf(interaction))
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => {
        if (interaction.status === 'open') {
          interaction.status = 'late'
          if (!interaction.kept)
            violate(state, `${nameOf(interaction)}: not answered within ${deadlineMs} ms`)
        }
        resolve(outcomeOf(interaction))
      },
      Math.max(0, deadlineMs - (performance.now() - interaction.sentAt)),
    )
    interaction.settle = () => {
      clearTimeout(timer)
      resolve(outcomeOf(interaction))
    }
  })
}

function outcomeOf({ status }: Interaction): Outcome {
  return { kind: status === 'acked' ? 'acked' : 'late' }
}

/** Over the gateway. A broken connection whose session lives gets it when it resumes. */
export function gatewayTransport(state: State, gateway: Gateway, deadlineMs: number): Transport {
  return {
    send: async (interaction) => {
      const how = gateway.deliver(interaction.payload)
      interaction.kept = how === 'kept'
      if (how !== 'nobody') return answered(state, interaction, deadlineMs)
      if (interaction.status === 'open') interaction.status = 'late'
      return { kind: 'unreachable' }
    },
  }
}

/** One signed request, and what came back. */
export function post(
  url: string,
  payload: Obj,
  keys: Keys,
  tweak: Tweak,
  deadlineMs: number,
): Promise<{ readonly status: number; readonly body: unknown } | 'unreachable' | 'late'> {
  const body = JSON.stringify(payload)
  const timestamp = String(Math.floor(Date.now() / 1000) - (tweak.ageSeconds ?? 0))
  const signed = sign(null, Buffer.from(`${timestamp}${body}`), keys.secret)
  if (tweak.badSignature === true) signed.writeUInt8(signed.readUInt8(0) ^ 1, 0)
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Discord-Interactions/1.0 (+https://discord.com)',
    'x-signature-ed25519': signed.toString('hex'),
    'x-signature-timestamp': timestamp,
  }
  return new Promise((resolve) => {
    const call = request(url, { method: 'POST', headers, agent: false }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () => {
        clearTimeout(timer)
        const text = Buffer.concat(parts).toString('utf8')
        resolve({ status: answer.statusCode ?? 0, body: parseJson(text) })
      })
    })
    const timer = setTimeout(() => {
      resolve('late')
      call.destroy()
    }, deadlineMs)
    call.on('error', () => {
      clearTimeout(timer)
      resolve('unreachable')
    })
    call.end(body)
  })
}

// The body of a response is that of the callback, which is recorded where it comes by REST.
function recordAnswer(state: State, { id, token }: Interaction, body: Obj): void {
  state.calls.push({
    method: 'POST',
    path: `/interactions/${id}/${token}/callback`,
    route: 'POST /interactions/:id/:token/callback',
    query: {},
    body,
    files: [],
    status: 204,
    answer: undefined,
    at: state.now(),
  })
}

/** Over HTTP. The answer may stand in the response, or come by REST after a 202. */
export function httpTransport(state: State, url: string, keys: Keys, deadlineMs: number): Transport {
  return {
    send: async (interaction, tweak) => {
      const spoilt = tweak.badSignature === true || tweak.ageSeconds !== undefined
      const back = await post(url, interaction.payload, keys, tweak, deadlineMs)
      if (back === 'unreachable') {
        if (interaction.status === 'open') interaction.status = 'late'
        return { kind: 'unreachable' }
      }
      if (back === 'late') return answered(state, interaction, deadlineMs)
      if (back.status < 200 || back.status > 299) {
        if (!spoilt && tweak.again !== true)
          violate(state, `${nameOf(interaction)}: answered with ${back.status}`)
        if (interaction.status === 'open') interaction.status = 'late'
        return { kind: 'refused', status: back.status }
      }
      if (spoilt) violate(state, `${nameOf(interaction)}: taken although its signature is bad or old`)
      if (isObj(back.body)) {
        const afterMs = performance.now() - interaction.sentAt
        recordAnswer(state, interaction, back.body)
        takeCallback(state, interaction, { body: back.body, files: [], via: 'http', afterMs })
      }
      return { ...(await answered(state, interaction, deadlineMs)), status: back.status }
    },
  }
}
