import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Endpoint, endpoint } from '../../../src/chat/discord/endpoint.js'
import type { Respond } from '../../../src/chat/discord/respond.js'
import { systemClock } from '../../../src/system/clock.js'

/** Requests that anybody on the network may send: only what Discord signed just now is heard. */

const NOW = new Date('2026-03-12T12:00:00Z')
let keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
let way: Endpoint
let heard: unknown[]
let answerWith: (raw: unknown, respond: Respond) => Promise<void>
let ending: AbortController
let running: Promise<void>

beforeEach(async () => {
  keys = generateKeyPairSync('ed25519')
  heard = []
  answerWith = (_, respond) => respond({ type: 1 })
  ending = new AbortController()
  way = endpoint(
    {
      settings: {
        mode: 'http',
        botToken: 't',
        guild: '1',
        publicKey: keys.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex'),
        host: '127.0.0.1',
        port: 0,
        commands: 'global',
        roles: {},
        onlyRoles: [],
        commandsPerMinute: 30,
        apiUrl: null,
      },
      clock: { ...systemClock, now: () => NOW },
      onFault: () => 'fault',
    },
    async (raw, respond) => {
      heard.push(raw)
      await answerWith(raw, respond)
    },
  )
  running = way.hold(ending.signal)
  for (let tries = 0; way.port() === null && tries < 500; tries++) await systemClock.sleep(5)
})

afterEach(async () => {
  ending.abort()
  await running
})

const seconds = (offset: number) => String(Math.floor(NOW.getTime() / 1000) + offset)

function post(
  body: string,
  more: { at?: string; key?: KeyObject; signed?: string; path?: string; headers?: boolean } = {},
) {
  const at = more.at ?? seconds(0)
  const signature = sign(null, Buffer.from(`${at}${more.signed ?? body}`), more.key ?? keys.privateKey)
  const headers =
    more.headers === false
      ? {}
      : { 'x-signature-ed25519': signature.toString('hex'), 'x-signature-timestamp': at }
  return fetch(`http://127.0.0.1:${way.port()}${more.path ?? '/discord/interactions'}`, {
    method: 'POST',
    body,
    headers,
  })
}

describe('the interactions endpoint', () => {
  it('hears what Discord signed, and answers in the response', async () => {
    const answer = await post('{"type":1}')

    expect([answer.status, await answer.json()]).toEqual([200, { type: 1 }])
    expect(heard).toEqual([{ type: 1 }])
    expect(way.health()).toMatchObject({ surface: 'discord', state: 'connected' })
  })

  it.each<[string, () => Promise<Response>, number]>([
    ['no signature', () => post('{"type":1}', { headers: false }), 401],
    ['another key', () => post('{"type":1}', { key: generateKeyPairSync('ed25519').privateKey }), 401],
    ['another body', () => post('{"type":2}', { signed: '{"type":1}' }), 401],
    ['an old time', () => post('{"type":1}', { at: seconds(-301) }), 401],
    ['a time to come', () => post('{"type":1}', { at: seconds(301) }), 401],
    ['a time that is none', () => post('{"type":1}', { at: 'now' }), 401],
    ['another path', () => post('{"type":1}', { path: '/other' }), 404],
    ['no JSON', () => post('{'), 400],
    ['more than anything of Discord', () => post(`"${'x'.repeat(1_000_001)}"`), 413],
  ])('hears nothing with %s', async (_, send, status) => {
    expect((await send()).status).toBe(status)
    expect(heard).toEqual([])
  })

  it('says that it is wrong where nothing was answered, and answers once', async () => {
    answerWith = async () => {}
    expect((await post('{"type":9}')).status).toBe(400)
    let second: unknown = null
    answerWith = async (_, respond) => {
      await respond({ type: 1 })
      second = await respond({ type: 1 }).catch((error: unknown) => error)
    }
    expect((await post('{"type":1}')).status).toBe(200)
    for (let tries = 0; second === null && tries < 500; tries++) await systemClock.sleep(5)
    expect(second).toBeInstanceOf(Error)
  })

  it('a fault is a fault, not silence', async () => {
    answerWith = async () => {
      throw new Error('broken')
    }
    expect((await post('{"type":1}')).status).toBe(500)
  })
})
