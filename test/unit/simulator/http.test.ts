import { Agent, request } from 'node:https'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Simulator, startSimulator } from '../../../src/simulator/server.js'
import { ask, header } from './client.js'

describe('answers of the simulated API', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await startSimulator({ authDelayMs: 0, seed: 7 })
  })
  afterAll(async () => {
    await simulator.close()
  })

  it('sends the headers of pveproxy', async () => {
    const reply = await ask(simulator, 'GET', '/version')

    expect(reply.status).toBe(200)
    expect(header(reply, 'Server')).toEqual(['pve-api-daemon/3.0'])
    expect(header(reply, 'Pragma')).toEqual(['no-cache'])
    expect(header(reply, 'Cache-Control')).toEqual(['max-age=0'])
    expect(header(reply, 'Content-Type')).toEqual(['application/json;charset=UTF-8'])
    expect(header(reply, 'Expires')).toEqual(header(reply, 'Date'))
    expect(JSON.parse(reply.body)).toEqual({
      data: { version: '9.2.11', release: '9.2', repoid: '14a22df35955d97d' },
    })
  })

  it.each([
    ['a local answer', '/version', ['Keep-Alive']],
    ['a relayed one', '/nodes/pve1/qemu/101/status/current', ['close', 'Keep-Alive']],
    ['one of another node', '/nodes/pve2/status', ['Keep-Alive', 'Keep-Alive']],
    ['one relayed on another node', '/nodes/pve2/qemu', ['close,Keep-Alive', 'Keep-Alive']],
    ['an error', '/nodes/pve1/qemu/4242/config', ['close']],
  ])('repeats Connection headers as recorded: %s', async (_what, path, expected) => {
    const agent = new Agent({ keepAlive: true, ca: simulator.caPem })
    const headers = await new Promise<string[]>((resolve, reject) => {
      const authorization = `PVEAPIToken=root@pam!full=${simulator.tokens['root@pam!full']}`
      const call = request(
        `${simulator.endpoint}/api2/json${path}`,
        { agent, headers: { Authorization: authorization } },
        (response) => {
          response.resume()
          response.on('end', () => resolve(response.rawHeaders))
        },
      )
      call.on('error', reject)
      call.end()
    })
    agent.destroy()
    const reply = { status: 0, reason: '', headers, body: '', bytes: Buffer.alloc(0) }
    expect(header(reply, 'Connection')).toEqual(expected)
  })

  it.each([
    ['nothing', { token: null }, 'No ticket'],
    ['a bearer token', { token: null, headers: { Authorization: 'Bearer x' } }, 'No ticket'],
    [
      'a wrong secret',
      {
        token: null,
        headers: { Authorization: 'PVEAPIToken=root@pam!full=00000000-0000-4000-8000-000000000000' },
      },
      'Authentication failed!',
    ],
    [
      'an unknown token',
      { token: null, headers: { Authorization: 'PVEAPIToken=root@pam!nosuch=x' } },
      'Authentication failed!',
    ],
    ['a cookie', { headers: { Cookie: 'PVEAuthCookie=PVE:root@pam:x' } }, 'Authentication failed!'],
  ])('answers 401 with nothing else to %s', async (_what, options, reason) => {
    const reply = await ask(simulator, 'GET', '/version', options)

    expect([reply.status, reply.reason, reply.body]).toEqual([401, reason, ''])
    expect(header(reply, 'Content-Type')).toEqual([])
    expect(header(reply, 'Content-Length')).toEqual([])
    expect(header(reply, 'Connection')).toEqual(['close'])
  })

  it('takes a blank for the first equals sign', async () => {
    const secret = simulator.tokens['mpc@pve!read']
    const headers = { Authorization: `PVEAPIToken mpc@pve!read=${secret}` }
    expect((await ask(simulator, 'GET', '/version', { token: null, headers })).status).toBe(200)
  })

  it.each([
    ['GET', '/does/not/exist', 501, "Method 'GET /does/not/exist' not implemented"],
    [
      'PUT',
      '/nodes/pve1/qemu/101/status/start',
      501,
      "Method 'PUT /nodes/pve1/qemu/101/status/start' not implemented",
    ],
    [
      'GET',
      '/nodes/pve1/qemu/4242/config',
      500,
      "Configuration file 'nodes/pve1/qemu-server/4242.conf' does not exist",
    ],
    [
      'GET',
      '/nodes/pve1/qemu/201/status/current',
      500,
      "Configuration file 'nodes/pve1/qemu-server/201.conf' does not exist",
    ],
    [
      'GET',
      '/nodes/pve1/qemu/102/config',
      500,
      "Configuration file 'nodes/pve1/qemu-server/102.conf' does not exist",
    ],
    [
      'GET',
      '/nodes/nosuch/status',
      500,
      "hostname lookup 'nosuch' failed - failed to get address info for: nosuch: Name or service not known",
    ],
    ['GET', '/storage/nope', 500, "storage 'nope' does not exist"],
    ['GET', '/nodes/pve1/storage/archive-nfs/content', 500, "storage 'archive-nfs' is disabled"],
    ['GET', '/pools?poolid=nope', 500, "pool 'nope' does not exist"],
    ['GET', '/nodes/pve1/qemu/107/agent/network-get-interfaces', 500, 'No QEMU guest agent configured'],
  ])('%s %s', async (method, path, status, reason) => {
    const reply = await ask(simulator, method, path)

    expect([reply.status, reply.reason]).toEqual([status, reason])
    const end = status === 501 ? '' : '\n'
    expect(JSON.parse(reply.body)).toEqual({ data: null, message: `${reason}${end}` })
  })

  it.each([
    [
      '/nodes/pve1/qemu/101/status/current?foo=bar',
      { foo: 'property is not defined in schema and the schema does not allow additional properties' },
    ],
    ['/nodes/pve1/qemu/abc/config', { vmid: "type check ('integer') failed - got 'abc'" }],
    ['/nodes/pve1/qemu/99/config', { vmid: 'invalid format - value does not look like a valid VM ID\n' }],
    ['/nodes/pve1/qemu/0101/config', { vmid: 'invalid format - value does not look like a valid VM ID\n' }],
    [
      '/nodes/pve1/qemu/101/config?vmid=102',
      { vmid: 'duplicate parameter (already defined in URI) with conflicting values!' },
    ],
    ['/nodes/pve1/qemu/101/rrddata', { timeframe: 'property is missing and it is not optional' }],
    [
      '/nodes/pve1/qemu/101/rrddata?timeframe=decade',
      { timeframe: "value 'decade' does not have a value in the enumeration 'hour, day, week, month, year'" },
    ],
    [
      '/cluster/resources?type=bogus',
      { type: "value 'bogus' does not have a value in the enumeration 'vm, storage, node, sdn'" },
    ],
    ['/cluster/nextid?vmid=101', { vmid: 'VM 101 already exists' }],
    ['/nodes/pve1/tasks?statusfilter=bogus', { statusfilter: "invalid format - invalid status 'bogus'\n" }],
    ['/nodes/pve1/tasks/foo/status', { upid: 'unable to parse worker upid' }],
    [
      '/nodes/pve1/tasks/UPID:pve1:00000001:00000001:00000001:qmstart:100:root@pam:/status',
      { upid: 'no such task' },
    ],
  ])('refuses %s with the recorded texts', async (path, errors) => {
    const reply = await ask(simulator, 'GET', path)

    expect([reply.status, reply.reason]).toEqual([400, 'Parameter verification failed.'])
    expect(JSON.parse(reply.body)).toEqual({
      data: null,
      message: 'Parameter verification failed.\n',
      errors,
    })
  })

  it.each([
    ['DELETE', { body: 'purge=1' }, 501, "Unexpected content for method 'DELETE'"],
    ['GET', { body: 'x=1' }, 501, "Unexpected content for method 'GET'"],
    [
      'PUT',
      { body: 'memory=1', headers: { 'Content-Type': 'text/plain' } },
      506,
      "upload 'Content-Type 'text/plain' not implemented",
    ],
    ['PUT', { body: `description=${'x'.repeat(600_000)}` }, 501, 'for data too large'],
  ])('refuses a %s before it looks at the path', async (method, options, status, text) => {
    const reply = await ask(simulator, method, '/nodes/pve1/qemu/101/config', options)
    expect([reply.status, reply.reason, reply.body]).toEqual([status, text, text])
    expect(header(reply, 'Content-Type')).toEqual([])
  })

  it('knows neither HEAD nor other formatters', async () => {
    expect(await ask(simulator, 'HEAD', '/version')).toMatchObject({
      status: 501,
      reason: "method 'HEAD' not available",
      body: '',
    })
    expect(await ask(simulator, 'GET', '/api2/xyz/version', { raw: true })).toMatchObject({
      status: 501,
      body: 'no formatter for uri /version, xyz',
    })
  })

  it('closes the connection without an answer when there are too many headers', async () => {
    const many = Object.fromEntries(Array.from({ length: 120 }, (_none, index) => [`X-H${index}`, 'v']))
    await expect(ask(simulator, 'GET', '/version', { headers: many })).rejects.toThrow()
    await expect(
      ask(simulator, 'GET', '/version', { headers: { 'X-Long': 'y'.repeat(9000) } }),
    ).rejects.toThrow()
  })

  it('compresses long answers when asked', async () => {
    const asked = { headers: { 'Accept-Encoding': 'gzip' } }
    const long = await ask(simulator, 'GET', '/cluster/resources', asked)
    const short = await ask(simulator, 'GET', '/version', asked)

    expect(header(long, 'Content-Encoding')).toEqual(['gzip'])
    expect(JSON.parse(gunzipSync(long.bytes).toString())).toHaveProperty('data')
    expect(header(short, 'Content-Encoding')).toEqual([])
  })

  it('lists resources in varying order', async () => {
    const bodies = new Set<string>()
    for (let round = 0; round < 6; round += 1) {
      const { data } = JSON.parse((await ask(simulator, 'GET', '/cluster/resources')).body)
      bodies.add(data.map((row: { id: string }) => row.id).join())
    }
    expect(bodies.size).toBeGreaterThan(1)
  })

  it('serves requests for any node on any listener', async () => {
    for (const endpoint of simulator.endpoints) {
      const reply = await ask(simulator, 'GET', '/nodes/pve3/status', { endpoint })
      expect(reply.status).toBe(200)
    }
  })

  it('keeps a connection for 100 requests and not longer', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: simulator.caPem })
    const headers = { Authorization: `PVEAPIToken=root@pam!full=${simulator.tokens['root@pam!full']}` }
    const once = (): Promise<{ readonly port: number; readonly connection: string }> =>
      new Promise((resolve, reject) => {
        const call = request(`${simulator.endpoint}/api2/json/version`, { agent, headers }, (response) => {
          const port = response.socket.localPort ?? 0
          response.resume()
          response.on('end', () => resolve({ port, connection: String(response.headers.connection) }))
        })
        call.on('error', reject)
        call.end()
      })
    const seen: { readonly port: number; readonly connection: string }[] = []
    for (let count = 0; count < 101; count += 1) seen.push(await once())
    agent.destroy()
    expect(new Set(seen.slice(0, 100).map((entry) => entry.port)).size).toBe(1)
    expect(seen[98]?.connection).toBe('Keep-Alive')
    expect(seen[99]?.connection).toBe('close')
    expect(seen[100]?.port).not.toBe(seen[0]?.port)
  })
})
