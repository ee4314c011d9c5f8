import { describe, expect, it } from '@jest/globals'
import type { StoredInventory } from '../../../src/core/change.js'
import {
  type Difference,
  destroyedBy,
  difference,
  type Evidence,
  type Seen,
  type SeenGuest,
} from '../../../src/core/diff.js'
import type { Node, Storage, Task } from '../../../src/core/resource.js'

const guest = (over: Partial<SeenGuest> = {}): SeenGuest => ({
  vmid: 101,
  kind: 'qemu',
  name: 'web-01',
  node: 'pve1',
  status: 'running',
  template: false,
  tags: ['prod', 'web'],
  pool: 'production',
  lock: null,
  hastate: null,
  maxcpu: 2,
  maxmem: 2 ** 30,
  maxdisk: 2 ** 32,
  fresh: true,
  ...over,
})
const node = (over: Partial<Node> = {}): Node => ({
  name: 'pve1',
  status: 'online',
  maxcpu: 4,
  maxmem: 2 ** 33,
  maxdisk: 2 ** 35,
  ip: '127.0.0.1',
  fingerprint: 'AA',
  ...over,
})
const storage = (over: Partial<Storage> = {}): Storage => ({
  name: 'local',
  node: 'pve1',
  type: 'dir',
  content: ['images'],
  shared: false,
  status: 'available',
  maxdisk: 2 ** 40,
  ...over,
})
const seen = (over: Partial<Seen> = {}): Seen => ({
  guests: [guest()],
  nodes: [node()],
  storages: [storage()],
  pools: [],
  ...over,
})
const sure: Evidence = {
  destroyed: new Set(),
  createdSince: new Set(),
  wouldSee: () => true,
  unread: new Set(),
}
const first = (read: Seen = seen()): StoredInventory => difference(null, read, sure).after
const lines = (found: Difference) =>
  found.changes.map(({ key, what, attribute, before, after }) => [key, what, attribute, before, after])

describe('the first reading', () => {
  it('stores everything and changes nothing', () => {
    const found = difference(null, seen(), sure)

    expect(found.changes).toEqual([])
    expect(found.upsert.guests).toEqual([{ ...storedGuest(), incarnation: 1, hidden: false }])
    expect(found.upsert.nodes).toHaveLength(1)
    expect(found.remove).toEqual([])
  })
})

describe('an unchanged reading', () => {
  it('writes nothing', () => {
    const found = difference(first(), seen(), sure)

    expect(found).toMatchObject({
      changes: [],
      remove: [],
      upsert: { guests: [], nodes: [], storages: [], pools: [] },
    })
  })
})

describe('a guest that changed', () => {
  it.each([
    ['renamed', { name: 'web-02' }, ['name', 'web-01', 'web-02']],
    ['migrated', { node: 'pve2' }, ['node', 'pve1', 'pve2']],
    ['re-tagged', { tags: ['prod'] }, ['tags', ['prod', 'web'], ['prod']]],
    ['stopped', { status: 'stopped' as const }, ['status', 'running', 'stopped']],
    ['put under HA', { hastate: 'started' }, ['ha', 'not managed', 'managed']],
    ['moved out of its pool', { pool: null }, ['pool', 'production', null]],
  ])('%s is told as just that', (_, over, [attribute, before, after]) => {
    const found = difference(first(), seen({ guests: [guest(over)] }), sure)

    expect(lines(found)).toEqual([['guest/101', 'changed', attribute, before, after]])
    expect(found.upsert.guests).toHaveLength(1)
    expect(found.after.guests[0]?.incarnation).toBe(1)
  })

  it('a lock is stored, yet no line of history', () => {
    const found = difference(first(), seen({ guests: [guest({ lock: 'backup' })] }), sure)

    expect(found.changes).toEqual([])
    expect(found.upsert.guests[0]?.lock).toBe('backup')
  })

  it('the HA manager’s steps are no lines of history', () => {
    const before = first(seen({ guests: [guest({ hastate: 'started' })] }))

    const found = difference(before, seen({ guests: [guest({ hastate: 'migrate' })] }), sure)

    expect(found.changes).toEqual([])
  })
})

describe('a guest under the same number', () => {
  it.each([
    ['its destroy task was seen', {}, { destroyed: new Set([101]) }, ['qemu', 'web-01']],
    ['it is of another kind', { kind: 'lxc' as const, name: 'ct' }, {}, ['lxc', 'ct']],
    ['its config was created since', { name: 'new' }, { createdSince: new Set([101]) }, ['qemu', 'new']],
  ])('was re-created when %s', (_, over, evidence, after) => {
    const found = difference(first(), seen({ guests: [guest(over)] }), { ...sure, ...evidence })

    expect(lines(found)).toEqual([['guest/101', 'recreated', null, ['qemu', 'web-01'], after]])
    expect(found.after.guests[0]?.incarnation).toBe(2)
  })

  it('was renamed, not re-created, when nothing says otherwise', () => {
    const found = difference(first(), seen({ guests: [guest({ name: 'other' })] }), sure)

    expect(lines(found)).toEqual([['guest/101', 'changed', 'name', 'web-01', 'other']])
  })
})

