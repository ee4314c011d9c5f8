import { afterEach, describe, expect, it } from '@jest/globals'
import type { GuestRef } from '../../../src/core/args.js'
import type { PveCluster, ReadOptions } from '../../../src/ports/pve.js'
import { pveConnector } from '../../../src/pve/connector.js'
import { ok, outageOf, refuse, SECRET, settingsFor, startHost, type TestHost, testClock } from './support.js'

/** Answers by path below `/api2/json`; a pair is a status and its text, everything else the data. */
type Answers = Record<string, unknown>
class Refused {
  constructor(
    readonly status: number,
    readonly reason: string,
  ) {}
}
const refusal = (status: number, reason: string) => new Refused(status, reason)

const hosts: TestHost[] = []
const clusters: PveCluster[] = []
afterEach(async () => {
  await Promise.all(clusters.splice(0).map((cluster) => cluster.close()))
  await Promise.all(hosts.splice(0).map((host) => host.close()))
})

async function setup(answers: Answers) {
  const host = await startHost((request, response) => {
    const url = decodeURIComponent(request.url.replace('/api2/json', ''))
    const [path = ''] = url.split('?')
    const answer = url in answers ? answers[url] : answers[path]
    if (answer === undefined) refuse(response, 501, `Method 'GET ${path}' not implemented`)
    else if (answer instanceof Refused) refuse(response, answer.status, answer.reason)
    else if (answer !== 'hang') ok(response, answer)
  })
  const clock = testClock()
  const cluster = pveConnector({ clock, random: () => 0 }).connect(settingsFor([host]))
  hosts.push(host)
  clusters.push(cluster)
  const asked = (): readonly string[] =>
    host.seen.map(({ url }) => decodeURIComponent(url.replace('/api2/json', '')))
  return { host, cluster, clock, asked, answers }
}

const upid = (n: number, node = 'pve1') =>
  `UPID:${node}:000011D5:0003FC57:${(0x6b040000 + n).toString(16).toUpperCase()}:qmstart:100:root@pam:`
const task = (n: number, more: object = {}, node = 'pve1') => ({
  upid: upid(n, node),
  node,
  type: 'qmstart',
  id: '100',
  user: 'root@pam',
  starttime: n,
  endtime: n + 1,
  status: 'OK',
  ...more,
})

const base = (): Answers => ({
  '/version': { version: '9.2.11', release: '9.2' },
  '/access/permissions': { '/': { 'Sys.Audit': 1, 'VM.Audit': 1 } },
  '/cluster/tasks': [task(1), task(2), task(3, {}, 'pve2')],
  '/cluster/status': [
    { type: 'cluster', name: 'lab', quorate: 1, id: 'cluster' },
    { type: 'node', name: 'pve1', ip: '192.0.2.1', local: 1, online: 1 },
    { type: 'node', name: 'pve2', ip: '192.0.2.2', local: 0, online: 1 },
  ],
  '/nodes': [
    { node: 'pve1', status: 'online' },
    { node: 'pve2', status: 'online' },
    { node: 'pve3', status: 'offline' },
  ],
  '/cluster/resources': [
    { type: 'qemu', id: 'qemu/100', vmid: 100, node: 'pve1', status: 'running', name: 'web' },
    { type: 'network', id: 'network/pve1/zone/localnetwork', node: 'pve1' },
  ],
  '/storage': [],
  '/pools': [],
})
const options: ReadOptions = { isKnown: () => false, tasksSince: null }

