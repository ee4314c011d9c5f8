import type { GuestRef } from '../core/args.js'
import type { Known } from '../core/known.js'
import { refusalOf } from '../core/outage.js'
import type { Policy } from '../core/policy.js'
import type { Permissions } from '../core/visibility.js'
import type { GuestNow, PlanContext } from '../ports/planning.js'
import { type PveCluster, PveError } from '../ports/pve.js'
import type { Workspace } from '../ports/query.js'
import type { Stores } from '../ports/store/stores.js'
import { birthsBefore } from './births.js'

type Parts = {
  readonly stores: Pick<Stores, 'marks' | 'operations'>
  readonly pve: (cluster: string) => PveCluster
  readonly now: () => Date
}

/** What a change's `plan` may use. */
export function planContext(
  parts: Parts,
  { workspace, signal }: { readonly workspace: Workspace; readonly signal: AbortSignal },
  policy: Policy,
): PlanContext {
  return {
    workspace,
    signal,
    policy,
    now: parts.now(),
    read: (guests) => readGuests(parts, guests, signal),
  }
}

/** Reads guests cluster by cluster, all of a cluster together; gives them in the order in which they were named. */
export async function readGuests(
  parts: Parts,
  guests: readonly GuestRef[],
  signal?: AbortSignal,
): Promise<readonly GuestNow[]> {
  const clusters = [...new Set(guests.map(({ cluster }) => cluster))]
  const read = await Promise.all(
    clusters.map((cluster) =>
      readCluster(
        parts,
        cluster,
        guests.filter((guest) => guest.cluster === cluster),
        signal,
      ),
    ),
  )
  const byKey = new Map(read.flat().map((now) => [keyOf(now.guest), now]))
  return guests.flatMap((guest) => byKey.get(keyOf(guest)) ?? [])
}

const keyOf = ({ cluster, vmid }: GuestRef): string => `${cluster}/${vmid}`

async function readCluster(
  parts: Parts,
  cluster: string,
  guests: readonly GuestRef[],
  signal: AbortSignal | undefined,
): Promise<readonly GuestNow[]> {
  const pve = parts.pve(cluster)
  const [readings, permissions] = await Promise.all([
    pve.guests.facts(
      guests.map(({ kind, vmid, node }) => ({ kind, vmid, node })),
      signal,
    ),
    readPermissions(pve, signal),
  ])
  const upids = readings.flatMap((reading) =>
    reading.kind === 'facts' && reading.facts.activeTasks.kind === 'known'
      ? reading.facts.activeTasks.value.map(({ upid }) => upid)
      : [],
  )
  const ownTasks = upids.length === 0 ? new Map() : await parts.stores.operations.ownUpids(cluster, upids)
  const read = await Promise.all(
    guests.flatMap((guest, at) => {
      const reading = readings[at]
      if (reading === undefined) return []
      return parts.stores.marks.get(cluster, guest.vmid).then((seen) => ({ guest, reading, seen }))
    }),
  )
  const births = await birthsBefore(pve, read, signal)
  return read.map((each) => ({
    ...each,
    permissions,
    ownTasks,
    births: births.get(each.guest.vmid) ?? null,
  }))
}

async function readPermissions(
  pve: PveCluster,
  signal: AbortSignal | undefined,
): Promise<Known<Permissions>> {
  if (pve.operate === null) return { kind: 'unknown', why: 'there is no token for operations' }
  try {
    return { kind: 'known', value: await pve.operate.permissions(signal) }
  } catch (error) {
    // A token that is not accepted is a refusal; anything else is found out by the call itself.
    if (!(error instanceof PveError) || error.outage.kind === 'auth') throw error
    return { kind: 'unknown', why: refusalOf(error.outage).message }
  }
}
