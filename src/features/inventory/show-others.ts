import { type Card, card, type Row, stateTone } from '../../core/card.js'
import type { Picture, StoredGuest } from '../../core/change.js'
import { column, count, fact, guestState, kindWord, syncedSource } from '../../core/facts.js'
import { type Refusal, refuse } from '../../core/refusal.js'
import { nodeKey, storageKey } from '../../core/resource.js'
import type { QueryContext } from '../../ports/query.js'

type From = Pick<QueryContext, 'staleBecause'>

const GUEST_COLUMNS = [
  column('name', 'guest', 'text', 0),
  column('vmid', 'id', 'text', 0),
  column('state', 'state', 'state', 0),
  column('kind', 'kind', 'text', 2),
  column('node', 'node', 'text', 1),
]

function guestRows(guests: readonly StoredGuest[]): readonly Row[] {
  return guests
    .filter((guest) => !guest.hidden)
    .map((guest) => ({
      name: guest.name,
      vmid: guest.vmid,
      state: guestState(guest),
      kind: kindWord(guest.kind),
      node: guest.node,
    }))
}

function gone(name: string): Refusal {
  return refuse(
    'unknown_resource',
    `\`${name}\` is not known any more.`,
    '`ls nodes`, `ls storages`, `ls pools` list what there is.',
  )
}

export function nodeCard(from: From, picture: Picture, name: string): Card | Refusal {
  const node = picture.inventory.nodes.find((candidate) => candidate.name === name)
  if (node === undefined) return gone(name)
  const used = picture.usage[nodeKey(name)]
  const up = node.status === 'online'
  const guests = picture.inventory.guests.filter((guest) => guest.node === name)
  return card({
    heading: `Node ${name} is ${node.status}, with ${count(guests.length, 'guest')}`,
    tone: stateTone(node.status),
    facts: [
      fact('state', node.status, 'state'),
      fact('uptime', up ? (used?.uptime ?? null) : null, 'seconds'),
      fact(
        'cpu',
        up ? (used?.cpu ?? null) : null,
        'ratio',
        node.maxcpu === null ? {} : { note: `of ${node.maxcpu} cores` },
      ),
      fact('memory', up ? (used?.mem ?? null) : null, 'bytes'),
      fact('memory size', node.maxmem, 'bytes'),
      fact('root disk', node.maxdisk, 'bytes'),
      fact('address', node.ip),
      fact('certificate', node.fingerprint),
    ],
    sections: [
      {
        title: 'Guests',
        table: { columns: GUEST_COLUMNS.slice(0, 4), rows: guestRows(guests), empty: 'None.' },
      },
    ],
    actions: [{ label: 'load over time', words: `metrics node/${name}` }],
    sources: [syncedSource(picture, from.staleBecause.get(picture.cluster))],
  })
}

export function storageCard(from: From, picture: Picture, key: string): Card | Refusal {
  const storage = picture.inventory.storages.find((candidate) => storageKey(candidate) === key)
  if (storage === undefined) return gone(key)
  const used = picture.usage[key]?.disk ?? null
  const free = used === null || storage.maxdisk === null ? null : storage.maxdisk - used
  return card({
    heading: `Storage ${storage.name}${storage.node === null ? '' : ` on ${storage.node}`} is ${storage.status}`,
    tone: stateTone(storage.status),
    facts: [
      fact('state', storage.status, 'state'),
      fact('type', storage.type),
      fact('shared', storage.shared),
      fact('content', storage.content.join(', ')),
      fact('used', used, 'bytes'),
      fact('size', storage.maxdisk, 'bytes'),
      fact('free', free, 'bytes'),
    ],
    actions:
      storage.node === null
        ? []
        : [{ label: 'use over time', words: `metrics storage/${storage.node}/${storage.name}` }],
    sources: [syncedSource(picture, from.staleBecause.get(picture.cluster))],
  })
}

export function poolCard(from: From, picture: Picture, name: string): Card | Refusal {
  const pool = picture.inventory.pools.find((candidate) => candidate.name === name)
  if (pool === undefined) return gone(name)
  const guests = picture.inventory.guests.filter((guest) => guest.pool === name)
  return card({
    heading: `Pool ${name}, with ${count(guests.length, 'guest')}`,
    facts: [fact('comment', pool.comment)],
    table: { columns: GUEST_COLUMNS, rows: guestRows(guests), empty: 'No guest is in this pool.' },
    sources: [syncedSource(picture, from.staleBecause.get(picture.cluster))],
  })
}
