import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { CallOptions, ObservedRequest } from '../../../src/pve/call.js'
import { createEngine, type Engine, type Times } from '../../../src/pve/engine.js'
import {
  type Handler,
  ok,
  outageOf,
  refuse,
  settingsFor,
  startHost,
  type TestHost,
  testClock,
} from './support.js'

const hosts: TestHost[] = []
const engines: Engine[] = []

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()))
  await Promise.all(hosts.splice(0).map((host) => host.close()))
})

async function setup(handler: Handler, times: Partial<Times> = {}) {
  const host = await startHost(handler)
  const clock = testClock()
  const observed: ObservedRequest[] = []
  const engine = createEngine(settingsFor([host]), {
    clock,
    random: () => 0.5,
    observe: (request) => observed.push(request),
    times,
  })
  hosts.push(host)
  engines.push(engine)
  const get = (path: string, options?: CallOptions) => engine.request('GET', path, path, {}, options)
  const post = (path: string, parameters = {}) => engine.request('POST', path, path, parameters)
  return { host, engine, clock, observed, get, post }
}

const START = '/nodes/pve1/qemu/100/status/start'
const START_TEMPLATE = '/nodes/{node}/qemu/{vmid}/status/start'
const start = (engine: Engine) => engine.request('POST', START, START_TEMPLATE)

