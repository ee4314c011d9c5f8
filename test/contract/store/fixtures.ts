import type { StoredGuest, StoredInventory } from '../../../src/core/change.js'
import type { SyncWrite } from '../../../src/ports/store/inventory.js'

export const guest = (vmid: number, over: Partial<StoredGuest> = {}): StoredGuest => ({
  vmid,
  kind: 'qemu',
  name: `vm-${vmid}`,
  node: 'pve1',
  status: 'running',
  template: false,
  tags: ['a', 'b'],
  pool: null,
  lock: null,
  hastate: null,
  maxcpu: 2,
  maxmem: 2 ** 30,
  maxdisk: 2 ** 33,
  incarnation: 1,
  hidden: false,
  ...over,
})

export const inventory = (over: Partial<StoredInventory> = {}): StoredInventory => ({
  guests: [guest(101), guest(200, { kind: 'lxc' })],
  nodes: [
    {
      name: 'pve1',
      status: 'online',
      maxcpu: 4,
      maxmem: 2 ** 35,
      maxdisk: 2 ** 38,
      ip: '127.0.0.1',
      fingerprint: 'AA',
      hidden: false,
    },
  ],
  storages: [
    {
      name: 'local',
      node: 'pve1',
      type: 'dir',
      content: ['images', 'iso'],
      shared: false,
      status: 'available',
      maxdisk: 2 ** 38,
      hidden: false,
    },
    {
      name: 'nfs',
      node: null,
      type: 'nfs',
      content: [],
      shared: true,
      status: 'disabled',
      maxdisk: null,
      hidden: false,
    },
  ],
  pools: [{ name: 'prod', comment: null, hidden: false }],
  ...over,
})

export const EMPTY: StoredInventory = { guests: [], nodes: [], storages: [], pools: [] }

/** A write that stores `after` whole, as a first reading does, unless told otherwise. */
export const write = (over: Partial<SyncWrite> = {}): SyncWrite => {
  const after = over.after ?? inventory()
  return {
    cluster: 'lab',
    basedOn: null,
    startedAt: '2026-03-01T10:00:00.000Z',
    finishedAt: '2026-03-01T10:00:01.000Z',
    version: '9.2.11',
    clusterName: 'labcluster',
    quorate: true,
    after,
    upsert: after,
    remove: [],
    changes: [],
    tasks: [],
    usage: { 'guest/101': { cpu: 0.5, mem: 1, disk: null, uptime: 10 } },
    warnings: [],
    ...over,
  }
}
