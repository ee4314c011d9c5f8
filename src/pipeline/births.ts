import type { GuestRef } from '../core/args.js'
import { birthSince, birthsOver, birthText, MOVE, type Sighting, sinceFor } from '../core/births.js'
import type { FactsReading, GuestFacts } from '../core/guest-facts.js'
import type { Known } from '../core/known.js'
import type { Operation } from '../core/operation.js'
import type { Shown } from '../core/operation-card.js'
import type { Task } from '../core/resource.js'
import type { Births } from '../ports/planning.js'
import type { PveCluster } from '../ports/pve.js'
import type { SeenMark } from '../ports/store/marks.js'

/** What tasks tell of containers beside their addresses: whether one may be another by now. VMs tell that themselves. */

type Tasks = Pick<PveCluster, 'tasks'>

/** Unix seconds of a reading, by the clock of the cluster where it was told. */
const timeOf = ({ at, nodeTime }: GuestFacts): number => nodeTime ?? Math.floor(Date.parse(at) / 1000)

/** The same time as our own clock had it, by the clock of the cluster. */
function byCluster(facts: GuestFacts, at: string): number {
  return Math.floor(Date.parse(at) / 1000) + timeOf(facts) - Math.floor(Date.parse(facts.at) / 1000)
}

type ReadGuest = {
  readonly guest: GuestRef
  readonly reading: FactsReading
  readonly seen: SeenMark | null
}

/**
 * What was done to containers before a plan, all of a node in one list: since shortly before they were read, and where that
 * can be told, since they were last known. By number; nothing for VMs.
 */
export async function birthsBefore(
  pve: Tasks,
  guests: readonly ReadGuest[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, Births>> {
  const read = guests.flatMap(({ reading, seen }) =>
    reading.kind === 'facts' && reading.facts.mark.kind === 'ct' ? [{ facts: reading.facts, seen }] : [],
  )
  const nodes = [...new Set(read.map(({ facts }) => facts.node))]
  const lists = await Promise.all(
    nodes.map(async (node) => {
      const here = read.filter(({ facts }) => facts.node === node)
      const late = Math.min(...here.map(({ facts }) => sinceFor({ time: timeOf(facts) })))
      const early = Math.min(
        late,
        ...here.flatMap(({ facts, seen }) => (seen === null ? [] : [byCluster(facts, seen.seenAt)])),
      )
      const whole = await pve.tasks.births(node, early, signal)
      if (whole.kind === 'known' || early === late) return { here, since: early, list: whole }
      return { here, since: late, list: await pve.tasks.births(node, late, signal) }
    }),
  )
  return new Map(
    lists.flatMap(({ here, since, list }) =>
      here.map(({ facts, seen }) => [facts.vmid, birthsOf(facts, seen, since, list)] as const),
    ),
  )
}

function birthsOf(
  facts: GuestFacts,
  seen: SeenMark | null,
  since: number,
  list: Known<readonly Task[]>,
): Births {
  if (list.kind === 'unknown') return list
  const own = list.value.filter(({ id }) => id === String(facts.vmid))
  const time = timeOf(facts)
  const births = birthsOver(own, sinceFor({ time }))
  const last = seen === null ? null : byCluster(facts, seen.seenAt)
  const later = own.filter(({ startTime }) => last !== null && startTime > last)
  return {
    kind: 'known',
    value: {
      sighting: { node: facts.node, time, births },
      sinceSeen: last !== null && last < since ? 'unknown' : birthSince(later, { births: [] }) !== null,
    },
  }
}

/**
 * Why a container may be another one than was seen; null where it is the same as far as tasks can tell. To be asked after
 * it was read: what happens later is seen by nobody, what happened before is in the list.
 */
export async function mayBeAnother(
  pve: Tasks,
  vmid: number,
  before: Sighting,
  now: string,
  signal?: AbortSignal,
): Promise<string | null> {
  const since = sinceFor(before)
  const own = async (node: string | null): Promise<Known<readonly Task[]>> => {
    const list = await pve.tasks.births(node, since, signal)
    return list.kind === 'unknown'
      ? list
      : { kind: 'known', value: list.value.filter(({ id }) => id === String(vmid)) }
  }
  const here = await own(before.node)
  if (here.kind === 'known') {
    const birth = birthSince(here.value, before)
    if (birth !== null) return `${birthText(birth)} was seen since`
    // It never left, so whatever was done to it is in this list.
    if (now === before.node && !here.value.some(({ type }) => type === MOVE)) return null
  }
  const everywhere = here.kind === 'known' ? await own(null) : here
  if (everywhere.kind === 'unknown') return `what was done to it since cannot be told (${everywhere.why})`
  const birth = birthSince(everywhere.value, before)
  return birth === null ? null : `${birthText(birth)} was seen since`
}

/** Where a target was when its plan was made; from earlier versions, as near as can be told. */
export function sightingOf(operation: Operation, shown: Shown | null, index: number): Sighting {
  const target = shown?.targets[index]
  return (
    target?.sighting ?? {
      node: target?.node ?? operation.steps[index]?.node ?? '',
      time: Math.floor(Date.parse(operation.createdAt) / 1000),
      births: [],
    }
  )
}
