import type { ServerResponse } from 'node:http'
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { PveCluster } from '../../../src/ports/pve.js'
import { pveConnector } from '../../../src/pve/connector.js'
import type { Times } from '../../../src/pve/engine.js'
import { makeCertificate } from '../../fakes/pve-replay/certificate.js'
import {
  type Handler,
  ok,
  outageOf,
  refuse,
  settingsFor,
  startHost,
  type TestCertificate,
  type TestHost,
  testClock,
} from './support.js'

let shared: TestCertificate
beforeAll(async () => {
  shared = await makeCertificate()
})
const closing: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close()
})

const OPERATE = { id: 'mpc@pve!operate', secret: 'bbbbcccc-1111-4222-8333-ccccddddeeee' }
const UPID = 'UPID:pve1:00001201:0003FC57:6B04082E:qmstop:100:mpc@pve!operate:'
const STOP = {
  kind: 'qemu',
  vmid: 100,
  node: 'pve1',
  verb: 'stop',
  timeout: null,
  overruleShutdown: false,
  notAfter: Number.POSITIVE_INFINITY,
} as const

async function host(handler: Handler): Promise<TestHost> {
  const started = await startHost(handler, { tls: shared })
  closing.push(started)
  return started
}

function connect(hosts: readonly TestHost[], times: Partial<Times> = {}) {
  const clock = testClock()
  const connector = pveConnector({ clock, random: () => 0, times })
  const cluster = connector.connect({ ...settingsFor(hosts), operateToken: OPERATE })
  closing.push(cluster)
  const { operate } = cluster
  if (operate === null) throw new Error('no token for changes')
  return { cluster, operate, clock }
}

const who = ({ headers }: { readonly headers: NodeJS.Dict<string | readonly string[]> }) =>
  String(headers.authorization).replace(/^PVEAPIToken=|=[^=]*$/g, '')

const state = (cluster: PveCluster) => cluster.tasks.status(UPID)

describe('two tokens of one cluster', () => {
  it('each go with their own requests', async () => {
    const a = await host(({ method }, response) =>
      ok(response, method === 'POST' ? UPID : { status: 'stopped', exitstatus: 'OK' }),
    )
    const { cluster, operate } = connect([a])
    expect(await operate.power(STOP)).toBe(UPID)
    await state(cluster)
    expect(a.seen.map((one) => [one.method, who(one)])).toEqual([
      ['POST', 'mpc@pve!operate'],
      ['GET', 'mpc@pve!read'],
    ])
  })

  it('share the two places per node', async () => {
    const held: ServerResponse[] = []
    const a = await host((_, response) => void held.push(response))
    const { cluster, operate } = connect([a])
    const running = [state(cluster), operate.power(STOP), state(cluster), operate.power(STOP)]
    const seen: number[] = []
    for (let answered = 0; answered < running.length; answered += 1) {
      while (held.length <= answered) await new Promise((resolve) => setTimeout(resolve, 5))
      await new Promise((resolve) => setTimeout(resolve, 30))
      seen.push(held.length - answered)
      const response = held[answered]
      const post = a.seen[answered]?.method === 'POST'
      if (response !== undefined) ok(response, post ? UPID : { status: 'running' })
    }
    await Promise.all(running)
    expect(Math.max(...seen)).toBe(2)
  })

  it('share what is known of the hosts', async () => {
    const a = await host((_, __, socket) => socket.destroy())
    const b = await host((_, response) => ok(response, UPID))
    const { cluster, operate } = connect([a, b])
    await outageOf(state(cluster))
    const before = a.seen.length
    expect(before).toBeGreaterThan(0)
    // The first host has failed under the other token: the change is not risked on it.
    expect(await operate.power(STOP)).toBe(UPID)
    expect(a.seen.length).toBe(before)
    expect(b.seen.at(-1)?.method).toBe('POST')
  })

  it('are refused each for itself', async () => {
    const a = await host((request, response) => {
      if (who(request) === OPERATE.id) refuse(response, 401, 'Authentication failed!')
      else ok(response, { status: 'running' })
    })
    const { cluster, operate, clock } = connect([a])
    for (let n = 0; n < 3; n += 1)
      expect(await outageOf(operate.power(STOP))).toMatchObject({ kind: 'auth', ambiguous: false })
    expect(a.seen).toHaveLength(1)
    expect(await state(cluster)).toMatchObject({ running: true })
    clock.advance(30_000)
    await outageOf(operate.power(STOP))
    expect(a.seen.filter(({ method }) => method === 'POST')).toHaveLength(2)
  })

  it('keep their secrets out of errors', async () => {
    const a = await host((_, response) => refuse(response, 500, `no ${OPERATE.secret} here`))
    const { operate } = connect([a])
    expect((await outageOf(operate.power(STOP))).message).toBe('no [secret] here')
  })
})

describe('a change', () => {
  it('whose turn comes too late is not sent', async () => {
    const held: ServerResponse[] = []
    const a = await host((_, response) => void held.push(response))
    const { cluster, operate, clock } = connect([a])
    const reads = [state(cluster), state(cluster)]
    while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    const late = outageOf(operate.power({ ...STOP, notAfter: clock.monotonic() + 1000 }))
    clock.advance(1000)
    for (const response of held) ok(response, { status: 'running' })
    expect(await late).toMatchObject({ kind: 'timeout', ambiguous: false })
    await Promise.all(reads)
    expect(a.seen.map(({ method }) => method)).toEqual(['GET', 'GET'])
  })

  it('that no host got is tried at every host, then says so', async () => {
    const [a, b] = [await host(() => {}), await host(() => {})]
    const { operate } = connect([a, b])
    await Promise.all([a.close(), b.close()])
    expect(await outageOf(operate.power(STOP))).toMatchObject({ kind: 'transport', ambiguous: false })
    expect([a.seen, b.seen]).toEqual([[], []])
  })

  it.each([
    ['is cut off', (_request, _response, socket) => void socket.destroy()],
    ['hangs', () => {}],
    ['answers 596', (_request, response) => refuse(response, 596, 'Connection timed out')],
    ['answers 502', (_request, response) => refuse(response, 502, 'Bad Gateway')],
    ['answers 595', (_request, response) => refuse(response, 595, 'No route to host')],
    ['refuses it', (_request, response) => refuse(response, 500, 'VM is locked (backup)')],
  ] satisfies readonly (readonly [string, Handler])[])(
    'that was sent where it %s goes nowhere else',
    async (_, handler) => {
      const a = await host(handler)
      const b = await host((_request, response) => ok(response, UPID))
      const { operate } = connect([a, b], { totalMs: 400, headersMs: 300 })
      await outageOf(operate.power(STOP))
      expect([a.seen.length, b.seen.length]).toEqual([1, 0])
    },
  )
})