describe('a reading', () => {
  it('asks for tasks before guests, and for nothing it does not need', async () => {
    const { cluster, asked } = await setup(base())
    const said: [string, number][] = []
    const reading = await cluster.inventory.read({ ...options, progress: (...step) => said.push(step) })
    expect(reading).toMatchObject({ version: '9.2.11', clusterName: 'lab', quorate: true, warnings: [] })
    expect(asked()[0]).toBe('/version')
    expect([...asked().slice(1, 5)].sort()).toEqual([
      '/access/permissions',
      '/cluster/status',
      '/cluster/tasks',
      '/nodes',
    ])
    expect([...asked().slice(5)].sort()).toEqual(['/cluster/resources', '/pools', '/storage'])
    expect(said.map(([, ratio]) => ratio)).toEqual([0, 0.1, 0.5, 1])
  })

  it('remembers the version for ten minutes', async () => {
    const { cluster, asked, clock } = await setup(base())
    const versions = () => asked().filter((path) => path === '/version').length
    await cluster.inventory.read(options)
    await cluster.inventory.read(options)
    expect(versions()).toBe(1)
    clock.advance(600_000)
    await cluster.inventory.read(options)
    expect(versions()).toBe(2)
  })

  it.each(['7.4-16', '10.0.1', '3.1'])('refuses release %s and asks nothing else', async (version) => {
    const { cluster, asked } = await setup({ ...base(), '/version': { version } })
    expect(await outageOf(cluster.inventory.read(options))).toMatchObject({ kind: 'unsupported' })
    expect(asked()).toEqual(['/version'])
    expect(await outageOf(cluster.access.probe())).toMatchObject({ kind: 'unsupported' })
  })

  it('without Sys.Audit takes quorum as given, says so, and reads each node for its own tasks', async () => {
    const { cluster, asked } = await setup({
      ...base(),
      '/access/permissions': { '/vms': { 'VM.Audit': 1 } },
      '/cluster/status': refusal(403, 'Permission check failed (/, Sys.Audit)'),
      '/cluster/tasks': [],
      '/nodes/pve1/tasks': [task(5, { user: 'mpc@pve', tokenid: 'read' })],
      '/nodes/pve2/tasks': refusal(596, 'Connection timed out'),
    })
    const reading = await cluster.inventory.read(options)
    expect(reading).toMatchObject({ clusterName: null, quorate: true })
    expect(reading.tasks.map(({ user }) => user)).toEqual(['mpc@pve!read'])
    expect(reading.warnings).toEqual([
      'Quorum is unknown and taken as given: the token lacks Sys.Audit on /.',
      'The tasks of node pve2 could not be read: no answer in time: Connection timed out.',
    ])
    expect(asked()).toContain('/nodes/pve1/tasks?source=all&limit=50')
    expect(asked().join()).not.toContain('pve3')
  })

  it('of a single node, which has no cluster row, is quorate', async () => {
    const { cluster } = await setup({
      ...base(),
      '/cluster/status': [{ type: 'node', name: 'pve1', local: 1, online: 1, ip: '192.0.2.1' }],
    })
    expect(await cluster.inventory.read(options)).toMatchObject({ clusterName: null, quorate: true })
  })

  it('tells that quorum is lost', async () => {
    const { cluster } = await setup({
      ...base(),
      '/cluster/status': [{ type: 'cluster', name: 'lab', quorate: 0 }],
    })
    expect(await cluster.inventory.read(options)).toMatchObject({ quorate: false })
  })

  it('reads further back on nodes whose finished tasks are all new', async () => {
    const { cluster, asked } = await setup({
      ...base(),
      '/cluster/tasks': [
        task(1),
        task(2),
        task(3, {}, 'pve2'),
        task(4, { endtime: undefined, status: undefined }),
      ],
      '/nodes/pve2/tasks': [task(9, {}, 'pve2'), task(3, { status: 'WARNINGS: 1' }, 'pve2')],
    })
    const known = new Set([upid(1)])
    const reading = await cluster.inventory.read({ isKnown: (id) => known.has(id), tasksSince: 77 })
    expect(asked().filter((url) => url.startsWith('/nodes/'))).toEqual([
      '/nodes/pve2/tasks?source=all&limit=500&since=77',
    ])
    expect(reading.tasks.map(({ startTime, status }) => [startTime, status])).toEqual([
      [1, 'OK'],
      [2, 'OK'],
      [3, 'WARNINGS: 1'],
      [4, null],
      [9, 'OK'],
    ])
  })

  it('says when a node had more tasks than it reads', async () => {
    const { cluster } = await setup({
      ...base(),
      '/cluster/tasks': [task(1, {}, 'pve2')],
      '/nodes/pve1/tasks': [],
      '/nodes/pve2/tasks': Array.from({ length: 500 }, (_, n) => task(n, {}, 'pve2')),
    })
    const { warnings, tasks } = await cluster.inventory.read({ ...options, tasksSince: 1 })
    expect(tasks).toHaveLength(500)
    expect(warnings).toEqual([
      'Node pve2 had more than 500 tasks since the last reading; older ones are not read.',
    ])
  })

  it('goes on without the storage configuration and pools where they are forbidden', async () => {
    const { cluster } = await setup({
      ...base(),
      '/storage': refusal(403, 'Permission check failed (/storage, Datastore.Audit)'),
      '/pools': refusal(403, 'Permission check failed'),
      '/cluster/resources': [
        { type: 'storage', id: 'storage/pve1/local', storage: 'local', node: 'pve1', plugintype: 'dir' },
        { type: 'pool', id: '/pool/lab', pool: 'lab' },
      ],
    })
    const reading = await cluster.inventory.read(options)
    expect(reading.storages).toMatchObject([{ name: 'local', type: 'dir', status: 'unknown' }])
    expect(reading.pools).toEqual([{ name: 'lab', comment: null }])
    expect(reading.warnings).toHaveLength(2)
    expect(reading.warnings[0]).toContain('Datastore.Audit on /storage')
  })

  it.each(['/storage', '/pools', '/cluster/status', '/nodes', '/cluster/resources', '/cluster/tasks'])(
    'fails as a whole when %s fails for another reason',
    async (path) => {
      const { cluster } = await setup({ ...base(), [path]: refusal(500, 'something') })
      expect(await outageOf(cluster.inventory.read(options))).toMatchObject({
        kind: 'other',
        request: `GET ${path}`,
      })
    },
  )

  it('leaves out a row that it cannot read, and says which and that it is not gone', async () => {
    const { cluster } = await setup({
      ...base(),
      '/cluster/resources': [
        { type: 'qemu', id: 'qemu/100', vmid: 100, node: 'pve1', status: 'running', maxmem: 'lots' },
        { type: 'lxc', id: 'lxc/101', vmid: 101, node: 'pve1', status: 'running' },
        { type: 'storage', id: 'storage/pve1/local', storage: 'local', node: 'pve1', shared: 'perhaps' },
      ],
    })
    const reading = await cluster.inventory.read(options)
    expect(reading.guests.map(({ vmid }) => vmid)).toEqual([101])
    expect(reading.warnings).toEqual([
      'qemu/100 was left out: its maxmem cannot be read.',
      'storage/pve1/local was left out: its shared cannot be read.',
    ])
    expect(reading.undecoded).toEqual(['guest/100', 'storage/pve1/local', 'storage/local'])
  })

  it('whose list is no list is not of Proxmox VE', async () => {
    const { cluster } = await setup({ ...base(), '/cluster/resources': 'surprise' })
    expect(await outageOf(cluster.inventory.read(options))).toMatchObject({ kind: 'notProxmox' })
  })

  it('stops when it is aborted', async () => {
    const { cluster } = await setup({ ...base(), '/cluster/resources': 'hang' })
    const aborting = new AbortController()
    const reading = cluster.inventory.read({
      ...options,
      signal: aborting.signal,
      progress: (_, ratio) => {
        if (ratio === 0.5) setImmediate(() => aborting.abort())
      },
    })
    expect(await outageOf(reading)).toMatchObject({ kind: 'aborted' })
  })

  it('does not hammer with a token that is not accepted', async () => {
    const { cluster, asked } = await setup({ ...base(), '/version': refusal(401, 'Authentication failed!') })
    expect(await outageOf(cluster.inventory.read(options))).toMatchObject({ kind: 'auth' })
    expect(await outageOf(cluster.access.probe())).toMatchObject({ kind: 'auth' })
    expect(asked()).toEqual(['/version'])
  })
})

