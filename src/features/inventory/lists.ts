import type { GuestRef } from '../../core/args.js'
import { type Card, type Column, card, type Row, type Value } from '../../core/card.js'
import type { Picture, StoredGuest } from '../../core/change.js'
import { column, count, guestState, kindWord, pictureSources } from '../../core/facts.js'
import { guestKey, nodeKey, storageKey } from '../../core/resource.js'
import type { QueryContext } from '../../ports/query.js'

type From = Pick<QueryContext, 'workspace' | 'staleBecause'>

export type GuestListing = {
  readonly kind: 'guests' | 'vms' | 'containers'
  readonly select: readonly GuestRef[] | null
  readonly sort: 'id' | 'name' | 'node' | 'state' | 'cpu' | 'memory'
  readonly limit: number | null
}

const GUEST_COLUMNS: readonly Column[] = [
  column('name', 'name', 'text', 0),
  column('vmid', 'id', 'text', 0),
  column('state', 'state', 'state', 0),
  column('kind', 'kind', 'text', 3),
  column('node', 'node', 'text', 1),
  column('cpu', 'cpu', 'ratio', 2),
  column('memory', 'memory', 'bytes', 2),
  column('maxmem', 'of', 'bytes', 4),
  column('uptime', 'uptime', 'seconds', 5),
  column('tags', 'tags', 'tags', 4),
  column('pool', 'pool', 'text', 6),
  column('lock', 'lock', 'text', 6),
]

/** A cluster column only where there is more than one cluster. */
function withCluster(columns: readonly Column[], pictures: readonly Picture[]): readonly Column[] {
  return pictures.length > 1 ? [...columns, column('cluster', 'cluster', 'text', 1)] : columns
}

/** `ls`: guests, filtered and sorted. */
export function listGuests(from: From, pictures: readonly Picture[], how: GuestListing): Card {
  const wanted =
    how.select === null ? null : new Set(how.select.map((guest) => `${guest.cluster}/${guest.vmid}`))
  const rows = pictures
    .flatMap((picture) => picture.inventory.guests.map((guest) => ({ picture, guest })))
    .filter(
      ({ guest }) =>
        !guest.hidden && (how.kind === 'guests' || (guest.kind === 'qemu') === (how.kind === 'vms')),
    )
    .filter(({ picture, guest }) => wanted === null || wanted.has(`${picture.cluster}/${guest.vmid}`))
    .map(({ picture, guest }) => guestRow(picture, guest))
    .sort(sorter(how.sort))
  const shown = how.limit === null ? rows : rows.slice(0, how.limit)
  const running = rows.filter((row) => row.state === 'running').length
  const noun = how.kind === 'vms' ? 'VM' : how.kind === 'containers' ? 'container' : 'guest'
  const cut = shown.length < rows.length ? `, the first ${shown.length} shown` : ''
  return card({
    heading: `${count(rows.length, noun)}, ${running} running${cut}`,
    table: {
      columns: withCluster(droppable(GUEST_COLUMNS, shown), pictures),
      rows: shown,
      empty: wanted === null ? 'There is no guest.' : 'No guest matches.',
    },
    sources: pictureSources(from.workspace.clusters, pictures, from.staleBecause),
  })
}

/** Columns that say nothing in any row are left out. */
function droppable(columns: readonly Column[], rows: readonly Row[]): readonly Column[] {
  const optional = new Set(['tags', 'pool', 'lock'])
  return columns.filter(
    ({ key }) => !optional.has(key) || rows.some((row) => row[key] !== null && row[key] !== ''),
  )
}

function guestRow(picture: Picture, guest: StoredGuest): Row {
  const used = picture.usage[guestKey(guest.vmid)]
  const node = picture.inventory.nodes.find((candidate) => candidate.name === guest.node)
  const up = guest.status === 'running' && node?.status !== 'offline'
  return {
    name: guest.name,
    vmid: guest.vmid,
    state: node?.status === 'offline' ? 'unknown' : guestState(guest),
    kind: kindWord(guest.kind),
    node: guest.node,
    cpu: up ? (used?.cpu ?? null) : null,
    memory: up ? (used?.mem ?? null) : null,
    maxmem: guest.maxmem,
    uptime: up ? (used?.uptime ?? null) : null,
    tags: guest.tags.join(';'),
    pool: guest.pool,
    lock: guest.lock,
    cluster: picture.cluster,
  }
}

function sorter(by: GuestListing['sort']): (a: Row, b: Row) => number {
  const key = by === 'id' ? 'vmid' : by
  const descending = by === 'cpu' || by === 'memory'
  return (a, b) => {
    const order = compare(a[key] ?? null, b[key] ?? null)
    return (descending ? -order : order) || compare(a.vmid ?? null, b.vmid ?? null)
  }
}

