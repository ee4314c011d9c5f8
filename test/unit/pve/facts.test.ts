import { afterEach, describe, expect, it } from '@jest/globals'
import type { GuestPlace } from '../../../src/ports/pve.js'
import { pveConnector } from '../../../src/pve/connector.js'
import { createdOf, markOf } from '../../../src/pve/identity-mark.js'
import { ok, outageOf, refuse, settingsFor, startHost, TOKEN, testClock } from './support.js'

const closing: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close()
})

type Reply = unknown | ((asked: number) => unknown)
const GONE = { refused: "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist" }

const NODES = [
  { node: 'pve1', status: 'online', uptime: 5, maxcpu: 4 },
  { node: 'pve2', status: 'online', uptime: 5, maxcpu: 4 },
]
const row = (node: string) => ({
  type: 'qemu',
  vmid: 100,
  node,
  name: 'web',
  status: 'running',
  pool: 'prod',
})
const USUAL: Readonly<Record<string, Reply>> = {
  '/cluster/status': [{ type: 'cluster', name: 'lab', quorate: 1 }],
  '/cluster/resources': [row('pve1')],
  '/nodes': NODES,
  '/access/permissions': { '/': { 'VM.Audit': 1, 'Sys.Audit': 1 } },
  tasks: [],
  'status/current': { status: 'running', qmpstatus: 'running', name: 'web', uptime: 7, ha: { managed: 0 } },
  config: { digest: 'd1', smbios1: 'uuid=AB', meta: 'creation-qemu=9,ctime=5' },
  snapshot: [{ name: 'current' }],
  pending: [],
}

/** A host that answers by path, or by the path's end; `{ refused }` is a 500. */
async function setup(given: Readonly<Record<string, Reply>> = {}) {
  const replies = { ...USUAL, ...given }
  const counts = new Map<string, number>()
  const host = await startHost(({ url }, response) => {
    const path = (url.split('?')[0] ?? '').replace('/api2/json', '')
    const asked = (counts.get(path) ?? 0) + 1
    counts.set(path, asked)
    const key = Object.keys(replies).find((name) => path === name || path.endsWith(`/${name}`)) ?? ''
    const reply = replies[key]
    const said: unknown =
      typeof reply === 'function' ? reply(path.includes('/pve2/') ? `pve2` : asked) : reply
    if (typeof said === 'object' && said !== null && 'refused' in said)
      refuse(response, 500, String(said.refused))
    else ok(response, said)
  })
  closing.push(host)
  const cluster = pveConnector({ clock: testClock(), random: () => 0 }).connect({
    ...settingsFor([host]),
    operateToken: TOKEN,
  })
  closing.push(cluster)
  const { operate } = cluster
  if (operate === null) throw new Error('no token for changes')
  return { host, cluster, operate, asked: (path: string) => counts.get(path) ?? 0 }
}

const place: GuestPlace = { kind: 'qemu', vmid: 100, node: 'pve1' }

describe('a guest that moves while it is read', () => {
  it('is looked for once more, and read where it is then', async () => {
    const { cluster, asked } = await setup({
      '/cluster/resources': (n: number) => [row(n === 1 ? 'pve1' : 'pve2')],
      'status/current': (where: unknown) => (where === 'pve2' ? USUAL['status/current'] : GONE),
    })
    const [reading] = await cluster.guests.facts([place])
    expect(reading).toMatchObject({ kind: 'facts', facts: { node: 'pve2', name: 'web', pool: 'prod' } })
    expect(asked('/cluster/resources')).toBe(2)
  })

  it('is looked for as well when only its config has gone', async () => {
    const { cluster } = await setup({
      '/cluster/resources': (n: number) => [row(n === 1 ? 'pve1' : 'pve2')],
      config: (where: unknown) => (where === 'pve2' ? USUAL.config : GONE),
    })
    expect(await cluster.guests.facts([place])).toMatchObject([{ kind: 'facts', facts: { node: 'pve2' } }])
  })

  it.each([
    ['is still listed there', (_: number) => [row('pve1')]],
    ['is not listed any more', (n: number) => (n === 1 ? [row('pve1')] : [])],
    ['is never where it is listed', (n: number) => [row(n === 1 ? 'pve1' : 'pve2')]],
  ])('has gone where it %s', async (_, listing) => {
    const { cluster, asked } = await setup({ '/cluster/resources': listing, 'status/current': () => GONE })
    expect(await cluster.guests.facts([place])).toMatchObject([{ kind: 'gone', place: { vmid: 100 } }])
    expect(asked('/cluster/resources')).toBe(2)
  })
})

