import type { Card } from '../core/card.js'
import type { Answer } from '../core/command.js'
import { missingDecisions, type Operation, type OperationState } from '../core/operation.js'
import { choicesOf, operationCard } from '../core/operation-card.js'
import { type Place, sameHuman } from '../core/people.js'
import { isRefusal } from '../core/refusal.js'
import { reportOf } from '../core/report.js'
import { placesOf } from './authorise.js'
import { decidersOf, mayDecide } from './deciders.js'
import type { Speaker } from './identify.js'
import type { RoadParts } from './road.js'
import { readPlan } from './stored-plan.js'

/** Operations as people see them: with their plan, who could decide them, and whom they wait for. */

type Presenting = {
  readonly parts: RoadParts
  readonly speaker: Extract<Speaker, { readonly kind: 'known' }>
}

/** States of which something may still come. */
export const OPEN: readonly OperationState[] = ['waiting', 'ready', 'running', 'unknown']

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

/** An operation as the answer to whoever did something with it. */
export async function answerOf({ parts, speaker }: Presenting, operation: Operation): Promise<Answer> {
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
  const heldBy = operation.state === 'ready' ? await parts.stores.operations.holders(operation.id) : []
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
