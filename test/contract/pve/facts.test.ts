import { afterEach, describe, expect, it } from '@jest/globals'
import { compareMarks } from '../../../src/core/identity.js'
import type { SimulatorOptions } from '../../../src/simulator/server.js'
import { outageOf } from '../../unit/pve/support.js'
import { ct, factsOf, type Lab, openLab, READ, violations, vm } from './support.js'

const labs: Lab[] = []
afterEach(async () => {
  for (const lab of labs.splice(0)) await lab.close()
})

async function lab(options: SimulatorOptions = {}) {
  const opened = await openLab(options)
  labs.push(opened)
  return { ...opened, cluster: opened.connect() }
}

const asked = ({ seen }: Lab, pattern: RegExp) => seen.filter(({ path }) => pattern.test(path)).length

describe('the facts of a guest', () => {
  it('a running VM', async () => {
    const { cluster, control } = await lab()
    const facts = await factsOf(cluster, vm(101))
    expect(facts).toMatchObject({
      kind: 'qemu',
      vmid: 101,
      node: 'pve1',
      name: 'web-01',
      power: 'running',
      template: false,
      lock: null,
      tags: ['prod', 'web'],
      pool: 'production',
      ha: null,
      nodeOnline: true,
      quorate: { kind: 'known', value: true },
      protection: { kind: 'known', value: false },
      snapshots: { kind: 'known', value: ['after_upgrade', 'before-upgrade'] },
      pending: { kind: 'known', value: [] },
      agent: true,
      activeTasks: { kind: 'known', value: [] },
      mark: { kind: 'vm' },
    })
    expect(facts.uptime).toBeGreaterThan(0)
    const simulated = Date.parse((await control.state()).now) / 1000
    expect(Math.abs((facts.nodeTime ?? 0) - simulated)).toBeLessThan(60)
  })

  it('a container, with its hardware addresses for a mark', async () => {
    const { cluster, control } = await lab()
    await control.change({
      kind: 'config',
      vmid: 201,
      set: {
        net0: 'name=eth0,bridge=vmbr0,hwaddr=bc:24:11:00:00:0b,type=veth',
        net1: 'name=eth1,hwaddr=BC:24:11:00:00:0A',
        startup: 'order=2,down=15',
      },
    })
    expect(await factsOf(cluster, ct(201))).toMatchObject({
      kind: 'lxc',
      power: 'running',
      agent: null,
      downSeconds: 15,
      mark: { kind: 'ct', addresses: ['BC:24:11:00:00:0A', 'BC:24:11:00:00:0B'] },
    })
    await control.change({ kind: 'config', vmid: 201, remove: ['net0', 'net1'] })
    expect(await factsOf(cluster, ct(201))).toMatchObject({ mark: { kind: 'unknown' } })
  })

  it('a stopped one has no uptime', async () => {
    const { cluster } = await lab()
    expect(await factsOf(cluster, vm(104))).toMatchObject({ power: 'stopped', uptime: null, agent: false })
    expect(await factsOf(cluster, ct(204, 'pve3'))).toMatchObject({ power: 'stopped', uptime: null })
  })

  it('a paused VM, which PVE calls running', async () => {
    const { cluster } = await lab()
    expect(await factsOf(cluster, vm(105, 'pve3'))).toMatchObject({ power: 'paused' })
  })

  it('one that is locked, one with pending changes, a template', async () => {
    const { cluster, control } = await lab()
    await control.change({ kind: 'lock', vmid: 101, lock: 'backup' })
    expect(await factsOf(cluster, vm(101))).toMatchObject({ lock: 'backup' })
    expect(await factsOf(cluster, vm(106, 'pve3'))).toMatchObject({ power: 'stopped', lock: 'suspended' })
    const pending = { kind: 'known', value: ['memory'] }
    expect(await factsOf(cluster, vm(102, 'pve2'))).toMatchObject({ pending })
    expect(await factsOf(cluster, vm(900))).toMatchObject({ template: true, name: 'tpl-debian13' })
  })

  it('one that HA manages and that is protected', async () => {
    const { cluster } = await lab()
    expect(await factsOf(cluster, vm(103, 'pve2'))).toMatchObject({
      name: 'db-01',
      ha: 'started',
      protection: { kind: 'known', value: true },
    })
  })

  it('what runs on it now, whoever started it', async () => {
    const { cluster, control } = await lab()
    await control.change({ kind: 'stubborn', vmid: 107, stubborn: true })
    const upid = await cluster.operate?.power({
      ...vm(107),
      verb: 'shutdown',
      timeout: 600,
      overruleShutdown: false,
      notAfter: Number.POSITIVE_INFINITY,
    })
    const readings = await cluster.guests.facts([vm(107), vm(101)])
    expect(readings).toMatchObject([
      { facts: { activeTasks: { value: [{ upid, type: 'qmshutdown', status: null }] } } },
      { facts: { activeTasks: { value: [] } } },
    ])
  })

  it('a re-created one has another mark, an edited one has not', async () => {
    const { cluster, control } = await lab()
    const places = [vm(101), ct(201)]
    const marks = async () =>
      (await cluster.guests.facts(places)).map((reading) =>
        reading.kind === 'facts' ? reading.facts.mark : { kind: 'unknown' as const, why: '' },
      )
    const compared = (before: Awaited<ReturnType<typeof marks>>, now: typeof before) =>
      before.map((mark, index) => compareMarks(mark, now[index] ?? { kind: 'unknown', why: '' }))
    const before = await marks()
    for (const vmid of [101, 201]) await control.change({ kind: 'rename', vmid, name: 'other' })
    const edited = await marks()
    expect(compared(before, edited)).toEqual(['same', 'same'])
    for (const vmid of [101, 201]) await control.change({ kind: 'recreate', vmid })
    expect(compared(before, await marks())).toEqual(['different', 'different'])
  })
})

