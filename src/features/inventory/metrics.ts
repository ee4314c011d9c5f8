import type { ResourceRef } from '../../core/args.js'
import { type Card, type Chart, card, type Series, type Unit } from '../../core/card.js'
import type { Picture } from '../../core/change.js'
import { isoTime, liveSource } from '../../core/facts.js'
import { type Refusal, refuse } from '../../core/refusal.js'
import { storageKey } from '../../core/resource.js'
import type { Metrics, MetricsTarget, Timeframe } from '../../ports/pve.js'
import type { QueryContext } from '../../ports/query.js'

type Line = { readonly label: string; readonly column: string; readonly unit: Unit; readonly limit?: string }

const GUEST_LINES: readonly Line[] = [
  { label: 'cpu', column: 'cpu', unit: 'ratio' },
  { label: 'memory', column: 'mem', unit: 'bytes', limit: 'maxmem' },
  { label: 'network in', column: 'netin', unit: 'bytes_per_second' },
  { label: 'network out', column: 'netout', unit: 'bytes_per_second' },
  { label: 'disk read', column: 'diskread', unit: 'bytes_per_second' },
  { label: 'disk write', column: 'diskwrite', unit: 'bytes_per_second' },
]
const NODE_LINES: readonly Line[] = [
  { label: 'cpu', column: 'cpu', unit: 'ratio' },
  { label: 'i/o wait', column: 'iowait', unit: 'ratio' },
  { label: 'memory', column: 'memused', unit: 'bytes', limit: 'memtotal' },
  { label: 'load', column: 'loadavg', unit: 'count' },
  { label: 'network in', column: 'netin', unit: 'bytes_per_second' },
  { label: 'network out', column: 'netout', unit: 'bytes_per_second' },
]
const STORAGE_LINES: readonly Line[] = [{ label: 'used', column: 'used', unit: 'bytes', limit: 'total' }]

/** Reads and charts what PVE recorded of a guest, node or storage. */
export async function metricsCard(
  context: Pick<QueryContext, 'pve' | 'signal'>,
  picture: Picture,
  what: ResourceRef,
  span: Timeframe,
): Promise<Card | Refusal> {
  const target = targetOf(picture, what)
  if (target === null)
    return refuse('unknown_resource', `\`${what.name}\` has no metrics.`, 'Guests, nodes and storages have.')
  const read = await context.pve(what.cluster).guests.metrics(target, span, context.signal)
  const lines = what.type === 'guest' ? GUEST_LINES : what.type === 'node' ? NODE_LINES : STORAGE_LINES
  const series = lines.flatMap((line) => seriesOf(read, line))
  const [first, last] = [read.times[0], read.times.at(-1)]
  const charts: readonly Chart[] =
    first === undefined || last === undefined || series.length === 0
      ? []
      : [
          {
            title: `The last ${span}`,
            from: isoTime(first),
            to: isoTime(last),
            stepSeconds: read.stepSeconds,
            series,
          },
        ]
  return card({
    heading: `Load of ${what.name}`,
    ...(charts.length === 0 ? { text: 'Proxmox VE has recorded nothing for this time.' } : {}),
    charts,
    sources: [liveSource(what.cluster, read.at)],
  })
}

function targetOf(picture: Picture, what: ResourceRef): MetricsTarget | null {
  if (what.type === 'guest') return what.guest === null ? null : { type: 'guest', guest: what.guest }
  if (what.type === 'node') return { type: 'node', node: what.name }
  if (what.type === 'pool') return null
  const storage = picture.inventory.storages.find((candidate) => storageKey(candidate) === what.key)
  const online = picture.inventory.nodes.find((node) => node.status === 'online')
  const node = storage?.node ?? online?.name
  return node === undefined ? null : { type: 'storage', node, storage: what.name }
}

function seriesOf(read: Metrics, line: Line): readonly Series[] {
  const values = read.columns[line.column]
  if (values === undefined || values.every((value) => value === null)) return []
  const limits = line.limit === undefined ? undefined : read.columns[line.limit]
  const limit = limits?.findLast((value) => value !== null)
  return [{ label: line.label, unit: line.unit, values, ...(typeof limit === 'number' ? { limit } : {}) }]
}
