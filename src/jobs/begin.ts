import type { Operation } from '../core/operation.js'
import { grantsOf, holdsFor } from '../core/people.js'
import { isRefusal } from '../core/refusal.js'
import { mayDecide } from '../pipeline/deciders.js'
import type { ExecutionParts } from '../pipeline/execution/parts.js'
import { frozen } from '../pipeline/freeze.js'
import { placesOfOperation } from '../pipeline/present.js'
import { readPlan } from '../pipeline/stored-plan.js'
import type { Seen } from './runner.js'

export type MayBegin =
  | { readonly kind: 'take'; readonly overtakes: readonly number[] }
  /** Not now, or not by us. */
  | { readonly kind: 'leave' }

type Around = {
  readonly serve: boolean
  readonly served: () => Promise<boolean>
  /** Milliseconds. */
  readonly grace: number
}

const LEAVE: MayBegin = { kind: 'leave' }

/**
 * Whether this process may take an operation: a ready one whose people still have the right to it, or one that another
 * process has shown no sign of life of for so long that none of its calls can still be on its way.
 */
export async function mayBegin(
  parts: ExecutionParts,
  operation: Operation,
  seen: Seen,
  around: Around,
): Promise<MayBegin> {
  if (operation.state === 'running') return mayTakeOver(parts, operation, seen)
  if (operation.state !== 'ready') return LEAVE
  const waited = seen.now - seen.since
  if (!around.serve && waited < around.grace && (await around.served())) return LEAVE
  if (isRefusal(parts.settings.current())) return LEAVE
  if (!(await stillAllowed(parts, operation))) return LEAVE
  return { kind: 'take', overtakes: await overtaken(parts, operation) }
}

function mayTakeOver({ timing, holder }: ExecutionParts, { lease }: Operation, seen: Seen): MayBegin {
  if (lease === null) return { kind: 'take', overtakes: [] }
  // Ours, and nobody here works on it any more: what stopped it (a full disk) may be over.
  if (lease.holder === holder) return { kind: 'take', overtakes: [] }
  const silent = seen.now - seen.since
  return silent > timing.lease + timing.sendMargin ? { kind: 'take', overtakes: [] } : LEAVE
}

/**
 * The requester and every decider are looked at once more. A decision whose person lost the right to it does not count any
 * more; a requester who may not ask for it any more has withdrawn it.
 */
async function stillAllowed(parts: ExecutionParts, operation: Operation): Promise<boolean> {
  const { stores, clock } = parts
  const people = await stores.people.list()
  const places = await placesOfOperation({ stores }, operation)
  const requester = people.find(({ id }) => id === operation.requester.personId)
  const stopped = await frozen(
    { stores, now: () => clock.now() },
    operation.workspace,
    operation.command,
    grantsOf(requester, operation.requester),
  )
  if (stopped !== null) return false
  const held = grantsOf(requester, operation.requester)
  if (!places.every((place) => holdsFor(held, 'operator', place))) {
    const reason = 'the requester may not ask for it any more'
    await stores.operations.apply(
      operation.id,
      { kind: 'cancel', actor: operation.requester, reason },
      clock.now(),
    )
    parts.onChange(operation.id)
    return false
  }
  const lost = operation.decisions.filter(({ counts, verdict, actor }) => {
    const person = people.find(({ id }) => id === actor.personId)
    const really = actor.realPersonId === null || people.some(({ id }) => id === actor.realPersonId)
    const may = person !== undefined && really && mayDecide(person, operation.requirement, places)
    return counts && verdict === 'approve' && !may
  })
  if (lost.length === 0) return true
  const persons = lost.map(({ actor }) => actor.personId)
  const why = 'they lost the right to approve it'
  await stores.operations.apply(operation.id, { kind: 'retract', persons, why }, clock.now())
  parts.onChange(operation.id)
  return false
}

/** Running shutdowns of the same guests, where this is a `stop` that may overtake them. */
async function overtaken(
  { stores }: Pick<ExecutionParts, 'stores'>,
  operation: Operation,
): Promise<readonly number[]> {
  if (operation.command !== 'stop') return []
  const read = await readPlan(stores, operation)
  // Only where the plan says so: what was decided on ends the shutdown, and Proxmox VE is told to.
  const meant = (index: number) =>
    !isRefusal(read) && read.plan.targets[index]?.call.overruleShutdown === true
  const running = await stores.operations.list({ states: ['running'], limit: 200 })
  const mine = new Set(
    operation.steps.filter(({ index }) => meant(index)).map(({ cluster, vmid }) => `${cluster}/${vmid}`),
  )
  return running
    .filter(({ command, steps }) => {
      const shared = steps.filter(({ cluster, vmid }) => mine.has(`${cluster}/${vmid}`))
      return command === 'shutdown' && shared.length > 0 && shared.every(({ state }) => state === 'following')
    })
    .map(({ id }) => id)
}
