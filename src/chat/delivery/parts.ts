import type { Board, BoardView } from '../../ports/board.js'
import type { Clock } from '../../ports/clock.js'
import type { Binding, BindingStore } from '../../ports/store/bindings.js'
import type { CardMessageStore } from '../../ports/store/card-messages.js'
import type { LeaseStore } from '../../ports/store/leases.js'
import type { OutboxItem, OutboxStore } from '../../ports/store/outbox.js'
import type { Budget } from '../budget.js'

/** What delivery and a surface know of each other. */

/** A card as a surface draws it; `hash` tells whether it differs from what was delivered. */
export type Drawn<Message> = { readonly message: Message; readonly hash: string }

/** A channel, and a thread of it where something was asked there. */
export type Spot = { readonly channel: string; readonly thread: string | null }

/** What a surface does for delivery. Its methods throw a `DeliveryError`. */
export type Transport<Message> = {
  readonly surface: Binding['surface']
  readonly draw: (view: BoardView) => Drawn<Message>
  /** Gives the message as the surface names it; `key` is the same for each try to post the same thing. */
  readonly post: (to: Spot, message: Message, key: string) => Promise<string>
  readonly edit: (at: Spot, id: string, message: Message) => Promise<void>
  /** Says something once; `thread` is where it belongs. */
  readonly say: (item: OutboxItem, thread: string | null) => Promise<void>
  /** What belongs below a card that is new, or over: long plans, ends of logs. */
  readonly below: (view: BoardView) => Promise<void>
}

/** Why something was not delivered. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  /** Milliseconds; null leaves it to the sender. */
  readonly retryAfter: number | null
  /** It will never be delivered: the channel or the message is gone. */
  readonly hopeless: boolean
  /** The message that was to be edited is not there any more. */
  readonly gone: boolean
  /** The message is there, and cannot be edited any more: another one has to take its place. */
  readonly fixed: boolean
  /** The platform was there, and did not take this very thing. */
  readonly refused: boolean

  constructor(
    message: string,
    more: {
      readonly retryAfter?: number | null
      readonly hopeless?: boolean
      readonly gone?: boolean
      readonly fixed?: boolean
      readonly refused?: boolean
      readonly cause?: unknown
    } = {},
  ) {
    super(message, { cause: more.cause })
    this.retryAfter = more.retryAfter ?? null
    this.gone = more.gone ?? false
    this.hopeless = more.hopeless ?? this.gone
    this.fixed = more.fixed ?? false
    this.refused = more.refused ?? false
  }
}

export type DeliveryParts<Message> = {
  readonly board: Board
  readonly stores: {
    readonly bindings: Pick<BindingStore, 'list'>
    readonly cards: CardMessageStore
    readonly outbox: OutboxStore
    readonly leases: LeaseStore
  }
  readonly transport: Transport<Message>
  readonly budget: Budget
  readonly clock: Clock
  readonly holder: string
  readonly onFault: (error: unknown) => string
}

const FIRST_PAUSE_MS = 2000
export const LONGEST_PAUSE_MS = 5 * 60_000

/** When something that failed is tried again. */
export function later(clock: Clock, failures: number, asked: number | null): Date {
  const own = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS)
  return new Date(clock.now().getTime() + Math.min(Math.max(own, asked ?? 0), 2 * LONGEST_PAUSE_MS))
}
