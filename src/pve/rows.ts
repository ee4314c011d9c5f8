import {
  type Guest,
  guestKey,
  type Node,
  nodeKey,
  type Pool,
  type Storage,
  storageKey,
  type Task,
  type Usage,
} from '../core/resource.js'
import type { GuestReading } from '../ports/pve.js'
import {
  type GuestRow,
  type NodeRow,
  type StatusRow,
  type StorageConfig,
  type StorageRow,
  type TaskRow,
  toBoolean,
  toList,
  toNumber,
  toText,
} from './schema.js'

/** PVE writes some lists in the random order of a Perl hash: only sorted ones can be compared. */
const sortedList = (text: string | number | null | undefined): readonly string[] => [...toList(text)].sort()

const POWER: ReadonlySet<string> = new Set(['running', 'stopped', 'paused'])
const isPower = (status: string): status is Guest['status'] => POWER.has(status)

/** What PVE itself calls a guest without a name. */
export function defaultName(kind: 'qemu' | 'lxc', vmid: number): string {
  return `${kind === 'qemu' ? 'VM' : 'CT'} ${vmid}`
}

/** QEMU does not know what a guest uses of its disks and says 0. */
export function usedDisk(kind: 'qemu' | 'lxc', disk: number | null): number | null {
  return kind === 'qemu' && disk === 0 ? null : disk
}

/** The guests of a listing, one per vmid; `online` names the nodes whose word counts. */
export function guestsOf(rows: readonly GuestRow[], online: ReadonlySet<string>): readonly GuestReading[] {
  const byVmid = new Map<number, GuestReading>()
  for (const row of rows) {
    const guest = guestOf(row, online)
    const known = byVmid.get(guest.vmid)
    // In the middle of a migration two nodes may list it.
    if (known === undefined || (!known.fresh && guest.fresh)) byVmid.set(guest.vmid, guest)
  }
  return [...byVmid.values()].sort((a, b) => a.vmid - b.vmid)
}

function guestOf(row: GuestRow, online: ReadonlySet<string>): GuestReading {
  const vmid = Number(row.vmid)
  const said = toText(row.status) ?? 'unknown'
  const status = isPower(said) ? said : 'unknown'
  const fresh = online.has(row.node) && status !== 'unknown'
  return {
    vmid,
    kind: row.type,
    name: toText(row.name) ?? (fresh ? defaultName(row.type, vmid) : null),
    node: row.node,
    status,
    fresh,
    template: toBoolean(row.template),
    tags: toList(row.tags),
    pool: toText(row.pool),
    lock: toText(row.lock),
    hastate: toText(row.hastate),
    maxcpu: toNumber(row.maxcpu),
    maxmem: toNumber(row.maxmem),
    maxdisk: toNumber(row.maxdisk),
  }
}

/** The nodes of `/nodes`, with what other lists know of them. */
export function nodesOf(
  rows: readonly NodeRow[],
  status: readonly StatusRow[],
  resources: readonly NodeRow[],
): readonly Node[] {
  const ips = new Map(status.map((row) => [toText(row.name), toText(row.ip)]))
  const listed = new Map(resources.map((row) => [row.node, row]))
  return rows
    .map((row) => ({
      name: row.node,
      status: nodeStatus(toText(row.status)),
      maxcpu: toNumber(row.maxcpu),
      maxmem: toNumber(row.maxmem),
      maxdisk: toNumber(row.maxdisk) ?? toNumber(listed.get(row.node)?.maxdisk),
      ip: ips.get(row.node) ?? null,
      fingerprint: toText(row.ssl_fingerprint),
    }))
    .sort((a, b) => compareText(a.name, b.name))
}

function nodeStatus(status: string | null): Node['status'] {
  return status === 'online' || status === 'offline' ? status : 'unknown'
}

/** By code points, whatever the locale. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Storages: shared ones once, local ones per node, disabled ones as the configuration has them. */
export function storagesOf(
  rows: readonly StorageRow[],
  configs: readonly StorageConfig[],
): readonly Storage[] {
  const configured = new Map(configs.map((config) => [config.storage, config]))
  const byKey = new Map<string, Storage>()
  for (const row of rows) {
    const storage = storageOf(row, configured.get(row.storage))
    const key = storageKey(storage)
    const known = byKey.get(key)
    byKey.set(key, known === undefined ? storage : joined(known, storage))
  }
  const listed = new Set(rows.map((row) => row.storage))
  for (const config of configs) {
    if (toBoolean(config.disable) && !listed.has(config.storage))
      byKey.set(`storage/${config.storage}`, disabled(config))
  }
  return [...byKey.entries()].sort(([a], [b]) => compareText(a, b)).map(([, storage]) => storage)
}

