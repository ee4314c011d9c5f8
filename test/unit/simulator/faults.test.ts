import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type ControlClient, createControlClient } from '../../../src/simulator/control-client.js'
import { type Simulator, startSimulator } from '../../../src/simulator/server.js'
import { ask, row, rows } from './client.js'

describe('faults', () => {
  let simulator: Simulator
  let control: ControlClient

  beforeEach(async () => {
    simulator = await startSimulator({ authDelayMs: 0 })
    control = createControlClient(simulator.controlUrl)
  })
  afterEach(async () => {
    await simulator.close()
  })

  const start = '/nodes/pve1/qemu/104/status/start'
  const taskCount = async (): Promise<number> =>
    (await rows(simulator, '/nodes/pve1/tasks?source=all&vmid=104&typefilter=qmstart')).length

  it('proxy error before: nothing happened', async () => {
    const before = await taskCount()
    await control.fault({
      kind: 'proxy-error',
      status: 596,
      method: 'POST',
      path: '/status/start$',
      count: 1,
    })
    expect(await ask(simulator, 'POST', start)).toMatchObject({
      status: 596,
      reason: 'Connection timed out',
      body: '',
    })
    expect(await taskCount()).toBe(before)
    expect((await control.calls()).map((call) => call.executed)).toEqual([false])
    expect(await ask(simulator, 'POST', start)).toMatchObject({ status: 200 })
  })

  it('proxy error after: it happened all the same', async () => {
    const before = await taskCount()
    await control.fault({ kind: 'proxy-error', status: 596, when: 'after', method: 'POST', count: 1 })
    expect(await ask(simulator, 'POST', start)).toMatchObject({ status: 596 })
    expect(await taskCount()).toBe(before + 1)
    expect((await control.calls()).map((call) => call.executed)).toEqual([true])
  })

  it.each(['before', 'after'] as const)('reset %s', async (when) => {
    const before = await taskCount()
    await control.fault({ kind: 'reset', when, method: 'POST', count: 1 })
    await expect(ask(simulator, 'POST', start)).rejects.toThrow()
    expect(await taskCount()).toBe(before + (when === 'after' ? 1 : 0))
  })

  it('spoils bodies, for as often as asked', async () => {
    await control.fault({ kind: 'truncated', path: '^/nodes$', count: 1 })
    const broken = await ask(simulator, 'GET', '/nodes')
    expect(() => JSON.parse(broken.body)).toThrow()
    expect(() => JSON.parse('{}')).not.toThrow()
    await control.fault({ kind: 'html', count: 1 })
    expect((await ask(simulator, 'GET', '/nodes')).body).toMatch(/^<html>/)
    await control.fault({ kind: 'wrong-content', count: 1 })
    expect((await ask(simulator, 'GET', '/nodes')).body).toBe('{"data":"surprise"}')
    await control.fault({ kind: 'wrong-type', count: 1 })
    const plain = await ask(simulator, 'GET', '/nodes')
    expect([plain.headers.includes('text/plain'), JSON.parse(plain.body).data.length]).toEqual([true, 3])
    await control.fault({ kind: 'oversized', bytes: 3_000_000, count: 1 })
    expect((await ask(simulator, 'GET', '/nodes')).bytes.length).toBeGreaterThan(3_000_000)
    await control.fault({ kind: 'status', status: 500, reason: 'got timeout', count: 1 })
    expect(await ask(simulator, 'GET', '/nodes')).toMatchObject({ status: 500, reason: 'got timeout' })
    expect((await ask(simulator, 'GET', '/nodes')).status).toBe(200)
  })

  it('a dead node: offline, its guests known for 300 seconds, then unknown and nameless', async () => {
    await control.fault({ kind: 'node-offline', node: 'pve2' })
    const node = (await rows(simulator, '/nodes')).find((entry) => entry.node === 'pve2') ?? {}
    expect(node.status).toBe('offline')
    expect(Object.keys(node)).not.toContain('cpu')
    expect(node).toHaveProperty('maxmem')
    expect(await ask(simulator, 'GET', '/nodes/pve2/qemu/102/config')).toMatchObject({
      status: 595,
      reason: 'No route to host',
      body: '',
    })
    await expect(
      ask(simulator, 'GET', '/version', { endpoint: simulator.endpoints[1] ?? '' }),
    ).rejects.toThrow()
    const web02 = async () =>
      (await rows(simulator, '/cluster/resources?type=vm')).find((entry) => entry.vmid === 102)
    expect(await web02()).toMatchObject({ status: 'running', name: 'web-02' })
    const members = (await rows(simulator, '/cluster/status')).filter((entry) => entry.type === 'node')
    expect(members.map((entry) => entry.online).sort()).toEqual([0, 1, 1])
    expect(
      (await rows(simulator, '/cluster/status')).find((entry) => entry.type === 'cluster')?.quorate,
    ).toBe(1)

    await control.clock({ advanceSeconds: 301 })

    const unknown = (await web02()) ?? {}
    expect(Object.keys(unknown).sort()).toEqual(['id', 'node', 'pool', 'status', 'tags', 'type', 'vmid'])
    expect(unknown.status).toBe('unknown')

    await control.clear()
    expect(await web02()).toMatchObject({ status: 'running', name: 'web-02' })
    expect(await ask(simulator, 'GET', '/version', { endpoint: simulator.endpoints[1] ?? '' })).toMatchObject(
      {
        status: 200,
      },
    )
  })

  it('a node that lost power comes back with its onboot guests alone', async () => {
    await control.fault({ kind: 'node-offline', node: 'pve1' })
    await control.fault({ kind: 'node-online', node: 'pve1', rebooted: true })
    expect(await row(simulator, '/nodes/pve1/qemu/101/status/current')).toMatchObject({ status: 'running' })
    expect((await row(simulator, '/nodes/pve1/status')).uptime).toBeLessThan(60)
  })

  it('without quorum reads work, most writes do not, stop does', async () => {
    await control.fault({ kind: 'quorum-lost' })
    const cluster = (await rows(simulator, '/cluster/status')).find((entry) => entry.type === 'cluster')
    expect(cluster?.quorate).toBe(0)
    expect((await rows(simulator, '/cluster/ha/status/current'))[0]).toBeDefined()
    expect(await ask(simulator, 'POST', start)).toMatchObject({
      status: 500,
      reason: 'cluster not ready - no quorum?',
    })
    const put = await ask(simulator, 'PUT', '/nodes/pve1/qemu/101/config', { body: 'onboot=1' })
    expect(put.reason).toMatch(
      /^unable to open file '\/etc\/pve\/nodes\/pve1\/qemu-server\/101\.conf\.tmp\.[0-9]+' - Permission denied$/,
    )
    const snapshot = await ask(simulator, 'POST', '/nodes/pve1/qemu/101/snapshot', { body: 'snapname=nq1' })
    const upid: string = JSON.parse(snapshot.body).data
    const status = await row(simulator, `/nodes/pve1/tasks/${encodeURIComponent(upid)}/status`)
    expect(String(status.exitstatus)).toContain('Permission denied')
    expect(await ask(simulator, 'POST', '/nodes/pve1/qemu/101/status/stop')).toMatchObject({ status: 200 })
    await control.fault({ kind: 'quorum-regained' })
    expect(await ask(simulator, 'POST', start)).toMatchObject({ status: 200 })
  })

  it('refuses what it does not understand', async () => {
    const wrong: unknown = { kind: 'earthquake' }
    const reply = await fetch(`${simulator.controlUrl}/faults`, {
      method: 'POST',
      body: JSON.stringify(wrong),
    })
    expect(reply.status).toBe(400)
    await expect(control.change({ kind: 'rename', vmid: 4242, name: 'x' })).rejects.toThrow('no guest 4242')
    const page = await fetch(`${simulator.controlUrl}/state`, { headers: { Origin: 'http://evil.example' } })
    expect(page.status).toBe(403)
  })
})
