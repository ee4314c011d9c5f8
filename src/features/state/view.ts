import type { ResourceRef } from '../../core/args.js'
import { type Card, card } from '../../core/card.js'
import type { Change, ChangeValue, DatedChange, Picture } from '../../core/change.js'
import { column, count, fact, kindWord, pictureSources } from '../../core/facts.js'
import type { QueryContext } from '../../ports/query.js'

type From = Pick<QueryContext, 'workspace' | 'staleBecause'>

export type Shown = {
  readonly what: ResourceRef | null
  readonly lines: readonly DatedChange[]
  readonly more: boolean
}

/** `history`: one line per difference, newest first. A change happened between the reading before and `seen`. */
export function historyCard(from: From, pictures: readonly Picture[], shown: Shown): Card {
  const { what, lines, more } = shown
  const several = pictures.length > 1 && what === null
  const rows = lines.map((line) => ({
    at: line.at,
    after: line.since,
    thing: `${line.type === 'guest' ? `${line.key.slice('guest/'.length)} ` : `${line.type} `}${line.name}`,
    change: sentence(line),
    cluster: line.cluster,
  }))
  const columns = [
    column('at', 'seen', 'time', 0),
    ...(what === null ? [column('thing', 'what', 'text', 0)] : []),
    column('change', 'change', 'text', 0),
    column('after', 'not before', 'time', 3),
    ...(several ? [column('cluster', 'cluster', 'text', 2)] : []),
  ]
  const name =
    what === null ? 'Everything' : what.guest === null ? what.name : `${what.name} (${what.guest.vmid})`
  return card({
    heading: `${name}: ${count(lines.length, 'change')}${more ? ', older ones not shown' : ''}`,
    table: { columns, rows, empty: 'No change was seen since the first reading.' },
    sources: pictureSources(from.workspace.clusters, pictures, from.staleBecause),
  })
}

export type ClusterDiff = {
  readonly cluster: string
  readonly from: string
  readonly now: Picture
  readonly changes: readonly Change[]
}

/** `diff`: what is different now, per cluster. */
export function diffCard(diffs: readonly ClusterDiff[], from: From): Card {
  const total = diffs.reduce((sum, { changes }) => sum + changes.length, 0)
  const columns = [column('thing', 'what', 'text', 0), column('change', 'difference', 'text', 0)]
  return card({
    heading: total === 0 ? 'Nothing is different' : count(total, 'difference'),
    sections: diffs.map(({ cluster, from: since, changes }) => ({
      title: cluster,
      facts: [fact('compared with', since, 'time')],
      table: {
        columns,
        rows: changes.map((change) => ({ thing: thing(change), change: sentence(change) })),
        empty: 'Nothing is different.',
      },
    })),
    sources: pictureSources(
      from.workspace.clusters,
      diffs.map(({ now }) => now),
      from.staleBecause,
    ),
  })
}

function thing(change: Change): string {
  return change.type === 'guest' ? `${change.key.slice('guest/'.length)} ${change.name}` : change.key
}

const NAMES: Readonly<Record<string, string>> = {
  name: 'renamed',
  node: 'moved',
  status: 'state',
  ha: 'high availability',
  maxcpu: 'cores',
  maxmem: 'memory',
  maxdisk: 'disk',
  ip: 'address',
}

/** One difference in words. */
export function sentence(change: Change): string {
  switch (change.what) {
    case 'added':
      return 'appeared'
    case 'removed':
      return 'removed'
    case 'recreated':
      return `re-created: ${identity(change.before)} → ${identity(change.after)}`
    case 'hidden':
      return 'no longer visible to the token'
    case 'visible':
      return 'visible to the token again'
    case 'changed': {
      const attribute = change.attribute ?? ''
      const size = attribute === 'maxmem' || attribute === 'maxdisk'
      return `${NAMES[attribute] ?? attribute}: ${print(change.before, size)} → ${print(change.after, size)}`
    }
  }
}

function identity(value: ChangeValue): string {
  if (!Array.isArray(value)) return print(value, false)
  const [kind, name] = value
  return `${kindWord(kind === 'lxc' ? 'lxc' : 'qemu')} ${name ?? ''}`
}

function print(value: ChangeValue, size: boolean): string {
  if (value === null || value === '') return 'none'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(';')
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (size && typeof value === 'number')
    return `${(value / 2 ** 30).toFixed(value >= 10 * 2 ** 30 ? 0 : 1)} GiB`
  return String(value)
}
