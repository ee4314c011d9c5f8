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
  | { readonly kind: 'take'; readonly overrules: readonly number[] }
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
  return { kind: 'take', overrules: await overruling(parts, operation) }
}

function mayTakeOver({ timing, holder }: ExecutionParts, { lease }: Operation, seen: Seen): MayBegin {
  if (lease === null) return { kind: 'take', overrules: [] }
  // Ours, and nobody here works on it any more: what stopped it (a full disk) may be over.
  if (lease.holder === holder) return { kind: 'take', overrules: [] }
  const silent = seen.now - seen.since
  return silent > timing.lease + timing.sendMargin ? { kind: 'take', overrules: [] } : LEAVE
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
    await stores.operations.apply(operation.id, { kind: 'cancel', actor: null, reason }, clock.now())
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

/** The targets whose running shutdown the plan of a `stop` ends: what was decided on says so, and Proxmox VE is told to. */
async function overruling(
  { stores }: Pick<ExecutionParts, 'stores'>,
  operation: Operation,
): Promise<readonly number[]> {
  if (operation.command !== 'stop') return []
  const read = await readPlan(stores, operation)
  if (isRefusal(read)) return []
  return read.plan.targets.flatMap(({ call }, index) => (call.overruleShutdown ? [index] : []))
}
