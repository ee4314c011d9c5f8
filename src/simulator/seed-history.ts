import type { SimGuest, SimStorage, SimVolume, World } from './state.js'
import { ROOT, recordTask } from './tasks.js'

const GIB = 1024 ** 3
const DAY = 86_400

/** The storages of the demo company. */
export function companyStorages(): SimStorage[] {
  const keep = { 'prune-backups': 'keep-daily=7,keep-weekly=4' }
  return [
    {
      name: 'local',
      type: 'dir',
      content: ['iso', 'vztmpl', 'snippets'],
      shared: false,
      disabled: false,
      total: 94 * GIB,
      nodes: null,
      extra: { path: '/var/lib/vz', 'prune-backups': 'keep-all=1' },
    },
    {
      name: 'data',
      type: 'dir',
      content: ['images', 'rootdir'],
      shared: false,
      disabled: false,
      total: 1800 * GIB,
      nodes: null,
      extra: { path: '/srv/data' },
    },
    {
      name: 'backup',
      type: 'dir',
      content: ['backup'],
      shared: false,
      disabled: false,
      total: 3600 * GIB,
      nodes: null,
      extra: { path: '/srv/backup', ...keep },
    },
    {
      name: 'nas',
      type: 'nfs',
      content: ['images', 'rootdir', 'backup'],
      shared: true,
      disabled: false,
      total: 7200 * GIB,
      nodes: null,
      extra: { path: '/mnt/pve/nas', export: '/volume1/pve', server: '192.168.20.5', ...keep },
    },
    {
      name: 'archive-nfs',
      type: 'nfs',
      content: ['backup', 'iso'],
      shared: true,
      disabled: true,
      total: 0,
      nodes: null,
      extra: { path: '/mnt/pve/archive-nfs', export: '/export/pve', server: '192.168.20.6' },
    },
  ]
}

function backup(
  guest: SimGuest,
  storage: string,
  node: string | null,
  ctime: number,
  size: number,
): SimVolume {
  const stamp = new Date(ctime * 1000)
    .toISOString()
    .slice(0, 19)
    .replace('T', '-')
    .replaceAll('-', '_')
    .replaceAll(':', '_')
  const day = stamp.slice(0, 10)
  const clock = stamp.slice(11)
  const format = guest.kind === 'qemu' ? 'vma.zst' : 'tar.zst'
  return {
    storage,
    node,
    volid: `${storage}:backup/vzdump-${guest.kind}-${guest.vmid}-${day}-${clock}.${format}`,
    content: 'backup',
    format,
    size,
    ctime,
    vmid: guest.vmid,
    subtype: guest.kind,
    notes: String(guest.config.name ?? guest.config.hostname ?? ''),
    protected: false,
  }
}

/** Backups, images and templates that lie on the storages. */
export function companyVolumes(world: World, now: number): SimVolume[] {
  const volumes: SimVolume[] = []
  const node = world.nodes[0]?.name ?? 'pve1'
  for (const vmid of [101, 102, 103, 201, 202]) {
    const guest = world.guests.get(vmid)
    if (guest === undefined) continue
    for (const days of [1, 2, 3, 8]) {
      const ctime = now - days * DAY - (now % DAY) + 9000 + vmid
      volumes.push(backup(guest, 'nas', null, ctime, 2 * GIB + vmid * 7_340_033 - days * 1_048_576))
    }
  }
  const wiki = world.guests.get(204)
  if (wiki !== undefined) {
    volumes.push({ ...backup(wiki, 'backup', wiki.node, now - 90 * DAY, 734_003_201), protected: true })
  }
  const still = { storage: 'local', node, vmid: null, subtype: null, notes: null, protected: false } as const
  volumes.push({
    ...still,
    volid: 'local:iso/debian-13.1.0-amd64-netinst.iso',
    content: 'iso',
    format: 'iso',
    size: 821_035_008,
    ctime: now - 60 * DAY,
  })
  volumes.push({
    ...still,
    volid: 'local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst',
    content: 'vztmpl',
    format: 'tzst',
    size: 129_123_456,
    ctime: now - 60 * DAY,
  })
  return volumes
}

/** What root@pam did in the days before: most went well, one failed, one warned. */
export function companyTasks(world: World, now: number): void {
  const nodeOf = (vmid: number): string => world.guests.get(vmid)?.node ?? world.nodes[0]?.name ?? 'pve1'
  const past = (
    vmid: number,
    type: string,
    ago: number,
    took: number,
    status: string,
    log: readonly string[] = [],
  ): void => {
    const start = now - ago
    const end = { start, end: start + took }
    recordTask(world, { node: nodeOf(vmid), type, id: String(vmid), owner: ROOT }, end, { status, log })
  }
  past(101, 'qmsnapshot', 5 * DAY, 3, 'OK')
  past(102, 'qmreboot', 3 * DAY + 5000, 14, 'OK')
  past(102, 'qmstart', 3 * DAY + 4980, 3, 'OK')
  past(104, 'qmstart', 2 * DAY + 7777, 1, 'start failed: QEMU exited with code 1', [
    'kvm: -device tpm-tis: tpm not available',
  ])
  past(204, 'vzstop', 2 * DAY, 2, 'OK')
  for (const vmid of [101, 102, 103, 201, 202]) {
    past(vmid, 'vzdump', (now % DAY) + DAY - 9000 - vmid, 95, 'OK', [
      `INFO: starting new backup job: vzdump ${vmid}`,
    ])
  }
  past(205, 'vzstart', DAY - 4000, 2, 'WARNINGS: 1', [
    'WARN: Systemd 257 detected. You may need to enable nesting.',
  ])
  past(105, 'qmpause', 30_000, 1, 'OK')
  past(106, 'qmsuspend', 26_000, 21, 'OK', ['State saved, quitting'])
  for (const tasks of world.tasks.values()) tasks.sort((a, b) => a.starttime - b.starttime)
}
