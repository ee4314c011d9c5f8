import { isOver, type Operation } from '../core/operation.js'
import { isRefusal } from '../core/refusal.js'
import { endedInDoubt } from '../pipeline/execution/doubt.js'
import { type ExecutionParts, LetGo } from '../pipeline/execution/parts.js'
import { runOperation } from '../pipeline/execution/run.js'
import { readPlan } from '../pipeline/stored-plan.js'
import type { Runner } from '../ports/runner.js'
import { mayBegin } from './begin.js'

export type RunnerOptions = Omit<ExecutionParts, 'onChange'>

/** What a runner looks after: what it was told of, all of the home, or all as the process whose task that is. */
export type RunnerDuty = 'own' | 'all' | 'serve'

export type RunnerHandle = Runner & {
  /** Begins to look after operations. Being told of one begins with that one by itself. */
  readonly start: (duty: RunnerDuty) => void
  /** Stops between two looks and lets go of what it holds, so that another process may take it at once. */
  readonly stop: () => Promise<void>
}

/** How often the store is looked at. */
/** Of each kind, oldest first. */
const MOST_OPEN = 5000
const LOOK_MS = 1000
/** A `serve` that is alive begins what is ready within this time; then somebody else may. */
const GRACE_MS = 10_000
/** How long ending waits for calls that are on their way. */
const LAST_WAIT_MS = 3000
const SERVE_LEASE = 'serve'
const SERVE_LEASE_MS = 15_000

/** Executes what is decided, adopts what others left, expires what nobody decided. */
export function createRunner(options: RunnerOptions): RunnerHandle {
  const { clock } = options
  const changes = changeBus()
  const parts: ExecutionParts = { ...options, onChange: changes.notify }
  const held = new Map<number, { readonly stop: () => void; readonly done: Promise<void> }>()
  const seen = new Map<number, Seen>()
  const own = new Set<number>()
  /** Operations that met a fault here are left alone for a while, by our own clock. */
  const notBefore = new Map<number, number>()
  const reminders: Operation[] = []
  const ending = new AbortController()
  let duty: RunnerDuty = 'own'
  const loops: Promise<void>[] = []

  const execute = (operation: Operation): void => {
    const controller = new AbortController()
    const done = whileBeating(parts, operation, controller)
      .catch((error: unknown) => {
        if (controller.signal.aborted) return
        if (!(error instanceof LetGo)) parts.onFault(error)
        notBefore.set(operation.id, clock.monotonic() + Math.max(LOOK_MS, options.timing.heartbeat))
      })
      .then(() => release(parts, operation.id))
      .catch(parts.onFault)
      .then(() => {
        held.delete(operation.id)
        changes.notify(operation.id)
      })
    held.set(operation.id, { stop: () => controller.abort(), done })
  }

  const consider = async (operation: Operation): Promise<void> => {
    if (ending.signal.aborted || held.has(operation.id)) return
    if (clock.monotonic() < (notBefore.get(operation.id) ?? 0)) return
    const lease = await mayBegin(parts, operation, freshSight(seen, operation, clock.monotonic()), {
      serve: duty === 'serve',
      served: () => servedByOther(parts),
      grace: GRACE_MS,
    })
    if (lease.kind !== 'take') return
    const claimed = await parts.stores.operations.claim(
      operation.id,
      { holder: parts.holder, seen: operation.lease, overrules: lease.overrules },
      clock.now(),
    )
    if (isRefusal(claimed)) return
    if (claimed.kind === 'held') {
      // Whoever holds its guests may be gone: then they are ours to look after, or this one waits for ever.
      for (const { operation: other } of claimed.by) own.add(other)
      return
    }
    if (held.has(operation.id)) return
    changes.notify(operation.id)
    execute(claimed.operation)
  }

  const tick = async (): Promise<void> => {
    const { operations } = parts.stores
    // What is decided or under way is never kept from its end by what only waits.
    const open = [
      ...(await operations.list({ states: ['ready', 'running'], limit: MOST_OPEN, oldestFirst: true })),
      ...(await operations.list({ states: ['waiting'], limit: MOST_OPEN, oldestFirst: true })),
    ]
    for (const operation of open) {
      if (ending.signal.aborted) return
      if (duty === 'own' && !own.has(operation.id)) continue
      await timeFor(parts, operation, (reminded) => reminders.push(reminded))
      if (operation.state !== 'waiting') await consider(operation)
    }
    const known = new Set(open.map(({ id }) => id))
    for (const id of seen.keys()) if (!known.has(id)) seen.delete(id)
  }

  const look = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await tick().catch((error: unknown) => {
        if (!ending.signal.aborted) parts.onFault(error)
      })
      await clock.sleep(LOOK_MS, ending.signal).catch(() => {})
    }
  }

  const start = (wanted: RunnerDuty): void => {
    if (ending.signal.aborted) return
    if (wanted !== 'own') duty = wanted
    if (loops.length === 0) loops.push(look())
    if (wanted === 'serve') loops.push(keepServing(parts, ending.signal))
  }

  return {
    start,
    kick: (id) => {
      own.add(id)
      changes.notify(id)
      parts.stores.operations
        .get(id)
        .then((operation) => (operation?.state === 'ready' ? consider(operation) : undefined))
        .catch(parts.onFault)
        .then(() => start('own'))
    },
    executing: () => [...held.keys()],
    served: () => servedByOther(parts),
    reminders: () => reminders.splice(0),
    changed: changes.wait,
    onChange: changes.listen,
    stop: async () => {
      ending.abort()
      for (const { stop } of held.values()) stop()
      const waited = new AbortController()
      const all = Promise.all([...held.values()].map(({ done }) => done))
      await Promise.race([all, clock.sleep(LAST_WAIT_MS, waited.signal).catch(() => {})])
      waited.abort()
      await Promise.all(loops)
    },
  }
}

