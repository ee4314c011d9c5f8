import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type ControlClient, createControlClient } from '../../../src/simulator/control-client.js'
import { type Simulator, startSimulator } from '../../../src/simulator/server.js'
import { ask, row, rows } from './client.js'

describe('changes by someone else', () => {
  let simulator: Simulator
  let control: ControlClient

  beforeEach(async () => {
    simulator = await startSimulator({ authDelayMs: 0 })
    control = createControlClient(simulator.controlUrl)
  })
  afterEach(async () => {
    await simulator.close()
  })

  const resource = async (vmid: number) =>
    (await rows(simulator, '/cluster/resources?type=vm')).find((entry) => entry.vmid === vmid)
  const newest = async (node: string, vmid: number) =>
    (await rows(simulator, `/nodes/${node}/tasks?vmid=${vmid}&limit=1`))[0]

  it('renames, tags and pools', async () => {
    const digest = (await row(simulator, '/nodes/pve1/qemu/101/config')).digest
    await control.change({ kind: 'rename', vmid: 101, name: 'web-one' })
    await control.change({ kind: 'tags', vmid: 101, tags: 'Zed;prod' })
    await control.change({ kind: 'pool', vmid: 101, pool: 'lab' })
    expect(await resource(101)).toMatchObject({ name: 'web-one', tags: 'prod;zed', pool: 'lab' })
    expect((await row(simulator, '/nodes/pve1/qemu/101/config')).digest).not.toBe(digest)
  })

  it('leaves a task where the web interface does, none where a file is edited', async () => {
    const before = (await rows(simulator, '/nodes/pve1/tasks')).length
    await control.change({ kind: 'config', vmid: 104, set: { memory: 4096 }, by: 'config-file' })
    expect((await rows(simulator, '/nodes/pve1/tasks')).length).toBe(before)
    await control.change({ kind: 'config', vmid: 104, set: { memory: 2048 }, by: 'web-ui' })
    expect(await newest('pve1', 104)).toMatchObject({ type: 'qmconfig', user: 'root@pam', status: 'OK' })
    expect(await resource(104)).toMatchObject({ maxmem: 2048 * 1024 ** 2 })
  })

  it('switches, migrates, destroys and creates', async () => {
    await control.change({ kind: 'power', vmid: 101, to: 'off' })
    expect(await resource(101)).toMatchObject({ status: 'stopped' })
    expect(await newest('pve1', 101)).toMatchObject({ type: 'qmstop', user: 'root@pam' })
    await control.change({ kind: 'migrate', vmid: 101, node: 'pve3' })
    expect(await resource(101)).toMatchObject({ node: 'pve3' })
    expect(await newest('pve1', 101)).toMatchObject({ type: 'qmigrate' })
    await control.change({ kind: 'destroy', vmid: 101 })
    expect(await resource(101)).toBeUndefined()
    await control.change({ kind: 'create', vmid: 777, name: 'fresh', guestKind: 'lxc', running: true })
    expect(await resource(777)).toMatchObject({ type: 'lxc', name: 'fresh', status: 'running' })
    await expect(control.change({ kind: 'create', vmid: 777, name: 'again' })).rejects.toThrow('exists')
  })

  it('re-creates under the same vmid with another identity', async () => {
    const before = await row(simulator, '/nodes/pve1/qemu/101/config')
    await control.change({ kind: 'recreate', vmid: 101 })
    const after = await row(simulator, '/nodes/pve1/qemu/101/config')
    expect(after.name).toBe(before.name)
    expect(after.smbios1).not.toBe(before.smbios1)
    expect(after.meta).not.toBe(before.meta)
    const types = (await rows(simulator, '/nodes/pve1/tasks?vmid=101&limit=2')).map((entry) => entry.type)
    expect(types).toEqual(['qmcreate', 'qmdestroy'])
    await control.change({ kind: 'recreate', vmid: 101, guestKind: 'lxc', name: 'web-ct' })
    expect(await resource(101)).toMatchObject({ type: 'lxc', name: 'web-ct' })
  })

  it('adds and removes snapshots and storages', async () => {
    await control.change({ kind: 'snapshot-add', vmid: 104, name: 'by-hand' })
    const names = async () =>
      (await rows(simulator, '/nodes/pve1/qemu/104/snapshot')).map((entry) => entry.name).sort()
    expect(await names()).toEqual(['by-hand', 'current'])
    await control.change({ kind: 'snapshot-remove', vmid: 104, name: 'by-hand' })
    expect(await names()).toEqual(['current'])
    await control.change({ kind: 'add-storage', storage: 'fast', nodes: ['pve2'] })
    const found = await rows(simulator, '/cluster/resources?type=storage')
    expect(found.filter((entry) => entry.storage === 'fast').map((entry) => entry.node)).toEqual(['pve2'])
  })

  it('changes some guests at random, the same ones for the same seed', async () => {
    const changed = await control.change({ kind: 'random-changes', percent: 50, seed: 3 })
    expect(changed.length).toBeGreaterThan(2)
    const other = await startSimulator({ authDelayMs: 0 })
    const again = await createControlClient(other.controlUrl).change({
      kind: 'random-changes',
      percent: 50,
      seed: 3,
    })
    await other.close()
    expect(again).toEqual(changed)
  })

  it('renews a certificate on its key, and re-keys it', async () => {
    const { X509Certificate } = await import('node:crypto')
    const { connect } = await import('node:tls')
    const served = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const { port } = new URL(simulator.endpoint)
        const socket = connect({ host: '127.0.0.1', port: Number(port), ca: simulator.caPem }, () => {
          const raw = socket.getPeerCertificate(true).raw
          socket.destroy()
          resolve(new X509Certificate(raw).toString())
        })
        socket.on('error', reject)
      })
    const keyOf = (pem: string) => new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' })
    const first = await served()
    expect(new X509Certificate(first).fingerprint256).toBe(simulator.fingerprint)
    await control.change({ kind: 'renew-certificate', node: 'pve1' })
    const second = await served()
    expect(second).not.toBe(first)
    expect(keyOf(second)).toBe(keyOf(first))
    expect(new X509Certificate(second).fingerprint256).toBe(simulator.fingerprint)
    await control.change({ kind: 'rekey-certificate', node: 'pve1' })
    expect(keyOf(await served())).not.toBe(keyOf(first))
    expect((await rows(simulator, '/nodes')).map((entry) => entry.ssl_fingerprint)).toContain(
      simulator.fingerprint,
    )
  })

  it('moves its clock', async () => {
    const before = Date.parse((await control.state()).now)
    await control.clock({ advanceSeconds: 86_400 })
    expect(Date.parse((await control.state()).now) - before).toBeGreaterThanOrEqual(86_400_000)
    const reply = await ask(simulator, 'GET', '/version')
    const date = reply.headers[reply.headers.indexOf('Date') + 1] ?? ''
    expect(Date.parse(date)).toBeGreaterThan(before + 86_000_000)
  })

  it('tells who is attached, and when nobody is any more', async () => {
    let idle = 0
    const other = await startSimulator({ exitWhenLast: true, idleMs: 20, onIdle: () => (idle += 1) })
    const client = createControlClient(other.controlUrl)
    expect((await client.hello()).endpoint).toBe(other.endpoint)
    const [first, second] = [await client.attach(), await client.attach()]
    expect((await client.clients()).attached).toBe(2)
    first.detach()
    await first.ended
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(idle).toBe(0)
    second.detach()
    await second.ended
    for (let round = 0; round < 100 && idle === 0; round += 1)
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect(idle).toBe(1)
    await other.close()
  })
})
