import { ENDED } from '../../core/operation.js'
import type { BoardView } from '../../ports/board.js'
import type { CardMessage } from '../../ports/store/card-messages.js'
import { DeliveryError, type DeliveryParts, type Drawn, LONGEST_PAUSE_MS, later } from './parts.js'

/** One card of an operation in a channel: whether something is to be shown, and showing it. */

export type Due<Message> = {
  readonly card: CardMessage
  readonly view: BoardView
  readonly drawn: Drawn<Message>
  readonly over: boolean
}

/** What is over comes first, then what nobody has seen yet, then progress. */
export const rank = ({ card, over, view }: Due<unknown>): number =>
  over ? 0 : card.message === null ? 1 : view.operation.state === 'running' ? 3 : 2

/** What there is to show, where that is not what was delivered last. A card that cannot be drawn holds up no other. */
export async function dueOf<Message>(
  { transport, stores, clock, onFault }: DeliveryParts<Message>,
  card: CardMessage,
  view: BoardView,
): Promise<Due<Message> | null> {
  if (isPutOff(card, clock.now())) return null
  const over = ENDED.has(view.operation.state)
  try {
    const drawn = transport.draw(view)
    const same = card.message !== null && card.delivered === drawn.hash && over === card.final
    return same ? null : { card, view, drawn, over }
  } catch (error) {
    const notBefore = later(clock, card.failures, null)
    await stores.cards.failed(card, { error: `it cannot be drawn: ${onFault(error)}`, notBefore })
    return null
  }
}

function isPutOff({ notBefore }: CardMessage, now: Date): boolean {
  const ahead = notBefore === null ? 0 : Date.parse(notBefore) - now.getTime()
  // Further ahead than anything is put off: the clock was set back since.
  return ahead > 0 && ahead <= 2 * LONGEST_PAUSE_MS
}

/**
 * What belongs below is handed in after the message is known and before the card counts as delivered: whatever fails or ends
 * in between, it is handed in again, and taken once.
 */
export async function deliver<Message>(parts: DeliveryParts<Message>, due: Due<Message>): Promise<void> {
  const { transport, stores } = parts
  const { card, view, drawn, over } = due
  const message = await send(parts, due)
  if (message === null) return
  if (card.message === null) await stores.cards.delivered(card, { message, delivered: null, final: false })
  if (card.delivered === null || over) await transport.below(view)
  await stores.cards.delivered(card, { message, delivered: drawn.hash, final: over })
}

/** Posts or edits; gives the message, or null where that has to wait. */
async function send<Message>(parts: DeliveryParts<Message>, due: Due<Message>): Promise<string | null> {
  const { transport, budget } = parts
  const { card, view, drawn, over } = due
  const { channel, thread, message } = card
  // Progress takes only what the rest leaves.
  const modest = !over && view.operation.state === 'running'
  if (!budget.take(message === null ? 'post' : 'edit', channel, modest)) return null
  try {
    if (message === null) {
      const key = `${card.surface}:${channel}:op${card.operation}:card`
      return await transport.post({ channel, thread }, drawn.message, key)
    }
    await transport.edit({ channel, thread }, message, drawn.message)
    return message
  } catch (error) {
    await notDelivered(parts, due, error)
    return null
  }
}

async function notDelivered<Message>(
  { stores, budget, clock, onFault }: DeliveryParts<Message>,
  { card, over, drawn }: Due<Message>,
  thrown: unknown,
): Promise<void> {
  const error =
    thrown instanceof DeliveryError ? thrown : new DeliveryError(String(thrown), { cause: thrown })
  const { channel, message } = card
  if (error.retryAfter !== null) budget.blocked(message === null ? 'post' : 'edit', channel, error.retryAfter)
  const wait = later(clock, card.failures, error.retryAfter)
  // Somebody deleted it. While something may still happen, people must be able to see it.
  if (message !== null && (error.fixed || (error.gone && !over)))
    return stores.cards.lost(card, { message, error: error.message, notBefore: wait })
  onFault(thrown)
  // What is shown next may be taken again.
  if (message !== null && error.hopeless && !error.gone)
    return stores.cards.refused(card, { error: error.message, delivered: drawn.hash, final: over })
  await stores.cards.failed(card, { error: error.message, notBefore: error.hopeless ? null : wait })
}
