import { pressures } from './rrd.js'
import { bootDiskSize, cpusOf, memoryOf, nameOf, property } from './sizes.js'
import { findNode, isTemplate, lockOf, type SimGuest, type World } from './state.js'
import { diskUsed, guestCounters, guestUsage } from './usage.js'

type Row = { [key: string]: unknown }

/** `qmpstatus`, the state QEMU itself reports. */
const qmpStatus = (guest: SimGuest): string => guest.power

/** PVE's own `status`, to which a paused VM is running. */
const pveStatus = (guest: SimGuest): string => (guest.power === 'stopped' ? 'stopped' : 'running')

function common(guest: SimGuest): Row {
  const tags = guest.config.tags
  const lock = lockOf(guest)
  return {
    vmid: guest.vmid,
    name: nameOf(guest),
    status: pveStatus(guest),
    maxmem: memoryOf(guest),
    maxdisk: bootDiskSize(guest),
    ...(tags === undefined || tags === '' ? {} : { tags }),
    ...(lock === null ? {} : { lock }),
    ...(isTemplate(guest) ? { template: 1 } : {}),
  }
}

/** A VM as `GET /nodes/{n}/qemu` lists it. */
export function qemuRow(world: World, guest: SimGuest, now: number): Row {
  const usage = guestUsage(world.seed, guest, now)
  const counted = guestCounters(world.seed, guest, now)
  const nine = world.version.startsWith('9')
  const memhost = usage.mem === 0 ? 0 : Math.floor(usage.mem * 1.04) + 50_000_000
  const row: Row = {
    ...common(guest),
    cpu: usage.cpu,
    cpus: cpusOf(guest, findNode(world, guest.node)),
    mem: usage.mem,
    disk: 0,
    uptime: guest.power === 'stopped' ? 0 : Math.max(0, now - guest.startedAt),
    netin: counted.netin,
    netout: counted.netout,
    ...(nine ? { memhost } : {}),
    ...(guest.config.serial0 === undefined ? {} : { serial: 1 }),
  }
  if (guest.power === 'stopped') return row
  return {
    ...row,
    pid: guest.pid,
    ...(guest.config.balloon === undefined ? {} : { balloon_min: Number(guest.config.balloon) * 1024 ** 2 }),
    ...(guest.config.shares === undefined ? {} : { shares: Number(guest.config.shares) }),
    ...pressures(world, guest, now),
  }
}

const STAT_NAMES = ['rd', 'wr', 'unmap', 'flush', 'zone_append'] as const

/** QEMU's counters of one drive. */
function blockStat(read: number, written: number): Row {
  const row: Row = {
    account_failed: true,
    account_invalid: true,
    timed_stats: [],
    wr_highest_offset: written,
  }
  for (const name of STAT_NAMES) {
    const bytes = name === 'rd' ? read : name === 'wr' ? written : 0
    row[`${name}_operations`] = Math.floor(bytes / 16_384)
    row[`${name}_total_time_ns`] = Math.floor(bytes / 16_384) * 90_000
    row[`failed_${name}_operations`] = 0
    row[`invalid_${name}_operations`] = 0
    if (name !== 'flush') {
      row[`${name}_bytes`] = bytes
      row[`${name}_merged`] = 0
    }
  }
  return row
}

const SUPPORT = {
  'backup-access-api': true,
  'backup-fleecing': true,
  'backup-max-workers': true,
  'backup-min-cluster-size': true,
  'pbs-dirty-bitmap': true,
  'pbs-dirty-bitmap-migration': true,
  'pbs-dirty-bitmap-savevm': true,
  'pbs-library-version': '1.5.2 (simulated)',
  'pbs-masterkey': true,
  'query-bitmap-info': true,
}

/** What only a running VM has, in `status/current`. */
function liveQemu(world: World, guest: SimGuest, now: number): Row {
  const counted = guestCounters(world.seed, guest, now)
  const nics: Row = {}
  for (const key of Object.keys(guest.config)) {
    const index = /^net([0-9]+)$/.exec(key)?.[1]
    if (index === undefined) continue
    const first = index === '0'
    nics[`tap${guest.vmid}i${index}`] = {
      netin: first ? counted.netin : 0,
      netout: first ? counted.netout : 0,
    }
  }
  const blockstat: Row = {}
  for (const [key, value] of Object.entries(guest.config)) {
    if (!/^(?:ide|sata|scsi|virtio)[0-9]+$/.test(key)) continue
    const cdrom = property(value, 'media') === 'cdrom'
    blockstat[key] = blockStat(cdrom ? 0 : counted.diskread, cdrom ? 0 : counted.diskwrite)
  }
  return {
    diskread: counted.diskread,
    diskwrite: counted.diskwrite,
    nics,
    blockstat,
    'running-machine': 'pc-i440fx-10.0+pve0',
    'running-qemu': '10.0.2',
    'proxmox-support': SUPPORT,
  }
}

/** The HA member of `status/current`. */
function haOf(guest: SimGuest): Row {
  return guest.ha === null ? { managed: 0 } : { managed: 1, state: guest.ha.state }
}

/** A VM as `status/current` shows it. */
export function qemuStatus(world: World, guest: SimGuest, now: number): Row {
  return {
    ...qemuRow(world, guest, now),
    qmpstatus: qmpStatus(guest),
    ha: haOf(guest),
    ...(hasAgent(guest) ? { agent: 1 } : {}),
    ...(guest.config.vga === undefined ? {} : { clipboard: null }),
    ...(guest.power === 'stopped' ? {} : liveQemu(world, guest, now)),
  }
}

/** Whether a VM's guest agent is configured. */
export function hasAgent(guest: SimGuest): boolean {
  return /(?:^|,)(?:enabled=)?1(?:,|$)/.test(String(guest.config.agent ?? ''))
}

/** A container as `GET /nodes/{n}/lxc` lists it. Stall values are text here, and so is a fraction of a processor. */
export function lxcRow(world: World, guest: SimGuest, now: number): Row {
  const usage = guestUsage(world.seed, guest, now)
  const counted = guestCounters(world.seed, guest, now)
  const running = guest.power !== 'stopped'
  const stalls = Object.entries(pressures(world, guest, now)).map(([name, value]) => [name, value.toFixed(2)])
  return {
    ...common(guest),
    type: 'lxc',
    cpu: usage.cpu,
    cpus: guest.config.cpulimit ?? cpusOf(guest, findNode(world, guest.node)),
    mem: usage.mem,
    disk: diskUsed(world.seed, guest),
    uptime: running ? Math.max(0, now - guest.startedAt) : 0,
    ...counted,
    swap: 0,
    maxswap: Number(guest.config.swap ?? 512) * 1024 ** 2,
    ...(running ? { pid: guest.pid, ...Object.fromEntries(stalls) } : {}),
  }
}

/** A container as `status/current` shows it. */
export function lxcStatus(world: World, guest: SimGuest, now: number): Row {
  return { ...lxcRow(world, guest, now), ha: haOf(guest) }
}
