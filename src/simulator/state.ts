import type { GuestKind } from '../core/resource.js'
import type { Access } from './acl.js'
import type { CallLog } from './calls.js'
import type { SimClock } from './clock.js'
import type { Fault } from './faults.js'
import type { Rng } from './rng.js'
import type { TaskFault, TaskPlot } from './task-faults.js'
import type { Work } from './work.js'

export type PveVersion = '9.2.11' | '8.4.14' | '7.4-17'
export const PVE_VERSIONS = ['9.2.11', '8.4.14', '7.4-17'] as const

export type ConfigValue = string | number
export type GuestConfig = { [key: string]: ConfigValue }
export type Power = 'running' | 'paused' | 'stopped'

export type SimSnapshot = {
  name: string
  description: string
  snaptime: number
  vmstate: 0 | 1
  parent: string | null
  config: GuestConfig
}

/** What the HA manager knows of a guest. */
export type SimHa = {
  /** What resources.cfg asks for. */
  requested: 'started' | 'stopped'
  /** The manager's own state, as status/current and cluster/resources show it. */
  state: 'started' | 'request_stop' | 'stopped' | 'error'
  comment: string | null
  /** Seconds of the last request to stop; 0 stops hard. */
  stopTimeout: number
  /** Starts in a row that failed. */
  failures: number
  /** Whether a task of the local resource manager is on its way. */
  busy: boolean
}

/** A guest. Everything that its config file would hold is in `config`, under PVE's own names. */
export type SimGuest = {
  readonly vmid: number
  readonly kind: GuestKind
  node: string
  power: Power
  /** Unix seconds of the last start; 0 while stopped. */
  startedAt: number
  pid: number
  config: GuestConfig
  /** Values that wait for the next start; null means that the key will be deleted. */
  pending: { [key: string]: ConfigValue | null }
  snapshots: SimSnapshot[]
  pool: string | null
  ha: SimHa | null
  /** Whether the guest does not react to a shutdown request. */
  stubborn: boolean
  /** Counts changes, so that what was computed from the guest can be kept until then. */
  revision: number
}

export type SimNode = {
  readonly name: string
  readonly id: number
  readonly ip: string
  readonly cpus: number
  readonly memory: number
  readonly rootTotal: number
  bootedAt: number
  offlineSince: number | null
  fingerprint: string
  lastPid: number
}

export type SimStorage = {
  readonly name: string
  readonly type: 'dir' | 'nfs' | 'lvmthin' | 'zfspool'
  readonly content: readonly string[]
  readonly shared: boolean
  readonly disabled: boolean
  readonly total: number
  /** The nodes that have it; null means all. */
  readonly nodes: readonly string[] | null
  /** Further keys of storage.cfg. */
  readonly extra: { readonly [key: string]: string }
}

/** A volume that no guest's config names: backups, ISO images, container templates. */
export type SimVolume = {
  readonly storage: string
  /** null on a shared storage. */
  readonly node: string | null
  readonly volid: string
  readonly content: 'backup' | 'iso' | 'vztmpl'
  readonly format: string
  readonly size: number
  readonly ctime: number
  readonly vmid: number | null
  readonly subtype: GuestKind | null
  readonly notes: string | null
  readonly protected: boolean
}

export type SimTask = {
  readonly upid: string
  readonly node: string
  readonly pid: number
  readonly pstart: number
  readonly starttime: number
  readonly type: string
  readonly id: string
  readonly user: string
  readonly tokenid: string | null
  endtime: number | null
  /** What PVE calls the exit status; null while running. */
  status: string | null
  log: string[]
  work: Work | null
  phase: 'waiting' | 'working' | 'done'
  /** Simulated milliseconds at which the phase ends. */
  dueAt: number
  /** Simulated milliseconds at which it no longer waits for the guest's lock. */
  readonly deadline: number
  /** What task faults have in store for it. */
  plot: TaskPlot | null
}

