import { afterEach, describe, expect, it } from '@jest/globals'
import type { PveCluster, ReadOptions } from '../../../src/ports/pve.js'
import { pveConnector } from '../../../src/pve/connector.js'
import { type ReplayServer, startReplay } from '../../fakes/pve-replay/server.js'
import { outageOf, testClock } from '../../unit/pve/support.js'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

const options: ReadOptions = { isKnown: () => false, tasksSince: null }

async function replay(set: string): Promise<{ readonly server: ReplayServer; readonly cluster: PveCluster }> {
  const server = await startReplay({ set })
  const connector = pveConnector({ clock: testClock(), random: () => 0 })
  const cluster = connector.connect({
    name: 'lab',
    endpoints: [server.endpoint],
    tls: { kind: 'pin', fingerprint: server.fingerprint, publicKey: server.publicKey },
    token: server.token,
    operateToken: null,
  })
  opened.push(server, cluster)
  return { server, cluster }
}

const guest = (vmid: number, kind: 'qemu' | 'lxc') => ({
  cluster: 'lab',
  vmid,
  kind,
  name: '',
  node: 'pve1',
  incarnation: 1,
})

describe('what a real cluster answered', () => {
  it('two nodes', async () => {
    const { server, cluster } = await replay('two-node')
    const reading = await cluster.inventory.read(options)
    expect(reading).toMatchObject({ clusterName: 'labcluster', quorate: true, warnings: [] })
    expect(reading.guests.map(({ vmid }) => vmid)).toEqual([
      ...[100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110],
      ...[150, 151, 200, 201, 202, 203, 250],
    ])
    expect(reading.guests.find(({ vmid }) => vmid === 110)?.name).toBe('VM 110')
    expect(reading.guests.find(({ vmid }) => vmid === 104)?.template).toBe(true)
    expect(reading.guests.find(({ vmid }) => vmid === 100)?.tags).toEqual(['prod', 'web'])
    expect(reading.nodes.map(({ name, ip }) => [name, ip])).toEqual([
      ['pve1', '192.168.50.11'],
      ['pve2', '192.168.50.12'],
    ])
    expect(reading.storages.map(({ name, node, status }) => `${node}/${name} ${status}`)).toEqual([
      'null/archive-nfs disabled',
      'pve1/backup available',
      'pve1/data available',
      'pve1/local available',
      'pve2/backup available',
      'pve2/data available',
      'pve2/local available',
    ])
    expect(reading.pools).toEqual([
      { name: 'lab', comment: null },
      { name: 'production', comment: 'prod guests' },
    ])
    expect(reading.tasks.find(({ type }) => type === 'vzstart')?.user).toBe('root@pam!full')
    expect(server.unanswered()).toEqual([])
    // A real address is not tried where a loopback address was configured.
    expect(cluster.access.endpoints()).toHaveLength(1)
  })

  it('a dead node', async () => {
    const { cluster } = await replay('node2off')
    const reading = await cluster.inventory.read(options)
    expect(reading.quorate).toBe(false)
    expect(reading.nodes.map(({ status }) => status)).toEqual(['online', 'offline'])
    expect(reading.guests.find(({ vmid }) => vmid === 250)).toMatchObject({
      status: 'running',
      fresh: false,
      name: 'node2-ct',
    })
    expect(reading.usage).not.toHaveProperty('guest/250')
    expect(reading.usage).toHaveProperty('guest/200')
  })

  it.each([
    ['level-audit', 15, 0],
    ['level-ops', 2, 2],
    ['level-pooler', 3, 2],
    ['level-nobody', 0, 2],
  ])('seen with the rights of %s', async (set, guests, warnings) => {
    const { cluster } = await replay(set)
    const reading = await cluster.inventory.read(options)
    expect(reading.guests).toHaveLength(guests)
    expect(reading.warnings).toHaveLength(warnings)
  })

  it('a VM and a container', async () => {
    const { cluster } = await replay('one-node')
    const vm = await cluster.guests.live(guest(106, 'qemu'))
    expect(vm).toMatchObject({ name: 'snappy', config: { kind: 'known' }, configDigest: { kind: 'known' } })
    expect(vm.snapshots).toMatchObject({
      kind: 'known',
      value: [
        { name: 'before-upgrade', parent: null },
        { name: 'after_upgrade', parent: 'before-upgrade' },
      ],
    })
    const container = await cluster.guests.live(guest(200, 'lxc'))
    expect(container).toMatchObject({
      name: 'ct-proxy',
      status: 'running',
      tags: ['prod', 'proxy'],
      addresses: { kind: 'known', value: ['192.168.50.200'] },
    })
    expect(JSON.stringify(vm)).not.toMatch(/cipassword|sshkeys/)
  })

  it('a guest that does not exist, and when one was made', async () => {
    const { cluster } = await replay('one-node')
    expect(await cluster.inventory.createdAt(guest(100, 'qemu'))).toBe(1_795_425_880)
    expect(await outageOf(cluster.guests.live(guest(4242, 'qemu')))).toMatchObject({ kind: 'missing' })
  })

  it('the wrong token', async () => {
    const { server, cluster } = await replay('one-node')
    const connector = pveConnector({ clock: testClock(), random: () => 0 })
    const other = connector.connect({
      name: 'lab',
      endpoints: [server.endpoint],
      tls: { kind: 'ca', pem: server.caPem },
      token: { id: 'root@pam!full', secret: 'wrong' },
      operateToken: null,
    })
    opened.push(other)
    expect(await outageOf(other.access.probe())).toMatchObject({ kind: 'auth', status: 401 })
    expect(server.refused()).toBe(1)
    expect((await cluster.access.probe()).version).toBe('9.2.11')
  })
})
