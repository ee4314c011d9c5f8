import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type ControlClient, createControlClient } from '../../../src/simulator/control-client.js'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/server.js'
import { ask, begin, row, rows, taskStatus } from './client.js'

const DB = '/nodes/pve2/qemu/103'

describe('guests under the HA manager', () => {
  let simulator: Simulator
  let control: ControlClient
  const now = Date.UTC(2026, 10, 23, 9, 30)

  const open = async (options: SimulatorOptions = {}): Promise<void> => {
    simulator = await startSimulator({ authDelayMs: 0, realNow: () => now, ...options })
    control = createControlClient(simulator.controlUrl)
  }
  beforeEach(() => open())
  afterEach(async () => {
    await simulator.close()
  })

  const pass = (seconds: number) => control.clock({ advanceSeconds: seconds })
  const exit = async (upid: string) => (await taskStatus(simulator, upid)).exitstatus
  const seen = async (guest = DB) => {
    const current = await row(simulator, `${guest}/status/current`)
    const vmid = Number(guest.split('/').at(-1))
    const resource = (await rows(simulator, '/cluster/resources?type=vm')).find((one) => one.vmid === vmid)
    return [current.status, current.ha, resource?.hastate]
  }
  const state = (power: string, name: string) => [power, { managed: 1, state: name }, name]
  const byRoot = async (node: string, vmid: number) =>
    (await rows(simulator, `/nodes/${node}/tasks?source=all&vmid=${vmid}&since=${now / 1000}`))
      .filter((task) => task.user === 'root@pam' && task.tokenid === undefined)
      .map((task) => task.type)

  it('a stop: asked for at once, taken up, carried out by root@pam', async () => {
    const upid = await begin(simulator, `${DB}/status/stop`, '', { token: 'mpc@pve!operate' })
    expect(upid).toContain(':hastop:103:mpc@pve!operate:')
    expect(await exit(upid)).toBe('OK')
    expect(await seen()).toEqual(state('running', 'started'))
    await pass(5)
    expect(await seen()).toEqual(state('running', 'request_stop'))
    expect(await byRoot('pve2', 103)).toEqual([])
    await pass(3.5)
    expect(await byRoot('pve2', 103)).toEqual(['qmstop'])
    await pass(3)
    expect(await seen()).toEqual(state('stopped', 'stopped'))
    await pass(300)
    expect(await seen()).toEqual(state('stopped', 'stopped'))
    expect(await byRoot('pve2', 103)).toEqual(['qmstop'])
    const service = (await rows(simulator, '/cluster/ha/status/current')).find((one) => one.sid === 'vm:103')
    expect(service).toMatchObject({ state: 'stopped', request_state: 'stopped' })
  })

  it('a start', async () => {
    await begin(simulator, `${DB}/status/stop`)
    await pass(30)
    const upid = await begin(simulator, `${DB}/status/start`)
    expect(upid).toContain(':hastart:103:')
    expect(await exit(upid)).toBe('OK')
    expect(await seen()).toEqual(state('stopped', 'stopped'))
    await pass(5)
    expect(await seen()).toEqual(state('stopped', 'started'))
    const service = (await rows(simulator, '/cluster/ha/status/current')).find((one) => one.sid === 'vm:103')
    expect(service).toMatchObject({ state: 'starting', request_state: 'started' })
    await pass(10)
    expect(await seen()).toEqual(state('running', 'started'))
    expect(await byRoot('pve2', 103)).toEqual(['qmstart', 'qmstop'])
  })

  it('a shutdown of a VM that does not listen kills it, whatever was asked for', async () => {
    await control.change({ kind: 'stubborn', vmid: 103, stubborn: true })
    const upid = await begin(simulator, `${DB}/status/shutdown`, 'timeout=40&forceStop=0')
    expect(upid).toContain(':hastop:103:')
    await pass(8 + 39)
    expect(await seen()).toEqual(state('running', 'request_stop'))
    await pass(3)
    expect(await seen()).toEqual(state('stopped', 'stopped'))
    expect(await byRoot('pve2', 103)).toEqual(['qmshutdown'])
  })

  it('a shutdown of such a container ends in error, and the manager leaves it alone', async () => {
    await control.change({ kind: 'ha', vmid: 202, state: 'started' })
    await control.change({ kind: 'stubborn', vmid: 202, stubborn: true })
    await begin(simulator, '/nodes/pve2/lxc/202/status/shutdown', 'timeout=20')
    await pass(60)
    expect(await seen('/nodes/pve2/lxc/202')).toEqual(state('running', 'error'))
    await begin(simulator, '/nodes/pve2/lxc/202/status/stop')
    await pass(60)
    expect(await seen('/nodes/pve2/lxc/202')).toEqual(state('running', 'error'))
    expect(await byRoot('pve2', 202)).toEqual(['vzshutdown'])
  })

  it('brings back what was switched off directly, after the delay it was given', async () => {
    await simulator.close()
    await open({ haDelaySeconds: 20 })
    await control.change({ kind: 'power', vmid: 103, to: 'off' })
    await pass(19)
    expect(await seen()).toEqual(state('stopped', 'started'))
    await pass(4)
    expect(await seen()).toEqual(state('running', 'started'))
    expect(await byRoot('pve2', 103)).toEqual(['qmstart', 'qmstop'])
  })

  it('does not start a second time what a reboot starts itself', async () => {
    await begin(simulator, `${DB}/status/reboot`)
    await pass(60)
    expect(await seen()).toEqual(state('running', 'started'))
    expect(await byRoot('pve2', 103)).toEqual(['qmstart'])
  })

  it('gives up a guest that does not start twice', async () => {
    await control.fault({ kind: 'task-fails', type: 'qmstart', vmid: 103, error: 'start failed' })
    await control.change({ kind: 'power', vmid: 103, to: 'off' })
    await pass(120)
    expect(await seen()).toEqual(state('stopped', 'error'))
    expect((await byRoot('pve2', 103)).filter((type) => type === 'qmstart')).toHaveLength(2)
  })

  it('acts where the guest is by then', async () => {
    await begin(simulator, `${DB}/status/stop`)
    await control.change({ kind: 'migrate', vmid: 103, node: 'pve3' })
    await pass(20)
    expect(await seen('/nodes/pve3/qemu/103')).toEqual(state('stopped', 'stopped'))
    expect(await byRoot('pve3', 103)).toEqual(['qmstop'])
  })

  it('does nothing without quorum, nor on a node that is down', async () => {
    await begin(simulator, `${DB}/status/stop`)
    await control.fault({ kind: 'quorum-lost' })
    await pass(60)
    expect(await seen()).toEqual(state('running', 'started'))
    await control.fault({ kind: 'quorum-regained' })
    await control.fault({ kind: 'node-offline', node: 'pve2' })
    await pass(60)
    await control.fault({ kind: 'node-online', node: 'pve2', rebooted: true })
    await pass(20)
    expect(await seen()).toEqual(state('stopped', 'stopped'))
  })

  it('looks anew when the node crashed while it was stopping a guest', async () => {
    await control.change({ kind: 'stubborn', vmid: 103, stubborn: true })
    await begin(simulator, `${DB}/status/shutdown`, 'timeout=60')
    await pass(15)
    await control.fault({ kind: 'node-offline', node: 'pve2' })
    await control.fault({ kind: 'node-online', node: 'pve2', rebooted: true })
    await pass(60)
    expect((await seen())[0]).toBe('stopped')
    await begin(simulator, `${DB}/status/start`)
    await pass(30)
    expect(await seen()).toEqual(state('running', 'started'))
  })

  it('goes on with a request after a restart', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'simulator-'))
    try {
      await simulator.close()
      await open({ stateDir })
      await begin(simulator, `${DB}/status/shutdown`)
      await pass(5)
      await simulator.close()
      await open({ stateDir })
      expect(await seen()).toEqual(state('running', 'request_stop'))
      await control.fault({ kind: 'task-warns', type: 'qmshutdown', warnings: ['late'] })
      await pass(5)
      await simulator.close()
      await open({ stateDir })
      await pass(30)
      expect(await seen()).toEqual(state('stopped', 'stopped'))
      // What a fault has in store for a task that runs is kept with the task.
      const [ended] = await rows(simulator, '/nodes/pve2/tasks?vmid=103&limit=1')
      expect(ended).toMatchObject({ type: 'qmshutdown', status: 'WARNINGS: 1' })
    } finally {
      await simulator.close()
      rmSync(stateDir, { recursive: true, force: true })
      await open()
    }
  })

  it('refuses to overrule a shutdown', async () => {
    const reply = await ask(simulator, 'POST', `${DB}/status/stop`, { body: 'overrule-shutdown=1' })
    expect([reply.status, JSON.parse(reply.body).errors]).toEqual([
      400,
      { 'overrule-shutdown': 'Not applicable for HA resources.' },
    ])
  })

  it('takes over what somebody puts under it, and leaves what is taken away', async () => {
    await control.change({ kind: 'ha', vmid: 104, state: 'started' })
    await pass(20)
    expect(await seen('/nodes/pve1/qemu/104')).toEqual(state('running', 'started'))
    await control.change({ kind: 'ha', vmid: 104, state: null })
    await control.change({ kind: 'power', vmid: 104, to: 'off' })
    await pass(60)
    expect(await seen('/nodes/pve1/qemu/104')).toEqual(['stopped', { managed: 0 }, undefined])
  })
})