/** Something that will happen without anybody asking again. */
export type Scheduled = { readonly at: number } & (
  | { readonly kind: 'task'; readonly node: string; readonly type: string; readonly work: Work }
  /** The cluster's resource manager takes up a request. */
  | {
      readonly kind: 'ha-request'
      readonly vmid: number
      readonly verb: 'start' | 'stop' | 'shutdown'
      readonly timeout: number
    }
  /** The local resource manager compares a guest with what is asked for. */
  | { readonly kind: 'ha-act'; readonly vmid: number }
  /** A guest that was asked to shut down does so, though nobody waits for it any more. */
  | { readonly kind: 'off'; readonly vmid: number; readonly pid: number }
)

export type CallRecord = {
  readonly n: number
  readonly at: string
  readonly method: string
  readonly path: string
  readonly params: { readonly [name: string]: string }
  /** Empty when no valid token came with it. */
  readonly token: string
  /** Whether it reached its handler: no fault, missing right or wrong parameter came before. */
  readonly executed: boolean
  /** The status of the answer that was made, even if a fault kept the caller from it; 0 when none was made. */
  readonly status: number
  /** The UPID, where the answer is one. */
  readonly data: string | null
  /** The kind of the fault that took or spoiled the answer; null when the caller got it as it was made. */
  readonly fault: string | null
}

export type SimPool = { comment: string | null; storages: string[] }

export type World = {
  readonly seed: number
  readonly version: PveVersion
  readonly clusterName: string
  readonly nodes: SimNode[]
  readonly guests: Map<number, SimGuest>
  readonly storages: SimStorage[]
  readonly pools: Map<string, SimPool>
  volumes: SimVolume[]
  /** Per node, oldest first. */
  readonly tasks: Map<string, SimTask[]>
  scheduled: Scheduled[]
  readonly access: Access
  readonly rng: Rng
  readonly clock: SimClock
  faults: Fault[]
  taskFaults: TaskFault[]
  quorumLost: boolean
  /** Simulated milliseconds between a request to the HA manager, or a guest's death, and what it does. */
  haDelayMs: number
  calls: CallLog
  /** Called after every change that a restart must not lose. */
  changed: () => void
}

/** Records that a guest changed. */
export function touch(world: World, guest: SimGuest): void {
  guest.revision += 1
  world.changed()
}

const byName = new WeakMap<readonly SimNode[], Map<string, SimNode>>()

/** The node of that name, or undefined. The set of nodes never changes after the start. */
export function findNode(world: World, name: string): SimNode | undefined {
  let names = byName.get(world.nodes)
  if (names === undefined) {
    names = new Map(world.nodes.map((node) => [node.name, node]))
    byName.set(world.nodes, names)
  }
  return names.get(name)
}

/** The guest with that vmid if it is of that kind and on that node: what the config file's path says. */
export function guestAt(world: World, node: string, kind: GuestKind, vmid: number): SimGuest | undefined {
  const guest = world.guests.get(vmid)
  return guest?.kind === kind && guest.node === node ? guest : undefined
}

/** Whether more than half of the nodes see each other. A single node is always quorate. */
export function isQuorate(world: World): boolean {
  if (world.nodes.length === 1) return true
  const online = world.nodes.filter((node) => node.offlineSince === null).length
  return !world.quorumLost && online * 2 > world.nodes.length
}

/** The path below /etc/pve that PVE names in its messages. */
export function configFile(node: string, kind: GuestKind, vmid: number): string {
  return `nodes/${node}/${kind === 'qemu' ? 'qemu-server' : 'lxc'}/${vmid}.conf`
}

/** PVE's sentence for a guest that is not there. */
export function missingConfig(node: string, kind: GuestKind, vmid: number): string {
  return `Configuration file '${configFile(node, kind, vmid)}' does not exist`
}

export function lockOf(guest: SimGuest): string | null {
  const lock = guest.config.lock
  return typeof lock === 'string' ? lock : null
}

export function isTemplate(guest: SimGuest): boolean {
  return guest.config.template === 1
}

/** `VM` or `CT`, as PVE's sentences begin. */
export function noun(kind: GuestKind): 'VM' | 'CT' {
  return kind === 'qemu' ? 'VM' : 'CT'
}
