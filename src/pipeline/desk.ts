import type { Card } from '../core/card.js'
import { card } from '../core/card.js'
import type { Answer } from '../core/command.js'
import { column, count } from '../core/facts.js'
import {
  missingDecisions,
  type Operation,
  type OperationState,
  operationName,
  type Verdict,
} from '../core/operation.js'
import { choicesOf, operationCard } from '../core/operation-card.js'
import { holdsEverywhere, holdsFor, type Place, sameHuman } from '../core/people.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import { reportOf } from '../core/report.js'
import type { DecisionWords, OperationsDesk } from '../ports/desk.js'
import type { Workspace } from '../ports/query.js'
import { placesOf } from './authorise.js'
import { decidersOf, mayDecide } from './deciders.js'
import { frozen } from './freeze.js'
import type { Speaker } from './identify.js'
import type { RoadParts } from './road.js'
import { readPlan } from './stored-plan.js'
import { takeUp } from './take-up.js'
import { undo } from './undo.js'

type Known = Extract<Speaker, { readonly kind: 'known' }>
type At = { readonly parts: RoadParts; readonly speaker: Known; readonly workspace: Workspace }

const OPEN: readonly OperationState[] = ['waiting', 'ready', 'running', 'unknown']

/** The desk for one speaker. */
export function deskFor(parts: RoadParts, speaker: Known, workspace: Workspace): OperationsDesk {
  const at: At = { parts, speaker, workspace }
  return {
    decide: (id, verdict, words) =>
      withOperation(at, id, (operation) => decide(at, operation, verdict, words)),
    cancel: (id, reason) => withOperation(at, id, (operation) => cancel(at, operation, reason)),
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
  { parts, workspace }: At,
  id: number,
  go: (operation: Operation) => Promise<Answer>,
): Promise<Answer> {
  const operation = await parts.stores.operations.get(id)
  if (operation === null)
    return refuse(
      'unknown_operation',
      `There is no operation ${operationName(id)}.`,
      '`approvals --all` lists them.',
    )
  if (operation.workspace !== workspace.name)
    return refuse(
      'unknown_operation',
      `${operationName(id)} belongs to workspace ${operation.workspace}.`,
      `Go there first: \`use ${operation.workspace}\`.`,
    )
  return go(operation)
}

/** Where an operation's guests are now, for scopes. */
export async function placesOfOperation(
  parts: Pick<RoadParts, 'stores'>,
  operation: Operation,
): Promise<readonly (Place & { readonly name: string })[]> {
  const clusters = [...new Set(operation.steps.map(({ cluster }) => cluster))]
  const pictures = await Promise.all(clusters.map((cluster) => parts.stores.inventory.base(cluster)))
  return placesOf(
    operation.steps.map((step) => ({ ...step, node: step.node ?? '' })),
    pictures.filter((picture) => picture !== null),
  )
}

async function decide(at: At, operation: Operation, verdict: Verdict, words: DecisionWords): Promise<Answer> {
  const { parts, speaker } = at
  const settings = parts.settings.current()
  if (isRefusal(settings)) return settings
  if (verdict !== 'deny') {
    const stopped = await frozen(parts, operation.workspace, operation.command, speaker.person.grants)
    if (stopped !== null) return stopped
  }
  const own = sameHuman(operation.requester, speaker.actor)
  if (verdict !== 'confirm' && !own) {
    const places = await placesOfOperation(parts, operation)
    if (!mayDecide(speaker.person, operation.requirement, places)) return notEligible(at, operation)
  }
  if (verdict !== 'deny') {
    const read = await readPlan(parts.stores, operation)
    if (isRefusal(read)) return read
    if (operation.state === 'waiting' && read.plan.policyHash !== settings.policyHash)
      return refuse(
        'plan_stale',
        `The policy was changed since ${operationName(operation.id)} was asked for.`,
        'Ask anew, so that it is judged by the policy as it is now.',
      )
  }
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

/** An operation as the answer to whoever did something with it. */
export async function answerOf(
  { parts, speaker }: Pick<At, 'parts' | 'speaker'>,
  operation: Operation,
): Promise<Answer> {
  const card = await cardOf(parts, operation)
  const places = await placesOfOperation(parts, operation)
  const requester = operation.requester.personId === speaker.person.id
  const approver =
    !sameHuman(operation.requester, speaker.actor) && mayDecide(speaker.person, operation.requirement, places)
  return {
    kind: 'operation',
    report: reportOf(operation),
    card,
    choices: choicesOf(operation, { requester, approver }),
  }
}

/** The card of an operation with its plan, who could approve it, and whom it waits for. */
export async function cardOf(
  parts: RoadParts,
  operation: Operation,
  more: {
    readonly withRules?: boolean
    readonly tails?: ReadonlyMap<number, readonly string[]>
  } = {},
): Promise<Card> {
  const read = await readPlan(parts.stores, operation)
  const waiting = operation.state === 'waiting' && missingDecisions(operation).approvals > 0
  const approvers = waiting ? await approversOf(parts, operation) : []
  const heldBy = operation.state === 'ready' ? await holdersOf(parts, operation) : []
  const freeze = OPEN.includes(operation.state)
    ? await parts.stores.freezes.current(operation.workspace, parts.now())
    : null
  const notice = isRefusal(read)
    ? read.message
    : freeze === null
      ? undefined
      : `Changes in workspace ${operation.workspace} are stopped: ${freeze.reason}.`
  return operationCard(operation, {
    plan: isRefusal(read) ? null : read.plan,
    shown: isRefusal(read) ? null : read.shown,
    approvers,
    heldBy,
    ...more,
    ...(notice === undefined ? {} : { notice }),
  })
}

async function approversOf(parts: RoadParts, operation: Operation): Promise<readonly string[]> {
  const people = await parts.stores.people.list()
  const places = await placesOfOperation(parts, operation)
  const decided = operation.decisions.map(({ actor }) => actor.personId)
  return decidersOf(people, operation.requester, operation.requirement, places)
    .others.filter(({ id }) => !decided.includes(id))
    .map(({ name }) => name)
}

/** Other operations that have their hands on its guests. */
async function holdersOf(parts: RoadParts, operation: Operation) {
  const others = await parts.stores.operations.list({ states: ['running', 'unknown'], limit: 200 })
  const mine = new Set(operation.steps.map(({ cluster, vmid }) => `${cluster}/${vmid}`))
  return others.flatMap((other) =>
    other.id === operation.id
      ? []
      : other.steps
          .filter(
            ({ cluster, vmid, state }) =>
              mine.has(`${cluster}/${vmid}`) && ['pending', 'sent', 'following', 'unknown'].includes(state),
          )
          .slice(0, 1)
          .map(({ name }) => ({ guest: name, operation: other.id })),
  )
}

async function pending(at: At, all: boolean): Promise<Answer> {
  const { parts, speaker, workspace } = at
  const listed = await parts.stores.operations.list({
    workspaces: [workspace.name],
    ...(all ? {} : { states: OPEN }),
    limit: all ? 50 : 200,
  })
  const now = parts.now().getTime()
  const operations = listed.filter(
    (each) => all || each.state === 'running' || each.state === 'unknown' || Date.parse(each.expiresAt) > now,
  )
  const choices = await Promise.all(
    operations.map(async (operation) => {
      const answer = await answerOf(at, operation)
      return answer.kind === 'operation' ? answer.choices : []
    }),
  )
  const waiting = operations.filter(({ state }) => state === 'waiting').length
  return {
    kind: 'choice',
    choices: choices.flat(),
    card: card({
      heading: all
        ? `The newest ${count(operations.length, 'operation')}`
        : headingOf(waiting, operations.length),
      tone: waiting > 0 ? 'warning' : 'neutral',
      table: {
        columns: [
          column('id', 'operation', 'text', 0),
          column('what', 'what', 'text', 0),
          column('state', 'state', 'state', 0),
          column('by', 'asked by', 'text', 1),
          column('needs', 'waits for', 'text', 1),
          column('until', 'expires', 'time', 2),
          column('plan', 'plan', 'text', 3),
        ],
        rows: operations.map((operation) => ({
          id: operationName(operation.id),
          what: `${operation.command} ${operation.asked}`,
          state: operation.state,
          by: operation.requester.person,
          needs: needsText(operation, speaker),
          until: operation.state === 'waiting' ? operation.expiresAt : null,
          plan: operation.planDigest.slice(0, 8),
        })),
        empty: all ? 'There was no operation yet.' : 'Nothing waits.',
      },
    }),
  }
}

function headingOf(waiting: number, all: number): string {
  if (all === 0) return 'Nothing waits'
  const rest = all - waiting
  const parts = [
    ...(waiting > 0 ? [`${count(waiting, 'operation')} to decide`] : []),
    ...(rest > 0 ? [`${rest} on the way`] : []),
  ]
  return parts.join(', ')
}

function needsText(operation: Operation, speaker: Known): string {
  switch (operation.state) {
    case 'waiting': {
      const missing = missingDecisions(operation)
      const who = operation.requester.personId === speaker.person.id ? 'you' : operation.requester.person
      const parts = [
        ...(missing.confirm ? [`confirmation by ${who}`] : []),
        ...(missing.approvals > 0 ? [count(missing.approvals, 'approval')] : []),
      ]
      return parts.join(', ')
    }
    case 'unknown':
      return 'continue or cancel'
    default:
      return ''
  }
}
