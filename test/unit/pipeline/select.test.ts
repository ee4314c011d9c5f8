import { describe, expect, it } from '@jest/globals'
import type { Picture, StoredGuest } from '../../../src/core/change.js'
import { isRefusal } from '../../../src/core/refusal.js'
import { namedResources, selectGuest, selectGuests } from '../../../src/pipeline/select.js'

const guest = (vmid: number, name: string, over: Partial<StoredGuest> = {}): StoredGuest => ({
  vmid,
  name,
  kind: 'qemu',
  node: 'pve1',
  status: 'running',
  template: false,
  tags: [],
  pool: null,
  lock: null,
  hastate: null,
  maxcpu: 1,
  maxmem: 1,
  maxdisk: 1,
  incarnation: 1,
  hidden: false,
  ...over,
})

const picture = (cluster: string, guests: readonly StoredGuest[]): Picture => ({
  cluster,
  runId: 1,
  at: '2026-01-01T00:00:00.000Z',
  quorate: true,
  clusterName: null,
  version: '9.2.11',
  usage: {},
  inventory: {
    guests,
    nodes: [
      {
        name: 'pve1',
        status: 'online',
        maxcpu: 1,
        maxmem: 1,
        maxdisk: 1,
        ip: null,
        fingerprint: null,
        hidden: false,
      },
    ],
    storages: [
      {
        name: 'local',
        node: 'pve1',
        type: 'dir',
        content: [],
        shared: false,
        status: 'available',
        maxdisk: 1,
        hidden: false,
      },
      {
        name: 'local',
        node: 'pve2',
        type: 'dir',
        content: [],
        shared: false,
        status: 'available',
        maxdisk: 1,
        hidden: false,
      },
    ],
    pools: [{ name: 'web-01', comment: null, hidden: false }],
  },
})

const lab = picture('lab', [
  guest(101, 'web-01', { tags: ['prod', 'web'], pool: 'production' }),
  guest(102, 'web-02', { status: 'stopped', tags: ['prod'] }),
  guest(103, 'Twin'),
  guest(104, 'Twin', { kind: 'lxc', node: 'pve2' }),
  guest(105, 'secret', { hidden: true }),
  guest(106, '101'),
])
const far = picture('far', [guest(101, 'far-web')])

describe('one guest', () => {
  it.each([
    ['web-01', 101],
    ['WEB-01', 101],
    ['102', 102],
    ['lab/101', 101],
  ])('%s', (text, vmid) => {
    expect(selectGuest([lab], text)).toMatchObject({ cluster: 'lab', vmid })
  })

  it('a number means the vmid before it means a name', () => {
    expect(selectGuest([lab], '101')).toMatchObject({ vmid: 101, name: 'web-01' })
  })

  it('an ambiguous one is refused with its candidates', () => {
    expect(selectGuest([lab], 'twin')).toMatchObject({
      code: 'ambiguous_guest',
      details: ['103 Twin (VM on pve1)', '104 Twin (container on pve2)'],
    })
  })

  it('an unknown one is refused with the nearest', () => {
    expect(selectGuest([lab], 'web-10')).toMatchObject({
      code: 'unknown_guest',
      hint: expect.stringContaining('web-01'),
    })
  })

  it('a guest that the token may not see is not named', () => {
    expect(selectGuest([lab], 'secret')).toMatchObject({ code: 'unknown_guest' })
  })

  it('the same number in two clusters is ambiguous until the cluster is said', () => {
    expect(selectGuest([lab, far], '101')).toMatchObject({
      code: 'ambiguous_guest',
      details: ['lab/101 web-01 (VM on pve1)', 'far/101 far-web (VM on pve1)'],
    })
    expect(selectGuest([lab, far], 'far/101')).toMatchObject({ cluster: 'far' })
  })
})

describe('several guests', () => {
  const vmids = (...words: string[]) => {
    const found = selectGuests([lab], words)
    return isRefusal(found) ? found.code : found.map(({ vmid }) => vmid)
  }

  it.each<[string[], unknown]>([
    [['tag=prod'], [101, 102]],
    [['tag=prod', 'status=running'], [101]],
    [['web-01,web-02'], [101, 102]],
    [
      ['web-01', '104'],
      [101, 104],
    ],
    [['web-01,web-02', 'status=stopped'], [102]],
    [['kind=ct'], [104]],
    [['name=web-*'], [101, 102]],
    [['name=web.01'], []],
    [['pool=production'], [101]],
    [['node=pve9'], []],
    [['web-01', 'nobody'], 'unknown_guest'],
    [['tga=prod'], 'wrong_argument'],
    [['name=*'], [101, 102, 103, 104, 106]],
    // Variables of a script that are empty stand for nothing, never for all.
    [[], 'wrong_argument'],
    [[''], 'wrong_argument'],
    [[',', ' , '].map((word) => word.trim()), 'wrong_argument'],
    [['pool='], 'wrong_argument'],
    [['web-01', 'tag='], 'wrong_argument'],
  ])('%s', (words, expected) => {
    expect(vmids(...words)).toEqual(expected)
  })

  it('carry what they were chosen by, as far as the guest itself can tell', () => {
    expect(selectGuests([lab], ['web-01,102', 'tag=prod', 'status=running'])).toMatchObject([
      {
        vmid: 101,
        fits: [
          { by: 'tag', value: 'prod', said: 'tag=prod' },
          { by: 'called', value: 'web-01', said: 'web-01' },
        ],
      },
    ])
  })
})

describe('any resource', () => {
  const types = ['guest', 'node', 'storage', 'pool'] as const
  const keys = (text: string) => namedResources([lab], types, text).map(({ key }) => key)

  it.each([
    ['pve1', ['node/pve1']],
    ['node/pve1', ['node/pve1']],
    ['web-01', ['guest/101', 'pool/web-01']],
    ['pool/web-01', ['pool/web-01']],
    ['guest/101', ['guest/101']],
    ['local', ['storage/pve1/local', 'storage/pve2/local']],
    ['storage/pve2/local', ['storage/pve2/local']],
    ['nothing', []],
  ])('%s', (text, expected) => {
    expect(keys(text)).toEqual(expected)
  })
})
