import { afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { createEngine, type Engine, type Times } from '../../../src/pve/engine.js'
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

const hosts: TestHost[] = []
const engines: Engine[] = []
let shared: TestCertificate

beforeAll(async () => {
  shared = await makeCertificate()
})
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()))
  await Promise.all(hosts.splice(0).map((host) => host.close()))
})

type Options = { readonly host?: string; readonly port?: number; readonly tls?: TestCertificate }

async function start(handler: Handler, options: Options = {}): Promise<TestHost> {
  const host = await startHost(handler, { tls: shared, ...options })
  hosts.push(host)
  return host
}

function engineFor(endpoints: readonly TestHost[], times: Partial<Times> = {}) {
  const clock = testClock()
  const engine = createEngine(settingsFor(endpoints), { clock, random: () => 0, times })
  engines.push(engine)
  return { engine, clock, get: () => engine.request('GET', '/version', '/version') }
}

const fine: Handler = (_, response) => ok(response, 'fine')
const POST = ['POST', '/nodes/pve1/qemu/100/status/start', '/nodes/{node}/qemu/{vmid}/status/start'] as const

describe('two configured hosts', () => {
  it('share the work only when one fails', async () => {
    const [a, b] = [await start(fine), await start(fine)]
    const { engine, get } = engineFor([a, b])
    await get()
    expect((await get()).endpoint).toBe(a.endpoint)
    await a.close()
    const read = await get()
    expect(read).toMatchObject({ data: 'fine', endpoint: b.endpoint })
    expect(engine.endpoints()).toMatchObject([{ state: 'down' }, { state: 'up', note: '' }])
    expect(b.seen).toHaveLength(1)
  })

  it('a mutation goes to the other when it was provably not sent', async () => {
    const [a, b] = [await start(fine), await start(fine)]
    const { engine } = engineFor([a, b])
    await a.close()
    expect((await engine.request(...POST)).endpoint).toBe(b.endpoint)
    expect([a.seen.length, b.seen.length]).toEqual([0, 1])
  })

  it('a mutation that was written goes nowhere else', async () => {
    const a = await start((_request, _response, socket) => socket.destroy())
    const b = await start(fine)
    const { engine } = engineFor([a, b])
    expect(await outageOf(engine.request(...POST))).toMatchObject({ kind: 'transport', ambiguous: true })
    expect([a.seen.length, b.seen.length]).toEqual([1, 0])
  })

  it('what the second says counts more than that the first was not reached', async () => {
    const a = await start(fine)
    const b = await start((_request, _response, socket) => socket.destroy())
    const { engine } = engineFor([a, b])
    await a.close()
    expect(await outageOf(engine.request(...POST))).toMatchObject({ ambiguous: true })
    const c = await start((_, response) => refuse(response, 403, 'Permission check failed'))
    const refused = engineFor([a, c])
    expect(await outageOf(refused.get())).toMatchObject({ kind: 'forbidden' })
  })

  it('a 595 about a third node is not the fault of the first', async () => {
    const a = await start((_, response) => refuse(response, 595, 'No route to host'))
    const b = await start(fine)
    const { engine } = engineFor([a, b])
    const status = engine.request('GET', '/nodes/pve3/status', '/nodes/{node}/status')
    expect(await outageOf(status)).toMatchObject({ kind: 'nodeDown', node: 'pve3' })
    expect(b.seen).toEqual([])
  })

  it('a 595 about the asked host itself leads to the other', async () => {
    const a = await start((_, response) => refuse(response, 595, 'Connection refused'))
    const b = await start(fine)
    const { get } = engineFor([a, b])
    expect((await get()).endpoint).toBe(b.endpoint)
    expect(a.seen).toHaveLength(1)
  })
})

describe('the breaker', () => {
  it('leaves a host alone after three failed requests, and tries one again after ten seconds', async () => {
    let broken = true
    const a = await start((request, response, socket) => {
      if (broken) socket.destroy()
      else fine(request, response, socket)
    })
    const { get, clock } = engineFor([a])
    // The third request opens it with its first attempt.
    for (const attempts of [3, 6, 7]) {
      expect(await outageOf(get())).toMatchObject({ kind: 'transport' })
      expect(a.seen).toHaveLength(attempts)
    }
    expect(await outageOf(get())).toMatchObject({
      kind: 'transport',
      message: expect.stringMatching(/^not tried again yet/),
    })
    clock.advance(9_000)
    await outageOf(get())
    expect(a.seen).toHaveLength(7)
    clock.advance(1_000)
    broken = false
    expect((await get()).data).toBe('fine')
    broken = true
    await outageOf(get())
    expect(a.seen).toHaveLength(7 + 1 + 3)
  })

  it('of the first host sends everything to the second at once', async () => {
    const a = await start(fine)
    const b = await start(fine)
    const { get, clock } = engineFor([b, a])
    await b.close()
    for (let n = 0; n < 5; n += 1) expect((await get()).endpoint).toBe(a.endpoint)
    clock.advance(60_000)
    expect((await get()).endpoint).toBe(a.endpoint)
  })
})

