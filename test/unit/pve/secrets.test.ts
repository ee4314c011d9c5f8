import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { pveConnector } from '../../../src/pve/connector.js'
import { createEngine, type Engine } from '../../../src/pve/engine.js'
import { typedApi } from '../../../src/pve/proxy.js'
import { Token } from '../../../src/pve/secrets.js'
import { ok, refuse, SECRET, settingsFor, startHost, type TestHost, TOKEN, testClock } from './support.js'

const PASSWORD = 'canary-password-7'
const deep = { depth: Number.POSITIVE_INFINITY, showHidden: true, showProxy: true } as const

let host: TestHost
let engine: Engine
let echo: (text: string) => string

beforeEach(async () => {
  echo = (text) => text
  host = await startHost((request, response) => {
    if (request.method === 'GET' && !request.url.includes('fail')) return ok(response, [])
    // A server that repeats all it was told.
    const said = echo(`${request.headers.authorization} ${request.body} ${decodeURIComponent(request.body)}`)
    refuse(response, 500, said.replace(/[^\x20-\x7e]/g, '?'))
  })
  engine = createEngine(settingsFor([host]), { clock: testClock(), random: () => 0 })
})
afterEach(async () => {
  await engine.close()
  await host.close()
})

function views(value: unknown): string {
  const json = JSON.stringify(value) ?? ''
  return [json, inspect(value), inspect(value, deep), String(value)].join('\n')
}

describe('secrets', () => {
  it('are not in a token, however it is looked at', () => {
    const token = new Token(TOKEN)
    expect(token.header()).toContain(SECRET)
    expect(views(token)).not.toContain(SECRET)
    expect(views({ nested: [token] })).not.toContain(SECRET)
    expect(Object.keys(token)).toEqual([])
  })

  it('are not in an engine, a cluster, or anything of theirs', async () => {
    const settings = settingsFor([host])
    const cluster = pveConnector({ clock: testClock(), random: () => 0 }).connect(settings)
    await engine.request('GET', '/version', '/version')
    expect(views(engine)).not.toContain(SECRET)
    expect(views(cluster)).not.toContain(SECRET)
    await cluster.close()
  })

  it('are not in the typed proxy, which can be printed and awaited', async () => {
    const api = typedApi(engine)
    for (const value of [
      api,
      api.nodes,
      api.nodes.$('pve1').qemu,
      api.nodes.$('pve1').qemu.$(100).config.$get,
    ]) {
      expect(inspect(value, deep)).not.toMatch(/aaaabbbb|_engine|doRequest/)
      expect(() => JSON.stringify(value)).not.toThrow()
    }
    expect(JSON.stringify({ api })).toBe('{"api":"[Proxmox VE API]"}')
    expect(Object.keys(api)).toEqual([])
    expect(await Promise.resolve(api)).toBe(api)
    expect(host.seen).toEqual([])
  })

  it('are not in what a server says, in any part of an error', async () => {
    const at = ['/nodes/pve1/qemu/100/config', '/nodes/{node}/qemu/{vmid}/config'] as const
    const parameters = { cipassword: PASSWORD, sshkeys: 'ssh-rsa%20CANARYKEY', name: 'web-01' }
    const error: unknown = await engine.request('PUT', ...at, parameters).catch((thrown: unknown) => thrown)
    expect(host.seen[0]?.body).toContain(PASSWORD)
    const text = [views(error), error instanceof Error ? `${error.stack} ${error.message}` : ''].join('\n')
    expect(text).toContain('[secret]')
    expect(text).toContain('web-01')
    expect(text).not.toMatch(/aaaabbbb|canary-password|CANARYKEY/)
  })

  it('a short one is removed as well', () => {
    const scrub = new Token(TOKEN).scrubber({ password: 'pw', token: 1, secret: true })
    expect(scrub("got 'pw'")).toBe("got '[secret]'")
    expect(scrub('1 of 10')).toBe('1 of 10')
  })
})

describe('the typed proxy', () => {
  it('reaches the engine with path, template and parameters', async () => {
    const api = typedApi(engine)
    await api.nodes.$('pve1').tasks.$get({ source: 'all', limit: 5 })
    expect(host.seen[0]?.url).toBe('/api2/json/nodes/pve1/tasks?source=all&limit=5')
  })

  it.each(['x?force=1', '..', 'a/b', 'a#b', '%2e%2e', ''])('refuses %j as a node', async (node) => {
    await expect(typedApi(engine).nodes.$(node).tasks.$get()).rejects.toMatchObject({
      outage: { kind: 'invalid' },
    })
    expect(host.seen).toEqual([])
  })
})
