import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type ControlClient, createControlClient } from '../../../src/simulator/control-client.js'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/server.js'
import { ask, begin, row, rows, taskLog, taskStatus } from './client.js'

const START = '/nodes/pve1/qemu/104/status/start'

describe('tasks that go wrong', () => {
  let simulator: Simulator
  let control: ControlClient
  const now = Date.UTC(2026, 10, 23, 9, 30)

  const open = async (options: SimulatorOptions = {}): Promise<void> => {
    // Time only moves when a test moves it.
    simulator = await startSimulator({ authDelayMs: 0, realNow: () => now, ...options })
    control = createControlClient(simulator.controlUrl)
  }
  beforeEach(() => open())
  afterEach(async () => {
    await simulator.close()
  })

  const pass = (seconds: number) => control.clock({ advanceSeconds: seconds })
  const exit = async (upid: string) => (await taskStatus(simulator, upid)).exitstatus
  const power = async (guest: string) => (await row(simulator, `${guest}/status/current`)).status

  it('fails the next matching task after its lines, without effect', async () => {
    await control.fault({
      kind: 'task-fails',
      type: 'qmstart',
      vmid: 104,
      error: 'start failed: QEMU exited\nwith code 1',
      log: ['kvm: -device tpm-tis: tpm not available'],
      count: 1,
    })
    const other = await begin(simulator, '/nodes/pve1/qemu/101/status/shutdown')
    const failing = await begin(simulator, START)
    expect((await taskStatus(simulator, failing)).status).toBe('running')
    await pass(10)
    expect(await exit(other)).toBe('OK')
    expect(await exit(failing)).toBe('start failed: QEMU exited with code 1')
    expect(await taskLog(simulator, failing)).toEqual([
      'kvm: -device tpm-tis: tpm not available',
      'TASK ERROR: start failed: QEMU exited with code 1',
    ])
    expect(await power('/nodes/pve1/qemu/104')).toBe('stopped')
    const second = await begin(simulator, START)
    await pass(10)
    expect(await exit(second)).toBe('OK')
  })

  it('warns and does it all the same; counts the warnings the task has itself', async () => {
    await control.fault({ kind: 'task-warns', warnings: ['one', 'two'] })
    const plain = await begin(simulator, START)
    await pass(5)
    expect(await exit(plain)).toBe('WARNINGS: 2')
    expect(await taskLog(simulator, plain)).toEqual(['WARN: one', 'WARN: two', 'TASK WARNINGS: 2'])
    expect(await power('/nodes/pve1/qemu/104')).toBe('running')
    // This one prints a warning by itself when it starts.
    await control.change({ kind: 'power', vmid: 205, to: 'off' })
    const own = await begin(simulator, '/nodes/pve2/lxc/205/status/start')
    await pass(5)
    expect(await exit(own)).toBe('WARNINGS: 3')
    await control.clear()
    const failing = await begin(simulator, START)
    await pass(5)
    expect(await exit(failing)).toBe('VM 104 already running')
  })

  it('leaves a task that fails by itself alone, and does not count it', async () => {
    await control.fault({ kind: 'task-warns', vmid: 101, count: 1 })
    const failing = await begin(simulator, '/nodes/pve1/qemu/101/status/start')
    expect(await exit(failing)).toBe('VM 101 already running')
    expect((await control.state()).faults).toEqual([{ id: 1, kind: 'task-warns', left: 1 }])
  })

  it('makes a task slow, and failing ones slow too', async () => {
    await control.fault({ kind: 'task-slow', seconds: 90, type: 'qmstart' })
    await control.fault({ kind: 'task-fails', type: 'qmstart', error: 'no' })
    const slow = await begin(simulator, START)
    await pass(89)
    expect((await taskStatus(simulator, slow)).status).toBe('running')
    await pass(2)
    expect(await exit(slow)).toBe('no')
  })

  it('is killed in the web interface: by UPID, or the newest of a guest', async () => {
    const first = await begin(simulator, '/nodes/pve1/qemu/107/status/shutdown', 'timeout=60', {
      token: 'mpc@pve!operate',
    })
    const second = await begin(simulator, '/nodes/pve1/qemu/107/status/stop')
    expect(await control.change({ kind: 'kill-task', vmid: 107 })).toEqual([
      { vmid: 107, what: `killed ${second}` },
    ])
    expect(await exit(second)).toBe('received interrupt')
    expect((await taskStatus(simulator, first)).status).toBe('running')
    await control.change({ kind: 'kill-task', upid: first })
    expect(await exit(first)).toBe('received interrupt')
    expect(await taskLog(simulator, first)).toEqual(['TASK ERROR: received interrupt'])
    expect(await power('/nodes/pve1/qemu/107')).toBe('running')
    await expect(control.change({ kind: 'kill-task', vmid: 107 })).rejects.toThrow('no such running task')
    await expect(control.change({ kind: 'kill-task', upid: first })).rejects.toThrow('no such running task')
    await expect(control.change({ kind: 'kill-task' })).rejects.toThrow('name an upid or a vmid')
    expect(await control.calls()).toHaveLength(2)
  })

  it('is killed half-way by a fault', async () => {
    await control.fault({ kind: 'task-slow', seconds: 60 })
    await control.fault({ kind: 'task-killed', type: 'qmstart' })
    const upid = await begin(simulator, START)
    await pass(29)
    expect((await taskStatus(simulator, upid)).status).toBe('running')
    await pass(2)
    expect(await exit(upid)).toBe('received interrupt')
    expect(await power('/nodes/pve1/qemu/104')).toBe('stopped')
    expect(await control.tasks()).toContainEqual({ upid, status: 'received interrupt' })
  })

  it('meets a storm: the same tasks for the same seed, each in one of its ways', async () => {
    const ends = async (seed: number, percent: number): Promise<readonly string[]> => {
      await simulator.close()
      await open()
      await control.fault({ kind: 'task-storm', percent, seed, slowSeconds: 100 })
      const seen: string[] = []
      for (let round = 0; round < 24; round += 1) {
        const upid = await begin(simulator, '/nodes/pve1/qemu/101/status/reset')
        await pass(50)
        const { status, exitstatus } = await taskStatus(simulator, upid)
        seen.push(String(exitstatus ?? status))
        await pass(100)
      }
      return seen
    }
    const first = await ends(3, 60)

    expect(await ends(3, 60)).toEqual(first)
    expect(await ends(4, 60)).not.toEqual(first)
    expect([...new Set(first)].sort()).toEqual([
      'OK',
      'WARNINGS: 1',
      'no space left on device',
      'received interrupt',
      'running',
    ])
    expect(new Set(await ends(3, 0))).toEqual(new Set(['OK']))
  })

  it('lets what waited for a killed task go on', async () => {
    const first = await begin(simulator, '/nodes/pve1/qemu/107/status/shutdown', 'timeout=60')
    const second = await begin(simulator, '/nodes/pve1/qemu/107/status/stop')
    await pass(3)
    await control.change({ kind: 'kill-task', upid: first })
    await pass(2)
    expect(await exit(second)).toBe('OK')
    expect(await power('/nodes/pve1/qemu/107')).toBe('stopped')
  })

  it('a guest that heard the request to shut down does so though the task was killed', async () => {
    const upid = await begin(simulator, '/nodes/pve1/qemu/101/status/shutdown')
    await pass(1)
    await control.change({ kind: 'kill-task', upid })
    expect(await power('/nodes/pve1/qemu/101')).toBe('running')
    await pass(10)
    expect(await exit(upid)).toBe('received interrupt')
    expect(await power('/nodes/pve1/qemu/101')).toBe('stopped')
  })

  it('but not once it has been started anew', async () => {
    await control.fault({ kind: 'task-slow', type: 'qmshutdown', seconds: 30 })
    const upid = await begin(simulator, '/nodes/pve1/qemu/101/status/shutdown')
    await control.change({ kind: 'kill-task', upid })
    await control.change({ kind: 'power', vmid: 101, to: 'off' })
    await control.change({ kind: 'power', vmid: 101, to: 'on' })
    await pass(60)
    expect(await power('/nodes/pve1/qemu/101')).toBe('running')
  })

  it('hangs while its node is cut off, and goes on afterwards', async () => {
    const upid = await begin(simulator, START)
    await control.fault({ kind: 'node-offline', node: 'pve1' })
    await pass(60)
    const endpoint = simulator.endpoints[1] ?? ''
    const path = `/nodes/pve1/tasks/${encodeURIComponent(upid)}/status`
    expect(await ask(simulator, 'GET', path, { endpoint })).toMatchObject({ status: 595 })
    expect((await control.state()).runningTasks).toBe(1)
    await expect(control.change({ kind: 'kill-task', upid })).rejects.toThrow('node pve1 is offline')
    await control.fault({ kind: 'node-online', node: 'pve1' })
    expect(await exit(upid)).toBe('OK')
  })

  it('ends as `unexpected status`, without a last line, when its node lost power', async () => {
    const working = await begin(simulator, '/nodes/pve1/qemu/107/status/shutdown', 'timeout=60')
    const waiting = await begin(simulator, '/nodes/pve1/qemu/107/status/stop')
    await control.fault({ kind: 'node-offline', node: 'pve1' })
    await control.fault({ kind: 'node-online', node: 'pve1', rebooted: true })
    for (const upid of [working, waiting]) {
      expect(await taskStatus(simulator, upid)).toMatchObject({
        status: 'stopped',
        exitstatus: 'unexpected status',
      })
      expect(await taskLog(simulator, upid)).toEqual(['no content'])
    }
    expect(
      (await rows(simulator, '/nodes/pve1/tasks?statusfilter=unknown')).map((task) => task.upid).sort(),
    ).toEqual([working, waiting].sort())
  })

  it('does not find a guest that was moved while it waited', async () => {
    const first = await begin(simulator, '/nodes/pve1/qemu/107/status/shutdown', 'timeout=5')
    const waiting = await begin(simulator, '/nodes/pve1/qemu/107/status/stop')
    await control.change({ kind: 'migrate', vmid: 107, node: 'pve2' })
    await pass(20)
    const gone = "Configuration file 'nodes/pve1/qemu-server/107.conf' does not exist"
    expect([await exit(first), await exit(waiting)]).toEqual([gone, gone])
    expect(await power('/nodes/pve2/qemu/107')).toBe('running')
  })

  it('waits for the lock of whoever holds it, in turn, each at most 10 seconds', async () => {
    const post = (verb: string, body = '') => begin(simulator, `/nodes/pve1/lxc/201/status/${verb}`, body)
    await control.change({ kind: 'stubborn', vmid: 201, stubborn: true })
    const first = await post('shutdown', 'timeout=6')
    const second = await post('shutdown', 'timeout=6')
    const third = await post('shutdown', 'timeout=6')
    await pass(11)
    expect(await exit(first)).toBe('container did not stop')
    expect((await taskStatus(simulator, second)).status).toBe('running')
    expect(await exit(third)).toBe("can't lock file '/run/lock/lxc/pve-config-201.lock' - got timeout")
    await pass(2)
    expect(await exit(second)).toBe('container did not stop')
  })

  it('gets the lock in the very moment its patience would end', async () => {
    const first = await begin(simulator, '/nodes/pve1/qemu/107/status/shutdown', 'timeout=10')
    const second = await begin(simulator, '/nodes/pve1/qemu/107/status/stop')
    await pass(12)
    expect(await exit(first)).toBe('VM quit/powerdown failed - got timeout')
    expect(await exit(second)).toBe('OK')
  })

  it('does not wait for a lock that lies on another node', async () => {
    await begin(simulator, '/nodes/pve1/qemu/107/status/shutdown', 'timeout=60')
    await control.change({ kind: 'migrate', vmid: 107, node: 'pve2' })
    const stop = await begin(simulator, '/nodes/pve2/qemu/107/status/stop')
    await pass(2)
    expect(await exit(stop)).toBe('OK')
  })

  it('a stop overrules our own shutdown of a container, not that of another token', async () => {
    await control.change({ kind: 'stubborn', vmid: 201, stubborn: true })
    const path = '/nodes/pve1/lxc/201/status'
    const token = { token: 'mpc@pve!operate' }
    const others = await begin(simulator, `${path}/shutdown`, 'timeout=8')
    const vain = await begin(simulator, `${path}/stop`, 'overrule-shutdown=1', token)
    await pass(20)
    expect(await exit(others)).toBe('container did not stop')
    expect(await exit(vain)).toBe('OK')
    await control.change({ kind: 'power', vmid: 201, to: 'on' })
    const own = await begin(simulator, `${path}/shutdown`, 'timeout=60', token)
    const stop = await begin(simulator, `${path}/stop`, 'overrule-shutdown=1', token)
    await pass(3)
    expect([await exit(own), await exit(stop)]).toEqual(['received interrupt', 'OK'])
  })

  it('starts two hundred guests at once, each as a task of its own', async () => {
    await simulator.close()
    await open({ guests: 1200, nodes: 3 })
    const listed = await rows(simulator, '/cluster/resources?type=vm')
    const stopped = listed.filter((guest) => guest.status === 'stopped' && guest.template === 0)
    const chosen = stopped.filter((guest) => guest.lock === undefined).slice(0, 200)
    expect(chosen).toHaveLength(200)
    const upids: string[] = []
    for (let first = 0; first < 200; first += 20) {
      const part = chosen.slice(first, first + 20)
      const begun = part.map((guest) =>
        begin(simulator, `/nodes/${guest.node}/${guest.type}/${guest.vmid}/status/start`),
      )
      upids.push(...(await Promise.all(begun)))
    }
    expect(new Set(upids).size).toBe(200)
    expect((await control.state()).runningTasks).toBe(200)
    await pass(1.5)
    const containers = chosen.filter((guest) => guest.type === 'lxc').length
    expect((await control.state()).runningTasks).toBe(200 - containers)
    await pass(1)
    expect((await control.state()).runningTasks).toBe(0)
    const after = new Map(
      (await rows(simulator, '/cluster/resources?type=vm')).map((guest) => [guest.vmid, guest.status]),
    )
    expect(chosen.filter((guest) => after.get(guest.vmid) !== 'running')).toEqual([])
    const executed = (await control.calls()).filter((call) => call.executed && call.status === 200)
    expect(executed.map((call) => call.data).sort()).toEqual([...upids].sort())
  })
})
