import { createHash } from 'node:crypto'
import { type Answer, died, ok } from './http.js'
import { BOOLEAN, type ParamRule, STRING, VMID } from './params.js'
import { type Context, flag, type Need, nodeOf, type Route } from './router.js'
import { RRD_PARAMS, storageSeries } from './rrd.js'
import { disksOf } from './sizes.js'
import { findNode, type SimNode, type SimStorage, type SimVolume, type World } from './state.js'
import { storagesOf, storageUsed } from './views.js'

const SEE = ['Datastore.Audit', 'Datastore.AllocateSpace'] as const
const NEED: Need = { path: '/storage/{storage}', any: SEE }
const DISK_CONTENT = ['images', 'rootdir']

/** What storage.cfg says of a storage. */
function configRow(world: World, storage: SimStorage): { [key: string]: unknown } {
  const text = JSON.stringify(world.storages)
  return {
    storage: storage.name,
    type: storage.type,
    content: world.rng.shuffle(storage.content).join(','),
    ...storage.extra,
    ...(storage.shared ? { shared: 1 } : {}),
    ...(storage.disabled ? { disable: 1 } : {}),
    ...(storage.nodes === null ? {} : { nodes: storage.nodes.join(',') }),
    digest: createHash('sha1').update(text).digest('hex'),
  }
}

function configList({ world, permissions, caller }: Context): Answer {
  const seen = world.storages.filter((storage) => permissions.hasAny(caller, `/storage/${storage.name}`, SEE))
  return ok(world.rng.shuffle(seen).map((storage) => configRow(world, storage)))
}

function configOne({ world, vars }: Context): Answer {
  const storage = world.storages.find((entry) => entry.name === vars.storage)
  return storage === undefined
    ? died(`storage '${vars.storage}' does not exist`)
    : ok(configRow(world, storage))
}

/** A storage's state on a node; a disabled one is all zeros. */
function statusRow(
  world: World,
  storage: SimStorage,
  node: SimNode,
  now: number,
): { [key: string]: unknown } {
  const row = {
    type: storage.type,
    content: world.rng.shuffle(storage.content).join(','),
    shared: storage.shared ? 1 : 0,
  }
  if (storage.disabled) return { ...row, enabled: 0, active: 0, total: 0, used: 0, avail: 0 }
  const used = storageUsed(world, storage, node, now)
  return { ...row, enabled: 1, active: 1, total: storage.total, used, avail: storage.total - used }
}

const FORMATS = { supported: ['qcow2', 'raw', 'subvol', 'vmdk'], default: 'raw' }

function nodeList(context: Context): Answer {
  const { world, permissions, caller, params, now } = context
  const node = findNode(world, nodeOf(context))
  if (node === undefined) return died('no such node')
  const contents = params.content?.split(',')
  const found = storagesOf(world, node.name).filter((storage) => {
    if (!permissions.hasAny(caller, `/storage/${storage.name}`, SEE)) return false
    if (params.storage !== undefined && params.storage !== storage.name) return false
    if (flag(context, 'enabled') && storage.disabled) return false
    if (contents === undefined) return true
    return !storage.disabled && contents.some((content) => storage.content.includes(content))
  })
  const rows = found.map((storage) => {
    const row = { storage: storage.name, ...statusRow(world, storage, node, now) }
    if (storage.disabled) return row
    const fraction = { used_fraction: storageUsed(world, storage, node, now) / storage.total }
    if (!flag(context, 'format')) return { ...row, ...fraction }
    return {
      ...row,
      ...fraction,
      format: [{ raw: 1, qcow2: 1, vmdk: 1, subvol: 1 }, 'raw'],
      formats: FORMATS,
    }
  })
  return ok(world.rng.shuffle(rows))
}

type Found =
  | { readonly kind: 'found'; readonly storage: SimStorage; readonly node: SimNode }
  | { readonly kind: 'refused'; readonly answer: Answer }

function locate(context: Context): Found {
  const node = findNode(context.world, nodeOf(context))
  const storage = context.world.storages.find((entry) => entry.name === context.vars.storage)
  if (node === undefined || storage === undefined) {
    return { kind: 'refused', answer: died(`storage '${context.vars.storage}' does not exist`) }
  }
  if (storage.nodes !== null && !storage.nodes.includes(node.name)) {
    const answer = died(`storage '${storage.name}' is not available on node '${node.name}'`)
    return { kind: 'refused', answer }
  }
  return { kind: 'found', storage, node }
}