describe('many guests', () => {
  it('take one look at the cluster, one list of tasks per node, and are answered in order', async () => {
    const here = await lab()
    const places = [vm(103, 'pve2'), vm(101), ct(203, 'pve3'), vm(4242), ct(201), vm(101)]
    const readings = await here.cluster.guests.facts(places)
    expect(readings.map((one) => (one.kind === 'facts' ? one.facts.vmid : one.kind))).toEqual([
      ...[103, 101, 203, 'gone', 201, 101],
    ])
    expect(asked(here, /\/cluster\/resources$/)).toBe(1)
    expect(asked(here, /\/cluster\/status$/)).toBe(1)
    expect(asked(here, /\/json\/nodes$/)).toBe(1)
    expect(asked(here, /\/nodes\/pve1\/tasks$/)).toBe(1)
    expect(asked(here, /\/tasks$/)).toBe(3)
    expect(violations(here.seen)).toEqual([])
    expect(await here.cluster.guests.facts([])).toEqual([])
  })

  it('all fourteen of the demo, of every kind, with valid requests', async () => {
    const here = await lab()
    const { guests } = await here.cluster.inventory.read({ isKnown: () => false, tasksSince: null })
    here.seen.splice(0)
    const readings = await here.cluster.guests.facts(guests)
    expect(readings.every(({ kind }) => kind === 'facts')).toBe(true)
    expect(readings.map((one) => one.kind === 'facts' && one.facts.power)).toEqual(
      guests.map(({ status }) => status),
    )
    expect(here.seen.length).toBe(3 + 3 + 4 * guests.length)
    expect(violations(here.seen)).toEqual([])
  })
})

describe('a guest that is not where it was', () => {
  it('has moved: the listing finds it', async () => {
    const { cluster, control } = await lab()
    await control.change({ kind: 'migrate', vmid: 101, node: 'pve2' })
    expect(await factsOf(cluster, vm(101))).toMatchObject({ node: 'pve2', name: 'web-01' })
  })

  it('was destroyed, or is of the other kind now', async () => {
    const { cluster, control } = await lab()
    await control.change({ kind: 'destroy', vmid: 104 })
    await control.change({ kind: 'recreate', vmid: 101, guestKind: 'lxc' })
    expect(await cluster.guests.facts([vm(104), vm(101)])).toEqual([
      { kind: 'gone', place: vm(104) },
      { kind: 'gone', place: vm(101) },
    ])
  })

  it('is not called gone by a token that would not see it', async () => {
    const { cluster, control } = await lab()
    await control.fault({ kind: 'revoke', token: READ, path: '/vms/101', privileges: ['VM.Audit'] })
    expect(await cluster.guests.facts([vm(101)])).toMatchObject([
      {
        kind: 'unreadable',
        nodeOnline: true,
        outage: { kind: 'forbidden', privilege: { path: '/vms/101', name: 'VM.Audit' } },
      },
    ])
  })
})