describe('the creation time', () => {
  it.each([
    ['creation-qemu=10.0.13,ctime=1795425880', 1_795_425_880],
    ['ctime=5,creation-qemu=9', 5],
    ['creation-qemu=10.0.13', null],
    [undefined, null],
  ])('of %j is %j', async (meta, created) => {
    const { cluster } = await setup({ '/nodes/pve1/qemu/100/config': { name: 'web', meta } })
    expect(await cluster.inventory.createdAt({ kind: 'qemu', vmid: 100, node: 'pve1' })).toBe(created)
  })

  it('of a container is not known, and not asked for', async () => {
    const { cluster, asked } = await setup({})
    expect(await cluster.inventory.createdAt({ kind: 'lxc', vmid: 200, node: 'pve1' })).toBeNull()
    expect(asked()).toEqual([])
  })
})

const ref = (more: Partial<GuestRef> = {}): GuestRef => ({
  cluster: 'lab',
  vmid: 100,
  kind: 'qemu',
  name: 'web',
  node: 'pve1',
  incarnation: 1,
  ...more,
})
const at = '/nodes/pve1/qemu/100'
const vm = (): Answers => ({
  [`${at}/status/current`]: {
    status: 'running',
    qmpstatus: 'running',
    name: 'web',
    cpus: 2,
    disk: 0,
    tags: 'a;b',
    ha: { managed: 1, state: 'started' },
  },
  [`${at}/config`]: { name: 'web', agent: '1', cipassword: '**********', digest: 'd1' },
  [`${at}/pending`]: [
    { key: 'name', value: 'web' },
    { key: 'memory', value: '512', pending: '768' },
    { key: 'net1', value: 'virtio', delete: 1 },
    { key: 'cipassword', value: '**********', pending: SECRET },
  ],
  [`${at}/snapshot`]: [
    { name: 'current', parent: 's2', running: 1 },
    { name: 's2', snaptime: 20, parent: 's1', vmstate: 1, description: 'two\nlines' },
    { name: 's1', snaptime: 10, description: '' },
  ],
  [`${at}/agent/network-get-interfaces`]: {
    result: [{ name: 'eth0', 'ip-addresses': [{ 'ip-address': '192.0.2.5' }] }],
  },
})