describe('odd answers', () => {
  it('a row that cannot be read is asked for where it was', async () => {
    const { cluster } = await setup({ '/cluster/resources': [{ ...row('pve1'), id: 'qemu/100', node: 7 }] })
    expect(await cluster.guests.facts([place])).toMatchObject([{ kind: 'facts', facts: { pool: null } }])
  })

  it('a status that is none leaves the guest unreadable', async () => {
    const { cluster } = await setup({ 'status/current': ['?'] })
    expect(await cluster.guests.facts([place])).toMatchObject([
      { kind: 'unreadable', nodeOnline: true, outage: { kind: 'notProxmox', node: 'pve1' } },
    ])
  })

  it.each([
    ['stopped', undefined, 'stopped'],
    ['running', 'paused', 'paused'],
    ['running', 'prelaunch', 'paused'],
    ['running', 'suspended', 'paused'],
    ['running', 'io-error', 'running'],
    ['running', undefined, 'running'],
    ['unknown', undefined, 'unknown'],
    [undefined, undefined, 'unknown'],
  ])('status %s with qmpstatus %s is %s', async (status, qmpstatus, power) => {
    const { cluster } = await setup({ 'status/current': { status, qmpstatus } })
    expect(await cluster.guests.facts([place])).toMatchObject([{ facts: { power, name: 'VM 100' } }])
  })

  it('a config without a digest, protected in whatever form', async () => {
    const { cluster } = await setup({ config: { protection: '1', startup: 'order=any,down=90' } })
    expect(await cluster.guests.facts([place])).toMatchObject([
      {
        facts: {
          protection: { kind: 'known', value: true },
          configDigest: { kind: 'unknown', why: 'the config came without a digest' },
          mark: { kind: 'unknown' },
          downSeconds: 90,
        },
      },
    ])
  })

  it('running tasks that cannot all be read are unknown', async () => {
    const { cluster } = await setup({ tasks: [{ upid: 'x' }] })
    expect(await cluster.guests.facts([place])).toMatchObject([
      {
        facts: { activeTasks: { kind: 'unknown', why: 'the list of running tasks could not be read whole' } },
      },
    ])
  })
})

const upid = (type: string, user: string, start = '6B04082E') =>
  `UPID:pve1:00001201:0003FC57:${start}:${type}:100:${user}:`
const task = (type: string, user: string, more: object = {}) => ({
  upid: upid(type, user),
  node: 'pve1',
  type,
  id: '100',
  user,
  starttime: 1_795_426_350,
  ...more,
})