describe('a request', () => {
  it('carries the token, asks for gzip and gives data, total and date', async () => {
    const { host, get } = await setup((_, response) => {
      response.setHeader('date', 'Mon, 23 Nov 2026 09:30:55 GMT')
      ok(response, ['x'], { total: 7 })
    })
    expect(await get('/version')).toEqual({
      data: ['x'],
      total: 7,
      date: new Date('2026-11-23T09:30:55Z'),
      endpoint: host.endpoint,
    })
    expect(host.seen[0]).toMatchObject({
      method: 'GET',
      url: '/api2/json/version',
      headers: {
        authorization: 'PVEAPIToken=mpc@pve!read=aaaabbbb-1111-4222-8333-ccccddddeeee',
        'accept-encoding': 'gzip',
      },
    })
  })

  it('has its parameters in the query of GET and DELETE, in a form otherwise', async () => {
    const { host, engine, observed } = await setup((_, response) => ok(response, null))
    const base = '/nodes/pve1/qemu/100'
    const template = '/nodes/{node}/qemu/{vmid}'
    await engine.request('GET', `${base}/config`, `${template}/config`, { current: true })
    await engine.request('DELETE', base, template, { purge: true })
    await engine.request('PUT', `${base}/config`, `${template}/config`, { name: 'ä b', delete: ['a', 'b'] })
    await engine.request('POST', `${base}/status/start`, `${template}/status/start`)
    expect(host.seen.map(({ method, url, body }) => [method, url.replace('/api2/json', ''), body])).toEqual([
      ['GET', '/nodes/pve1/qemu/100/config?current=1', ''],
      ['DELETE', '/nodes/pve1/qemu/100?purge=1', ''],
      ['PUT', '/nodes/pve1/qemu/100/config', 'name=%C3%A4+b&delete=a&delete=b'],
      ['POST', '/nodes/pve1/qemu/100/status/start', ''],
    ])
    const [, del, put, post] = host.seen
    expect(del?.headers).not.toHaveProperty('content-length')
    expect(del?.headers).not.toHaveProperty('transfer-encoding')
    expect(put?.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(post?.headers['content-length']).toBe('0')
    expect(observed[2]).toEqual({
      method: 'PUT',
      pathTemplate: '/nodes/{node}/qemu/{vmid}/config',
      path: '/api2/json/nodes/pve1/qemu/100/config',
      query: {},
      body: { name: 'ä b', delete: ['a', 'b'] },
    })
  })

  it('is never sent for a path that climbs or a parameter that is forbidden', async () => {
    const { host, engine } = await setup((_, response) => ok(response, null))
    const climbing = engine.request(
      'POST',
      '/nodes/../qemu/100/status/start',
      '/nodes/{node}/qemu/{vmid}/status/start',
    )
    expect(await outageOf(climbing)).toMatchObject({ kind: 'invalid', status: null, ambiguous: false })
    const forbidden = engine.request('POST', START, START_TEMPLATE, { skiplock: true })
    expect(await outageOf(forbidden)).toMatchObject({
      kind: 'invalid',
      message: 'the parameter skiplock is never sent',
    })
    expect(await outageOf(engine.request('PATCH', '/version', '/version'))).toMatchObject({ kind: 'invalid' })
    expect(host.seen).toEqual([])
  })

  it('names itself in an outage without its values', async () => {
    const { engine } = await setup((_, response) => refuse(response, 500, 'VM is locked (backup)'))
    expect(await outageOf(start(engine))).toEqual({
      kind: 'locked',
      cluster: 'lab',
      status: 500,
      message: 'VM is locked (backup)',
      errors: {},
      request: 'POST /nodes/{node}/qemu/{vmid}/status/start',
      node: 'pve1',
      privilege: null,
      ambiguous: false,
    })
  })
})

describe('answers that are not as they should be', () => {
  const json = { 'content-type': 'application/json;charset=UTF-8' }

  it('a packed one is unpacked', async () => {
    const { get } = await setup((_, response) => {
      response.writeHead(200, { ...json, 'content-encoding': 'gzip' })
      response.end(gzipSync(JSON.stringify({ data: 'packed' })))
    })
    expect((await get('/version')).data).toBe('packed')
  })

  it('one that grows beyond the limit when unpacked is too large', async () => {
    const { get } = await setup((_, response) => {
      response.writeHead(200, { ...json, 'content-encoding': 'gzip' })
      response.end(gzipSync(Buffer.alloc(9 * 1024 * 1024, ' ')))
    })
    expect(await outageOf(get('/version'))).toMatchObject({ kind: 'tooLarge' })
  })

  it('one that never ends is cut at the limit, while it comes', async () => {
    let sentBytes = 0
    const { get } = await setup((_, response) => {
      response.writeHead(200, json)
      const chunk = Buffer.alloc(256 * 1024, ' ')
      const more = (): void => {
        if (response.destroyed) return
        sentBytes += chunk.length
        response.write(chunk, more)
      }
      more()
    })
    expect(await outageOf(get('/version'))).toMatchObject({
      kind: 'tooLarge',
      message: 'the answer is larger than 8388608 bytes',
    })
    expect(sentBytes).toBeLessThan(64 * 1024 * 1024)
  })

  it('the list of everything may be larger', async () => {
    const { get } = await setup((_, response) => ok(response, 'x'.repeat(9 * 1024 * 1024)))
    expect((await get('/cluster/resources')).data).toHaveLength(9 * 1024 * 1024)
  })

  it.each([
    ['a web page', 200, { 'content-type': 'text/html' }, '<!DOCTYPE html>'],
    ['text', 200, { 'content-type': 'text/plain' }, '{"data":1}'],
    ['nothing', 200, {}, ''],
    ['truncated JSON', 200, json, '{"data":[{"vmid":10'],
    ['JSON without data', 200, json, '{"error":1}'],
    ['a list', 200, json, '[]'],
    ["a proxy's page", 502, { 'content-type': 'text/html' }, '<html><h1>502 Bad Gateway'],
    ['a redirect', 302, { location: 'https://127.0.0.1:1/' }, ''],
    ['no content', 204, {}, ''],
  ] as const)('%s is not Proxmox VE', async (_what, status, headers, body) => {
    const { host, get } = await setup((_request, response) => {
      response.writeHead(status, headers)
      response.end(body)
    })
    expect(await outageOf(get('/version'))).toMatchObject({ kind: 'notProxmox', status, ambiguous: false })
    expect(host.seen).toHaveLength(1)
  })

  it('says of truncated JSON that it is cut off', async () => {
    const { get } = await setup((_, response) => {
      response.writeHead(200, json)
      response.end('{"data":[')
    })
    expect((await outageOf(get('/version'))).message).toMatch(/no whole JSON/)
  })

  it('a truncated packed one is noticed', async () => {
    const { get } = await setup((_, response) => {
      response.writeHead(200, { ...json, 'content-encoding': 'gzip' })
      response.end(gzipSync(JSON.stringify({ data: 'packed' })).subarray(0, 15))
    })
    expect(await outageOf(get('/version'))).toMatchObject({ kind: 'notProxmox' })
  })

  it('after a mutation they leave open whether it was carried out', async () => {
    const { engine } = await setup((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<html>')
    })
    expect(await outageOf(start(engine))).toMatchObject({ kind: 'notProxmox', ambiguous: true })
  })
})

describe('a read', () => {
  const failing = (times: number, fail: (...given: Parameters<Handler>) => void): Handler => {
    let left = times
    return (request, response, socket) => {
      if (left === 0) return ok(response, 'fine')
      left -= 1
      fail(request, response, socket)
    }
  }

  it.each([595, 596, 597, 599])('is tried again after %s, with a pause', async (status) => {
    const { host, clock, get } = await setup(failing(2, (_, response) => refuse(response, status, 'x')))
    expect((await get('/version')).data).toBe('fine')
    expect(host.seen).toHaveLength(3)
    expect(clock.slept).toEqual([300, 300])
  })

  it('is tried again after a reset', async () => {
    const { host, get } = await setup(failing(2, (_request, _response, socket) => socket.destroy()))
    expect((await get('/version')).data).toBe('fine')
    expect(host.seen).toHaveLength(3)
  })

  it('is tried three times at most', async () => {
    const { host, get } = await setup((_, response) => refuse(response, 596, 'Connection timed out'))
    expect(await outageOf(get('/version'))).toMatchObject({ kind: 'proxyTimeout', ambiguous: false })
    expect(host.seen).toHaveLength(3)
  })

  it.each([400, 401, 403, 500, 501])('is not tried again after %s', async (status) => {
    const { host, get } = await setup((_, response) => refuse(response, status, 'x'))
    await outageOf(get('/version'))
    expect(host.seen).toHaveLength(1)
  })

  it('is not tried again after a timeout', async () => {
    const { host, get } = await setup(() => {}, { headersMs: 30 })
    expect(await outageOf(get('/version'))).toMatchObject({ kind: 'timeout', ambiguous: false })
    expect(host.seen).toHaveLength(1)
  })

  it('of a dead node says so', async () => {
    const { engine } = await setup((_, response) => {
      response.writeHead(595, 'No route to host', { connection: 'close' })
      response.end()
    })
    expect(await outageOf(engine.request('GET', '/nodes/pve2/status', '/nodes/{node}/status'))).toMatchObject(
      {
        kind: 'nodeDown',
        node: 'pve2',
        status: 595,
        message: 'No route to host',
      },
    )
    expect(engine.endpoints()).toMatchObject([{ state: 'up' }])
  })

  it('ends at its own deadline', async () => {
    const { get } = await setup(() => {})
    expect(await outageOf(get('/version', { deadlineMs: 30 }))).toMatchObject({ kind: 'timeout' })
  })

  it('ends when it is aborted, and is not sent when it was before', async () => {
    const aborting = new AbortController()
    const { host, get } = await setup(() => aborting.abort())
    expect(await outageOf(get('/version', { signal: aborting.signal }))).toMatchObject({ kind: 'aborted' })
    expect(await outageOf(get('/version', { signal: aborting.signal }))).toMatchObject({ kind: 'aborted' })
    expect(host.seen).toHaveLength(1)
  })
})

describe('a mutation', () => {
  it('that hangs is sent once and ambiguous', async () => {
    const { host, engine } = await setup(() => {}, { headersMs: 30 })
    expect(await outageOf(start(engine))).toMatchObject({ kind: 'timeout', ambiguous: true })
    expect(host.seen).toHaveLength(1)
  })

  it('whose connection is reset after it was written is sent once and ambiguous', async () => {
    const { host, engine } = await setup((_request, _response, socket) => socket.destroy())
    expect(await outageOf(start(engine))).toMatchObject({ kind: 'transport', ambiguous: true })
    expect(host.seen).toHaveLength(1)
  })

  it('whose answer is cut off is ambiguous', async () => {
    const { host, engine } = await setup((_, response, socket) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"data":', () => socket.destroy())
    })
    expect(await outageOf(start(engine))).toMatchObject({ ambiguous: true })
    expect(host.seen).toHaveLength(1)
  })

  it.each([
    [595, 'nodeDown', false],
    [596, 'proxyTimeout', true],
    [597, 'proxyTimeout', true],
    [599, 'proxyTimeout', true],
  ] as const)('that ends with %s is sent once', async (status, kind, ambiguous) => {
    const { host, engine } = await setup((_, response) => refuse(response, status, 'x'))
    expect(await outageOf(start(engine))).toMatchObject({ kind, ambiguous, node: 'pve1' })
    expect(host.seen).toHaveLength(1)
  })

  it('that found no connection was provably not sent', async () => {
    const { host, engine } = await setup((_, response) => ok(response, null))
    await host.close()
    expect(await outageOf(start(engine))).toMatchObject({ kind: 'transport', ambiguous: false })
    expect(host.seen).toEqual([])
  })
})

