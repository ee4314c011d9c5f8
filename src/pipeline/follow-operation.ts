import { type Card, card } from '../core/card.js'
import type { Answer } from '../core/command.js'
import { fact } from '../core/facts.js'
import { ENDED, isOver, type Operation, operationName } from '../core/operation.js'
import { isRefusal, refuse } from '../core/refusal.js'
import type { FollowOptions } from '../ports/road.js'
import { settingsForSpeaking } from '../ports/settings.js'
import { identify } from './identify.js'
import { answerFor, cardOf, viewOf } from './present.js'
import type { RoadParts } from './road-parts.js'

/** How often the store is asked where another process executes. */
const LOOK_MS = 400
/** A large bulk changes hundreds of times a second; it is not looked at for each. */
const MANY = 10
const SELDOM_MS = 150
/** Lines of a running task's log on the live card. */
const TAIL_LINES = 1
/** So many tasks are shown with their newest line. */
const MOST_TAILS = 4

/** Looks on until an operation has ended, is unknown, or waits for a person; with `decisions` those are waited for too. */
export async function followOperation(
  parts: RoadParts,
  id: number,
  { caller, signal, update, decisions }: FollowOptions,
): Promise<Answer> {
  const speaker = await identify(caller, parts.stores.people, settingsForSpeaking(parts.settings))
  if (isRefusal(speaker)) return speaker
  if (speaker.kind === 'stranger')
    return refuse('no_role', 'This account belongs to nobody here.', '`whoami` tells how to get in.')
  let last = ''
  for (;;) {
    const operation = await parts.stores.operations.get(id)
    if (operation === null)
      return refuse(
        'unknown_operation',
        `There is no operation ${operationName(id)}.`,
        '`approvals --all` lists them.',
      )
    if (isEnough(operation, parts.now(), decisions)) {
      const view = await viewOf(parts, operation)
      // What nobody can decide any more waits for nobody.
      const stuck = view.edited !== null && view.operation.state === 'waiting'
      return stuck ? view.edited : answerFor({ parts, speaker }, view)
    }
    if (update !== undefined) {
      const card = await cardOf(parts, operation, { tails: await tailsOf(parts, operation) })
      const text = JSON.stringify(card)
      if (text !== last) update(card)
      last = text
    }
    signal?.throwIfAborted()
    const atLeast = operation.steps.length > MANY ? SELDOM_MS : 0
    await parts.runner.changed(id, { atLeast, atMost: LOOK_MS }, signal)
    signal?.throwIfAborted()
  }
}

function isEnough(operation: Operation, now: Date, decisions: boolean): boolean {
  const { state } = operation
  if (ENDED.has(state) || state === 'unknown') return true
  return state === 'waiting' && (!decisions || isOver(operation, now))
}

export async function tailsOf(
  parts: RoadParts,
  operation: Operation,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const running = operation.steps.filter(({ state, upid }) => state === 'following' && upid !== null)
  const tails = await Promise.all(
    running.slice(0, MOST_TAILS).map(async ({ index, cluster, upid }) => {
      const lines = await parts
        .pve(cluster)
        .tasks.logTail(upid ?? '', TAIL_LINES)
        .catch(() => [])
      return [index, lines] as const
    }),
  )
  return new Map(tails)
}

/** An operation that has waited for half its time. */
export function reminderCard(operation: Operation): Card {
  const name = operationName(operation.id)
  return card({
    heading: `${name} still waits: ${operation.command} ${operation.asked}`,
    tone: 'warning',
    text: '`approvals` shows what it needs.',
    facts: [fact('asked by', operation.requester.person), fact('expires', operation.expiresAt, 'time')],
  })
}