describe('a guest', () => {
  it('is read whole, without its secrets', async () => {
    const { cluster, asked } = await setup(vm())
    const live = await cluster.guests.live(ref())
    expect(live).toMatchObject({
      node: 'pve1',
      name: 'web',
      status: 'running',
      maxcpu: 2,
      disk: null,
      tags: ['a', 'b'],
      ha: 'started',
      config: { kind: 'known', value: { name: 'web', agent: '1' } },
      configDigest: { kind: 'known', value: 'd1' },
      snapshots: {
        kind: 'known',
        value: [
          { name: 's1', parent: null, time: '1970-01-01T00:00:10.000Z', description: '', withMemory: false },
          { name: 's2', parent: 's1', withMemory: true, description: 'two\nlines' },
        ],
      },
      addresses: { kind: 'known', value: ['192.0.2.5'] },
    })
    expect(live.pending).toEqual({
      kind: 'known',
      value: [
        { key: 'cipassword', value: '**********', pending: '**********', removed: false },
        { key: 'memory', value: '512', pending: '768', removed: false },
        { key: 'net1', value: 'virtio', pending: null, removed: true },
      ],
    })
    expect(JSON.stringify(live)).not.toContain(SECRET)
    expect(asked()).toContain(`${at}/config?current=1`)
  })

  it('says of each part why it cannot be read', async () => {
    const { cluster } = await setup({
      ...vm(),
      [`${at}/config`]: refusal(403, 'Permission check failed (/vms/100, VM.Audit)'),
      [`${at}/pending`]: refusal(500, 'something broke'),
      [`${at}/snapshot`]: refusal(596, 'Connection timed out'),
    })
    const live = await cluster.guests.live(ref())
    const lacks = { kind: 'unknown', why: 'the token lacks VM.Audit on /vms/100' }
    expect(live).toMatchObject({
      status: 'running',
      config: lacks,
      configDigest: lacks,
      addresses: lacks,
      pending: { kind: 'unknown', why: 'something broke' },
      snapshots: { kind: 'unknown', why: 'no answer in time: Connection timed out' },
    })
  })

  it('fails only with its status', async () => {
    const { cluster } = await setup({
      ...vm(),
      [`${at}/status/current`]: refusal(403, 'Permission check failed (/vms/100, VM.Audit)'),
    })
    expect(await outageOf(cluster.guests.live(ref()))).toMatchObject({
      kind: 'forbidden',
      privilege: { path: '/vms/100', name: 'VM.Audit' },
    })
  })

  it('is followed to another node, once', async () => {
    const gone = refusal(500, "Configuration file 'nodes/pve9/qemu-server/100.conf' does not exist")
    const moved = {
      ...vm(),
      '/nodes/pve9/qemu/100/status/current': gone,
      '/cluster/resources': [{ type: 'qemu', vmid: 100, node: 'pve1', status: 'running' }],
    }
    const { cluster, asked } = await setup(moved)
    expect(await cluster.guests.live(ref({ node: 'pve9' }))).toMatchObject({ node: 'pve1', name: 'web' })
    expect(asked().slice(0, 3)).toEqual([
      '/nodes/pve9/qemu/100/status/current',
      '/cluster/resources?type=vm',
      '/nodes/pve1/qemu/100/status/current',
    ])
    const { cluster: other } = await setup({ ...moved, '/cluster/resources': [] })
    expect(await outageOf(other.guests.live(ref({ node: 'pve9' })))).toMatchObject({ kind: 'missing' })
  })

  it('has the config of its next start where `current` is not known', async () => {
    const { cluster } = await setup({
      ...vm(),
      [`${at}/config?current=1`]: refusal(400, 'Parameter verification failed.'),
    })
    expect((await cluster.guests.live(ref())).configDigest).toEqual({ kind: 'known', value: 'd1' })
  })

  it('whose agent is off or silent has unknown addresses; one that does not run has none', async () => {
    const off = await setup({ ...vm(), [`${at}/config`]: { name: 'web' } })
    expect((await off.cluster.guests.live(ref())).addresses).toEqual({
      kind: 'unknown',
      why: 'the guest agent is not enabled in its config',
    })
    expect(off.asked().join()).not.toContain('agent')
    const silent = await setup({
      ...vm(),
      [`${at}/agent/network-get-interfaces`]: refusal(500, 'QEMU guest agent is not running'),
    })
    expect((await silent.cluster.guests.live(ref())).addresses).toMatchObject({
      kind: 'unknown',
      why: 'QEMU guest agent is not running',
    })
    const stopped = await setup({ ...vm(), [`${at}/status/current`]: { status: 'stopped', template: '' } })
    const live = await stopped.cluster.guests.live(ref())
    expect(live).toMatchObject({ name: 'VM 100', status: 'stopped', addresses: { kind: 'known', value: [] } })
    expect(stopped.asked().join()).not.toContain('agent')
  })

  it('that is paused is not running', async () => {
    const { cluster } = await setup({
      ...vm(),
      [`${at}/status/current`]: { status: 'running', qmpstatus: 'paused', name: 'web' },
    })
    expect((await cluster.guests.live(ref())).status).toBe('paused')
  })

  it('has metrics', async () => {
    const { cluster, asked } = await setup({
      [`${at}/rrddata`]: [{ time: 60 }, { time: 120, cpu: 1 }],
      '/nodes/pve1/rrddata': [],
      '/nodes/pve1/storage/local/rrddata': [{ time: 60, used: 5 }],
    })
    const guests = cluster.guests
    expect(await guests.metrics({ type: 'guest', guest: ref() }, 'hour')).toMatchObject({
      columns: { cpu: [null, 1] },
    })
    expect(await guests.metrics({ type: 'node', node: 'pve1' }, 'day')).toMatchObject({ times: [] })
    const storage = { type: 'storage', node: 'pve1', storage: 'local' } as const
    expect(await guests.metrics(storage, 'year')).toMatchObject({ columns: { used: [5] } })
    expect(asked()[0]).toBe(`${at}/rrddata?timeframe=hour`)
  })
})

