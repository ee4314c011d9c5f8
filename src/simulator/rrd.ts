import type { Answer } from './http.js'
import { died } from './http.js'
import { choice, type ParamRules } from './params.js'
import { bootDiskSize, cpusOf, memoryOf } from './sizes.js'
import type { SimGuest, SimNode, SimStorage, World } from './state.js'
import { diskUsed, guestUsage, nodeUsage, pressure } from './usage.js'
import { storageUsed } from './views.js'

const FRAMES = {
  hour: { step: 60, rows: 60 },
  day: { step: 60, rows: 1440 },
  week: { step: 1800, rows: 335 },
  month: { step: 1800, rows: 1439 },
  year: { step: 21_600, rows: 1439 },
} as const

export type Timeframe = keyof typeof FRAMES

/** Parameters of all rrddata calls. */
export const RRD_PARAMS: ParamRules = {
  timeframe: choice(['hour', 'day', 'week', 'month', 'year'], true),
  cf: choice(['AVERAGE', 'MAX']),
}

function isTimeframe(text: string): text is Timeframe {
  return text in FRAMES
}

type Row = { [key: string]: number }

/** Rows from the oldest to the newest that is complete; before `since` they have nothing but their time. */
function series(timeframe: string, now: number, since: number, values: (time: number) => Row): Answer {
  if (!isTimeframe(timeframe)) return died('unknown timeframe')
  const { step, rows } = FRAMES[timeframe]
  const last = (Math.floor(now / step) - 1) * step
  const data: Row[] = []
  for (let index = rows - 1; index >= 0; index -= 1) {
    const time = last - index * step
    data.push(time < since ? { time } : { time, ...values(time) })
  }
  return { kind: 'data', data }
}

const PRESSURES = ['cpusome', 'cpufull', 'iosome', 'iofull', 'memorysome', 'memoryfull'] as const

/** The six stall values of a guest, in PVE 9. */
export function pressures(world: World, guest: SimGuest, time: number): Row {
  if (!world.version.startsWith('9')) return {}
  return Object.fromEntries(
    PRESSURES.map((name, which) => [
      `pressure${name}`,
      which < 3 ? pressure(world.seed, guest, time, which) : 0,
    ]),
  )
}

/** The past of a guest: a function of seed and time, with nothing but sizes while it was not running. */
export function guestSeries(
  world: World,
  guest: SimGuest,
  node: SimNode | undefined,
  timeframe: string,
  now: number,
): Answer {
  const sizes = { maxcpu: cpusOf(guest, node), maxmem: memoryOf(guest), maxdisk: bootDiskSize(guest) }
  const host = world.version.startsWith('9') && guest.kind === 'qemu'
  return series(timeframe, now, 0, (time) => {
    const still = { ...sizes, disk: diskUsed(world.seed, guest) }
    if (guest.power === 'stopped' || time < guest.startedAt) return still
    const usage = guestUsage(world.seed, guest, time)
    return {
      ...still,
      ...usage,
      ...(host ? { memhost: Math.floor(usage.mem * 1.04) + 50_000_000 } : {}),
      ...pressures(world, guest, time),
    }
  })
}

/** The past of a node. */
export function nodeSeries(world: World, node: SimNode, timeframe: string, now: number): Answer {
  const nine = world.version.startsWith('9')
  return series(timeframe, now, node.bootedAt, (time) => {
    const usage = nodeUsage(world.seed, node, time)
    return {
      cpu: usage.cpu,
      maxcpu: node.cpus,
      iowait: usage.iowait,
      loadavg: usage.load,
      memtotal: node.memory,
      memused: usage.mem,
      netin: usage.netin,
      netout: usage.netout,
      roottotal: node.rootTotal,
      rootused: usage.rootUsed,
      swaptotal: 0,
      swapused: 0,
      ...(nine ? nodeNines(node, usage) : {}),
    }
  })
}

function nodeNines(
  node: SimNode,
  usage: { readonly cpu: number; readonly mem: number; readonly iowait: number },
): Row {
  return {
    arcsize: 0,
    memavailable: (node.memory - usage.mem) * 0.98,
    pressurecpusome: usage.cpu * 9,
    pressureiosome: usage.iowait * 30,
    pressureiofull: usage.iowait * 25,
    pressurememorysome: 0,
    pressurememoryfull: 0,
  }
}

/** The past of a storage as seen from a node. */
export function storageSeries(
  world: World,
  storage: SimStorage,
  node: SimNode,
  timeframe: string,
  now: number,
): Answer {
  return series(timeframe, now, node.bootedAt, (time) => ({
    total: storage.total,
    used: storageUsed(world, storage, node, time),
  }))
}
