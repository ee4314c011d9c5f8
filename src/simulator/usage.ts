import { hashUnit } from './rng.js'
import { bootDiskSize, memoryOf } from './sizes.js'
import type { SimGuest, SimNode } from './state.js'

const DAY = 86_400
const OMEGA = (2 * Math.PI) / DAY

/** What a machine uses at one moment. `cpu` is 0..1 of its processors, rates are bytes a second. */
export type Usage = {
  readonly cpu: number
  readonly mem: number
  readonly netin: number
  readonly netout: number
  readonly diskread: number
  readonly diskwrite: number
}

/** Bytes counted since the start. */
export type Counters = {
  readonly netin: number
  readonly netout: number
  readonly diskread: number
  readonly diskwrite: number
}

const NONE: Usage = { cpu: 0, mem: 0, netin: 0, netout: 0, diskread: 0, diskwrite: 0 }
const NO_COUNTS: Counters = { netin: 0, netout: 0, diskread: 0, diskwrite: 0 }

/** Noise without jumps: values drawn every `step` seconds, joined by a smooth curve. */
function smooth(seed: number, id: number, time: number, step: number): number {
  const slot = Math.floor(time / step)
  const part = time / step - slot
  const ease = part * part * (3 - 2 * part)
  const before = hashUnit(seed, id, slot, step)
  return before + (hashUnit(seed, id, slot + 1, step) - before) * ease
}

/** Where in the day a machine is: 0 in its quiet hour, 1 in its busiest. */
function dayCurve(time: number, peak: number): number {
  return 0.5 + 0.5 * Math.cos(OMEGA * (time - peak))
}

/** The machine's busiest second of the day (UTC), mostly in the afternoon. */
function peakOf(seed: number, id: number): number {
  return 50_400 + (hashUnit(seed, id, 1) - 0.5) * 18_000
}

const tenths = (time: number): number => Math.floor(time / 10) * 10

/** What a guest uses at a time (unix seconds). PVE reads this every 10 seconds, so it moves in such steps. */
export function guestUsage(seed: number, guest: SimGuest, at: number): Usage {
  if (guest.power === 'stopped') return NONE
  const time = tenths(at)
  const id = guest.vmid
  const busy = dayCurve(time, peakOf(seed, id))
  const base = 0.02 + 0.3 * hashUnit(seed, id, 2) ** 2
  const noise = smooth(seed, id, time, 900) * 0.6 + smooth(seed, id, time, 120) * 0.4
  const idle = guest.power === 'paused' ? 0 : 1
  const cpu = Math.min(0.97, base * (0.35 + 1.1 * busy) * (0.6 + 0.8 * noise)) * idle
  const filled = 0.3 + 0.45 * hashUnit(seed, id, 3) + 0.08 * busy + 0.03 * noise
  const rates = ratesOf(seed, guest, time)
  return { cpu, mem: Math.floor(memoryOf(guest) * Math.min(0.97, filled)), ...rates }
}

function averageRates(seed: number, id: number): Counters {
  const size = hashUnit(seed, id, 4) ** 3
  return {
    netin: 400 + size * 900_000,
    netout: 300 + size * 1_400_000,
    diskread: 200 + hashUnit(seed, id, 5) ** 3 * 800_000,
    diskwrite: 1500 + hashUnit(seed, id, 6) ** 3 * 1_200_000,
  }
}

function ratesOf(seed: number, guest: SimGuest, time: number): Counters {
  if (guest.power !== 'running') return NO_COUNTS
  const rates = averageRates(seed, guest.vmid)
  const now = 1 + 0.6 * Math.cos(OMEGA * (time - peakOf(seed, guest.vmid)))
  return {
    netin: rates.netin * now,
    netout: rates.netout * now,
    diskread: rates.diskread * now,
    diskwrite: rates.diskwrite * now,
  }
}

/** Bytes since the guest's start: the integral of its rates, so it never goes down. */
export function guestCounters(seed: number, guest: SimGuest, at: number): Counters {
  if (guest.power === 'stopped') return NO_COUNTS
  const time = Math.max(tenths(at), guest.startedAt)
  const peak = peakOf(seed, guest.vmid)
  const rates = averageRates(seed, guest.vmid)
  const wave = Math.sin(OMEGA * (time - peak)) - Math.sin(OMEGA * (guest.startedAt - peak))
  const seconds = time - guest.startedAt + (0.6 / OMEGA) * wave
  return {
    netin: Math.floor(rates.netin * seconds),
    netout: Math.floor(rates.netout * seconds),
    diskread: Math.floor(rates.diskread * seconds),
    diskwrite: Math.floor(rates.diskwrite * seconds),
  }
}

/** Bytes used in a container's root file system; 0 while it is stopped, and always for VMs. */
export function diskUsed(seed: number, guest: SimGuest): number {
  if (guest.kind === 'qemu' || guest.power === 'stopped') return 0
  return Math.floor(bootDiskSize(guest) * (0.15 + 0.6 * hashUnit(seed, guest.vmid, 7)))
}

/** What a node uses: its own share, taken as a function of time, not as a sum of guests. */
export function nodeUsage(
  seed: number,
  node: SimNode,
  at: number,
): Usage & { readonly rootUsed: number; readonly load: number; readonly iowait: number } {
  const time = tenths(at)
  const id = 0x10_0000 + node.id
  const busy = dayCurve(time, peakOf(seed, id))
  const noise = smooth(seed, id, time, 600) * 0.7 + smooth(seed, id, time, 60) * 0.3
  const cpu = Math.min(0.95, (0.05 + 0.25 * busy) * (0.7 + 0.6 * noise))
  const filled = 0.35 + 0.2 * hashUnit(seed, id, 3) + 0.05 * busy
  return {
    cpu,
    mem: Math.floor(node.memory * filled),
    netin: 200_000 * (0.3 + busy) * (0.5 + noise),
    netout: 260_000 * (0.3 + busy) * (0.5 + noise),
    diskread: 0,
    diskwrite: 0,
    rootUsed: Math.floor(node.rootTotal * (0.12 + 0.1 * hashUnit(seed, id, 4) + 0.01 * noise)),
    load: cpu * node.cpus * (0.8 + 0.5 * noise),
    iowait: 0.002 + 0.01 * noise,
  }
}

/** Pressure stall value in percent, as PVE 9 shows it: mostly 0. */
export function pressure(seed: number, guest: SimGuest, at: number, which: number): number {
  const value = smooth(seed, guest.vmid * 16 + which, tenths(at), 300)
  return value < 0.8 ? 0 : Math.round((value - 0.8) * 500) / 100
}

/** Share of a storage that is used, growing slowly with time. */
export function storageFill(seed: number, id: number, at: number): number {
  const growth = (at % (90 * DAY)) / (90 * DAY)
  return 0.15 + 0.35 * hashUnit(seed, id, 11) + 0.1 * growth + 0.005 * smooth(seed, id, at, 3600)
}
