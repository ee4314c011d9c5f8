import { ENDED } from '../core/operation.js'
import type { Board, BoardView } from '../ports/board.js'
import type { Clock } from '../ports/clock.js'
import type { Binding, BindingStore } from '../ports/store/bindings.js'
import type { CardMessage, CardMessageStore } from '../ports/store/card-messages.js'
import type { LeaseStore } from '../ports/store/leases.js'
import type { OutboxItem, OutboxStore } from '../ports/store/outbox.js'
import type { Budget } from './budget.js'

/**
 * Keeps the cards in channels as their operations are, and says what waits in the outbox. Cards are not queued: what was
 * delivered last is compared with what there is to show, so that an outage costs nothing but the states in between.
 */

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

  constructor(
    message: string,
    more: { readonly retryAfter?: number | null; readonly hopeless?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.retryAfter = more.retryAfter ?? null
    this.hopeless = more.hopeless ?? false
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

export type Delivery = {
  /** Delivers until the signal aborts. */
  readonly run: (signal: AbortSignal) => Promise<void>
  /** Something changed: look now. */
  readonly kick: () => void
  /** One look; for tests, and for a last one before the end. */
  readonly once: () => Promise<void>
}

const LOOK_MS = 700
/** Between two looks at an operation that runs. */
const PROGRESS_MS = 2000
const LEASE_MS = 15_000
const FIRST_PAUSE_MS = 2000
const LONGEST_PAUSE_MS = 5 * 60_000
const MOST_POSTS = 20

export function delivery<Message>(parts: DeliveryParts<Message>): Delivery {
  const { clock, transport, onFault } = parts
  let wake = (): void => {}
  const looked = new Map<number, number>()
  const once = () => look(parts, looked)
  return {
    kick: () => {
      looked.clear()
      wake()
    },
    once,
    run: async (signal) => {
      const lease = `delivery:${transport.surface}`
      const unheard = parts.board.onChange((operation) => {
        looked.delete(operation)
        wake()
      })
      while (!signal.aborted) {
        try {
          // One process of a home delivers, or everything would be said twice.
          if (await parts.stores.leases.acquire(lease, parts.holder, LEASE_MS, clock.now())) await once()
        } catch (error) {
          onFault(error)
        }
        await pause(clock, LOOK_MS, signal, (resume) => {
          wake = resume
        })
      }
      unheard()
      await parts.stores.leases.release(lease, parts.holder).catch(onFault)
    },
  }
}

/** Waits, until it is woken or the signal aborts. */
async function pause(
  clock: Clock,
  milliseconds: number,
  signal: AbortSignal,
  hand: (resume: () => void) => void,
): Promise<void> {
  const woken = new AbortController()
  hand(() => woken.abort())
  await clock.sleep(milliseconds, AbortSignal.any([signal, woken.signal])).catch(() => {})
}

async function look<Message>(parts: DeliveryParts<Message>, looked: Map<number, number>): Promise<void> {
  await wantApprovals(parts)
  const cards = await parts.stores.cards.open(parts.transport.surface)
  const views = await viewsOf(parts, cards, looked)
  const due = cards.flatMap((card) => {
    const view = views.get(card.operation)
    if (view === undefined) return []
    const drawn = parts.transport.draw(view)
    const over = ENDED.has(view.operation.state)
    return isDue(card, drawn.hash, over, parts.clock.now()) ? [{ card, view, drawn, over }] : []
  })
  // What is over comes first, then what nobody has seen yet, then progress.
  due.sort((a, b) => rank(a) - rank(b))
  for (const each of due) await deliver(parts, each)
  await remind(parts)
  await sayWhatWaits(parts)
}

type Due<Message> = {
  readonly card: CardMessage
  readonly view: BoardView
  readonly drawn: Drawn<Message>
  readonly over: boolean
}

const rank = ({ card, over, view }: Due<unknown>): number =>
  over ? 0 : card.message === null ? 1 : view.operation.state === 'running' ? 3 : 2

function isDue(card: CardMessage, hash: string, over: boolean, now: Date): boolean {
  const ahead = card.notBefore === null ? 0 : Date.parse(card.notBefore) - now.getTime()
  // Further ahead than anything is put off: the clock was set back since.
  if (ahead > 0 && ahead <= 2 * LONGEST_PAUSE_MS) return false
  return card.message === null || card.delivered !== hash || over !== card.final
}

/** What waits for other people is shown in every channel that is bound for approvals. */
async function wantApprovals<Message>({ board, stores, transport }: DeliveryParts<Message>): Promise<void> {
  const waiting = await board.waiting()
  if (waiting.length === 0) return
  const { surface } = transport
  const bindings = await stores.bindings.list({ surface })
  for (const { operation, workspace } of waiting)
    for (const { channel } of bindings.filter((each) => each.approvals && each.workspace === workspace))
      await stores.cards.want({ operation, surface, channel, thread: null })
}

/** What runs is looked at every few seconds: its newest lines are read from the cluster. */
async function viewsOf<Message>(
  { board, clock }: DeliveryParts<Message>,
  cards: readonly CardMessage[],
  looked: Map<number, number>,
): Promise<ReadonlyMap<number, BoardView>> {
  const views = new Map<number, BoardView>()
  const wanted = new Set(cards.map(({ operation }) => operation))
  for (const id of looked.keys()) if (!wanted.has(id)) looked.delete(id)
  for (const operation of wanted) {
    if (clock.monotonic() - (looked.get(operation) ?? Number.NEGATIVE_INFINITY) < PROGRESS_MS) continue
    const view = await board.view(operation).catch(() => null)
    if (view === null) continue
    views.set(operation, view)
    if (view.operation.state === 'running') looked.set(operation, clock.monotonic())
  }
  return views
}

async function deliver<Message>(
  { transport, stores, budget, clock, onFault }: DeliveryParts<Message>,
  { card, view, drawn, over }: Due<Message>,
): Promise<void> {
  const { channel, thread, message } = card
  const kind = message === null ? 'post' : 'edit'
  // Progress takes only what the rest leaves.
  if (!budget.take(kind, channel, !over && view.operation.state === 'running')) return
  try {
    const at = { channel, thread }
    const key = `${card.surface}:${channel}:op${card.operation}:card`
    const id = message ?? (await transport.post(at, drawn.message, key))
    if (message !== null) await transport.edit(at, message, drawn.message)
    await stores.cards.delivered(card, { message: id, delivered: drawn.hash, final: over })
    if (message === null || over) await transport.below(view)
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error
    if (error.retryAfter !== null) budget.blocked(kind, channel, error.retryAfter)
    onFault(error)
    const notBefore = error.hopeless ? null : later(clock, card.failures, error.retryAfter)
    await stores.cards.failed(card, { error: error.message, notBefore })
  }
}

/** A plan that has waited for half its time is brought back into view, below its cards. */
async function remind<Message>({ board, stores, transport, clock }: DeliveryParts<Message>): Promise<void> {
  const { surface } = transport
  for (const { operation, card } of board.reminders())
    for (const { channel } of await stores.cards.of(operation))
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

async function sayWhatWaits<Message>({
  transport,
  stores,
  budget,
  clock,
  onFault,
}: DeliveryParts<Message>): Promise<void> {
  const items = await stores.outbox.due(transport.surface, clock.now(), MOST_POSTS)
  for (const item of items) {
    const thread = await threadOf(stores.cards, item)
    // Its card is on its way: below it is where it belongs.
    if (thread === undefined || !budget.take('post', item.channel, false)) continue
    try {
      await transport.say(item, thread)
      await stores.outbox.done(item.id, clock.now())
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
      if (error.retryAfter !== null) budget.blocked('post', item.channel, error.retryAfter)
      onFault(error)
      const notBefore = error.hopeless ? null : later(clock, item.failures, error.retryAfter)
      await stores.outbox.failed(item.id, { error: error.message, notBefore }, clock.now())
    }
  }
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

function later(clock: Clock, failures: number, asked: number | null): Date {
  const own = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS)
  return new Date(clock.now().getTime() + Math.min(Math.max(own, asked ?? 0), 2 * LONGEST_PAUSE_MS))
}
