import type { Outage } from '../core/outage.js'
import type { Task } from '../core/resource.js'
import { type Permissions, wouldSee } from '../core/visibility.js'
import type { Clock } from '../ports/clock.js'
import type { FactsReading, GuestPlace, Known, PveError } from '../ports/pve.js'
import type { Engine } from './engine.js'
import { type ReadLimits, readGuestFacts } from './guest-facts.js'
import { readMembership, readPermissions, vouchFor } from './overview.js'
import { GuestRow, NodeRow, toNumber } from './schema.js'
import { sourceOf } from './source.js'
import { runningTasks } from './task-search.js'
import { isPartial, knownOr } from './words.js'

/** Nobody waits longer for a fact, and a node that hangs is told apart by then. */
const LIMITS = { deadlineMs: 20_000, retries: 1 } as const
/** Guests of one node that are read at a time: enough to keep both its places busy, few to wait for when it dies. */
const AT_A_TIME = 2
/** After so many guests without an answer in time, the node's others are not asked any more. */
const PATIENCE = 2

export type FactsReader = (
  places: readonly GuestPlace[],
  signal: AbortSignal | undefined,
) => Promise<readonly FactsReading[]>

/**
 * Reads guests for a plan: one look at the cluster finds where each is, then each is read at its node. One answer per
 * place, in their order. Throws PveError only where the cluster itself cannot be read.
 */
export function factsReader(engine: Engine, clock: Clock): FactsReader {
  let under: Promise<Round> | null = null
  // One look at the cluster that is under way serves all who come meanwhile: a bulk reads hundreds of guests one by one.
  const begin = (): Promise<Round> => {
    under ??= beginRound(engine, clock).finally(() => {
      under = null
    })
    return under
  }
  return async (places, signal) => {
    if (places.length === 0) return []
    signal?.throwIfAborted()
    const joined = under !== null
    const limits = { ...LIMITS, signal }
    const round = { ...(await begin()), limits }
    // A look that had begun before may lack what is there by now.
    const lacking = joined && places.some((place) => listedNode(round.listing, place) === null)
    const fresh = lacking ? { ...(await beginRound(engine, clock)), limits } : round
    const turns = turnsPerNode()
    return Promise.all(
      places.map((place) => {
        const node = listedNode(fresh.listing, place)
        return node === null
          ? unlisted(fresh, place)
          : turns(node, () => readAt(fresh, { ...place, node }, 0))
      }),
    )
  }
}

type NodeNow = { readonly online: boolean; readonly audited: boolean }

/** What is learnt of a node while its guests are read. */
type NodeRound = {
  /** Why it is given up. */
  failure: Outage | null
  unanswered: number
  readonly tasks: () => Promise<Known<readonly Task[]>>
}

type Listing = {
  /** By `qemu/101`. */
  readonly rows: ReadonlyMap<string, GuestRow>
  /** Listed in a form that could not be read. */
  readonly undecoded: ReadonlySet<string>
}

type Round = {
  readonly engine: Engine
  readonly clock: Clock
  readonly limits: ReadLimits
  readonly nodes: ReadonlyMap<string, NodeNow>
  readonly quorate: Known<boolean>
  readonly listing: Listing
  readonly relisted: () => Promise<Listing>
  readonly permissions: (path: string) => Promise<Permissions>
  readonly at: (node: string) => NodeRound
}

async function beginRound(engine: Engine, clock: Clock): Promise<Round> {
  const source = sourceOf(engine)
  const [membership, nodeRows, listing] = await Promise.all([
    knownOr(readMembership(engine, undefined)),
    source.rows(NodeRow, 'GET /nodes', source.api.nodes.$get()),
    list(engine),
  ])
  vouchFor(engine, nodeRows.rows)
  const limits = { ...LIMITS, signal: undefined }
  const nodes = new Map(nodeRows.rows.map((row) => [row.node, nodeNow(row)]))
  const rounds = new Map<string, NodeRound>()
  const told = membership.kind === 'known' ? membership.value : membership
  return {
    engine,
    clock,
    limits,
    nodes,
    quorate: told.kind === 'known' ? { kind: 'known', value: told.value.quorate } : told,
    listing,
    relisted: once(() => list(engine)),
    permissions: (path) => readPermissions(source, path),
    at: (node) => {
      const found = rounds.get(node) ?? {
        failure: null,
        unanswered: 0,
        tasks: once(() => tasksOf(engine, node, nodes.get(node), limits)),
      }
      rounds.set(node, found)
      return found
    },
  }
}

/** PVE lists a node's numbers only to those who have Sys.Audit on it. */
const nodeNow = (row: NodeRow): NodeNow => ({
  online: row.status === 'online',
  audited: toNumber(row.maxcpu) !== null || toNumber(row.uptime) !== null,
})