function storageOf(row: StorageRow, config: StorageConfig | undefined): Storage {
  const shared = toBoolean(row.shared)
  return {
    name: row.storage,
    node: shared ? null : row.node,
    type: config?.type ?? toText(row.plugintype) ?? 'unknown',
    content: sortedList(config?.content ?? row.content),
    shared,
    status: row.status === 'available' ? 'available' : 'unknown',
    maxdisk: toNumber(row.maxdisk),
  }
}

/** What two nodes say about one shared storage: it is there if any of them sees it. */
function joined(a: Storage, b: Storage): Storage {
  const [better, other] = a.status === 'available' ? [a, b] : [b, a]
  return { ...better, maxdisk: better.maxdisk ?? other.maxdisk }
}

function disabled(config: StorageConfig): Storage {
  return {
    name: config.storage,
    node: null,
    type: config.type,
    content: sortedList(config.content),
    shared: toBoolean(config.shared),
    status: 'disabled',
    maxdisk: null,
  }
}

/** Pools from their own list and from the rows that 9.x adds to the listing. */
export function poolsOf(
  configs: readonly { readonly poolid: string; readonly comment?: string | number | null | undefined }[],
  rows: readonly { readonly pool: string }[],
): readonly Pool[] {
  const byName = new Map<string, Pool>(rows.map(({ pool }) => [pool, { name: pool, comment: null }]))
  for (const { poolid, comment } of configs) byName.set(poolid, { name: poolid, comment: toText(comment) })
  return [...byName.values()].sort((a, b) => compareText(a.name, b.name))
}

/** A task of any of PVE's lists, which each have their own way to say "running" and who it was. */
export function taskOf(row: TaskRow): Task {
  const endTime = toNumber(row.endtime)
  const said = toText(row.status)
  const running = said === 'RUNNING' || (said === null && endTime === null)
  const token = toText(row.tokenid)
  return {
    upid: row.upid,
    node: row.node,
    type: row.type,
    id: toText(row.id) ?? '',
    user: token === null || row.user.includes('!') ? row.user : `${row.user}!${token}`,
    startTime: Number(row.starttime),
    endTime: running ? null : endTime,
    status: running ? null : (said ?? ''),
  }
}

type Counters = {
  readonly guests: readonly GuestRow[]
  readonly fresh: ReadonlySet<number>
  readonly nodes: readonly NodeRow[]
  readonly storages: readonly StorageRow[]
}

/** The counters of everything listed, by resource key. */
export function usageOf({ guests, fresh, nodes, storages }: Counters): Readonly<Record<string, Usage>> {
  const usage: Record<string, Usage> = {}
  for (const row of guests) {
    const vmid = Number(row.vmid)
    // A dead node's rows keep the numbers of its last minute.
    if (!fresh.has(vmid)) continue
    const disk = usedDisk(row.type, toNumber(row.disk))
    put(usage, guestKey(vmid), { ...load(row), disk })
  }
  for (const row of nodes) put(usage, nodeKey(row.node), { ...load(row), disk: toNumber(row.disk) })
  for (const row of storages) {
    const node = toBoolean(row.shared) ? null : row.node
    const disk = toNumber(row.disk)
    // Of a shared storage only the nodes that see it know.
    if (row.status === 'available')
      put(usage, storageKey({ name: row.storage, node }), { cpu: null, mem: null, disk, uptime: null })
  }
  return usage
}

function load(row: Pick<GuestRow, 'cpu' | 'mem' | 'uptime'>): Omit<Usage, 'disk'> {
  return { cpu: toNumber(row.cpu), mem: toNumber(row.mem), uptime: toNumber(row.uptime) }
}

function put(usage: Record<string, Usage>, key: string, counters: Usage): void {
  if (Object.values(counters).some((value) => value !== null)) usage[key] = counters
}
