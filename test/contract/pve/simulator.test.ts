import { afterEach, describe, expect, it } from '@jest/globals'
import type { PveCluster, ReadOptions } from '../../../src/ports/pve.js'
import type { ObservedRequest } from '../../../src/pve/call.js'
import { type ConnectorParts, pveConnector } from '../../../src/pve/connector.js'
import { createEngine } from '../../../src/pve/engine.js'
import { createControlClient } from '../../../src/simulator/control-client.js'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/server.js'
import { validateRequest } from '../../schema/validate.js'
import { outageOf, testClock } from '../../unit/pve/support.js'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

const READ = 'mpc@pve!read'
const options: ReadOptions = { isKnown: () => false, tasksSince: null }

async function simulate(given: SimulatorOptions = {}) {
  const simulator = await startSimulator({ authDelayMs: 0, ...given })
  opened.push(simulator)
  return { simulator, control: createControlClient(simulator.controlUrl) }
}

const settings = (simulator: Simulator, id = READ) => ({
  name: 'lab',
  endpoints: [simulator.endpoint],
  tls: { kind: 'ca', pem: simulator.caPem } as const,
  token: { id, secret: simulator.tokens[id] ?? '' },
  operateToken: null,
})

function connect(simulator: Simulator, parts: Partial<ConnectorParts> = {}, id = READ): PveCluster {
  const connector = pveConnector({ clock: testClock(), random: () => 0, ...parts })
  const cluster = connector.connect(settings(simulator, id))
  opened.push(cluster)
  return cluster
}

