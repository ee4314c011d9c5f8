import type { Clock } from '../ports/clock.js'
import type { Known, PveInventory, Reading, ReadOptions } from '../ports/pve.js'
import type { Engine } from './engine.js'
import { createdOf } from './identity-mark.js'
import { type Membership, readMembership, readPermissions, versionReader, vouchFor } from './overview.js'
import { guestsOf, nodesOf, poolsOf, storagesOf, usageOf } from './rows.js'
import {
  ConfigMeta,
  GuestRow,
  groupByType,
  type LeftOut,
  NodeRow,
  PoolConfig,
  PoolRow,
  type Rows,
  StorageConfig,
  StorageRow,
} from './schema.js'
import { type Source, sourceOf } from './source.js'
import { readClusterTasks, readFurtherTasks } from './task-lists.js'
import { permittedOr } from './words.js'

/** Reads a cluster's inventory through its engine. */
export function pveInventory(engine: Engine, clock: Clock): PveInventory {
  const readVersion = versionReader(engine, clock)
  return {
    read: async (options) => {
      const at = clock.now().toISOString()
      const progress = options.progress ?? (() => {})
      const source = sourceOf(engine, { signal: options.signal, low: true })
      progress('asking for the version', 0)
      const version = await readVersion(source)
      progress('reading nodes and tasks', 0.1)
      const early = await readEarly(engine, source, options)
      progress('reading guests and storages', 0.5)
      const late = await readLate(engine, source)
      progress('read', 1)
      return { at, version, ...assemble(early, late) }
    },
    createdAt: async ({ kind, vmid, node }) => {
      if (kind === 'lxc') return null
      const source = sourceOf(engine)
      const answer = source.api.nodes.$(node).qemu.$(vmid).config.$get()
      const { meta } = await source.one(ConfigMeta, 'GET /nodes/{node}/qemu/{vmid}/config', answer)
      return createdOf(meta)
    },
  }
}

type Early = Awaited<ReturnType<typeof readEarly>>

/**
 * Tasks come before guests on purpose: what a task did before its row was read is then in the guests' rows, so that
 * a change never looks as if nobody had made it.
 */
async function readEarly(engine: Engine, source: Source, options: ReadOptions) {
  const { api } = source
  const [permissions, firstTasks, membership, nodes] = await Promise.all([
    readPermissions(source),
    readClusterTasks(source),
    readMembership(engine, options.signal),
    source.rows(NodeRow, 'GET /nodes', api.nodes.$get()),
  ])
  vouchFor(engine, nodes.rows)
  const online = nodes.rows.filter((row) => row.status === 'online').map((row) => row.node)
  const tasks = await readFurtherTasks(source, firstTasks, { online, permissions, options })
  return { permissions, membership, nodes, online, tasks }
}

type Resources = {
  readonly guests: Rows<GuestRow>
  readonly nodes: Rows<NodeRow>
  readonly storages: Rows<StorageRow>
  readonly pools: Rows<PoolRow>
}

type Late = {
  readonly resources: Resources
  readonly storages: Known<Rows<StorageConfig>>
  readonly pools: Known<Rows<PoolConfig>>
}

async function readLate(engine: Engine, source: Source): Promise<Late> {
  const { api } = source
  const [resources, storages, pools] = await Promise.all([
    readResources(engine, source),
    permittedOr(source.rows(StorageConfig, 'GET /storage', api.storage.$get())),
    permittedOr(source.rows(PoolConfig, 'GET /pools', api.pools.$get())),
  ])
  return { resources, storages, pools }
}

async function readResources(engine: Engine, source: Source): Promise<Resources> {
  const request = 'GET /cluster/resources'
  const groups = groupByType(await source.api.cluster.resources.$get())
  if (groups === null) throw engine.outage('notProxmox', request, 'the answer is no list')
  const of = (...types: readonly string[]): Promise<readonly unknown[]> =>
    Promise.resolve(types.flatMap((type) => groups.get(type) ?? []))
  const [guests, nodes, storages, pools] = await Promise.all([
    source.rows(GuestRow, request, of('qemu', 'lxc')),
    source.rows(NodeRow, request, of('node')),
    source.rows(StorageRow, request, of('storage')),
    source.rows(PoolRow, request, of('pool')),
  ])
  return { guests, nodes, storages, pools }
}

function assemble(early: Early, late: Late): Omit<Reading, 'at' | 'version'> {
  const { membership, nodes, online, permissions, tasks } = early
  const { resources } = late
  const members = membership.kind === 'known' ? membership.value : null
  const guests = guestsOf(resources.guests.rows, new Set(online))
  return {
    clusterName: members?.clusterName ?? null,
    quorate: members?.quorate ?? true,
    guests,
    nodes: nodesOf(nodes.rows, members?.rows ?? [], resources.nodes.rows),
    storages: storagesOf(resources.storages.rows, rowsOf(late.storages)),
    pools: poolsOf(rowsOf(late.pools), resources.pools.rows),
    usage: usageOf({
      guests: resources.guests.rows,
      fresh: new Set(guests.filter(({ fresh }) => fresh).map(({ vmid }) => vmid)),
      nodes: resources.nodes.rows,
      storages: resources.storages.rows,
    }),
    tasks: tasks.tasks,
    permissions,
    undecoded: undecodedOf(resources),
    warnings: warningsOf(early, late),
  }
}

/** The keys of what is listed but could not be read, so that nobody takes it for gone. */
function undecodedOf({ guests, nodes, storages, pools }: Resources): readonly string[] {
  const ids = [guests, nodes, storages, pools].flatMap(({ left }) => left.map(({ id }) => id))
  return ids.flatMap((id) => {
    const [type, first, second] = id.replace(/^\//, '').split('/')
    if (type === 'qemu' || type === 'lxc') return [`guest/${first}`]
    // Whether it is shared is what could not be read.
    return type === 'storage' ? [id, `storage/${second}`] : [`${type}/${first}`]
  })
}

const rowsOf = <T>(known: Known<Rows<T>>): readonly T[] => (known.kind === 'known' ? known.value.rows : [])
const leftOf = <T>(known: Known<Rows<T>>): readonly LeftOut[] =>
  known.kind === 'known' ? known.value.left : []

function warningsOf(
  { membership, nodes, tasks }: Early,
  { resources, storages, pools }: Late,
): readonly string[] {
  const left = [
    ...nodes.left,
    ...tasks.left,
    ...Object.values(resources).flatMap((rows) => rows.left),
    ...leftOf(storages),
    ...leftOf(pools),
  ]
  return [
    ...unreadable('Quorum is unknown and taken as given', membership),
    ...unreadable(
      'The storage configuration could not be read, so disabled storages are not listed',
      storages,
    ),
    ...unreadable('The list of pools could not be read', pools),
    ...tasks.warnings,
    ...left.map(({ id, why }) => `${id} was left out: ${why}.`),
  ]
}

function unreadable(what: string, known: Known<Membership | Rows<unknown>>): readonly string[] {
  return known.kind === 'unknown' ? [`${what}: ${known.why}.`] : []
}
