import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createControlClient } from '../../../src/simulator/control-client.js'
import { type Simulator, startSimulator } from '../../../src/simulator/server.js'
import { ask, data, row, rows } from './client.js'

describe('what tokens may see and do', () => {
  let simulator: Simulator

  beforeAll(async () => {
    simulator = await startSimulator({
      authDelayMs: 0,
      tokens: { 'mpc@pve!read': '11111111-1111-4111-8111-111111111111' },
      furtherTokens: [
        {
          id: 'ops@pve!full',
          acl: [
            { path: '/vms/101', role: 'PVEVMUser' },
            { path: '/vms/107', role: 'PVEVMUser' },
          ],
        },
        { id: 'ops@pve!bot', privsep: true, acl: [{ path: '/vms/101', role: 'PVEVMUser', on: 'token' }] },
        {
          id: 'vmadmin@pve!full',
          acl: [
            { path: '/vms', role: 'PVEVMAdmin' },
            { path: '/storage', role: 'PVEDatastoreUser' },
          ],
        },
        { id: 'vmadmin@pve!sep', privsep: true, acl: [] },
        { id: 'pooler@pve!tt', acl: [{ path: '/pool/production', role: 'PVEVMUser' }] },
        {
          id: 'deep@pve!tt',
          acl: [
            { path: '/vms', role: 'PVEVMAdmin' },
            { path: '/vms/101', role: 'PVEAuditor' },
          ],
        },
        {
          id: 'no@pve!tt',
          acl: [
            { path: '/', role: 'PVEAuditor' },
            { path: '/vms/101', role: 'NoAccess' },
          ],
        },
        { id: 'flat@pve!tt', acl: [{ path: '/vms', role: 'PVEVMAdmin', propagate: false }] },
      ],
    })
  })
  afterAll(async () => {
    await simulator.close()
  })

  const vms = async (token: string): Promise<readonly unknown[]> =>
    (await rows(simulator, '/cluster/resources?type=vm', { token })).map((entry) => entry.vmid).sort()

  it('uses given secrets', () => {
    expect(simulator.tokens['mpc@pve!read']).toBe('11111111-1111-4111-8111-111111111111')
  })

  it('filters lists without a word', async () => {
    expect(await vms('nobody@pve!none')).toEqual([])
    expect(await vms('vmadmin@pve!sep')).toEqual([])
    expect(await vms('ops@pve!full')).toEqual([101, 107])
    expect(await vms('ops@pve!bot')).toEqual([101])
    expect(await vms('pooler@pve!tt')).toEqual([101, 102, 103, 201])
    expect(await vms('flat@pve!tt')).toEqual([])
    expect(await vms('no@pve!tt')).not.toContain(101)
    expect(await vms('vmadmin@pve!full')).toHaveLength(14)
  })

  it('shows nodes to everybody, their numbers only with Sys.Audit', async () => {
    const node = (await rows(simulator, '/nodes', { token: 'nobody@pve!none' }))[0] ?? {}
    expect(Object.keys(node).sort()).toEqual(['id', 'level', 'node', 'ssl_fingerprint', 'status', 'type'])
    expect((await rows(simulator, '/nodes', { token: 'mpc@pve!read' }))[0]).toHaveProperty('cpu')
    const resources = await rows(simulator, '/cluster/resources', { token: 'nobody@pve!none' })
    expect(resources.map((entry) => entry.type)).toEqual(['node', 'node', 'node'])
    expect(resources[0]).toHaveProperty('cgroup-mode')
  })

  it('leaves out a pool that the caller may not see, though its rights come from it', async () => {
    const seen = await rows(simulator, '/cluster/resources?type=vm', { token: 'pooler@pve!tt' })
    expect(seen.some((entry) => 'pool' in entry)).toBe(false)
    const all = await rows(simulator, '/cluster/resources?type=vm')
    expect(all.find((entry) => entry.vmid === 101)?.pool).toBe('production')
    expect(
      await row(simulator, '/access/permissions?path=/vms/101', { token: 'pooler@pve!tt' }),
    ).toMatchObject({
      '/vms/101': { 'VM.PowerMgmt': 0, 'VM.Audit': 0 },
    })
  })

  it.each([
    ['nobody@pve!none', '/nodes/pve1/qemu/101/status/current', '/vms/101, VM.Audit'],
    ['nobody@pve!none', '/nodes/pve1/qemu/4242/status/current', '/vms/4242, VM.Audit'],
    ['nobody@pve!none', '/cluster/status', '/, Sys.Audit'],
    ['nobody@pve!none', '/cluster/ha/status/current', '/, Sys.Audit'],
    ['ops@pve!full', '/nodes/pve1/status', '/nodes/pve1, Sys.Audit'],
    [
      'ops@pve!full',
      '/nodes/pve1/storage/local/content',
      '/storage/local, Datastore.Audit|Datastore.AllocateSpace',
    ],
  ])('refuses %s %s before it looks whether it is there', async (token, path, missing) => {
    const reply = await ask(simulator, 'GET', path, { token })
    expect([reply.status, reply.reason]).toEqual([403, `Permission check failed (${missing})`])
    expect(JSON.parse(reply.body)).toEqual({ data: null, message: `Permission check failed (${missing})\n` })
  })

  it('lets a deeper rule replace a shallower one', async () => {
    const token = 'deep@pve!tt'
    expect(await ask(simulator, 'POST', '/nodes/pve1/qemu/101/status/start', { token })).toMatchObject({
      status: 403,
      reason: 'Permission check failed (/vms/101, VM.PowerMgmt)',
    })
    expect(await ask(simulator, 'POST', '/nodes/pve1/qemu/107/status/start', { token })).toMatchObject({
      status: 200,
    })
  })

  it('reads with the reader, acts with the operator', async () => {
    const reset = '/nodes/pve1/qemu/101/status/reset'
    expect(await ask(simulator, 'POST', reset, { token: 'mpc@pve!read' })).toMatchObject({ status: 403 })
    expect(await ask(simulator, 'POST', reset, { token: 'mpc@pve!operate' })).toMatchObject({ status: 200 })
    const needs =
      '/vms/101, VM.Config.Disk|VM.Config.CDROM|VM.Config.CPU|VM.Config.Memory|VM.Config.Network|VM.Config.HWType|VM.Config.Options|VM.Config.Cloudinit'
    const put = { token: 'mpc@pve!read', body: 'tags=x' }
    expect(await ask(simulator, 'PUT', '/nodes/pve1/qemu/101/config', put)).toMatchObject({
      reason: `Permission check failed (${needs})`,
    })
  })

  it('hides backups from an auditor', async () => {
    const path = '/nodes/pve1/storage/nas/content?content=backup'
    expect(await rows(simulator, path, { token: 'mpc@pve!read' })).toEqual([])
    expect((await rows(simulator, path, { token: 'mpc@pve!operate' })).length).toBeGreaterThan(10)
  })

  it('shows a token no cluster task without Sys.Audit, and its own node tasks', async () => {
    const token = 'ops@pve!full'
    const made = await ask(simulator, 'POST', '/nodes/pve1/qemu/101/status/start', { token })
    const upid: string = JSON.parse(made.body).data
    expect(await rows(simulator, '/cluster/tasks', { token })).toEqual([])
    const own = await rows(simulator, '/nodes/pve1/tasks?source=all', { token })
    expect(own.map((entry) => entry.upid)).toEqual([upid])
    const status = `/nodes/pve1/tasks/${encodeURIComponent(upid)}/status`
    expect(await ask(simulator, 'GET', status, { token: 'ops@pve!bot' })).toMatchObject({
      status: 403,
      reason: 'Permission check failed (/nodes/pve1, Sys.Audit)',
    })
  })

  it('lists permissions for known paths only', async () => {
    expect(await data(simulator, '/access/permissions', { token: 'vmadmin@pve!sep' })).toEqual({})
    const own = await row(simulator, '/access/permissions', { token: 'ops@pve!full' })
    expect(Object.keys(own).sort()).toEqual(['/vms/101', '/vms/107'])
    expect(await data(simulator, '/access/permissions?path=/vms/101', { token: 'nobody@pve!none' })).toEqual({
      '/vms/101': {},
    })
  })

  it('takes rights and tokens away, and gives them back', async () => {
    const control = createControlClient(simulator.controlUrl)
    const token = 'mpc@pve!admin'
    await control.fault({ kind: 'revoke', token, path: '/vms/101' })
    await control.fault({ kind: 'revoke', token, path: '/storage', privileges: ['Datastore.Audit'] })
    expect(await vms(token)).not.toContain(101)
    expect(await vms(token)).toHaveLength(13)
    expect(await rows(simulator, '/cluster/resources?type=storage', { token })).toEqual([])
    await control.fault({ kind: 'revoke', token })
    expect(await ask(simulator, 'GET', '/version', { token })).toMatchObject({ status: 401 })
    await control.fault({ kind: 'restore', token })
    expect(await vms(token)).toHaveLength(14)
  })
})
