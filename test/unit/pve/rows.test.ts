import { describe, expect, it } from '@jest/globals'
import { guestsOf, nodesOf, poolsOf, storagesOf, taskOf, usageOf } from '../../../src/pve/rows.js'
import {
  decodeRows,
  GuestRow,
  NodeRow,
  StatusRow,
  StorageConfig,
  StorageRow,
  TaskRow,
  toBoolean,
  toList,
} from '../../../src/pve/schema.js'

const online = new Set(['pve1'])

function guest(more: object = {}) {
  const row = {
    id: 'qemu/100',
    type: 'qemu',
    vmid: 100,
    node: 'pve1',
    status: 'running',
    name: 'web',
    ...more,
  }
  const { rows, left } = decodeRows(GuestRow, [row]) ?? { rows: [], left: [] }
  expect(left).toEqual([])
  return guestsOf(rows, online)[0]
}

describe('decoding', () => {
  it('takes every form in which Perl gives a scalar', () => {
    expect(guest({ vmid: '100', maxmem: '512', maxcpu: '0.5', template: '1', cpu: null })).toMatchObject({
      vmid: 100,
      maxmem: 512,
      maxcpu: 0.5,
      template: true,
    })
    expect(guest({ name: 123 })).toMatchObject({ name: '123' })
    for (const yes of [1, '1', true, 'true'] as const) expect(toBoolean(yes)).toBe(true)
    for (const no of [0, '0', false, 'false', '', null, undefined] as const) expect(toBoolean(no)).toBe(false)
  })

  it('takes what is absent as null', () => {
    expect(guest()).toEqual({
      vmid: 100,
      kind: 'qemu',
      name: 'web',
      node: 'pve1',
      status: 'running',
      fresh: true,
      template: false,
      tags: [],
      pool: null,
      lock: null,
      hastate: null,
      maxcpu: null,
      maxmem: null,
      maxdisk: null,
    })
  })

  it.each([
    [{ maxmem: 'lots' }, 'maxmem'],
    [{ vmid: null }, 'vmid'],
    [{ vmid: 'abc' }, 'vmid'],
    [{ node: '' }, 'node'],
    [{ template: 'maybe' }, 'template'],
    [{ tags: ['a'] }, 'tags'],
  ])('leaves a row with %j out and names its field', (more, field) => {
    const good = { id: 'qemu/101', type: 'qemu', vmid: 101, node: 'pve1', status: 'running' }
    const decoded = decodeRows(GuestRow, [{ ...good, id: 'qemu/100', ...more }, good, 'nonsense', null])
    expect(decoded?.rows).toHaveLength(1)
    expect(decoded?.left).toEqual([
      { id: 'qemu/100', why: `its ${field} cannot be read` },
      { id: 'a row', why: 'it is not an object' },
      { id: 'a row', why: 'it is not an object' },
    ])
  })

  it('tells a list from anything else', () => {
    for (const data of [null, undefined, 'x', {}, 7]) expect(decodeRows(GuestRow, data)).toBeNull()
    expect(decodeRows(GuestRow, [])).toEqual({ rows: [], left: [] })
  })
})

describe('guests', () => {
  it.each([
    ['running', 'pve1', 'running', true],
    ['stopped', 'pve1', 'stopped', true],
    ['paused', 'pve1', 'paused', true],
    ['unknown', 'pve1', 'unknown', false],
    ['prelaunch', 'pve1', 'unknown', false],
    [undefined, 'pve1', 'unknown', false],
    ['running', 'pve2', 'running', false],
  ])('%s on %s is %s, fresh: %s', (status, node, shown, fresh) => {
    expect(guest({ status, node })).toMatchObject({ status: shown, fresh })
  })

  it('without a name have the one that PVE gives them, unless the row is not fresh', () => {
    expect(guest({ name: undefined })?.name).toBe('VM 100')
    expect(guest({ name: undefined, type: 'lxc' })?.name).toBe('CT 100')
    expect(guest({ name: undefined, status: 'unknown' })?.name).toBeNull()
    expect(guest({ status: 'unknown' })?.name).toBe('web')
  })

  it('have their tags apart', () => {
    expect(guest({ tags: 'prod;web' })?.tags).toEqual(['prod', 'web'])
    expect(toList('b, a;;c  d,a')).toEqual(['b', 'a', 'c', 'd'])
  })

  it('are one per vmid; the fresh row counts', () => {
    const rows = decodeRows(GuestRow, [
      { type: 'qemu', vmid: 100, node: 'pve2', status: 'unknown' },
      { type: 'qemu', vmid: 100, node: 'pve1', status: 'running', name: 'web' },
      { type: 'qemu', vmid: 99, node: 'pve1', status: 'running' },
    ])
    expect(guestsOf(rows?.rows ?? [], online).map(({ vmid, node }) => [vmid, node])).toEqual([
      [99, 'pve1'],
      [100, 'pve1'],
    ])
  })
})

