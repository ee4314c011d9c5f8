import type { Card } from '../core/card.js'
import type { Answer } from '../core/command.js'
import { editedCard } from '../core/edited-card.js'
import { missingDecisions, type Operation, type OperationState } from '../core/operation.js'
import { choicesOf, operationCard } from '../core/operation-card.js'
import { type Place, sameHuman } from '../core/people.js'
import { isRefusal, type Refusal } from '../core/refusal.js'
import { reportOf } from '../core/report.js'
import { placesOf } from './authorise.js'
import { decidersOf, mayDecide } from './deciders.js'
import type { Speaker } from './identify.js'
import type { RoadParts } from './road-parts.js'
import { type ReadPlan, readPlan } from './stored-plan.js'

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

/** An operation as it is seen, by anybody. */
export type OperationView = {
  readonly operation: Operation
  readonly card: Card
  /** Its rows were edited by hand: nothing may be chosen, and nothing of them is to be told. */
  readonly edited: Refusal | null
}

/** An operation as the answer to whoever did something with it. */
export async function answerOf(at: Presenting, operation: Operation): Promise<Answer> {
  return answerFor(at, await viewOf(at.parts, operation))
}

/** What is seen, with what the speaker may choose. */
export async function answerFor(
  { parts, speaker }: Presenting,
  { operation, card, edited }: OperationView,
): Promise<Extract<Answer, { readonly kind: 'operation' }>> {
  const report = reportOf(operation)
  if (edited !== null)
    return {
      kind: 'operation',
      report: { ...report, code: edited.code, needs: 'nothing' },
      card,
      choices: [],
    }
  const places = await placesOfOperation(parts, operation)
  const requester = operation.requester.personId === speaker.person.id
  const approver =
    !sameHuman(operation.requester, speaker.actor) && mayDecide(speaker.person, operation.requirement, places)
  return { kind: 'operation', report, card, choices: choicesOf(operation, { requester, approver }) }
}

type Extra = {
  readonly withRules?: boolean
  readonly tails?: ReadonlyMap<number, readonly string[]>
}

/** The card of an operation with its plan, who could approve it, and whom it waits for. */
export async function viewOf(
  parts: RoadParts,
  operation: Operation,
  more: Extra = {},
): Promise<OperationView> {
  const read = await readPlan(parts.stores, operation)
  return isRefusal(read) ? editedView(parts, operation, read) : soundView(parts, read, more)
}

export async function cardOf(parts: RoadParts, operation: Operation, more: Extra = {}): Promise<Card> {
  return (await viewOf(parts, operation, more)).card
}

async function editedView(
  { stores }: Pick<RoadParts, 'stores'>,
  operation: Operation,
  edited: Refusal,
): Promise<OperationView> {
  const [asked = null] = await stores.audit.list({
    operation: operation.id,
    actions: ['operation.asked'],
    limit: 1,
  })
  return { operation, edited, card: editedCard(operation, edited, asked) }
}

async function soundView(
  parts: RoadParts,
  { operation, plan, shown }: ReadPlan,
  more: Extra,
): Promise<OperationView> {
  const waiting = operation.state === 'waiting' && missingDecisions(operation).approvals > 0
  const approvers = waiting ? await approversOf(parts, operation) : []
  const heldBy = operation.state === 'ready' ? await parts.stores.operations.holders(operation.id) : []
  const freeze = OPEN.includes(operation.state)
    ? await parts.stores.freezes.current(operation.workspace, parts.now())
    : null
  const notice =
    freeze === null
      ? {}
      : { notice: `Changes in workspace ${operation.workspace} are stopped: ${freeze.reason}.` }
  const card = operationCard(operation, { plan, shown, approvers, heldBy, ...more, ...notice })
  return { operation, card, edited: null }
}

async function approversOf(parts: RoadParts, operation: Operation): Promise<readonly string[]> {
  const people = await parts.stores.people.list()
  const places = await placesOfOperation(parts, operation)
  const decided = operation.decisions.map(({ actor }) => actor.personId)
  return decidersOf(people, operation.requester, operation.requirement, places)
    .others.filter(({ id }) => !decided.includes(id))
    .map(({ name }) => name)
}
