import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { type ControlClient, createControlClient } from '../../../src/simulator/control-client.js'
import type { FaultRequest } from '../../../src/simulator/control-schema.js'
import { STORM_KINDS, type StormKind } from '../../../src/simulator/faults.js'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/server.js'
import { ask, rows, until } from './client.js'

const START = '/nodes/pve1/qemu/104/status/start'

let opened: Simulator[] = []
const dirs: string[] = []
afterEach(async () => {
  for (const simulator of opened.splice(0)) await simulator.close()
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

async function start(
  options: SimulatorOptions = {},
): Promise<{ readonly simulator: Simulator; readonly control: ControlClient }> {
  const simulator = await startSimulator({ authDelayMs: 0, ...options })
  opened.push(simulator)
  return { simulator, control: createControlClient(simulator.controlUrl) }
}

const tasksOf = async (simulator: Simulator) =>
  (await rows(simulator, '/nodes/pve1/tasks?source=all&vmid=104&typefilter=qmstart&since=1')).map(
    (task) => task.upid,
  )

describe('the log of calls', () => {
  it('tells what was carried out, what was refused, and what never came through', async () => {
    const { simulator, control } = await start()
    await ask(simulator, 'POST', START, { body: 'timeout=20' })
    await ask(simulator, 'POST', START, { token: 'mpc@pve!read' })
    await ask(simulator, 'POST', START, { body: 'nosuch=1' })
    await ask(simulator, 'POST', START, { token: 'mpc@pve!operate', headers: { Authorization: 'x' } })
    await ask(simulator, 'POST', '/nodes/pve1/lxc/201/status/start')
    await ask(simulator, 'GET', '/version')
    const calls = await control.calls()
    expect(calls.map((call) => [call.n, call.token, call.executed, call.status])).toEqual([
      [1, 'root@pam!full', true, 200],
      [2, 'mpc@pve!read', false, 403],
      [3, 'root@pam!full', false, 400],
      [4, '', false, 401],
      [5, 'root@pam!full', true, 500],
    ])
    expect(calls[0]).toMatchObject({ method: 'POST', path: START, params: { timeout: '20' }, fault: null })
    expect(calls[0]?.data).toMatch(/^UPID:pve1:.*:qmstart:104:root@pam!full:$/)
    expect((await control.calls(3)).map((call) => call.n)).toEqual([4, 5])
    expect(await control.calls(5)).toEqual([])
    expect((await fetch(`${simulator.controlUrl}/calls?since=x`)).status).toBe(400)
  })

  it.each<[FaultRequest, boolean]>([
    [{ kind: 'proxy-error', status: 596, when: 'after', method: 'POST', count: 1 }, true],
    [{ kind: 'reset', when: 'after', method: 'POST', count: 1 }, true],
    [{ kind: 'truncated', method: 'POST', count: 1 }, true],
    [{ kind: 'proxy-error', status: 596, when: 'before', method: 'POST', count: 1 }, false],
    [{ kind: 'reset', when: 'before', method: 'POST', count: 1 }, false],
    [{ kind: 'status', status: 500, reason: 'no', method: 'POST', count: 1 }, false],
    [{ kind: 'status', status: 504, reason: 'no', when: 'after', method: 'POST', count: 1 }, true],
    [{ kind: 'wrong-type', method: 'POST', count: 1 }, true],
  ])('holds the UPID of a call whose answer was lost: %j', async (fault, executed) => {
    const { simulator, control } = await start()
    const before = await tasksOf(simulator)
    await control.fault(fault)
    await ask(simulator, 'POST', START).catch(() => null)
    const [call] = await control.calls()
    const made = (await tasksOf(simulator)).filter((upid) => !before.includes(upid))
    expect(call).toMatchObject({ executed, fault: fault.kind, status: executed ? 200 : 0 })
    expect(made).toEqual(executed ? [call?.data] : [])
  })

  it('goes on after a restart, also after one that cut a line in two', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'simulator-'))
    dirs.push(dir)
    const first = await start({ stateDir: dir })
    await ask(first.simulator, 'POST', START)
    const told = await first.control.calls()
    expect(told).toHaveLength(1)
    await first.simulator.close()
    opened = []
    appendFileSync(join(dir, 'calls.jsonl'), '{"n":2,"at":"20')

    const second = await start({ stateDir: dir })
    expect(await second.control.calls()).toEqual(told)
    await ask(second.simulator, 'POST', START)
    expect((await second.control.calls(1)).map((call) => call.n)).toEqual([2])
    expect(statSync(join(dir, 'calls.jsonl')).mode & 0o777).toBe(0o600)
    await second.simulator.close()
    opened = []

    const third = await start({ stateDir: dir })
    expect((await third.control.calls()).map((call) => call.n)).toEqual([1, 2])
  })
})

