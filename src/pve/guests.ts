import type { GuestRef } from '../core/args.js'
import type { Clock } from '../ports/clock.js'
import type { Timeframe } from '../ports/pve.js'
import { type GuestLive, type Metrics, type MetricsTarget, PveError, type PveGuests } from '../ports/pve.js'
import type { Engine } from './engine.js'
import { factsReader } from './facts.js'
import { liveParts } from './guest-parts.js'
import { statusOf } from './guest-status.js'
import { metricsOf } from './metrics.js'
import { GuestRow, GuestStatus, RrdRow, toText } from './schema.js'
import { type Source, sourceOf } from './source.js'

/** Reads single guests through an engine, wherever they are. */
export function pveGuests(engine: Engine, clock: Clock): PveGuests {
  return {
    facts: factsReader(engine, clock),
    live: async (guest, signal) => {
      const at = clock.now().toISOString()
      const source = sourceOf(engine, { signal })
      const { node, found } = await following(source, guest, (at) => readStatus(source, guest, at))
      const parts = await liveParts(engine, {
        kind: guest.kind,
        vmid: guest.vmid,
        node,
        running: found.status === 'running',
        signal,
      })
      return {
        at,
        node,
        ...statusOf(guest, found, valuesOf(parts.config)),
        status: liveState(found),
        ...parts,
      }
    },
    metrics: (target, timeframe, signal) =>
      readMetrics(sourceOf(engine, { signal }), clock, target, timeframe),
  }
}

/**
 * Asks for a guest at the node where it was last seen; when PVE says that it is not there, once more at the node where
 * the cluster has it now.
 */
async function following<T>(
  source: Source,
  guest: GuestRef,
  read: (node: string) => Promise<T>,
): Promise<{ readonly node: string; readonly found: T }> {
  try {
    return { node: guest.node, found: await read(guest.node) }
  } catch (error) {
    if (!(error instanceof PveError) || error.outage.kind !== 'missing') throw error
    const node = await locate(source, guest)
    if (node === null || node === guest.node) throw error
    return { node, found: await read(node) }
  }
}

async function locate(source: Source, { vmid, kind }: GuestRef): Promise<string | null> {
  const answer = source.api.cluster.resources.$get({ type: 'vm' })
  const { rows } = await source.rows(GuestRow, 'GET /cluster/resources', answer)
  return rows.find((row) => Number(row.vmid) === vmid && row.type === kind)?.node ?? null
}

function readStatus(source: Source, { kind, vmid }: GuestRef, node: string) {
  const at = source.api.nodes.$(node)
  const answer =
    kind === 'qemu' ? at.qemu.$(vmid).status.current.$get() : at.lxc.$(vmid).status.current.$get()
  return source.one(GuestStatus, `GET /nodes/{node}/${kind}/{vmid}/status/current`, answer)
}

function valuesOf(config: GuestLive['config']) {
  return config.kind === 'known' ? config.value : null
}

/** A paused VM's status still says `running`; only the monitor's word tells. */
function liveState({ status, qmpstatus }: GuestStatus): string {
  const said = toText(status) ?? 'unknown'
  return said === 'running' ? (toText(qmpstatus) ?? said) : said
}

async function readMetrics(
  source: Source,
  clock: Clock,
  target: MetricsTarget,
  timeframe: Timeframe,
): Promise<Metrics> {
  const at = clock.now().toISOString()
  const query = { timeframe } as const
  const { nodes } = source.api
  const decoded = async (request: string, answer: Promise<unknown>): Promise<Metrics> =>
    metricsOf((await source.rows(RrdRow, request, answer)).rows, at)
  switch (target.type) {
    case 'node':
      return decoded('GET /nodes/{node}/rrddata', nodes.$(target.node).rrddata.$get(query))
    case 'storage':
      return decoded(
        'GET /nodes/{node}/storage/{storage}/rrddata',
        nodes.$(target.node).storage.$(target.storage).rrddata.$get(query),
      )
    case 'guest': {
      const { kind, vmid } = target.guest
      const read = (node: string): Promise<Metrics> =>
        decoded(
          `GET /nodes/{node}/${kind}/{vmid}/rrddata`,
          kind === 'qemu'
            ? nodes.$(node).qemu.$(vmid).rrddata.$get(query)
            : nodes.$(node).lxc.$(vmid).rrddata.$get(query),
        )
      return (await following(source, target.guest, read)).found
    }
  }
}