describe('a guest that is not listed any more', () => {
  it('was removed where the token would have seen it', () => {
    const found = difference(first(), seen({ guests: [] }), sure)

    expect(lines(found)).toEqual([['guest/101', 'removed', null, 'web-01', null]])
    expect(found.remove).toEqual(['guest/101'])
  })

  it('is only hidden where the token lost the privilege, and comes back with no false line', () => {
    const blind = { ...sure, wouldSee: () => false }
    const hidden = difference(first(), seen({ guests: [] }), blind)
    const again = difference(hidden.after, seen({ guests: [] }), blind)
    const back = difference(hidden.after, seen(), sure)

    expect(lines(hidden)).toEqual([['guest/101', 'hidden', null, null, null]])
    expect(hidden.remove).toEqual([])
    expect(again).toMatchObject({ changes: [], upsert: { guests: [] } })
    expect(lines(back)).toEqual([['guest/101', 'visible', null, null, null]])
    expect(back.after.guests[0]?.incarnation).toBe(1)
  })

  it('was removed, even without that privilege, when its destruction was seen', () => {
    const found = difference(first(), seen({ guests: [] }), {
      ...sure,
      wouldSee: () => false,
      destroyed: new Set([101]),
    })

    expect(lines(found)).toEqual([['guest/101', 'removed', null, 'web-01', null]])
  })
})

describe('a row that was listed and could not be read', () => {
  it('is kept as it was', () => {
    const found = difference(first(), seen({ guests: [] }), { ...sure, unread: new Set(['guest/101']) })

    expect(found).toMatchObject({ changes: [], remove: [], upsert: { guests: [] } })
    expect(found.after.guests).toHaveLength(1)
  })
})

describe('a dead node', () => {
  const down = seen({
    nodes: [node({ status: 'offline', maxcpu: null, maxmem: null })],
    guests: [
      guest({
        status: 'unknown',
        name: null,
        maxcpu: null,
        maxmem: null,
        maxdisk: null,
        tags: [],
        fresh: false,
      }),
    ],
    storages: [storage({ status: 'unknown', maxdisk: null })],
  })

  it('adds no line to the history of its guests and storages', () => {
    const found = difference(first(), down, sure)

    expect(lines(found)).toEqual([['node/pve1', 'changed', 'status', 'online', 'offline']])
    expect(found.after.guests[0]).toMatchObject({ name: 'web-01', status: 'running', tags: ['prod', 'web'] })
    expect(found.after.storages[0]).toMatchObject({ status: 'available' })
    expect(found.after.nodes[0]).toMatchObject({ maxcpu: 4, maxmem: 2 ** 33 })
  })

  it('that comes back leaves nothing but its own line', () => {
    const back = difference(difference(first(), down, sure).after, seen(), sure)

    expect(lines(back)).toEqual([['node/pve1', 'changed', 'status', 'offline', 'online']])
  })

  it('still tells that a guest was recovered on another node', () => {
    const moved = { ...down, guests: down.guests.map((row) => ({ ...row, node: 'pve2' })) }

    expect(lines(difference(first(), moved, sure))).toContainEqual([
      'guest/101',
      'changed',
      'node',
      'pve1',
      'pve2',
    ])
  })
})

describe('destroyedBy', () => {
  const task = (over: Partial<Task>): Task => ({
    upid: 'UPID:…',
    node: 'pve1',
    type: 'qmdestroy',
    id: '101',
    user: 'root@pam',
    startTime: 1,
    endTime: 2,
    status: 'OK',
    ...over,
  })

  it.each([
    ['a finished destruction counts', {}, [101]],
    ['with warnings too', { status: 'WARNINGS: 1' }, [101]],
    ['of a container too', { type: 'vzdestroy', id: '200' }, [200]],
    ['a failed one does not', { status: 'VM 101 is running - destroy failed' }, []],
    ['a running one does not', { status: null, endTime: null }, []],
    ['a start does not', { type: 'qmstart' }, []],
  ])('%s', (_, over, expected) => {
    expect([...destroyedBy([task(over)])]).toEqual(expected)
  })
})

function storedGuest() {
  const { fresh: _, ...row } = guest()
  return row
}