describe('a task', () => {
  const path = `/nodes/pve1/tasks/${upid(1)}`

  it.each([
    [{ status: 'running' }, { running: true, status: null, endTime: null }],
    [
      { status: 'stopped', exitstatus: 'OK' },
      { running: false, status: 'OK', endTime: null },
    ],
    [{ status: 'stopped' }, { running: false, status: '', endTime: null }],
  ])('%j', async (answer, state) => {
    const { cluster } = await setup({ [`${path}/status`]: answer })
    expect(await cluster.tasks.status(upid(1))).toEqual(state)
  })

  it('of another form is asked nobody for', async () => {
    const { cluster, asked } = await setup({})
    for (const wrong of ['', '../..', 'UPID:x', `${upid(1)}x`]) {
      expect(await outageOf(cluster.tasks.status(wrong))).toMatchObject({ kind: 'invalid' })
      expect(await outageOf(cluster.tasks.logTail(wrong, 5))).toMatchObject({ kind: 'invalid' })
    }
    expect(asked()).toEqual([])
  })

  it('that is forgotten is missing', async () => {
    const { cluster } = await setup({
      [`${path}/log`]: [{ n: 1, t: 'unable to open file - No such file or directory' }],
    })
    expect(await outageOf(cluster.tasks.logTail(upid(1), 5))).toMatchObject({ kind: 'missing' })
  })

  it('has a log, of which the end is read', async () => {
    const { cluster, answers } = await setup({})
    answers[`${path}/log`] = [{ n: 1, t: 'no content' }]
    expect(await cluster.tasks.logTail(upid(1), 5)).toEqual([])
    answers[`${path}/log`] = [
      { n: 2, t: 'b' },
      { n: 1, t: 'a' },
    ]
    expect(await cluster.tasks.logTail(upid(1), 5)).toEqual(['a', 'b'])
  })

  it('whose log is longer is asked for its end', async () => {
    const urls: string[] = []
    const host = await startHost(({ url }, response) => {
      const query = new URL(url, 'https://x').searchParams
      urls.push(query.toString())
      const start = Number(query.get('start'))
      const lines = Array.from({ length: Number(query.get('limit')) }, (_, n) => ({
        n: start + n + 1,
        t: `line ${start + n + 1}`,
      }))
      ok(response, lines, { total: 180 })
    })
    hosts.push(host)
    const cluster = pveConnector({ clock: testClock(), random: () => 0 }).connect(settingsFor([host]))
    clusters.push(cluster)
    expect(await cluster.tasks.logTail(upid(1), 2)).toEqual(['line 179', 'line 180'])
    expect(urls).toEqual(['start=0&limit=2', 'start=178&limit=2'])
  })
})