describe('requests that outlive their answer', () => {
  it('late: 596 at once, carried out afterwards', async () => {
    const { simulator, control } = await start()
    const before = await tasksOf(simulator)
    await control.fault({ kind: 'late', afterMs: 300, method: 'POST', count: 1 })
    expect(await ask(simulator, 'POST', START, { token: 'mpc@pve!operate' })).toMatchObject({
      status: 596,
      reason: 'Connection timed out',
      body: '',
    })
    await until(async () => (await control.calls()).length === 1)
    const [call] = await control.calls()
    expect(call).toMatchObject({ executed: true, status: 200, fault: 'late', token: 'mpc@pve!operate' })
    expect((await tasksOf(simulator)).filter((upid) => !before.includes(upid))).toEqual([call?.data])
  })

  it('late: the task is not there when the answer is', async () => {
    const { simulator, control } = await start()
    const before = await tasksOf(simulator)
    await control.fault({ kind: 'late', afterMs: 600_000, method: 'POST', count: 1 })
    expect(await ask(simulator, 'POST', START)).toMatchObject({ status: 596 })
    expect(await tasksOf(simulator)).toEqual(before)
    expect(await control.calls()).toEqual([])
    expect((await control.state()).waitingRequests).toBe(1)
  })

  it('slow beyond the proxy time-out: 596 then, carried out all the same', async () => {
    const { simulator, control } = await start({ proxyTimeoutMs: 20 })
    await control.fault({ kind: 'slow', ms: 120, count: 1 })
    expect(await ask(simulator, 'POST', START)).toMatchObject({ status: 596 })
    await until(async () => (await control.calls()).length === 1)
    expect((await control.calls())[0]).toMatchObject({ executed: true, status: 200, fault: 'slow' })
    // What pveproxy answers itself has no proxy that could give up.
    await control.fault({ kind: 'slow', ms: 60, count: 1 })
    expect(await ask(simulator, 'GET', '/cluster/resources')).toMatchObject({ status: 200 })
  })

  it('slow below it: an answer as ever', async () => {
    const { simulator, control } = await start()
    await control.fault({ kind: 'slow', ms: 30, count: 1 })
    expect(await ask(simulator, 'POST', START)).toMatchObject({ status: 200 })
    expect((await control.calls())[0]).toMatchObject({ executed: true, fault: null })
  })

  it('is carried out for a client that has hung up', async () => {
    const { simulator, control } = await start()
    await control.fault({ kind: 'slow', ms: 100, method: 'POST', count: 1 })
    const sent = request(`${simulator.endpoint}/api2/json${START}`, {
      method: 'POST',
      ca: simulator.caPem,
      agent: false,
      headers: { Authorization: `PVEAPIToken=root@pam!full=${simulator.tokens['root@pam!full']}` },
    })
    const hungUp = new Promise<void>((resolve) => sent.on('close', () => resolve()))
    sent.on('error', () => {})
    sent.end()
    await until(async () => (await control.state()).waitingRequests === 1)
    sent.destroy()
    await hungUp
    await until(async () => (await control.calls()).length === 1)
    expect((await control.calls())[0]).toMatchObject({ executed: true, status: 200 })
  })

  it('what still waits when the cluster ends is not carried out, and told so', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'simulator-'))
    dirs.push(dir)
    const first = await start({ stateDir: dir })
    await first.control.fault({ kind: 'late', afterMs: 600_000, method: 'POST', count: 1 })
    await ask(first.simulator, 'POST', START)
    await first.simulator.close()
    opened = []
    const second = await start({ stateDir: dir })
    expect(await second.control.calls()).toMatchObject([{ executed: false, status: 0, fault: 'late' }])
  })
})

function dataOf(body: string): unknown {
  try {
    return JSON.parse(body).data
  } catch {
    return null
  }
}

describe('a storm', () => {
  const outcomes = async (seed: number, percent: number, kinds?: 'reset-before'[]): Promise<string[]> => {
    const { simulator, control } = await start()
    await control.fault({ kind: 'storm', percent, seed, lateMs: 1, slowMs: 1, ...(kinds ? { kinds } : {}) })
    const seen: string[] = []
    for (let round = 0; round < 40; round += 1) {
      const [method, path] = round % 2 === 0 ? (['GET', '/version'] as const) : (['POST', START] as const)
      const reply = await ask(simulator, method, path).catch(() => null)
      seen.push(reply === null ? 'reset' : `${reply.status}${reply.body.length > 0 ? '' : ' empty'}`)
    }
    await control.clear()
    expect((await control.state()).faults).toEqual([])
    expect(await ask(simulator, 'GET', '/version')).toMatchObject({ status: 200 })
    return seen
  }

  it('hits the same requests for the same seed, others for another', async () => {
    const first = await outcomes(7, 40)
    expect(await outcomes(7, 40)).toEqual(first)
    expect(await outcomes(8, 40)).not.toEqual(first)
    expect(new Set(first).size).toBeGreaterThan(2)
  })

  it.each(STORM_KINDS)(
    '%s: the answer is not the true one, the log of calls tells what was carried out',
    async (kind) => {
      const { simulator, control } = await start()
      await control.fault({
        kind: 'storm',
        percent: 100,
        seed: 1,
        kinds: [kind],
        lateMs: 1,
        slowMs: 1,
        count: 1,
      })
      const reply = await ask(simulator, 'POST', START).catch(() => null)
      const types = reply?.headers.filter((header) => header.startsWith('application/json')) ?? []
      const data: unknown = types.length === 0 || reply?.status !== 200 ? null : dataOf(reply.body)
      const said: Partial<Record<StormKind, unknown>> = {
        slow: expect.stringMatching(/^UPID:/),
        'wrong-content': 'surprise',
        oversized: [],
      }
      expect(data).toEqual(said[kind] ?? null)
      await until(async () => (await control.calls()).length === 1)
      const never = ['proxy-error-before', 'unreachable', 'reset-before', 'status-4xx', 'status-5xx']
      expect((await control.calls())[0]?.executed).toBe(!never.includes(kind))
      expect((await control.state()).faults).toMatchObject([{ kind: 'storm', struck: { [kind]: 1 } }])
    },
  )

  it('hits all at 100 %, none at 0, and only with what was listed', async () => {
    expect(new Set(await outcomes(1, 100, ['reset-before']))).toEqual(new Set(['reset']))
    expect(await outcomes(1, 0)).not.toContain('reset')
  })
})
