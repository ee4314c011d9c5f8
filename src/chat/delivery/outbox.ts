import type { CardMessageStore } from '../../ports/store/card-messages.js'
import type { OutboxItem } from '../../ports/store/outbox.js'
import { DeliveryError, type DeliveryParts, later } from './parts.js'

/** What is said once: reminders, files, ends of logs. */

const MOST_POSTS = 20
/** About an hour of tries: what a platform does not take for so long holds up the others of its channel no more. */
const MOST_REFUSALS = 20

/** A plan that has waited for half its time is brought back into view, below its cards, whichever chat they are in. */
export async function remind<Message>({ board, stores, clock }: DeliveryParts<Message>): Promise<void> {
  for (const { operation, card } of board.reminders())
    for (const { channel, surface } of await stores.cards.of(operation))
      await stores.outbox.add(
        {
          surface,
          channel,
          under: { kind: 'operation', operation },
          card: JSON.stringify(card),
          files: [],
          key: `${surface}:${channel}:op${operation}:reminder`,
        },
        clock.now(),
      )
}

export async function sayWhatWaits<Message>(
  parts: DeliveryParts<Message>,
  goOn: () => boolean,
): Promise<void> {
  const { transport, stores, budget, clock } = parts
  for (const item of await stores.outbox.due(transport.surface, clock.now(), MOST_POSTS)) {
    if (!goOn()) return
    const thread = await threadOf(stores.cards, item)
    // What belongs to an answer for one person leaves a share to what a channel waits for.
    const modest = item.under?.kind !== 'operation'
    // Its card is on its way: below it is where it belongs.
    if (thread === undefined || !budget.take('post', item.channel, modest)) continue
    const why = await transport.say(item, thread).then(
      () => null,
      (error: unknown) => ({ error }),
    )
    if (why === null) await stores.outbox.done(item.id, clock.now())
    else await notSaid(parts, item, why.error)
  }
}

async function notSaid<Message>(
  { stores, budget, clock, onFault }: DeliveryParts<Message>,
  item: OutboxItem,
  thrown: unknown,
): Promise<void> {
  // No answer of the platform: what is to be said cannot be read or drawn, and would hold up what comes behind it for ever.
  const error =
    thrown instanceof DeliveryError
      ? thrown
      : new DeliveryError(`it cannot be drawn: ${String(thrown)}`, { hopeless: true, cause: thrown })
  if (error.retryAfter !== null) budget.blocked('post', item.channel, error.retryAfter)
  onFault(thrown)
  const over = error.hopeless || (error.refused && item.failures >= MOST_REFUSALS)
  const notBefore = over ? null : later(clock, item.failures, error.retryAfter)
  await stores.outbox.failed(item.id, { error: error.message, notBefore }, clock.now())
}

async function threadOf(
  cards: Pick<CardMessageStore, 'of'>,
  { under, surface, channel }: OutboxItem,
): Promise<string | null | undefined> {
  if (under === null) return null
  if (under.kind === 'message') return under.message
  const card = (await cards.of(under.operation)).find(
    (each) => each.surface === surface && each.channel === channel,
  )
  if (card === undefined || (card.message === null && card.notBefore === null && card.failures > 0))
    return null
  return card.thread ?? card.message ?? undefined
}
