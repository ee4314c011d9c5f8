import { newHa } from './ha.js'
import type { Rng } from './rng.js'
import { type GuestPlan, mac, makeGuest } from './seed-guests.js'
import type { SimGuest, SimNode, SimSnapshot } from './state.js'

const DAY = 86_400

function production(at: (index: number) => string): GuestPlan[] {
  const web = { kind: 'qemu', power: 'running', cores: 2, memoryMiB: 4096, diskGiB: 32 } as const
  return [
    {
      ...web,
      vmid: 101,
      name: 'web-01',
      node: at(0),
      tags: 'prod;web',
      pool: 'production',
      onboot: true,
      upDays: 41.3,
      description: '# Web front end\n\nOwner: *ops@demo.example*\nBehind ct-proxy; drain before reboots.',
    },
    {
      ...web,
      vmid: 102,
      name: 'web-02',
      node: at(1),
      tags: 'prod;web',
      pool: 'production',
      onboot: true,
      upDays: 12.8,
    },
    {
      vmid: 103,
      kind: 'qemu',
      name: 'db-01',
      node: at(1),
      power: 'running',
      cores: 4,
      memoryMiB: 16_384,
      diskGiB: 200,
      storage: 'nas',
      tags: 'critical;db;prod',
      pool: 'production',
      onboot: true,
      protection: true,
      upDays: 88.1,
      description: 'PostgreSQL primary. Call Maria before touching it.',
    },
  ]
}

function officeAndLab(at: (index: number) => string): GuestPlan[] {
  return [
    {
      vmid: 104,
      kind: 'qemu',
      name: 'win11-desktop',
      node: at(0),
      power: 'stopped',
      cores: 4,
      memoryMiB: 8192,
      diskGiB: 120,
      tags: 'windows',
      pool: 'office',
      agent: false,
      raw: true,
      extra: { ostype: 'win11', bios: 'ovmf', machine: 'pc-q35-10.0', vga: 'std', localtime: 1, tablet: 1 },
    },
    {
      vmid: 105,
      kind: 'qemu',
      name: 'ci-runner.demo.example',
      node: at(2),
      power: 'paused',
      cores: 8,
      memoryMiB: 8192,
      diskGiB: 80,
      tags: 'ci;test',
      pool: 'lab',
      extra: { serial0: 'socket', vga: 'serial0' },
    },
    {
      vmid: 106,
      kind: 'qemu',
      name: 'build-agent',
      node: at(2),
      power: 'stopped',
      cores: 4,
      memoryMiB: 6144,
      diskGiB: 64,
      tags: 'ci;test',
      pool: 'lab',
      lock: 'suspended',
    },
    {
      vmid: 107,
      kind: 'qemu',
      name: 'fw-edge',
      node: at(0),
      power: 'running',
      cores: 2,
      memoryMiB: 2048,
      diskGiB: 8,
      tags: 'critical;network',
      agent: false,
      raw: true,
      onboot: true,
      stubborn: true,
      extra: { startup: 'order=1,up=30', sockets: 1, cpu: 'host' },
    },
  ]
}

function templates(at: (index: number) => string): GuestPlan[] {
  const base = {
    kind: 'qemu',
    power: 'stopped',
    cores: 1,
    memoryMiB: 1024,
    diskGiB: 8,
    template: true,
  } as const
  return [
    { ...base, vmid: 900, name: 'tpl-debian13', node: at(0), tags: 'template' },
    { ...base, vmid: 901, name: 'tpl-ubuntu2404', node: at(1), tags: 'template' },
  ]
}

function containers(at: (index: number) => string): GuestPlan[] {
  const base = { kind: 'lxc', power: 'running', cores: 1, memoryMiB: 1024, diskGiB: 8, onboot: true } as const
  return [
    {
      ...base,
      vmid: 201,
      name: 'ct-proxy',
      node: at(0),
      tags: 'prod;proxy',
      pool: 'production',
      description: 'reverse proxy\n<b>see wiki</b>\n',
    },
    { ...base, vmid: 202, name: 'ct-dns', node: at(1), memoryMiB: 512, diskGiB: 4, tags: 'dns;prod' },
    {
      ...base,
      vmid: 203,
      name: 'ct-monitoring',
      node: at(2),
      cores: 2,
      memoryMiB: 4096,
      diskGiB: 40,
      storage: 'nas',
      tags: 'monitoring',
    },
    {
      ...base,
      vmid: 204,
      name: 'ct-wiki',
      node: at(2),
      power: 'stopped',
      tags: 'office',
      pool: 'office',
      onboot: false,
    },
    {
      ...base,
      vmid: 205,
      name: 'ct-cron',
      node: at(1),
      memoryMiB: 256,
      diskGiB: 2,
      extra: { cpulimit: '0.5', features: '' },
    },
  ]
}

/** All guests of the demo company, spread over the nodes there are. */
export function companyGuests(nodes: readonly SimNode[], rng: Rng, now: number): SimGuest[] {
  const at = (index: number): string => nodes[index % nodes.length]?.name ?? 'pve1'
  const plans = [...production(at), ...officeAndLab(at), ...templates(at), ...containers(at)]
  const guests = plans.map((plan) => makeGuest(plan, rng, now))
  for (const guest of guests) {
    if (guest.config.features === '') delete guest.config.features
    if (guest.config.cpulimit !== undefined) delete guest.config.cores
    finishGuest(guest, rng, now)
  }
  return guests
}

function snapshot(guest: SimGuest, name: string, description: string, snaptime: number): SimSnapshot {
  const { parent, description: _notes, ...config } = guest.config
  guest.config.parent = name
  return {
    name,
    description,
    snaptime,
    vmstate: 0,
    parent: typeof parent === 'string' ? parent : null,
    config,
  }
}

function finishGuest(guest: SimGuest, rng: Rng, now: number): void {
  switch (guest.vmid) {
    case 101:
      guest.config.sockets = 1
      guest.config.startup = 'order=3,up=15'
      guest.snapshots.push(
        snapshot(guest, 'before-upgrade', 'Before the 13.1 upgrade\nkeep for a week', now - 5 * DAY),
      )
      guest.snapshots.push(snapshot(guest, 'after_upgrade', '', now - 5 * DAY + 3700))
      guest.config.ide2 = 'local:iso/debian-13.1.0-amd64-netinst.iso,media=cdrom,size=783M'
      guest.config.boot = 'order=scsi0;ide2;net0'
      return
    case 102:
      guest.pending.memory = '6144'
      return
    case 103:
      guest.ha = newHa('started', 'database first')
      guest.config.scsi1 = 'nas:103/vm-103-disk-1.qcow2,backup=0,size=500G'
      guest.config.balloon = 8192
      guest.config.shares = 2000
      guest.config.net1 = `virtio=${mac(rng)},bridge=vmbr1,tag=20`
      return
    case 104:
      guest.config.efidisk0 = 'data:104/vm-104-disk-1.qcow2,efitype=4m,pre-enrolled-keys=1,size=528K'
      guest.config.tpmstate0 = 'data:104/vm-104-disk-2.raw,size=4M,version=v2.0'
      return
    case 201:
      guest.config.mp0 = 'data:201/vm-201-disk-1.raw,mp=/srv/data,backup=1,size=4G'
      return
    default:
  }
}