/** Without Sys.Audit a token is shown its own tasks only, as if there were no others. */
async function tasksOf(
  engine: Engine,
  node: string,
  now: NodeNow | undefined,
  limits: ReadLimits,
): Promise<Known<readonly Task[]>> {
  return now?.audited === true
    ? knownOr(runningTasks(engine, node, limits))
    : { kind: 'unknown', why: `the token lacks Sys.Audit on /nodes/${node}` }
}

async function list(engine: Engine): Promise<Listing> {
  const source = sourceOf(engine)
  const answer = source.api.cluster.resources.$get({ type: 'vm' })
  const { rows, left } = await source.rows(GuestRow, 'GET /cluster/resources', answer)
  const byId = new Map<string, GuestRow>()
  for (const row of rows) {
    const id = `${row.type}/${row.vmid}`
    // In the middle of a migration two nodes may list it; the one that knows nothing of it has an empty row.
    if (!byId.has(id) || row.name) byId.set(id, row)
  }
  return { rows: byId, undecoded: new Set(left.map(({ id }) => id)) }
}

const idOf = ({ kind, vmid }: GuestPlace): string => `${kind}/${vmid}`

/** Where a guest is; the place itself where its row cannot be read; null when it is not listed. */
function listedNode({ rows, undecoded }: Listing, place: GuestPlace): string | null {
  return rows.get(idOf(place))?.node ?? (undecoded.has(idOf(place)) ? place.node : null)
}

/** What is not listed is gone only where the token would have been shown it. */
async function unlisted(round: Round, place: GuestPlace): Promise<FactsReading> {
  const path = `/vms/${place.vmid}`
  if (wouldSee(await round.permissions(path), 'guest', String(place.vmid))) return { kind: 'gone', place }
  return unreadable(
    round,
    place,
    round.engine.outage('forbidden', 'GET /cluster/resources', 'the guest is not listed', {
      node: place.node,
      privilege: { path, name: 'VM.Audit' },
    }),
  )
}

function unreadable(round: Round, place: GuestPlace, { outage }: { readonly outage: Outage }): FactsReading {
  const nodeOnline = round.nodes.get(place.node)?.online ?? false
  return { kind: 'unreadable', place, nodeOnline, quorate: round.quorate, outage }
}

async function readAt(round: Round, place: GuestPlace, moves: number): Promise<FactsReading> {
  const { engine, clock, limits, listing, nodes, quorate } = round
  const there = round.at(place.node)
  if (nodes.get(place.node)?.online !== true) return unreadable(round, place, nodeOffline(engine, place))
  if (there.failure !== null) return unreadable(round, place, { outage: there.failure })
  try {
    const row = listing.rows.get(idOf(place)) ?? null
    const facts = await readGuestFacts(engine, clock, { place, row, tasks: there.tasks, limits })
    there.unanswered = 0
    return { kind: 'facts', facts: { ...facts, nodeOnline: true, quorate } }
  } catch (error) {
    if (!isPartial(error)) throw error
    if (error.outage.kind === 'missing') return relocated(round, place, moves)
    noteFailure(there, error)
    return unreadable(round, place, error)
  }
}

/** A node that cannot be reached is given up at once, one that only hangs after a second try. */
function noteFailure(there: NodeRound, { outage }: PveError): void {
  const { kind } = outage
  if (kind === 'proxyTimeout' || kind === 'timeout') there.unanswered += 1
  if (kind === 'nodeDown' || there.unanswered >= PATIENCE) there.failure = outage
}

function nodeOffline(engine: Engine, { kind, node }: GuestPlace): PveError {
  return engine.outage('nodeDown', `GET /nodes/{node}/${kind}/{vmid}/status/current`, 'the node is offline', {
    node,
  })
}

/** Its node does not have it: it moved, or vanished, after it was listed. */
async function relocated(round: Round, place: GuestPlace, moves: number): Promise<FactsReading> {
  const listing = await round.relisted()
  const node = listedNode(listing, place)
  if (node === null) return unlisted(round, place)
  if (node === place.node || moves > 0) return { kind: 'gone', place }
  return readAt(round, { ...place, node }, moves + 1)
}

/** Lets so many run at a time per node; the others wait for their turn. */
function turnsPerNode(): <T>(node: string, run: () => Promise<T>) => Promise<T> {
  const lanes = new Map<string, Promise<unknown>[]>()
  return (node, run) => {
    const behind = lanes.get(node) ?? []
    lanes.set(node, behind)
    const before = behind.at(-AT_A_TIME) ?? Promise.resolve()
    // Whatever became of the one before.
    const turn = before.then(run, run)
    behind.push(turn)
    return turn
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make()
    return made
  }
}