describe('a refused token', () => {
  it('is not tried again for half a minute', async () => {
    let accepted = false
    const { host, clock, get } = await setup((_, response) => {
      if (accepted) ok(response, 'fine')
      else response.writeHead(401, 'Authentication failed!', { connection: 'close' }).end()
    })
    expect(await outageOf(get('/version'))).toMatchObject({ kind: 'auth', status: 401 })
    expect(await outageOf(get('/nodes'))).toMatchObject({ kind: 'auth', status: 401 })
    expect(host.seen).toHaveLength(1)
    clock.advance(29_000)
    await outageOf(get('/nodes'))
    expect(host.seen).toHaveLength(1)
    accepted = true
    clock.advance(1_000)
    expect((await get('/nodes')).data).toBe('fine')
  })

  it('is not tried by requests that were waiting for a place', async () => {
    const held: (() => void)[] = []
    const { host, get } = await setup((_, response) => {
      held.push(() => response.writeHead(401, 'No ticket', { connection: 'close' }).end())
      if (held.length === 2) for (const release of held) release()
    })
    const kinds = await Promise.all([1, 2, 3, 4, 5].map(() => outageOf(get('/version'))))
    expect(new Set(kinds.map(({ kind }) => kind))).toEqual(new Set(['auth']))
    expect(host.seen).toHaveLength(2)
  })
})

describe('requests in flight', () => {
  it('are two per node at most, and six together', async () => {
    const open = new Map<string, number>()
    const most = { perNode: 0, total: 0 }
    const { engine, get } = await setup((request, response) => {
      const node = /\/nodes\/([^/]+)/.exec(request.url)?.[1] ?? 'host'
      open.set(node, (open.get(node) ?? 0) + 1)
      most.perNode = Math.max(most.perNode, open.get(node) ?? 0)
      most.total = Math.max(
        most.total,
        [...open.values()].reduce((sum, each) => sum + each, 0),
      )
      setTimeout(() => {
        open.set(node, (open.get(node) ?? 0) - 1)
        ok(response, null)
      }, 5)
    })
    const status = '/nodes/{node}/status'
    await Promise.all([
      ...Array.from({ length: 20 }, (_, n) => engine.request('GET', `/nodes/pve${n % 4}/status`, status)),
      ...Array.from({ length: 6 }, () => get('/cluster/resources')),
    ])
    expect(most.perNode).toBe(2)
    // Four connections per host are the narrower limit where one host answers for all nodes.
    expect(most.total).toBeLessThanOrEqual(6)
    expect(most.total).toBeGreaterThan(2)
  })
})
