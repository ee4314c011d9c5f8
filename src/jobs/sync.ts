import type { Picture } from '../core/change.js'
import { type Difference, destroyedBy, difference, renamed, type Seen } from '../core/diff.js'
import { refusalOf } from '../core/outage.js'
import { isRefusal, type Refusal, RefusalError, refuse } from '../core/refusal.js'
import { type Task, taskOutcome } from '../core/resource.js'
import { wouldSee } from '../core/visibility.js'
import type { Clock } from '../ports/clock.js'
import { type PveCluster, PveError, type Reading } from '../ports/pve.js'
import type { Stores } from '../ports/store/stores.js'
import type { Syncer, SyncOptions, SyncOutcome } from '../ports/sync.js'

export type SyncParts = {
  readonly stores: Stores
  readonly pve: (cluster: string) => PveCluster
  readonly clock: Clock
  readonly onFault: (error: unknown) => string
}

/** A renamed VM costs one config read to be told from a re-created one; more than so many at once are taken as renamed. */
const MOST_RENAMED = 50
/** Tasks that were running and that the newest lists do not hold any more are asked for one by one. */
const MOST_UNSETTLED = 20
/** Enough to tell whether a node's list goes back to what is known; only how far back to read hangs on it. */
const RECENT_TASKS = 2000

/** Makes the syncer of a home: one reading per cluster at a time, written whole or not at all. */
export function syncer(parts: SyncParts): Syncer {
  const running = new Map<string, Promise<SyncOutcome>>()
  return {
    sync: (cluster, options = {}) => {
      const joined = running.get(cluster)
      if (joined !== undefined) return joined
      const started = syncOnce(parts, cluster, options).finally(() => running.delete(cluster))
      running.set(cluster, started)
      return started
    },
  }
}

async function syncOnce(parts: SyncParts, cluster: string, options: SyncOptions): Promise<SyncOutcome> {
  const startedAt = parts.clock.now().toISOString()
  try {
    return await readAndStore(parts, cluster, options)
  } catch (error) {
    const refusal = refusalFor(error, options, parts.onFault)
    if (refusal.code !== 'interrupted') {
      const finishedAt = parts.clock.now().toISOString()
      const { code, message } = refusal
      await parts.stores.inventory
        .fail({ cluster, startedAt, finishedAt, code, message })
        .catch(parts.onFault)
    }
    return { kind: 'failed', cluster, refusal }
  }
}

function refusalFor(error: unknown, options: SyncOptions, onFault: (error: unknown) => string): Refusal {
  if (options.signal?.aborted === true)
    return refuse('interrupted', 'Stopped.', 'The stored picture is unchanged.')
  if (error instanceof PveError) return refusalOf(error.outage)
  if (error instanceof RefusalError) return error.refusal
  if (isRefusal(error)) return error
  return refuse(
    'sync_failed',
    'The reading failed inside the program.',
    `It is in the log as ${onFault(error)}.`,
  )
}

async function readAndStore(parts: SyncParts, cluster: string, options: SyncOptions): Promise<SyncOutcome> {
  const { stores } = parts
  const pve = parts.pve(cluster)
  const base = await stores.inventory.base(cluster)
  const recent = await stores.tasks.list(cluster, { limit: RECENT_TASKS })
  const finished = new Set(recent.filter((task) => task.status !== null).map((task) => task.upid))
  const reading = await pve.inventory.read({
    isKnown: (upid) => finished.has(upid),
    tasksSince: base === null ? null : Math.floor(Date.parse(base.at) / 1000) - 60,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.progress === undefined ? {} : { progress: options.progress }),
  })
  const tasks = await newTasks(parts, pve, cluster, reading)
  options.signal?.throwIfAborted()
  options.progress?.(`storing ${cluster}`, null)
  const found = await compare(pve, base, reading, tasks)
  const finishedAt = parts.clock.now().toISOString()
  const written = await stores.inventory.commit({
    cluster,
    basedOn: base?.runId ?? null,
    startedAt: reading.at,
    finishedAt,
    version: reading.version,
    clusterName: reading.clusterName,
    quorate: reading.quorate,
    after: found.after,
    upsert: found.upsert,
    remove: found.remove,
    changes: found.changes,
    tasks,
    usage: reading.usage,
    warnings: reading.warnings,
  })
  const visible = <Row extends { readonly hidden: boolean }>(rows: readonly Row[]) =>
    rows.filter((row) => !row.hidden).length
  return {
    kind: 'synced',
    cluster,
    // Another process of this home was faster: its reading is in the store, ours is dropped.
    runId:
      written.kind === 'committed' ? written.runId : ((await stores.inventory.base(cluster))?.runId ?? 0),
    at: reading.at,
    first: base === null,
    changes: found.changes.length,
    guests: visible(found.after.guests),
    nodes: visible(found.after.nodes),
    storages: visible(found.after.storages),
    pools: visible(found.after.pools),
    tasks: tasks.length,
    warnings: reading.warnings,
  }
}