describe('a simulated cluster', () => {
  it('is read whole', async () => {
    const { simulator } = await simulate()
    const reading = await connect(simulator).inventory.read(options)
    expect(reading).toMatchObject({ quorate: true, warnings: [], undecoded: [] })
    expect(reading.guests).toHaveLength(14)
    expect(reading.guests.every(({ fresh, name }) => fresh && name !== null)).toBe(true)
    expect(reading.nodes.map(({ name, status }) => [name, status])).toEqual([
      ['pve1', 'online'],
      ['pve2', 'online'],
      ['pve3', 'online'],
    ])
    expect(reading.storages.filter(({ name }) => name === 'nas')).toHaveLength(1)
    expect(reading.storages.filter(({ status }) => status === 'disabled')).toHaveLength(1)
    expect(reading.tasks.length).toBeGreaterThan(0)
  })

  it('reads the same twice', async () => {
    const { simulator } = await simulate()
    const cluster = connect(simulator)
    const [first, second] = [await cluster.inventory.read(options), await cluster.inventory.read(options)]
    for (const part of ['guests', 'nodes', 'storages', 'pools'] as const)
      expect(second[part]).toEqual(first[part])
  })

  it('is asked only what Proxmox VE 8.4 and 9.2 understand', async () => {
    const { simulator } = await simulate()
    const seen: ObservedRequest[] = []
    const cluster = connect(simulator, { observe: (request) => seen.push(request) })
    const { guests, tasks } = await cluster.inventory.read({ ...options, tasksSince: 1 })
    for (const guest of guests.slice(0, 14)) {
      const ref = { ...guest, name: guest.name ?? '', cluster: 'lab', incarnation: 1 }
      await cluster.guests.live(ref)
      await cluster.guests.metrics({ type: 'guest', guest: ref }, 'hour')
      await cluster.inventory.createdAt(guest)
    }
    await cluster.guests.metrics({ type: 'node', node: 'pve1' }, 'week')
    await cluster.guests.metrics({ type: 'storage', node: 'pve1', storage: 'local' }, 'day')
    await cluster.tasks.status(tasks[0]?.upid ?? '')
    await cluster.tasks.logTail(tasks[0]?.upid ?? '', 3)
    await cluster.access.probe()
    expect(new Set(seen.map(({ pathTemplate }) => pathTemplate)).size).toBeGreaterThan(20)
    for (const request of seen) {
      for (const version of ['8.4', '9.2'] as const)
        expect([request.path, validateRequest(version, request)]).toEqual([request.path, []])
    }
  })

  it('answers a probe', async () => {
    const { simulator } = await simulate()
    const clock = { ...testClock(), now: () => new Date() }
    expect(await connect(simulator, { clock }).access.probe()).toMatchObject({
      endpoint: simulator.endpoint,
      version: '9.2.11',
      quorate: { kind: 'known', value: true },
      nodes: ['pve1', 'pve2', 'pve3'],
    })
  })

  it('of one node, or without rights, can be read as well', async () => {
    const { simulator } = await simulate({ nodes: 1 })
    expect(await connect(simulator).inventory.read(options)).toMatchObject({
      quorate: true,
      clusterName: null,
    })
    const nobody = await connect(simulator, {}, 'nobody@pve!none').inventory.read(options)
    expect(nobody).toMatchObject({ guests: [], quorate: true })
    expect(nobody.warnings[0]).toMatch(/^Quorum is unknown/)
  })

  it.each(['ca', 'pin'] as const)(
    'goes on through its other nodes when the first is down, and comes back: %s',
    async (kind) => {
      const { simulator, control } = await simulate()
      const clock = testClock()
      const pin = { kind: 'pin', fingerprint: simulator.fingerprint, publicKey: null } as const
      const trusted = { ...settings(simulator), ...(kind === 'pin' ? { tls: pin } : {}) }
      const cluster = pveConnector({ clock, random: () => 0 }).connect(trusted)
      opened.push(cluster)
      await cluster.inventory.read(options)
      await control.fault({ kind: 'node-offline', node: 'pve1' })
      const reading = await cluster.inventory.read(options)
      expect(reading.nodes.find(({ name }) => name === 'pve1')?.status).toBe('offline')
      const there = reading.guests.filter(({ node }) => node === 'pve1')
      expect(there.length).toBeGreaterThan(0)
      expect(there.some(({ fresh }) => fresh)).toBe(false)
      expect(cluster.access.endpoints()[0]).toMatchObject({ endpoint: simulator.endpoint, state: 'down' })
      const [guest] = there
      if (guest === undefined) throw new Error('no guest')
      const dead = cluster.guests.live({ ...guest, name: '', cluster: 'lab', incarnation: 1 })
      expect(await outageOf(dead)).toMatchObject({ kind: 'nodeDown', node: 'pve1' })
      await control.fault({ kind: 'node-online', node: 'pve1' })
      clock.advance(10_000)
      expect((await cluster.access.probe()).endpoint).toBe(simulator.endpoint)
    },
  )

  it('that lost quorum is still read', async () => {
    const { simulator, control } = await simulate()
    await control.fault({ kind: 'quorum-lost' })
    expect(await connect(simulator).inventory.read(options)).toMatchObject({ quorate: false })
  })

  it('is followed when a guest moves', async () => {
    const { simulator, control } = await simulate()
    const cluster = connect(simulator)
    const { guests } = await cluster.inventory.read(options)
    const guest = guests.find(({ node, kind }) => node === 'pve1' && kind === 'qemu')
    if (guest === undefined) throw new Error('no guest')
    await control.change({ kind: 'migrate', vmid: guest.vmid, node: 'pve2' })
    const live = await cluster.guests.live({ ...guest, name: '', cluster: 'lab', incarnation: 1 })
    expect(live.node).toBe('pve2')
  })

  it.each([
    ['reset', { kind: 'reset', path: '^/cluster/resources$', count: 2 }],
    ['595', { kind: 'proxy-error', status: 595, path: '^/nodes$', count: 1 }],
    ['596', { kind: 'proxy-error', status: 596, path: '^/cluster/resources$', count: 2 }],
  ] as const)('is read in spite of a passing %s', async (_, fault) => {
    const { simulator, control } = await simulate()
    await control.fault(fault)
    expect((await connect(simulator).inventory.read(options)).guests).toHaveLength(14)
  })

  it.each([
    ['truncated', { kind: 'truncated', path: '^/cluster/resources$' }, 'notProxmox'],
    ['html', { kind: 'html', path: '^/nodes$' }, 'notProxmox'],
    ['wrong content', { kind: 'wrong-content', path: '^/cluster/resources$' }, 'notProxmox'],
    ['oversized', { kind: 'oversized', bytes: 9 * 1024 * 1024, path: '^/version$' }, 'tooLarge'],
    ['revoked token', { kind: 'revoke', token: READ }, 'auth'],
    [
      'locked out',
      { kind: 'status', status: 403, reason: 'Permission check failed', path: '^/nodes$' },
      'forbidden',
    ],
  ] as const)('that answers %s is not read', async (_, fault, kind) => {
    const { simulator, control } = await simulate()
    await control.fault(fault)
    expect(await outageOf(connect(simulator).inventory.read(options))).toMatchObject({ kind })
  })

  it.each([
    ['reset', 'before', { kind: 'reset', when: 'before' }, false],
    ['reset', 'after', { kind: 'reset', when: 'after' }, true],
    ['596', 'after', { kind: 'proxy-error', status: 596, when: 'after' }, true],
  ] as const)(
    'gets a start once, though the answer is lost to a %s %s it',
    async (_, __, fault, executed) => {
      const { simulator, control } = await simulate()
      const engine = createEngine(settings(simulator, 'mpc@pve!operate'), {
        clock: testClock(),
        random: () => 0,
      })
      opened.push(engine)
      await control.fault({ ...fault, method: 'POST' })
      const path = '/nodes/pve1/qemu/104/status/start'
      const start = engine.request('POST', path, '/nodes/{node}/qemu/{vmid}/status/start')
      expect(await outageOf(start)).toMatchObject({ ambiguous: true })
      expect((await control.calls()).map((call) => call.executed)).toEqual([executed])
    },
  )

  it('with a renewed certificate is still trusted by its key, with a new key no more', async () => {
    const { simulator, control } = await simulate({ nodes: 1 })
    const connector = pveConnector({ clock: testClock(), random: () => 0 })
    const { fingerprint, publicKey } = await connector.certificate(simulator.endpoint)
    const pinned = () => {
      const cluster = connector.connect({
        ...settings(simulator),
        tls: { kind: 'pin', fingerprint, publicKey },
      })
      opened.push(cluster)
      return cluster.access.probe()
    }
    await pinned()
    await control.change({ kind: 'renew-certificate', node: 'pve1' })
    expect((await connector.certificate(simulator.endpoint)).fingerprint).not.toBe(fingerprint)
    await pinned()
    await control.change({ kind: 'rekey-certificate', node: 'pve1' })
    expect(await outageOf(pinned())).toMatchObject({ kind: 'tlsFingerprint' })
  })
})
