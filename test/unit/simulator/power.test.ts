import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type ControlClient, createControlClient } from '../../../src/simulator/control-client.js'
import { type Simulator, startSimulator } from '../../../src/simulator/server.js'
import { ask, data, row, rows } from './client.js'

describe('power and tasks', () => {
  let simulator: Simulator
  let control: ControlClient
  let now = 0

  beforeEach(async () => {
    now = Date.UTC(2026, 10, 23, 9, 30)
    // Time only moves when a test moves it.
    simulator = await startSimulator({ authDelayMs: 0, realNow: () => now })
    control = createControlClient(simulator.controlUrl)
  })
  afterEach(async () => {
    await simulator.close()
  })

  const post = (path: string, body = ''): ReturnType<typeof ask> => ask(simulator, 'POST', path, { body })
  const upidOf = async (path: string, body = ''): Promise<string> => {
    const reply = await post(path, body)
    expect([reply.status, reply.reason]).toEqual([200, 'OK'])
    const parsed: { data: string } = JSON.parse(reply.body)
    return parsed.data
  }
  const statusOf = (upid: string) =>
    row(simulator, `/nodes/${upid.split(':')[1]}/tasks/${encodeURIComponent(upid)}/status`)
  const finished = async (upid: string): Promise<unknown> => {
    await control.clock({ advanceSeconds: 120 })
    return (await statusOf(upid)).exitstatus
  }
  const powerOf = async (guest: string) => (await row(simulator, `${guest}/status/current`)).status

  it('makes a UPID of the recorded form', async () => {
    const upid = await upidOf('/nodes/pve1/qemu/104/status/start')
    expect(upid).toMatch(/^UPID:pve1:[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:qmstart:104:root@pam!full:$/)
    const status = await statusOf(upid)
    expect(status).toMatchObject({
      status: 'running',
      type: 'qmstart',
      id: '104',
      user: 'root@pam',
      tokenid: 'full',
    })
    expect(status).not.toHaveProperty('exitstatus')
    expect(await powerOf('/nodes/pve1/qemu/104')).toBe('stopped')
    expect(await finished(upid)).toBe('OK')
    expect(await powerOf('/nodes/pve1/qemu/104')).toBe('running')
  })

  it.each([
    ['start of a running VM', '/nodes/pve1/qemu/101/status/start', 'VM 101 already running'],
    ['start of a template', '/nodes/pve1/qemu/900/status/start', "you can't start a vm if it's a template"],
    [
      'start of a VM that is not there',
      '/nodes/pve1/qemu/4242/status/start',
      "Configuration file 'nodes/pve1/qemu-server/4242.conf' does not exist",
    ],
    [
      'start on the wrong node',
      '/nodes/pve1/qemu/102/status/start',
      "Configuration file 'nodes/pve1/qemu-server/102.conf' does not exist",
    ],
    [
      'start of a container that is not there',
      '/nodes/pve1/lxc/4242/status/start',
      "Configuration file 'nodes/pve1/lxc/4242.conf' does not exist",
    ],
    ['stop of a stopped VM', '/nodes/pve1/qemu/104/status/stop', 'OK'],
    ['shutdown of a stopped VM', '/nodes/pve1/qemu/104/status/shutdown', 'OK'],
  ])('%s: 200 and a task that ends so', async (_what, path, exitstatus) => {
    expect(await finished(await upidOf(path))).toBe(exitstatus)
  })

  it.each([
    ['start of a running container', '/nodes/pve1/lxc/201/status/start', 'CT 201 already running'],
    ['stop of a stopped container', '/nodes/pve3/lxc/204/status/stop', 'CT 204 not running'],
    ['shutdown of one', '/nodes/pve3/lxc/204/status/shutdown', 'CT 204 not running'],
    ['reboot of one', '/nodes/pve3/lxc/204/status/reboot', 'VM 204 not running'],
    ['suspend of one', '/nodes/pve3/lxc/204/status/suspend', 'CT 204 not running'],
    ['reset of a stopped VM', '/nodes/pve1/qemu/104/status/reset', 'VM 104 not running'],
    ['reboot of one', '/nodes/pve1/qemu/104/status/reboot', 'VM 104 not running'],
    ['suspend of one', '/nodes/pve1/qemu/104/status/suspend', 'VM 104 not running'],
    ['resume of one', '/nodes/pve1/qemu/104/status/resume', 'VM 104 not running'],
    ['shutdown of a paused VM', '/nodes/pve3/qemu/105/status/shutdown', 'VM is paused - cannot shutdown'],
  ])('%s: 500 at once', async (_what, path, reason) => {
    expect(await post(path)).toMatchObject({ status: 500, reason })
  })

  it('locks: a locked VM does not start, a stopped one may be stopped', async () => {
    await control.change({ kind: 'lock', vmid: 104, lock: 'backup' })
    expect(await finished(await upidOf('/nodes/pve1/qemu/104/status/start'))).toBe('VM is locked (backup)')
    expect(await finished(await upidOf('/nodes/pve1/qemu/104/status/stop'))).toBe('OK')
  })

  it('shuts down, and gives up on a guest that does not listen', async () => {
    expect(await finished(await upidOf('/nodes/pve1/qemu/101/status/shutdown', 'timeout=30'))).toBe('OK')
    expect(await powerOf('/nodes/pve1/qemu/101')).toBe('stopped')
    const ignored = await upidOf('/nodes/pve1/qemu/107/status/shutdown', 'timeout=8')
    expect(await finished(ignored)).toBe('VM quit/powerdown failed - got timeout')
    expect(await powerOf('/nodes/pve1/qemu/107')).toBe('running')
    const forced = await upidOf('/nodes/pve1/qemu/107/status/shutdown', 'timeout=4&forceStop=1')
    expect(await finished(forced)).toBe('OK')
    expect(await powerOf('/nodes/pve1/qemu/107')).toBe('stopped')
  })

  it('makes a second verb wait for the lock, for 10 seconds', async () => {
    const first = await upidOf('/nodes/pve1/qemu/107/status/shutdown', 'timeout=60')
    const second = await upidOf('/nodes/pve1/qemu/107/status/stop')
    await control.clock({ advanceSeconds: 11 })
    expect((await statusOf(first)).status).toBe('running')
    expect((await statusOf(second)).exitstatus).toBe(
      "can't lock file '/var/lock/qemu-server/lock-107.conf' - got timeout",
    )
  })

  it('lets a stop overrule a shutdown', async () => {
    const first = await upidOf('/nodes/pve1/qemu/107/status/shutdown', 'timeout=60')
    const second = await upidOf('/nodes/pve1/qemu/107/status/stop', 'overrule-shutdown=1')
    await control.clock({ advanceSeconds: 5 })
    expect((await statusOf(first)).exitstatus).toBe('received interrupt')
    expect((await statusOf(second)).exitstatus).toBe('OK')
    expect(await powerOf('/nodes/pve1/qemu/107')).toBe('stopped')
  })

  it('ends a reboot before the VM is up again', async () => {
    const reboot = await upidOf('/nodes/pve1/qemu/101/status/reboot')
    await control.clock({ advanceSeconds: 4.2 })
    expect((await statusOf(reboot)).exitstatus).toBe('OK')
    expect(await post('/nodes/pve1/qemu/101/status/reset')).toMatchObject({ reason: 'VM 101 not running' })
    await control.clock({ advanceSeconds: 10 })
    expect(await powerOf('/nodes/pve1/qemu/101')).toBe('running')
    const started = (await rows(simulator, '/nodes/pve1/tasks?limit=1'))[0]
    expect(started).toMatchObject({ type: 'qmstart', user: 'root@pam', id: '101', status: 'OK' })
    expect(started).not.toHaveProperty('tokenid')
  })

  it('pauses, and suspends to disk', async () => {
    expect(await finished(await upidOf('/nodes/pve1/qemu/101/status/suspend'))).toBe('OK')
    expect(await row(simulator, '/nodes/pve1/qemu/101/status/current')).toMatchObject({
      status: 'running',
      qmpstatus: 'paused',
    })
    const resource = (await rows(simulator, '/cluster/resources?type=vm')).find((entry) => entry.vmid === 101)
    expect(resource?.status).toBe('paused')
    expect(await finished(await upidOf('/nodes/pve1/qemu/101/status/resume'))).toBe('OK')
    expect(await finished(await upidOf('/nodes/pve1/qemu/101/status/suspend', 'todisk=1'))).toBe('OK')
    expect(await row(simulator, '/nodes/pve1/qemu/101/status/current')).toMatchObject({
      status: 'stopped',
      lock: 'suspended',
    })
    expect(await finished(await upidOf('/nodes/pve1/qemu/101/status/resume'))).toBe('OK')
    const back = await row(simulator, '/nodes/pve1/qemu/101/status/current')
    expect(back.status).toBe('running')
    expect(back).not.toHaveProperty('lock')
  })

  it('only asks HA to act; the guest follows later', async () => {
    const upid = await upidOf('/nodes/pve2/qemu/103/status/stop')
    expect(upid).toContain(':hastop:103:')
    expect((await statusOf(upid)).exitstatus).toBe('OK')
    expect(await powerOf('/nodes/pve2/qemu/103')).toBe('running')
    await control.clock({ advanceSeconds: 60 })
    expect(await powerOf('/nodes/pve2/qemu/103')).toBe('stopped')
  })

  it('stops a task, and shows each list in its own way', async () => {
    const upid = await upidOf('/nodes/pve1/qemu/107/status/shutdown', 'timeout=60')
    const task = `/nodes/pve1/tasks/${encodeURIComponent(upid)}`
    expect((await rows(simulator, '/nodes/pve1/tasks')).some((entry) => entry.upid === upid)).toBe(false)
    const active = (await rows(simulator, '/nodes/pve1/tasks?source=active'))[0]
    expect(active).toMatchObject({ upid, status: 'RUNNING', user: 'root@pam!full' })
    const whole = (await rows(simulator, '/cluster/tasks')).find((entry) => entry.upid === upid)
    expect(whole).toMatchObject({ user: 'root@pam', tokenid: 'full' })
    expect(whole).not.toHaveProperty('status')
    expect(await rows(simulator, `${task}/log`)).toEqual([{ n: 1, t: 'no content' }])

    expect(await ask(simulator, 'DELETE', task)).toMatchObject({ status: 200 })

    expect((await statusOf(upid)).exitstatus).toBe('received interrupt')
    expect(await rows(simulator, `${task}/log`)).toEqual([{ n: 1, t: 'TASK ERROR: received interrupt' }])
    expect((await rows(simulator, '/nodes/pve1/tasks?errors=1&limit=1'))[0]).toMatchObject({
      upid,
      status: 'received interrupt',
    })
  })

  it('writes config with digest check, tags as stored, and pending values', async () => {
    const path = '/nodes/pve1/qemu/101/config'
    const before = await row(simulator, path)
    const put = (body: string) => ask(simulator, 'PUT', path, { body })
    expect(await put('tags=prod')).toMatchObject({ status: 200, body: '{"data":null}' })
    const after = await row(simulator, path)
    expect(after.digest).not.toBe(before.digest)
    expect(await put(`memory=8192&digest=${before.digest}`)).toMatchObject({
      status: 500,
      reason: 'checksum mismatch (file change by other user?)',
    })
    expect(await put(`memory=8192&digest=${after.digest}`)).toMatchObject({ status: 200 })
    expect(await row(simulator, path)).toMatchObject({ memory: '8192' })
    expect(await row(simulator, `${path}?current=1`)).toMatchObject({ memory: '4096' })
    expect(await rows(simulator, '/nodes/pve1/qemu/101/pending')).toContainEqual({
      key: 'memory',
      value: '4096',
      pending: '8192',
    })
    expect(await put('')).toMatchObject({ reason: 'no options specified' })
    expect(await put('onboot=yes')).toMatchObject({ status: 400 })
    expect(await put('nosuch=1')).toMatchObject({ status: 400 })
  })

  it('stores tags lower case, sorted and once', async () => {
    await ask(simulator, 'PUT', '/nodes/pve1/qemu/101/config', { body: 'tags=Zed%2Calpha+beta%3Balpha' })
    expect(await row(simulator, '/nodes/pve1/qemu/101/config')).toMatchObject({ tags: 'alpha;beta;zed' })
  })

  it('takes snapshots, and destroys what may be destroyed', async () => {
    const taken = await upidOf('/nodes/pve1/qemu/101/snapshot', 'snapname=s1&description=from+api')
    expect(await finished(taken)).toBe('OK')
    const found = (await rows(simulator, '/nodes/pve1/qemu/101/snapshot')).find(
      (entry) => entry.name === 's1',
    )
    expect(found).toMatchObject({ description: 'from api', parent: 'after_upgrade', vmstate: 0 })
    expect(await finished(await upidOf('/nodes/pve1/qemu/101/snapshot', 'snapname=s1'))).toBe(
      "snapshot name 's1' already used",
    )
    expect(await ask(simulator, 'DELETE', '/nodes/pve1/qemu/101')).toMatchObject({
      reason: 'VM 101 is running - destroy failed',
    })
    expect(await ask(simulator, 'DELETE', '/nodes/pve2/qemu/103')).toMatchObject({
      reason: "can't remove VM 103 - protection mode enabled",
    })
    const gone = await ask(simulator, 'DELETE', '/nodes/pve3/lxc/204')
    expect(gone.status).toBe(200)
    await control.clock({ advanceSeconds: 10 })
    expect(await ask(simulator, 'GET', '/nodes/pve3/lxc/204/config')).toMatchObject({ status: 500 })
  })

  it('records every changing call', async () => {
    await post('/nodes/pve1/qemu/104/status/start', 'timeout=20')
    expect(await data(simulator, '/version')).toBeDefined()
    const calls = await control.calls()
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatchObject({
      method: 'POST',
      path: '/nodes/pve1/qemu/104/status/start',
      params: { timeout: '20' },
      token: 'root@pam!full',
      executed: true,
      status: 200,
    })
    expect(calls[0]?.data).toMatch(/^UPID:/)
  })
})