/** Tasks that are new, or whose end is new. */
async function newTasks(
  parts: SyncParts,
  pve: PveCluster,
  cluster: string,
  reading: Reading,
): Promise<readonly Task[]> {
  // Asked of the store whole: a task that only fell out of the newest ones must not look as if it had just ended.
  const listedUpids = reading.tasks.map((task) => task.upid)
  const finished = await parts.stores.tasks.known(cluster, listedUpids)
  const open = new Set(await parts.stores.tasks.running(cluster))
  const fresh = reading.tasks.filter(
    (task) => !finished.has(task.upid) && !(task.status === null && open.has(task.upid)),
  )
  const listed = new Set(listedUpids)
  const lost = [...open].filter((upid) => !listed.has(upid)).slice(0, MOST_UNSETTLED)
  const settled = await Promise.all(lost.map((upid) => settle(parts, pve, cluster, upid)))
  return [...fresh, ...settled.filter((task) => task !== null)]
}

async function settle(
  parts: SyncParts,
  pve: PveCluster,
  cluster: string,
  upid: string,
): Promise<Task | null> {
  const [stored] = await parts.stores.tasks.find([cluster], upid)
  if (stored === undefined) return null
  const { handle: _, cluster: __, ...task } = stored
  try {
    const state = await pve.tasks.status(upid)
    if (state.running) return null
    return {
      ...task,
      status: state.status ?? '',
      endTime: state.endTime ?? Math.floor(parts.clock.now().getTime() / 1000),
    }
  } catch (error) {
    // A node that has forgotten the task will never tell how it ended; any other failure may pass.
    if (error instanceof PveError && error.outage.kind === 'missing')
      return { ...task, status: 'unexpected status' }
    return null
  }
}

async function compare(
  pve: PveCluster,
  base: Picture | null,
  reading: Reading,
  tasks: readonly Task[],
): Promise<Difference> {
  const seen: Seen = reading
  const destroyed =
    base === null ? new Set<number>() : destroyedBy(tasks.filter((task) => endedSince(task, base)))
  const createdSince = base === null ? new Set<number>() : await createdAfter(pve, base, seen, destroyed)
  return difference(base?.inventory ?? null, seen, {
    destroyed,
    createdSince,
    wouldSee: (type, name) => wouldSee(reading.permissions, type, name),
    unread: new Set(reading.undecoded),
  })
}

/** The cluster's clock and ours may differ by this much. Seconds. */
const CLOCK_SLACK = 600

/** What was destroyed before the last reading was not there in it, however late the task comes to be seen. */
function endedSince(task: Task, base: Picture): boolean {
  if (taskOutcome(task.status) === 'running') return false
  return (task.endTime ?? task.startTime) >= Date.parse(base.at) / 1000 - CLOCK_SLACK
}

async function createdAfter(
  pve: PveCluster,
  base: Picture,
  seen: Seen,
  destroyed: ReadonlySet<number>,
): Promise<ReadonlySet<number>> {
  const suspects = renamed(base.inventory, seen).filter(
    (guest) => guest.kind === 'qemu' && !destroyed.has(guest.vmid),
  )
  const since = Math.floor(Date.parse(base.at) / 1000)
  const created = await Promise.all(
    suspects.slice(0, MOST_RENAMED).map(async (guest) => {
      const at = await pve.inventory.createdAt(guest).catch(() => null)
      return at !== null && at >= since ? guest.vmid : null
    }),
  )
  return new Set(created.filter((vmid) => vmid !== null))
}