describe('bad days', () => {
  it('a node that is offline is not asked', async () => {
    const here = await lab()
    await here.control.fault({ kind: 'node-offline', node: 'pve2' })
    const readings = await here.cluster.guests.facts([vm(103, 'pve2'), vm(101)])
    expect(readings).toMatchObject([
      {
        kind: 'unreadable',
        place: vm(103, 'pve2'),
        nodeOnline: false,
        outage: { kind: 'nodeDown', node: 'pve2' },
      },
      { kind: 'facts' },
    ])
    expect(asked(here, /\/nodes\/pve2\//)).toBe(0)
  })

  it('a node that cannot be reached though it is listed as online is given up after its first guest', async () => {
    const here = await lab()
    await here.control.fault({ kind: 'proxy-error', status: 595, path: '^/nodes/pve2/' })
    const places = [
      vm(102, 'pve2'),
      vm(103, 'pve2'),
      vm(901, 'pve2'),
      ct(202, 'pve2'),
      ct(205, 'pve2'),
      vm(101),
    ]
    const readings = await here.cluster.guests.facts(places)
    expect(readings.map(({ kind }) => kind)).toEqual([...Array(5).fill('unreadable'), 'facts'])
    expect(readings[0]).toMatchObject({ nodeOnline: true, outage: { kind: 'nodeDown', status: 595 } })
    expect(asked(here, /\/(?:901|202|205)\//)).toBe(0)
    expect(asked(here, /\/102\/status\/current$/)).toBe(2)
  })

  it('one guest that gets no answer does not take the others of its node along', async () => {
    const here = await lab()
    await here.control.fault({ kind: 'proxy-error', status: 596, path: '/102/status/current$' })
    const readings = await here.cluster.guests.facts([vm(102, 'pve2'), vm(103, 'pve2'), vm(901, 'pve2')])
    expect(readings.map(({ kind }) => kind)).toEqual(['unreadable', 'facts', 'facts'])
    expect(readings[0]).toMatchObject({ outage: { kind: 'proxyTimeout', ambiguous: false } })
  })

  it('a passing 595 is not noticed', async () => {
    const { cluster, control } = await lab()
    await control.fault({ kind: 'proxy-error', status: 595, path: '/101/status/current$', count: 1 })
    expect(await factsOf(cluster, vm(101))).toMatchObject({ name: 'web-01' })
  })

  it('no quorum', async () => {
    const { cluster, control } = await lab()
    await control.fault({ kind: 'quorum-lost' })
    const [reading] = await cluster.guests.facts([vm(101)])
    const quorate = { kind: 'known', value: false }
    expect(reading?.kind === 'facts' ? reading.facts : reading).toMatchObject({ quorate })
  })

  it('a single node is always quorate', async () => {
    const { cluster } = await lab({ nodes: 1 })
    expect(await factsOf(cluster, vm(101))).toMatchObject({ quorate: { kind: 'known', value: true } })
  })

  it('without Sys.Audit, quorum and running tasks are unknown and say why', async () => {
    const here = await lab()
    await here.control.fault({ kind: 'revoke', token: READ, path: '/', privileges: ['Sys.Audit'] })
    expect(await factsOf(here.cluster, vm(101))).toMatchObject({
      name: 'web-01',
      quorate: { kind: 'unknown', why: 'the token lacks Sys.Audit on /' },
      activeTasks: { kind: 'unknown', why: 'the token lacks Sys.Audit on /nodes/pve1' },
      configDigest: { kind: 'known' },
    })
    expect(asked(here, /\/tasks$/)).toBe(0)
  })

  it.each([
    ['config', ['protection', 'configDigest', 'mark'], { agent: null, downSeconds: null }],
    ['snapshot', ['snapshots'], {}],
    ['pending', ['pending'], {}],
  ])('an unreadable %s leaves only its own facts unknown', async (part, unknown, rest) => {
    const { cluster, control } = await lab()
    const reason = 'Permission check failed (/vms/101, VM.Audit)'
    await control.fault({ kind: 'status', status: 403, reason, path: `/101/${part}$` })
    const facts = await factsOf(cluster, vm(101))
    const why = 'the token lacks VM.Audit on /vms/101'
    expect(facts).toMatchObject({
      ...Object.fromEntries(unknown.map((key) => [key, { kind: 'unknown', why }])),
    })
    expect(facts).toMatchObject(rest)
    const parts = [facts.protection, facts.configDigest, facts.mark, facts.snapshots, facts.pending]
    expect(parts.filter(({ kind }) => kind === 'unknown')).toHaveLength(unknown.length)
  })

  it.each([
    ['a refused token', { kind: 'revoke', token: READ }, 'auth'],
    ['no list of guests', { kind: 'html', path: '^/cluster/resources$' }, 'notProxmox'],
    ['no list of nodes', { kind: 'proxy-error', status: 596, path: '^/nodes$' }, 'proxyTimeout'],
  ] as const)('throws for the cluster as a whole: %s', async (_, fault, kind) => {
    const { cluster, control } = await lab()
    await control.fault(fault)
    expect(await outageOf(cluster.guests.facts([vm(101)]))).toMatchObject({ kind })
  })
})