/** Since when, by our own clock, an operation stands as it does. */
export type Seen = { readonly key: string; readonly since: number; readonly now: number }

function freshSight(seen: Map<number, Seen>, operation: Operation, now: number): Seen {
  const { lease, state } = operation
  const key = `${state}/${lease?.holder ?? ''}/${lease?.beat ?? 0}`
  const before = seen.get(operation.id)
  const sight = before?.key === key ? { ...before, now } : { key, since: now, now }
  seen.set(operation.id, sight)
  return sight
}

/** Expires what is over its time, and reminds of what has waited for half of it. */
async function timeFor(
  parts: ExecutionParts,
  operation: Operation,
  remind: (operation: Operation) => void,
): Promise<void> {
  if (operation.state === 'running') return
  const now = parts.clock.now()
  if (isOver(operation, now)) {
    await parts.stores.operations.apply(operation.id, { kind: 'expire' }, now)
    parts.onChange(operation.id)
    return
  }
  const half = (Date.parse(operation.createdAt) + Date.parse(operation.expiresAt)) / 2
  if (
    operation.state !== 'waiting' ||
    operation.remindedAt !== null ||
    now.getTime() + operation.clockAhead < half
  )
    return
  const reminded = await parts.stores.operations.apply(operation.id, { kind: 'remind' }, now)
  if (isRefusal(reminded) || reminded.remindedAt === null) return
  // What was edited can be decided by nobody, and is not told as if it could.
  if (!isRefusal(await readPlan(parts.stores, reminded))) remind(reminded)
}

/** Executes with a heartbeat. Without one for the lease's length the operation is let go of: others may take it. */
async function whileBeating(
  parts: ExecutionParts,
  operation: Operation,
  controller: AbortController,
): Promise<void> {
  const over = new AbortController()
  const beating = beat(parts, operation.id, controller, over.signal)
  try {
    if (!(await endedInDoubt(parts, operation))) await runOperation(parts, operation, controller.signal)
  } finally {
    over.abort()
    await beating
  }
}

async function beat(
  parts: ExecutionParts,
  id: number,
  controller: AbortController,
  over: AbortSignal,
): Promise<void> {
  const { clock, timing, stores, holder } = parts
  let last = clock.monotonic()
  while (!over.aborted && !controller.signal.aborted) {
    await clock.sleep(timing.heartbeat, over).catch(() => {})
    if (over.aborted) return
    const began = clock.monotonic()
    const alive = await stores.operations.beat(id, holder).catch((error: unknown) => {
      parts.onFault(error)
      return null
    })
    if (alive === true) last = began
    if (alive === false || clock.monotonic() - last > timing.lease) controller.abort()
  }
}

async function release(parts: ExecutionParts, id: number): Promise<void> {
  const { stores, holder, clock } = parts
  const operation = await stores.operations.get(id)
  if (operation?.lease?.holder === holder)
    await stores.operations.apply(id, { kind: 'release', holder }, clock.now())
}

async function servedByOther({ stores, clock, holder }: ExecutionParts): Promise<boolean> {
  const serving = await stores.leases.holder(SERVE_LEASE, clock.now())
  return serving !== null && serving !== holder
}

async function keepServing(parts: ExecutionParts, signal: AbortSignal): Promise<void> {
  const { stores, clock, holder } = parts
  while (!signal.aborted) {
    await stores.leases.acquire(SERVE_LEASE, holder, SERVE_LEASE_MS, clock.now()).catch(parts.onFault)
    await clock.sleep(SERVE_LEASE_MS / 3, signal).catch(() => {})
  }
  await stores.leases.release(SERVE_LEASE, holder).catch(parts.onFault)
}

type ChangeBus = {
  readonly notify: (id: number) => void
  readonly wait: Runner['changed']
  readonly listen: Runner['onChange']
}

function changeBus(): ChangeBus {
  const waiting = new Map<number, Set<() => void>>()
  const listeners = new Set<(id: number) => void>()
  return {
    notify: (id) => {
      for (const wake of waiting.get(id) ?? []) wake()
      for (const listener of listeners) listener(id)
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    wait: (id, { atLeast, atMost }, signal) =>
      new Promise((resolve) => {
        const group = waiting.get(id) ?? new Set()
        waiting.set(id, group)
        const end = (): void => {
          clearTimeout(latest)
          clearTimeout(earliest)
          signal?.removeEventListener('abort', end)
          group.delete(wake)
          if (group.size === 0 && waiting.get(id) === group) waiting.delete(id)
          resolve()
        }
        let early = atLeast > 0
        let woken = false
        const wake = (): void => {
          woken = true
          if (!early) end()
        }
        const earliest = setTimeout(() => {
          early = false
          if (woken) end()
        }, atLeast)
        const latest = setTimeout(end, atMost)
        signal?.addEventListener('abort', end, { once: true })
        group.add(wake)
      }),
  }
}
