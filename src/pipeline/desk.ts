import { card } from '../core/card.js'
import type { Answer } from '../core/command.js'
import { type Operation, operationName, type Verdict } from '../core/operation.js'
import { holdsEverywhere, holdsFor, sameHuman } from '../core/people.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import type { DecisionWords, OperationsDesk } from '../ports/desk.js'
import type { Workspace } from '../ports/query.js'
import { mayDecide } from './deciders.js'
import { frozen } from './freeze.js'
import type { Speaker } from './identify.js'
import { pending } from './pending.js'
import { answerOf, cardOf, placesOfOperation } from './present.js'
import type { RoadParts } from './road-parts.js'
import { seesOperation } from './scope.js'
import { readPlan } from './stored-plan.js'
import { takeUp } from './take-up.js'
import { undo } from './undo.js'

type Known = Extract<Speaker, { readonly kind: 'known' }>
type At = { readonly parts: RoadParts; readonly speaker: Known; readonly workspace: Workspace }

/** The desk for one speaker. */
export function deskFor(parts: RoadParts, speaker: Known, workspace: Workspace): OperationsDesk {
  const at: At = { parts, speaker, workspace }
  return {
    decide: (id, verdict, words) =>
      withOperation(at, id, (operation) => decide(at, operation, verdict, words)),
    cancel: async (id, reason) =>
      (await closedDamaged(at, id)) ?? withOperation(at, id, (operation) => cancel(at, operation, reason)),
    resume: (id, { reason }) => withOperation(at, id, (operation) => takeUp(at, operation, reason)),
    undo: (id, { reason }) => withOperation(at, id, (operation) => undo(at, operation, reason)),
    why: (id) => withOperation(at, id, (operation) => cardOf(parts, operation, { withRules: true })),
    pending: (all) => pending(at, all),
  }
}

/** Commands that need the desk need a role, so nobody comes here without one. */
const nobody = (): Promise<Answer> =>
  Promise.resolve(refuse('no_role', 'This account belongs to nobody here.', '`whoami` tells how to get in.'))
export const nobodysDesk: OperationsDesk = {
  decide: nobody,
  cancel: nobody,
  resume: nobody,
  undo: nobody,
  why: nobody,
  pending: nobody,
}

async function withOperation(
  { parts, speaker, workspace }: At,
  id: number,
  go: (operation: Operation) => Promise<Answer>,
): Promise<Answer> {
  const operation = await parts.stores.operations.get(id)
  const seen =
    operation !== null &&
    (operation.requester.personId === speaker.person.id ||
      (await seesOperation(parts.stores, speaker.person.grants, operation)))
  if (operation === null || !seen)
    return refuse(
      'unknown_operation',
      `There is no operation ${operationName(id)}.`,
      '`approvals --all` lists them.',
    )
  if (operation.workspace !== workspace.name) {
    const read = await readPlan(parts.stores, operation)
    if (isRefusal(read)) return read
    return refuse(
      'unknown_operation',
      `${operationName(id)} belongs to workspace ${operation.workspace}.`,
      `Go there first: \`use ${operation.workspace}\`.`,
    )
  }
  return go(operation)
}

async function decide(at: At, operation: Operation, verdict: Verdict, words: DecisionWords): Promise<Answer> {
  const { parts, speaker } = at
  // Before anything of it is gone by. To end it needs neither rules nor proof.
  const settings = verdict === 'deny' ? null : parts.settings.current()
  if (settings !== null && isRefusal(settings)) return settings
  const read = verdict === 'deny' ? null : await readPlan(parts.stores, operation)
  if (isRefusal(read)) return read
  if (verdict !== 'deny') {
    const stopped = await frozen(parts, operation.workspace, operation.command, speaker.person.grants)
    if (stopped !== null) return stopped
  }
  const own = sameHuman(operation.requester, speaker.actor)
  if (verdict !== 'confirm' && !own) {
    const places = await placesOfOperation(parts, operation)
    if (!mayDecide(speaker.person, operation.requirement, places)) return notEligible(at, operation)
  }
  if (operation.state === 'waiting' && read !== null && read.plan.policyHash !== settings?.policyHash)
    return refuse(
      'plan_stale',
      `The policy was changed since ${operationName(operation.id)} was asked for.`,
      'Ask anew, so that it is judged by the policy as it is now.',
    )
  const applied = await parts.stores.operations.apply(
    operation.id,
    {
      kind: 'decide',
      verdict,
      actor: speaker.actor,
      digest: words.plan?.toLowerCase() ?? null,
      reason: words.reason,
      typed: words.typed,
    },
    parts.now(),
  )
  if (isRefusal(applied)) return applied
  if (applied.state === 'ready') parts.runner.kick(applied.id)
  return answerOf(at, applied)
}

function notEligible({ speaker }: At, operation: Operation): Refusal {
  const roles = ['approver', ...operation.requirement.roles].join(' and ')
  const some = holdsFor(speaker.person.grants, 'reader', {
    cluster: '',
    vmid: 0,
    node: '',
    pool: null,
    tags: [],
  })
  return refuse(
    some && !holdsEverywhere(speaker.person.grants, 'approver') ? 'no_role' : 'out_of_scope',
    `${speaker.person.name} may not decide ${operationName(operation.id)}: that takes ${roles} for all its guests.`,
    '`whoami` shows your roles and for what they hold.',
  )
}

/** An operation whose row was damaged by hand can be closed by an admin, so that its guests are free; null for others. */
async function closedDamaged({ parts, speaker }: At, id: number): Promise<Answer | null> {
  if (!holdsEverywhere(speaker.person.grants, 'admin')) return null
  const closed = await parts.stores.operations.closeDamaged(id, speaker.actor, parts.now())
  if (!closed) return null
  return card({
    heading: `${operationName(id)} is closed; it was damaged in the database`,
    tone: 'warning',
    text: 'Its guests are free. Look at them in Proxmox VE: what came of it cannot be told.',
  })
}

/** Who asked, who could have decided, and admins. */
async function cancel(at: At, operation: Operation, reason: string | null): Promise<Answer> {
  const { parts, speaker } = at
  const { grants } = speaker.person
  const places = await placesOfOperation(parts, operation)
  const may =
    operation.requester.personId === speaker.person.id ||
    holdsEverywhere(grants, 'admin') ||
    places.every((place) => holdsFor(grants, 'approver', place))
  if (!may)
    return refuse(
      'not_yours',
      `${operationName(operation.id)} can be cancelled by ${operation.requester.person}, by approvers and by admins.`,
      `Ask ${operation.requester.person}.`,
    )
  const applied = await parts.stores.operations.apply(
    operation.id,
    { kind: 'cancel', actor: speaker.actor, reason },
    parts.now(),
  )
  if (isRefusal(applied)) return applied
  parts.runner.kick(applied.id)
  return answerOf(at, applied)
}