describe('storages', () => {
  const row = (storage: string, node: string, more: object = {}) => ({
    id: `storage/${node}/${storage}`,
    storage,
    node,
    plugintype: 'dir',
    content: 'rootdir,images',
    shared: 0,
    status: 'available',
    maxdisk: 10,
    ...more,
  })
  const of = (rows: readonly object[], configs: readonly object[] = []) =>
    storagesOf(decodeRows(StorageRow, rows)?.rows ?? [], decodeRows(StorageConfig, configs)?.rows ?? [])

  it('that are shared are one, available if any node says so', () => {
    const shared = { shared: 1, plugintype: 'nfs' }
    expect(
      of([row('nas', 'pve1', { ...shared, status: 'unknown', maxdisk: 0 }), row('nas', 'pve2', shared)]),
    ).toEqual([
      {
        name: 'nas',
        node: null,
        type: 'nfs',
        content: ['images', 'rootdir'],
        shared: true,
        status: 'available',
        maxdisk: 10,
      },
    ])
  })

  it('that are local are one per node', () => {
    expect(of([row('local', 'pve2'), row('local', 'pve1')]).map(({ node }) => node)).toEqual(['pve1', 'pve2'])
  })

  it('that are disabled come from the configuration, which also wins for type and content', () => {
    const configs = [
      { storage: 'old', type: 'nfs', content: 'iso,backup', shared: 1, disable: 1 },
      { storage: 'local', type: 'btrfs', content: 'iso' },
      { storage: 'elsewhere', type: 'dir' },
    ]
    expect(of([row('local', 'pve1')], configs)).toMatchObject([
      {
        name: 'old',
        node: null,
        status: 'disabled',
        shared: true,
        content: ['backup', 'iso'],
        maxdisk: null,
      },
      { name: 'local', node: 'pve1', type: 'btrfs', content: ['iso'] },
    ])
  })
})

describe('nodes and pools', () => {
  it('join what three lists know of a node', () => {
    const rows = decodeRows(NodeRow, [
      { node: 'pve2', status: 'offline' },
      { node: 'pve1', status: 'online', maxcpu: 4, ssl_fingerprint: 'AA:BB' },
      { node: 'pve3', status: 'strange' },
    ])
    const status = decodeRows(StatusRow, [{ type: 'node', name: 'pve1', ip: '192.0.2.1' }])
    const listed = decodeRows(NodeRow, [{ node: 'pve1', maxdisk: 77 }])
    expect(nodesOf(rows?.rows ?? [], status?.rows ?? [], listed?.rows ?? [])).toEqual([
      {
        name: 'pve1',
        status: 'online',
        maxcpu: 4,
        maxmem: null,
        maxdisk: 77,
        ip: '192.0.2.1',
        fingerprint: 'AA:BB',
      },
      expect.objectContaining({ name: 'pve2', status: 'offline', ip: null }),
      expect.objectContaining({ name: 'pve3', status: 'unknown' }),
    ])
  })

  it('join both lists of pools', () => {
    expect(poolsOf([{ poolid: 'b', comment: 'text' }], [{ pool: 'b' }, { pool: 'a' }])).toEqual([
      { name: 'a', comment: null },
      { name: 'b', comment: 'text' },
    ])
  })
})

describe('tasks', () => {
  const row = {
    upid: 'UPID:pve1:000011D5:0003FC57:6B04082E:qmstart:100:root@pam!full:',
    node: 'pve1',
    type: 'qmstart',
    id: '100',
    user: 'root@pam',
    starttime: 1_795_426_350,
  }
  const of = (more: object) => (decodeRows(TaskRow, [{ ...row, ...more }])?.rows ?? []).map(taskOf)[0]

  it.each([
    [{ tokenid: 'full', status: 'OK', endtime: 1_795_426_351 }, 'root@pam!full', 'OK', 1_795_426_351],
    [{ tokenid: 'full' }, 'root@pam!full', null, null],
    [{ user: 'root@pam!full', status: 'RUNNING' }, 'root@pam!full', null, null],
    [{ status: 'WARNINGS: 1', endtime: '5' }, 'root@pam', 'WARNINGS: 1', 5],
    [{ endtime: 5 }, 'root@pam', '', 5],
  ])('%j', (more, user, status, endTime) => {
    expect(of(more)).toMatchObject({ user, status, endTime, id: '100', startTime: 1_795_426_350 })
  })

  it('may have no id', () => {
    expect(of({ id: '' })?.id).toBe('')
  })
})

describe('usage', () => {
  it('is of what is fresh, by key', () => {
    const load = { cpu: 0.5, mem: 5, uptime: 9, disk: 0 }
    const guests = decodeRows(GuestRow, [
      { type: 'qemu', vmid: 100, node: 'pve1', status: 'running', ...load },
      { type: 'lxc', vmid: 101, node: 'pve1', status: 'running', ...load, disk: 3 },
      { type: 'qemu', vmid: 102, node: 'pve2', status: 'running', ...load },
    ])
    const nodes = decodeRows(NodeRow, [{ node: 'pve1', ...load, disk: 8 }, { node: 'pve2' }])
    const storages = decodeRows(StorageRow, [
      { storage: 'nas', node: 'pve1', shared: 1, status: 'available', disk: 4 },
      { storage: 'nas', node: 'pve2', shared: 1, status: 'unknown', disk: 0 },
      { storage: 'local', node: 'pve1', status: 'available', disk: 6 },
    ])
    expect(
      usageOf({
        guests: guests?.rows ?? [],
        fresh: new Set([100, 101]),
        nodes: nodes?.rows ?? [],
        storages: storages?.rows ?? [],
      }),
    ).toEqual({
      'guest/100': { cpu: 0.5, mem: 5, uptime: 9, disk: null },
      'guest/101': { cpu: 0.5, mem: 5, uptime: 9, disk: 3 },
      'node/pve1': { cpu: 0.5, mem: 5, uptime: 9, disk: 8 },
      'storage/nas': { cpu: null, mem: null, uptime: null, disk: 4 },
      'storage/pve1/local': { cpu: null, mem: null, uptime: null, disk: 6 },
    })
  })
})