describe('hosts learnt from the cluster', () => {
  /** Further members must listen on the same port as the configured one. */
  async function members(tls: TestCertificate, second: Handler = fine) {
    for (let attempt = 0; ; attempt += 1) {
      const a = await start(fine, { tls })
      try {
        return { a, b: await start(second, { host: '127.0.0.2', port: a.port, tls }) }
      } catch (error) {
        if (attempt > 5) throw error
      }
    }
  }

  const told = (ip: string, name = 'pve2') => [
    { name: 'pve1', ip: '127.0.0.1', local: true },
    { name, ip, local: false },
  ]

  it('are used when the configured one is gone, under the name of their node', async () => {
    // Its certificate names the node and the first address, not 127.0.0.2.
    const tls = await makeCertificate({ names: ['localhost', 'pve1', 'pve2'] })
    const { a, b } = await members(tls)
    const { engine, get } = engineFor([a])
    engine.learn(told('127.0.0.2'), a.endpoint)
    expect((await get()).endpoint).toBe(a.endpoint)
    expect(engine.endpoints()[1]).toEqual({
      endpoint: b.endpoint,
      state: 'unused',
      note: 'learnt from the cluster',
    })
    await a.close()
    expect((await get()).endpoint).toBe(b.endpoint)
  })

  it('must be trusted as the first is; their failure is not shown in its place', async () => {
    const tls = await makeCertificate()
    const { a, b } = await members(tls)
    const { engine, get } = engineFor([a])
    engine.learn(told('127.0.0.2', 'impostor'), a.endpoint)
    await a.close()
    expect(await outageOf(get())).toMatchObject({ kind: 'transport' })
    expect(engine.endpoints()[1]).toMatchObject({ state: 'down' })
    expect(b.seen).toEqual([])
  })

  it('where trust is a pin, are held to the fingerprint that the confirmed one vouches for', async () => {
    const [mine, theirs, other] = [await makeCertificate(), await makeCertificate(), await makeCertificate()]
    const a = await start(fine, { tls: mine })
    const b = await start(fine, { host: '127.0.0.2', port: a.port, tls: theirs })
    const pinned = {
      ...settingsFor([a]),
      tls: { kind: 'pin', fingerprint: mine.fingerprint, publicKey: null } as const,
    }
    const engine = createEngine(pinned, { clock: testClock(), random: () => 0 })
    engines.push(engine)
    const get = () => engine.request('GET', '/version', '/version')

    engine.learn(told('127.0.0.2'), a.endpoint)
    expect(engine.endpoints()).toHaveLength(1)
    engine.vouch(new Map([['pve2', other.fingerprint]]))
    await a.close()
    expect(await outageOf(get())).toMatchObject({ kind: 'transport' })
    expect(b.seen).toEqual([])
    engine.vouch(new Map([['pve2', theirs.fingerprint]]))
    expect((await get()).endpoint).toBe(b.endpoint)
  })

  it.each([
    ['192.0.2.7', 0],
    ['2001:db8::7', 0],
    ['pve2.example', 0],
    ['127.0.0.1', 0],
    ['127.0.0.9', 1],
  ])('%s besides a loopback address: %s', async (ip, learnt) => {
    const a = await start(fine)
    const { engine } = engineFor([a])
    engine.learn(told(ip), a.endpoint)
    engine.learn(told(ip), a.endpoint)
    expect(engine.endpoints()).toHaveLength(1 + learnt)
  })

  it('are never loopback addresses when the configured one is none', async () => {
    const a = await start(fine)
    const settings = { ...settingsFor([a]), endpoints: ['https://192.0.2.1:8006'] }
    const engine = createEngine(settings, { clock: testClock(), random: () => 0 })
    engines.push(engine)
    engine.learn(
      [...told('127.0.0.2'), { name: 'pve3', ip: '192.0.2.3', local: false }],
      'https://192.0.2.1:8006',
    )
    engine.learn([{ name: 'pve4', ip: null, local: false }], 'https://192.0.2.1:8006')
    expect(engine.endpoints().map(({ endpoint }) => endpoint)).toEqual([
      'https://192.0.2.1:8006',
      'https://192.0.2.3:8006',
    ])
  })
})
