import { describe, expect, it } from '@jest/globals'
import type { ChangeWhat, StoredGuest, StoredInventory } from '../../../src/core/change.js'
import { type ReplayableChange, replay } from '../../../src/core/replay.js'

const guest = (vmid: number, over: Partial<StoredGuest> = {}): StoredGuest => ({
  vmid,
  kind: 'qemu',
  name: `vm-${vmid}`,
  node: 'pve1',
  status: 'running',
  template: false,
  tags: [],
  pool: null,
  lock: 'backup',
  hastate: 'started',
  maxcpu: 2,
  maxmem: 1024,
  maxdisk: null,
  incarnation: 1,
  hidden: false,
  ...over,
})
const state: StoredInventory = {
  guests: [guest(101), guest(102, { hidden: true })],
  nodes: [],
  storages: [
    {
      name: 'local',
      node: 'pve1',
      type: 'dir',
      content: ['iso'],
      shared: false,
      status: 'available',
      maxdisk: 1,
      hidden: false,
    },
  ],
  pools: [{ name: 'prod', comment: null, hidden: false }],
}
const change = (key: string, what: ChangeWhat, over: Partial<ReplayableChange> = {}): ReplayableChange => ({
  type: 'guest',
  key,
  name: 'x',
  incarnation: 1,
  what,
  attribute: null,
  before: null,
  after: null,
  resource: null,
  ...over,
})
const played = (...changes: readonly ReplayableChange[]) => Object.fromEntries(replay(state, changes))

describe('replay', () => {
  it('without changes gives every row by its key', () => {
    expect(Object.keys(played())).toEqual(['guest/101', 'guest/102', 'storage/pve1/local', 'pool/prod'])
  })

  const whole = guest(101, { kind: 'lxc', name: 'new', incarnation: 2 })
  it.each<[string, ReplayableChange, string, unknown]>([
    ['added', change('guest/300', 'added', { resource: guest(300) }), 'guest/300', guest(300)],
    ['recreated', change('guest/101', 'recreated', { resource: whole }), 'guest/101', whole],
    ['removed', change('guest/101', 'removed'), 'guest/101', undefined],
    ['hidden', change('guest/101', 'hidden'), 'guest/101', guest(101, { hidden: true })],
    ['visible', change('guest/102', 'visible'), 'guest/102', guest(102)],
    ['visible, other than it was', change('guest/102', 'visible', { resource: whole }), 'guest/102', whole],
    [
      'changed',
      change('guest/101', 'changed', { attribute: 'tags', after: ['a'] }),
      'guest/101',
      guest(101, { tags: ['a'] }),
    ],
    [
      'no longer under HA',
      change('guest/101', 'changed', { attribute: 'ha', after: 'not managed' }),
      'guest/101',
      guest(101, { hastate: null }),
    ],
    [
      'under HA',
      change('guest/102', 'changed', { attribute: 'ha', after: 'managed' }),
      'guest/102',
      guest(102, { hidden: true, hastate: 'managed' }),
    ],
    [
      'changed, but not there',
      change('guest/9', 'changed', { attribute: 'name', after: 'a' }),
      'guest/9',
      undefined,
    ],
    ['hidden, but not there', change('guest/9', 'hidden'), 'guest/9', undefined],
    ['added, but without a row', change('guest/9', 'added'), 'guest/9', undefined],
  ])('%s', (_, one, key, expected) => {
    expect(played(one)[key]).toEqual(expected)
  })

  it('plays in the order it is given, and leaves the state as it was', () => {
    const before = structuredClone(state)
    const rows = played(
      change('guest/101', 'removed'),
      change('guest/101', 'added', { resource: guest(101, { name: 'second' }) }),
      change('guest/101', 'changed', { attribute: 'name', after: 'third' }),
    )

    expect(rows['guest/101']).toEqual(guest(101, { name: 'third' }))
    expect(state).toEqual(before)
  })
})
