import type { PowerState, Task } from '../core/resource.js'
import type { Clock } from '../ports/clock.js'
import type { GuestFacts, GuestPlace, Known } from '../ports/pve.js'
import type { Engine } from './engine.js'
import { agentEnabled, type GuestConfig } from './guest-config.js'
import { digestOf, readConfig, readPending, readSnapshots } from './guest-parts.js'
import { statusOf } from './guest-status.js'
import { markOf, property } from './identity-mark.js'
import { decode, type GuestRow, GuestStatus, toText } from './schema.js'
import { sourceOf } from './source.js'
import { isPartial, knownOr, reasonOf } from './words.js'

export type ReadLimits = {
  readonly signal: AbortSignal | undefined
  readonly deadlineMs: number
  readonly retries: number
}

export type FactsRequest = {
  readonly place: GuestPlace
  /** As the cluster lists it; null where the row cannot be read. */
  readonly row: GuestRow | null
  /** What runs on its node. */
  readonly tasks: () => Promise<Known<readonly Task[]>>
  readonly limits: ReadLimits
}

/**
 * Reads one guest at its node. Throws PveError when its status cannot be read, and `missing` when it is not there;
 * everything else is unknown on its own.
 */
export async function readGuestFacts(
  engine: Engine,
  clock: Clock,
  { place, row, tasks, limits }: FactsRequest,
): Promise<Omit<GuestFacts, 'nodeOnline' | 'quorate'>> {
  const { kind, vmid, node } = place
  const source = sourceOf(engine, limits)
  const at = clock.now().toISOString()
  const [{ status, date }, config, snapshots, pending, running] = await Promise.all([
    readStatus(engine, place, limits),
    thereOr(readConfig(engine, source, place)),
    knownOr(readSnapshots(source, place)),
    knownOr(readPending(source, place)),
    tasks(),
  ])
  const values = config.kind === 'known' ? config.value.values : null
  const { name, uptime, lock, tags, template, ha } = statusOf(place, status, values)
  const power = powerState(status)
  return {
    at,
    nodeTime: date === null ? null : Math.floor(date.getTime() / 1000),
    kind,
    vmid,
    node,
    name,
    power,
    uptime: power === 'stopped' ? null : uptime,
    template,
    lock,
    tags,
    pool: toText(row?.pool),
    ha,
    protection: protectionOf(config),
    configDigest: digestOf(config),
    mark: markOf(kind, config),
    snapshots: mapped(snapshots, (all) => all.map((snapshot) => snapshot.name).sort()),
    pending: mapped(pending, (all) => [...new Set(all.map(({ key }) => key))].sort()),
    agent: kind === 'qemu' && values !== null ? agentEnabled(values) : null,
    downSeconds: values === null ? null : secondsOf(property(values.startup, 'down')),
    activeTasks: mapped(running, (all) => all.filter(({ id }) => isOn(id, vmid))),
  }
}

/** Some tasks name a volume's storage after the guest: `100@data`. */
const isOn = (id: string, vmid: number): boolean => id === String(vmid) || id.startsWith(`${vmid}@`)

function mapped<T, R>(value: Known<T>, map: (value: T) => R): Known<R> {
  return value.kind === 'known' ? { kind: 'known', value: map(value.value) } : value
}

/** A config that is not there says that the guest has gone; any other failure leaves it unknown. */
async function thereOr(reading: Promise<GuestConfig>): Promise<Known<GuestConfig>> {
  try {
    return { kind: 'known', value: await reading }
  } catch (error) {
    if (!isPartial(error) || error.outage.kind === 'missing') throw error
    return { kind: 'unknown', why: reasonOf(error.outage) }
  }
}

async function readStatus(engine: Engine, { kind, vmid, node }: GuestPlace, limits: ReadLimits) {
  const template = `/nodes/{node}/${kind}/{vmid}/status/current`
  const path = `/nodes/${node}/${kind}/${vmid}/status/current`
  const { data, date } = await engine.request('GET', path, template, {}, limits)
  const status = decode(GuestStatus, data)
  if (status === null)
    throw engine.outage('notProxmox', `GET ${template}`, 'the status is not of the expected form', { node })
  return { status, date }
}

/** States in which QEMU holds a VM's processors still and `resume` lets them go on. */
const HELD: ReadonlySet<string> = new Set(['paused', 'prelaunch', 'suspended'])

/** PVE calls a paused VM running; only QEMU's own word tells. */
function powerState({ status, qmpstatus }: GuestStatus): PowerState {
  const said = toText(status)
  if (said === 'running') return HELD.has(toText(qmpstatus) ?? '') ? 'paused' : 'running'
  return said === 'stopped' || said === 'paused' ? said : 'unknown'
}

/** Absent is off; unreadable is not. */
function protectionOf(config: Known<GuestConfig>): Known<boolean> {
  return mapped(config, ({ values }) => Number(values.protection ?? 0) === 1)
}

function secondsOf(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null
}
