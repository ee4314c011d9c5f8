import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { SimulatorFacts } from '../../../src/setup/demo.js'
import { simulate } from '../../../src/setup/simulate.js'
import { type ControlClient, createControlClient } from '../../../src/simulator/control-client.js'
import { type Simulator, startSimulator } from '../../../src/simulator/server.js'
import { ask, begin, data, row, rows } from './client.js'

const OPERATE = 'mpc@pve!operate'

describe('what a plan stands on', () => {
  let simulator: Simulator
  let control: ControlClient
  const now = Date.UTC(2026, 10, 23, 9, 30)

  beforeEach(async () => {
    simulator = await startSimulator({ authDelayMs: 0, realNow: () => now })
    control = createControlClient(simulator.controlUrl)
  })
  afterEach(async () => {
    await simulator.close()
  })

  const config = (guest: string) => row(simulator, `${guest}/config`)
  const vm = '/nodes/pve1/qemu/101'
  const hwaddr = (found: { readonly [key: string]: unknown }) =>
    /hwaddr=([0-9A-F:]{17})/.exec(String(found.net0))?.[1]

  it('every VM and container carries an identity of its own', async () => {
    const seen = new Set<unknown>()
    for (const guest of await rows(simulator, '/cluster/resources?type=vm')) {
      const found = await config(`/nodes/${guest.node}/${guest.type}/${guest.vmid}`)
      if (guest.type === 'qemu') {
        expect(found.meta).toMatch(/^creation-qemu=[0-9.]+,ctime=[0-9]+$/)
        expect(found.smbios1).toMatch(/uuid=[0-9a-f-]{36}/)
        expect(found.vmgenid).toMatch(/^[0-9a-f-]{36}$/)
        seen.add(found.smbios1).add(found.vmgenid)
      } else {
        expect(hwaddr(found)).toBeDefined()
        seen.add(hwaddr(found))
      }
    }
    expect(seen.size).toBe(9 * 2 + 5)
  })

  it('made anew under the same number: all of it is new', async () => {
    const [oldVm, oldCt] = [await config(vm), await config('/nodes/pve1/lxc/201')]
    await control.clock({ advanceSeconds: 60 })
    await control.change({ kind: 'recreate', vmid: 101 })
    await control.change({ kind: 'recreate', vmid: 201 })
    const [newVm, newCt] = [await config(vm), await config('/nodes/pve1/lxc/201')]
    for (const key of ['meta', 'smbios1', 'vmgenid', 'net0']) expect(newVm[key]).not.toBe(oldVm[key])
    expect(hwaddr(newCt)).not.toBe(hwaddr(oldCt))
  })

  it('restored over: the same uuid and addresses, a new vmgenid, stopped, no snapshots', async () => {
    const before = await config(vm)
    await control.change({ kind: 'restore-over', vmid: 101 })
    const after = await config(vm)
    for (const key of ['meta', 'smbios1', 'net0', 'name']) expect(after[key]).toBe(before[key])
    expect(after.vmgenid).not.toBe(before.vmgenid)
    expect(await rows(simulator, `${vm}/snapshot`)).toHaveLength(1)
    expect((await row(simulator, `${vm}/status/current`)).status).toBe('stopped')
    expect((await rows(simulator, '/nodes/pve1/tasks?vmid=101&limit=1'))[0]).toMatchObject({
      type: 'qmrestore',
      user: 'root@pam',
    })
    const container = await config('/nodes/pve1/lxc/201')
    await control.change({ kind: 'restore-over', vmid: 201, by: 'config-file' })
    expect((await config('/nodes/pve1/lxc/201')).net0).toBe(container.net0)
  })

  it('a container without a network interface, also when it is made anew', async () => {
    await control.change({ kind: 'create', vmid: 300, name: 'bare', guestKind: 'lxc', nic: false })
    expect(await config('/nodes/pve1/lxc/300')).not.toHaveProperty('net0')
    await control.change({ kind: 'recreate', vmid: 300 })
    expect(await config('/nodes/pve1/lxc/300')).not.toHaveProperty('net0')
    await control.change({ kind: 'create', vmid: 301, name: 'wired', guestKind: 'lxc' })
    expect(hwaddr(await config('/nodes/pve1/lxc/301'))).toBeDefined()
  })

  it('pending changes and snapshots, also with the token for operations', async () => {
    const pending = await rows(simulator, '/nodes/pve2/qemu/102/pending', { token: OPERATE })
    expect(pending).toContainEqual({ key: 'memory', value: '4096', pending: '6144' })
    const names = (await rows(simulator, `${vm}/snapshot`, { token: OPERATE })).map((one) => one.name)
    expect(names.sort()).toEqual(['after_upgrade', 'before-upgrade', 'current'])
    expect(await rows(simulator, '/nodes/pve1/lxc/201/pending', { token: OPERATE })).not.toEqual([])
  })

  it('lists what runs as PVE does: RUNNING, the user not split, before all that ended', async () => {
    const path = '/nodes/pve1/qemu/107/status'
    const running = await begin(simulator, `${path}/shutdown`, 'timeout=60', { token: OPERATE })
    await control.clock({ advanceSeconds: 5 })
    const ended = await begin(simulator, '/nodes/pve1/qemu/104/status/stop', '', { token: OPERATE })
    const since = now / 1000
    const all = await rows(simulator, `/nodes/pve1/tasks?source=all&since=${since}`)
    expect(all.map((task) => task.upid)).toEqual([running, ended])
    expect(all[0]).toMatchObject({ status: 'RUNNING', user: OPERATE })
    expect(all[0]).not.toHaveProperty('tokenid')
    expect(all[0]).not.toHaveProperty('endtime')
    expect(all[1]).toMatchObject({ status: 'OK', user: 'mpc@pve', tokenid: 'operate' })
    const upids = async (query: string) =>
      (await rows(simulator, `/nodes/pve1/tasks?${query}&since=${since}`)).map((task) => task.upid)
    expect(await upids('source=active')).toEqual([running])
    expect(await upids('source=archive')).toEqual([ended])
    expect(await upids('source=all&vmid=107')).toEqual([running])
    expect(await upids('source=all&typefilter=qmstop')).toEqual([ended])
    expect(await upids('source=all&typefilter=qm')).toEqual([])
    // The filter looks at the user as the row has it: only what runs still carries the token.
    expect(await upids('source=all&userfilter=MPC@PVE')).toEqual([running, ended])
    expect(await upids('source=all&userfilter=mpc@pve!operate')).toEqual([running])
    expect(await upids('source=all&limit=1')).toEqual([running])
    expect(await upids('source=all&limit=1&start=1')).toEqual([ended])
    expect(await rows(simulator, `/nodes/pve1/tasks?source=all&since=${since + 6}`)).toEqual([])
    const reply = await ask(simulator, 'GET', `/nodes/pve1/tasks?source=all&since=${since}&limit=1`)
    expect(JSON.parse(reply.body).total).toBe(2)
  })

  it('shows a token without Sys.Audit its own tasks alone', async () => {
    await control.fault({ kind: 'revoke', token: OPERATE, path: '/nodes', privileges: ['Sys.Audit'] })
    const own = await begin(simulator, '/nodes/pve1/qemu/107/status/shutdown', 'timeout=60', {
      token: OPERATE,
    })
    await begin(simulator, '/nodes/pve1/qemu/101/status/reset')
    const seen = await rows(simulator, '/nodes/pve1/tasks?source=all', { token: OPERATE })
    expect(seen.map((task) => task.upid)).toEqual([own])
  })

  it('lets the operator switch guests, until that is taken away for one', async () => {
    const permissions = async (query = '') =>
      row(simulator, `/access/permissions${query}`, { token: OPERATE })
    expect((await permissions())['/vms']).toMatchObject({ 'VM.PowerMgmt': 1, 'VM.Audit': 1 })
    await control.fault({ kind: 'revoke', token: OPERATE, path: '/vms/104', privileges: ['VM.PowerMgmt'] })
    const reset = (guest: string) => ask(simulator, 'POST', `${guest}/status/start`, { token: OPERATE })
    expect(await reset('/nodes/pve1/qemu/104')).toMatchObject({
      status: 403,
      reason: 'Permission check failed (/vms/104, VM.PowerMgmt)',
    })
    expect(await reset('/nodes/pve1/qemu/101')).toMatchObject({ status: 200 })
    const told = (await permissions())['/vms/104']
    expect(told).toMatchObject({ 'VM.Audit': 1 })
    expect(told).not.toHaveProperty('VM.PowerMgmt')
    expect((await permissions('?path=/vms/104'))['/vms/104']).toEqual(told)
    expect(
      (await row(simulator, '/access/permissions', { token: 'mpc@pve!admin' }))['/vms/104'] ?? {},
    ).toEqual(expect.objectContaining({ 'VM.PowerMgmt': 1 }))
    expect((await control.calls()).map((call) => call.executed)).toEqual([false, true])
    await control.fault({ kind: 'restore', token: OPERATE })
    expect(await reset('/nodes/pve1/qemu/104')).toMatchObject({ status: 200 })
    expect(await data(simulator, '/version', { token: OPERATE })).toBeDefined()
  })
})

describe('a simulator as a program', () => {
  it('tells where it is, with a secret file for each token that a home wants', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'simulator-'))
    const simulator = await simulate({ stateDir: dir, exitWhenLast: false }, () => {})
    try {
      const facts = SimulatorFacts.parse(JSON.parse(readFileSync(join(dir, 'running.json'), 'utf8')))
      expect([facts.readTokenId, facts.operateTokenId]).toEqual(['mpc@pve!read', OPERATE])
      for (const [id, file] of [
        [facts.readTokenId, facts.readTokenFile],
        [facts.operateTokenId, facts.operateTokenFile],
      ] as const) {
        expect(readFileSync(file, 'utf8')).toBe(`${simulator.tokens[id]}\n`)
        expect(statSync(file).mode & 0o777).toBe(0o600)
      }
      expect(facts.readTokenFile).not.toBe(facts.operateTokenFile)
    } finally {
      await simulator.close()
      rmSync(dir, { recursive: true, force: true })
    }
  })
})