/** The volumes that configs name, as the storage lists them. */
function diskRows(world: World, storage: SimStorage, node: SimNode): { [key: string]: unknown }[] {
  const rows: { [key: string]: unknown }[] = []
  if (!DISK_CONTENT.some((content) => storage.content.includes(content))) return rows
  for (const guest of world.guests.values()) {
    if (!storage.shared && guest.node !== node.name) continue
    for (const disk of disksOf(guest.config)) {
      if (!disk.volid.startsWith(`${storage.name}:`)) continue
      rows.push({
        volid: disk.volid,
        vmid: guest.vmid,
        content: guest.kind === 'qemu' ? 'images' : 'rootdir',
        format: disk.volid.endsWith('.raw') ? 'raw' : 'qcow2',
        size: disk.size,
        used: Math.floor(disk.size * 0.4),
        parent: null,
        ctime: Number(/ctime=([0-9]+)/.exec(String(guest.config.meta ?? ''))?.[1] ?? node.bootedAt),
      })
    }
  }
  return rows
}

function volumeRow(volume: SimVolume): { [key: string]: unknown } {
  return {
    volid: volume.volid,
    content: volume.content,
    format: volume.format,
    size: volume.size,
    ctime: volume.ctime,
    ...(volume.vmid === null ? {} : { vmid: volume.vmid }),
    ...(volume.subtype === null ? {} : { subtype: volume.subtype }),
    ...(volume.notes === null ? {} : { notes: volume.notes }),
    ...(volume.protected ? { protected: 1 } : {}),
  }
}

/** PVE drops what the caller may not see without a word: an auditor sees neither backups nor disks. */
function maySee(context: Context, storage: SimStorage, row: { readonly [key: string]: unknown }): boolean {
  const { permissions, caller } = context
  const path = `/storage/${storage.name}`
  if (permissions.has(caller, path, 'Datastore.Allocate')) return true
  const guest = `/vms/${String(row.vmid)}`
  if (row.content === 'backup') {
    return (
      permissions.has(caller, path, 'Datastore.AllocateSpace') && permissions.has(caller, guest, 'VM.Backup')
    )
  }
  if (row.content === 'images' || row.content === 'rootdir') {
    return (
      permissions.has(caller, path, 'Datastore.Audit') && permissions.has(caller, guest, 'VM.Config.Disk')
    )
  }
  return true
}

function content(context: Context): Answer {
  const { world, params } = context
  const found = locate(context)
  if (found.kind === 'refused') return found.answer
  const { storage, node } = found
  if (storage.disabled) return died(`storage '${storage.name}' is disabled`)
  const here = world.volumes.filter(
    (volume) => volume.storage === storage.name && (volume.node === null || volume.node === node.name),
  )
  const rows = [...diskRows(world, storage, node), ...here.map(volumeRow)].filter((row) => {
    if (params.content !== undefined && row.content !== params.content) return false
    if (params.vmid !== undefined && String(row.vmid) !== params.vmid) return false
    return maySee(context, storage, row)
  })
  return ok(rows)
}

const KINDS = ['backup', 'images', 'import', 'iso', 'rootdir', 'snippets', 'vztmpl']
const CONTENT: ParamRule = {
  type: 'string',
  check: (value) => {
    const bad = value.split(',').find((kind) => !KINDS.includes(kind))
    return bad === undefined ? null : `invalid format - invalid content type '${bad}'\n`
  },
}

/** The routes of storages. */
export const storageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/storage',
    relayed: false,
    need: null,
    params: { type: STRING },
    handle: configList,
  },
  { method: 'GET', path: '/storage/{storage}', relayed: false, need: NEED, params: {}, handle: configOne },
  {
    method: 'GET',
    path: '/nodes/{node}/storage',
    relayed: true,
    need: null,
    params: { content: CONTENT, enabled: BOOLEAN, format: BOOLEAN, storage: STRING, target: STRING },
    handle: nodeList,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/status',
    relayed: true,
    need: NEED,
    params: {},
    handle: (context) => {
      const found = locate(context)
      if (found.kind === 'refused') return found.answer
      return ok(statusRow(context.world, found.storage, found.node, context.now))
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/rrddata',
    relayed: true,
    need: NEED,
    params: RRD_PARAMS,
    handle: (context) => {
      const found = locate(context)
      if (found.kind === 'refused') return found.answer
      return storageSeries(
        context.world,
        found.storage,
        found.node,
        context.params.timeframe ?? '',
        context.now,
      )
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content',
    relayed: true,
    need: NEED,
    params: { content: CONTENT, vmid: VMID },
    handle: content,
  },
]