describe('looking for our own tasks', () => {
  const search = async (tasks: unknown, types = ['qmstop']) => {
    const { operate } = await setup({ tasks })
    return operate.ownTasks(place, types, 0)
  }

  it('knows them in both forms that PVE writes the user in', async () => {
    const running = task('qmstop', TOKEN.id, {
      status: 'RUNNING',
      upid: upid('qmstop', TOKEN.id, '6B04082F'),
    })
    const done = task('qmstop', 'mpc@pve', {
      upid: upid('qmstop', TOKEN.id),
      tokenid: 'read',
      status: 'OK',
      endtime: 1_795_426_351,
    })
    const found = await search([done, { ...running, starttime: 1_795_426_351 }])
    expect(found.complete).toBe(true)
    expect(found.tasks.map(({ status, user }) => [status, user])).toEqual([
      [null, TOKEN.id],
      ['OK', TOKEN.id],
    ])
  })

  it('takes nobody else for us: the user alone, another token, a longer name', async () => {
    const others = ['mpc@pve', 'mpc@pve!reader', 'xmpc@pve!read', 'root@pam', 'mpc@pve!operate']
    expect(await search(others.map((user) => task('qmstop', user)))).toEqual({ tasks: [], complete: true })
  })

  it('only those of the wanted types', async () => {
    const tasks = [task('qmstart', TOKEN.id), task('qmstop', TOKEN.id), task('hastop', TOKEN.id)]
    const found = await search(tasks, ['qmstop', 'hastop'])
    expect(found.tasks.map(({ type }) => type).sort()).toEqual(['hastop', 'qmstop'])
  })

  it('one that ends while it is listed is one task, and done', async () => {
    const running = task('qmstop', TOKEN.id, { status: 'RUNNING' })
    const done = task('qmstop', TOKEN.id, { status: 'OK', endtime: 1_795_426_352 })
    for (const both of [
      [running, done],
      [done, running],
    ])
      expect((await search(both)).tasks).toMatchObject([{ status: 'OK', endTime: 1_795_426_352 }])
  })

  it.each([
    ['a row that cannot be read', [task('qmstop', TOKEN.id), { type: 'qmstop' }]],
    ['a row whose id is none', [task('qmstop', TOKEN.id), task('qmstop', TOKEN.id, { upid: 'UPID:odd' })]],
    ['as many rows as were asked for', Array.from({ length: 500 }, () => task('qmstop', TOKEN.id))],
  ])('is not complete with %s', async (_, tasks) => {
    const found = await search(tasks)
    expect(found.complete).toBe(false)
    expect(found.tasks).toHaveLength(1)
  })

  it('throws where there is no list', async () => {
    const { operate } = await setup({ tasks: { refused: 'hostname lookup failed' } })
    expect(await outageOf(operate.ownTasks(place, ['qmstop'], 0))).toMatchObject({ ambiguous: false })
  })
})

describe('an identity mark', () => {
  const known = (values: Readonly<Record<string, string | number>>) =>
    ({ kind: 'known', value: { values, digest: null } }) as const

  it.each([
    [
      { meta: 'creation-qemu=10.0.2,ctime=1795425880' },
      { created: 1_795_425_880, uuid: null, vmgenid: null },
    ],
    [{ smbios1: 'base64=1,uuid=AB-CD,serial=eA==' }, { created: null, uuid: 'ab-cd', vmgenid: null }],
    [
      { vmgenid: 'EF', smbios1: 'manufacturer=x' },
      { created: null, uuid: null, vmgenid: 'ef' },
    ],
    [
      { vmgenid: 0, meta: 'ctime=1' },
      { created: 1, uuid: null, vmgenid: null },
    ],
  ])('of a VM: %j', (values, mark) => {
    expect(markOf('qemu', known(values))).toEqual({ kind: 'vm', ...mark })
  })

  it.each([[{}], [{ meta: 'creation-qemu=7' }], [{ vmgenid: '0', smbios1: 'uuid=' }]])(
    'of a VM that says nothing is unknown: %j',
    (values) => {
      expect(markOf('qemu', known(values)).kind).toBe('unknown')
    },
  )

  it('of a container: every interface once, in any spelling', () => {
    const values = {
      net1: 'name=eth1,hwaddr=bc:24:11:00:00:02',
      net0: 'name=eth0,hwaddr=BC:24:11:00:00:01,bridge=vmbr0',
      net2: 'name=eth2,hwaddr=BC:24:11:00:00:02',
      network: 'hwaddr=FF:FF:FF:FF:FF:FF',
    }
    const addresses = ['BC:24:11:00:00:01', 'BC:24:11:00:00:02']
    expect(markOf('lxc', known(values))).toEqual({ kind: 'ct', addresses })
    expect(markOf('lxc', known({ hostname: 'x' })).kind).toBe('unknown')
  })

  it('of an unreadable config is unknown, for its reason', () => {
    expect(markOf('qemu', { kind: 'unknown', why: 'no' })).toEqual({ kind: 'unknown', why: 'no' })
  })

  it.each([
    ['ctime=5', 5],
    ['xctime=5', null],
    ['ctime=soon', null],
    [null, null],
  ])('created: %j', (meta, created) => {
    expect(createdOf(meta)).toBe(created)
  })
})