function compare(a: Value, b: Value): number {
  if (typeof a === 'number' || typeof b === 'number')
    return (typeof a === 'number' ? a : -1) - (typeof b === 'number' ? b : -1)
  return String(a).localeCompare(String(b), 'en', { numeric: true })
}

/** `ls nodes` */
export function listNodes(from: From, pictures: readonly Picture[]): Card {
  const rows = pictures.flatMap((picture) =>
    picture.inventory.nodes
      .filter((node) => !node.hidden)
      .map((node): Row => {
        const used = picture.usage[nodeKey(node.name)]
        const up = node.status === 'online'
        return {
          name: node.name,
          state: node.status,
          guests: picture.inventory.guests.filter((guest) => guest.node === node.name && !guest.hidden)
            .length,
          cpu: up ? (used?.cpu ?? null) : null,
          cores: node.maxcpu,
          memory: up ? (used?.mem ?? null) : null,
          maxmem: node.maxmem,
          uptime: up ? (used?.uptime ?? null) : null,
          ip: node.ip,
          cluster: picture.cluster,
        }
      }),
  )
  const columns = [
    column('name', 'name', 'text', 0),
    column('state', 'state', 'state', 0),
    column('guests', 'guests', 'count', 1),
    column('cpu', 'cpu', 'ratio', 1),
    column('cores', 'cores', 'count', 3),
    column('memory', 'memory', 'bytes', 1),
    column('maxmem', 'of', 'bytes', 2),
    column('uptime', 'uptime', 'seconds', 2),
    column('ip', 'address', 'text', 4),
  ]
  const online = rows.filter((row) => row.state === 'online').length
  return card({
    heading: `${count(rows.length, 'node')}, ${online} online`,
    table: { columns: withCluster(columns, pictures), rows: rows.sort(byName), empty: 'No node is visible.' },
    sources: pictureSources(from.workspace.clusters, pictures, from.staleBecause),
  })
}

/** `ls storages` */
export function listStorages(from: From, pictures: readonly Picture[]): Card {
  const rows = pictures.flatMap((picture) =>
    picture.inventory.storages
      .filter((storage) => !storage.hidden)
      .map((storage): Row => {
        const used = picture.usage[storageKey(storage)]?.disk ?? null
        return {
          name: storage.name,
          node: storage.node ?? 'shared',
          state: storage.status,
          type: storage.type,
          used,
          size: storage.maxdisk,
          share:
            used === null || storage.maxdisk === null || storage.maxdisk === 0
              ? null
              : used / storage.maxdisk,
          content: storage.content.join(', '),
          cluster: picture.cluster,
        }
      }),
  )
  const columns = [
    column('name', 'name', 'text', 0),
    column('node', 'node', 'text', 0),
    column('state', 'state', 'state', 0),
    column('type', 'type', 'text', 2),
    column('used', 'used', 'bytes', 1),
    column('size', 'of', 'bytes', 1),
    column('share', 'full', 'ratio', 1),
    column('content', 'content', 'text', 3),
  ]
  return card({
    heading: count(rows.length, 'storage'),
    table: {
      columns: withCluster(columns, pictures),
      rows: rows.sort(byName),
      empty: 'No storage is visible.',
    },
    sources: pictureSources(from.workspace.clusters, pictures, from.staleBecause),
  })
}

/** `ls pools` */
export function listPools(from: From, pictures: readonly Picture[]): Card {
  const rows = pictures.flatMap((picture) =>
    picture.inventory.pools
      .filter((pool) => !pool.hidden)
      .map((pool): Row => {
        const guests = picture.inventory.guests.filter((guest) => guest.pool === pool.name && !guest.hidden)
        return {
          name: pool.name,
          guests: guests.length,
          running: guests.filter((guest) => guest.status === 'running').length,
          comment: pool.comment,
          cluster: picture.cluster,
        }
      }),
  )
  const columns = [
    column('name', 'name', 'text', 0),
    column('guests', 'guests', 'count', 0),
    column('running', 'running', 'count', 1),
    column('comment', 'comment', 'text', 1),
  ]
  return card({
    heading: count(rows.length, 'pool'),
    table: {
      columns: withCluster(columns, pictures),
      rows: rows.sort(byName),
      empty: 'There is no pool, or none is visible.',
    },
    sources: pictureSources(from.workspace.clusters, pictures, from.staleBecause),
  })
}

function byName(a: Row, b: Row): number {
  return compare(a.name ?? null, b.name ?? null) || compare(a.node ?? null, b.node ?? null)
}
