import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Outage } from '../../../src/core/outage.js'
import type { Clock } from '../../../src/ports/clock.js'
import type { ClusterSettings, TlsTrust } from '../../../src/ports/pve.js'
import { PveError } from '../../../src/ports/pve.js'
import { type CertificateOptions, makeCertificate } from '../../fakes/pve-replay/certificate.js'

export const SECRET = 'aaaabbbb-1111-4222-8333-ccccddddeeee'
export const TOKEN = { id: 'mpc@pve!read', secret: SECRET }

/** A clock whose pauses take no time, and whose hands a test may move. */
export type TestClock = Clock & { readonly advance: (milliseconds: number) => void; readonly slept: number[] }

export function testClock(): TestClock {
  let now = 1_000_000
  const slept: number[] = []
  return {
    now: () => new Date(1_795_000_000_000 + now),
    monotonic: () => now,
    advance: (milliseconds) => {
      now += milliseconds
    },
    slept,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted()
      slept.push(milliseconds)
      now += milliseconds
    },
  }
}

export type Seen = {
  readonly method: string
  readonly url: string
  readonly body: string
  readonly headers: IncomingMessage['headers']
}

export type TestHost = {
  readonly endpoint: string
  readonly port: number
  readonly caPem: string
  readonly fingerprint: string
  readonly publicKey: string
  readonly seen: readonly Seen[]
  readonly close: () => Promise<void>
}

export type Handler = (request: Seen, response: ServerResponse, socket: Socket) => void

/** Sends `{"data": …}` as PVE does. */
export function ok(response: ServerResponse, data: unknown, more: object = {}): void {
  response.writeHead(200, { 'content-type': 'application/json;charset=UTF-8' })
  response.end(JSON.stringify({ data, ...more }))
}

/** Sends an error as PVE does. */
export function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, reason, {
    'content-type': 'application/json;charset=UTF-8',
    connection: 'close',
  })
  response.end(JSON.stringify({ data: null, message: `${reason}\n` }))
}

export type TestCertificate = Awaited<ReturnType<typeof makeCertificate>>

/** An HTTPS server that does with each request what the handler says. */
export async function startHost(
  handler: Handler,
  options: {
    readonly host?: string
    readonly port?: number
    readonly certificate?: CertificateOptions
    readonly tls?: TestCertificate
  } = {},
): Promise<TestHost> {
  const tls = options.tls ?? (await makeCertificate(options.certificate))
  const seen: Seen[] = []
  const server = createServer({ key: tls.key, cert: tls.cert }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') }
      seen.push(one)
      handler(one, response, request.socket)
    })
  })
  server.on('tlsClientError', () => {})
  const host = options.host ?? '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const { port } = address
  return {
    endpoint: `https://${host}:${port}`,
    port,
    caPem: tls.caPem,
    fingerprint: tls.fingerprint,
    publicKey: tls.publicKey,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Settings for these hosts, which trust the first one's authority unless told otherwise. */
export function settingsFor(hosts: readonly TestHost[], tls?: TlsTrust): ClusterSettings {
  return {
    name: 'lab',
    endpoints: hosts.map(({ endpoint }) => endpoint),
    tls: tls ?? { kind: 'ca', pem: hosts.map(({ caPem }) => caPem).join('') },
    token: TOKEN,
    operateToken: null,
  }
}

/** The outage that a promise fails with; fails the test when it does not fail, or with something else. */
export async function outageOf(promise: Promise<unknown>): Promise<Outage> {
  try {
    await promise
  } catch (error) {
    if (error instanceof PveError) return error.outage
    throw error
  }
  throw new Error('it did not fail')
}
