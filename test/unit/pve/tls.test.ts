import { createServer as createPlainServer } from 'node:http'
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { TlsTrust } from '../../../src/ports/pve.js'
import { pveConnector } from '../../../src/pve/connector.js'
import { createEngine, type Engine } from '../../../src/pve/engine.js'
import { parseEndpoint } from '../../../src/pve/tls.js'
import { makeCertificate } from '../../fakes/pve-replay/certificate.js'
import {
  ok,
  outageOf,
  settingsFor,
  startHost,
  type TestCertificate,
  type TestHost,
  testClock,
} from './support.js'

let host: TestHost
let tls: TestCertificate
let other: TestCertificate
const engines: Engine[] = []

beforeAll(async () => {
  tls = await makeCertificate()
  other = await makeCertificate()
})
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()))
  await host.close()
})

function engineFor(trust: TlsTrust): Engine {
  const engine = createEngine(settingsFor([host], trust), { clock: testClock(), random: () => 0 })
  engines.push(engine)
  return engine
}

async function started(certificate = tls): Promise<void> {
  host = await startHost((_, response) => ok(response, 'fine'), { tls: certificate })
}

const get = (trust: TlsTrust) => engineFor(trust).request('GET', '/version', '/version')
const post = (trust: TlsTrust) =>
  engineFor(trust).request(
    'POST',
    '/nodes/pve1/qemu/100/status/start',
    '/nodes/{node}/qemu/{vmid}/status/start',
  )

const WRONG_KEY = `sha256/${Buffer.alloc(32).toString('base64')}`
const WRONG_PRINT = Array.from({ length: 32 }, () => '00').join(':')

describe('trust', () => {
  it.each([
    ['the authority', () => ({ kind: 'ca', pem: tls.caPem }) as const],
    ['the public key', () => ({ kind: 'pin', fingerprint: WRONG_PRINT, publicKey: tls.publicKey }) as const],
    ['the fingerprint', () => ({ kind: 'pin', fingerprint: tls.fingerprint, publicKey: null }) as const],
    [
      'the fingerprint in small letters',
      () => ({ kind: 'pin', fingerprint: tls.fingerprint.toLowerCase(), publicKey: null }) as const,
    ],
  ])('by %s lets the request through', async (_, trust) => {
    await started()
    expect((await get(trust())).data).toBe('fine')
  })

  it.each([
    [
      'another public key',
      () => ({ kind: 'pin', fingerprint: tls.fingerprint, publicKey: WRONG_KEY }) as const,
    ],
    ['another fingerprint', () => ({ kind: 'pin', fingerprint: WRONG_PRINT, publicKey: null }) as const],
  ])('pinned to %s sends not one request', async (_, trust) => {
    await started()
    expect(await outageOf(get(trust()))).toMatchObject({ kind: 'tlsFingerprint', status: null })
    expect(await outageOf(post(trust()))).toMatchObject({ kind: 'tlsFingerprint', ambiguous: false })
    expect(host.seen).toEqual([])
  })

  it('pinned by key follows a renewed certificate, and not one of another key', async () => {
    await started()
    const pin = { kind: 'pin', fingerprint: tls.fingerprint, publicKey: tls.publicKey } as const
    expect((await get(pin)).data).toBe('fine')
    await host.close()
    await started(other)
    expect(await outageOf(get(pin))).toMatchObject({ kind: 'tlsFingerprint' })
    expect(host.seen).toEqual([])
  })

  it.each([
    ['the system', () => ({ kind: 'system' }) as const],
    ['another authority', () => ({ kind: 'ca', pem: other.caPem }) as const],
  ])('by %s refuses what it did not sign, before anything is sent', async (_, trust) => {
    await started()
    expect(await outageOf(get(trust()))).toMatchObject({ kind: 'tlsUntrusted' })
    expect(host.seen).toEqual([])
  })

  it('refuses the certificate of another host', async () => {
    const elsewhere = await makeCertificate({ names: ['pve9'], addresses: ['192.0.2.9'] })
    await started(elsewhere)
    expect(await outageOf(get({ kind: 'ca', pem: elsewhere.caPem }))).toMatchObject({ kind: 'tlsWrongHost' })
    expect(host.seen).toEqual([])
  })

  it('refuses an expired certificate', async () => {
    const old = await makeCertificate({ from: new Date('2020-01-01') })
    await started(old)
    expect(await outageOf(get({ kind: 'ca', pem: old.caPem }))).toMatchObject({ kind: 'tlsUntrusted' })
    expect(host.seen).toEqual([])
  })

  it('finds that no HTTPS is spoken', async () => {
    await started()
    const plain = createPlainServer((_, response) => response.end('hello'))
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
    const address = plain.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const engine = createEngine(
      { ...settingsFor([host]), endpoints: [`https://127.0.0.1:${port}`] },
      { clock: testClock(), random: () => 0 },
    )
    engines.push(engine)
    expect(await outageOf(engine.request('GET', '/version', '/version'))).toMatchObject({
      kind: 'notProxmox',
    })
    plain.closeAllConnections()
    await new Promise((resolve) => plain.close(resolve))
  })
})

describe('looking at a certificate', () => {
  const connector = pveConnector({ clock: testClock(), random: () => 0 })

  it('tells what was shown and sends nothing', async () => {
    await started()
    expect(await connector.certificate(host.endpoint)).toMatchObject({
      fingerprint: tls.fingerprint,
      publicKey: tls.publicKey,
      subject: expect.stringContaining('CN=pve1.lab.example'),
      issuer: expect.stringContaining('CN=Proxmox Virtual Environment'),
      names: expect.arrayContaining(['127.0.0.1', 'localhost', 'pve1']),
      validFrom: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      trustedBySystem: false,
    })
    expect(host.seen).toEqual([])
  })

  it('what it tells can be pinned', async () => {
    await started()
    const { fingerprint, publicKey } = await connector.certificate(host.endpoint)
    expect((await get({ kind: 'pin', fingerprint, publicKey })).data).toBe('fine')
  })

  it('fails as a connection does', async () => {
    await started()
    expect(await outageOf(connector.certificate('http://127.0.0.1'))).toMatchObject({ kind: 'invalid' })
    expect(await outageOf(connector.certificate(host.endpoint, AbortSignal.abort()))).toMatchObject({
      kind: 'aborted',
    })
    await host.close()
    expect(await outageOf(connector.certificate(host.endpoint))).toMatchObject({ kind: 'transport' })
  })
})

describe('endpoints', () => {
  it.each([
    ['https://pve1:8006', { host: 'pve1', port: 8006 }],
    ['https://pve1', { host: 'pve1', port: 8006 }],
    ['https://pve1:443/', { host: 'pve1', port: 443 }],
    ['https://192.0.2.1:18006/', { host: '192.0.2.1', port: 18006 }],
    ['https://[2001:db8::1]:8006', { host: '2001:db8::1', port: 8006 }],
    ['http://pve1:8006', null],
    ['https://root:secret@pve1:8006', null],
    ['https://pve1:8006/api2/json', null],
    ['https://pve1:8006/?x=1', null],
    ['pve1:8006', null],
    ['', null],
  ])('%s', (endpoint, address) => {
    expect(parseEndpoint(endpoint)).toEqual(address)
  })
})
