import type { BoardView } from '../ports/board.js'
import type { Clock } from '../ports/clock.js'
import type { CardMessage } from '../ports/store/card-messages.js'
import { type Due, deliver, dueOf, rank } from './delivery/cards.js'
import { remind, sayWhatWaits } from './delivery/outbox.js'
import type { DeliveryParts } from './delivery/parts.js'

/**
 * Keeps the cards in channels as their operations are, and says what waits in the outbox. Cards are not queued: what was
 * delivered last is compared with what there is to show, so that an outage costs nothing but the states in between.
 */

export { DeliveryError, type DeliveryParts, type Drawn, type Spot, type Transport } from './delivery/parts.js'

export type Delivery = {
  /** Delivers until the signal aborts; does not wait for a platform that does not answer. */
  readonly run: (signal: AbortSignal) => Promise<void>
  /** Something changed: look now. */
  readonly kick: () => void
  /** One look. */
  readonly once: () => Promise<void>
  /** A last look after `run`, so that what ended meanwhile is shown as it is; given up after so many milliseconds. Never throws. */
  readonly last: (milliseconds: number) => Promise<void>
}

const LOOK_MS = 700
/** Between two looks at an operation that runs. */
const PROGRESS_MS = 2000
const LEASE_MS = 15_000

export function delivery<Message>(parts: DeliveryParts<Message>): Delivery {
  const { clock, transport, onFault } = parts
  let wake = (): void => {}
  const looked = new Map<number, number>()
  let looking: Promise<void> = Promise.resolve()
  /** One look at a time, or two would post the same card. */
  const lookOnce = (goOn: () => boolean): Promise<void> => {
    looking = looking.catch(() => {}).then(() => look(parts, looked, goOn))
    return looking
  }
  return {
    kick: () => {
      looked.clear()
      wake()
    },
    once: () => lookOnce(() => true),
    last: (milliseconds) => {
      looked.clear()
      return lastLook(parts, milliseconds, lookOnce)
    },
    run: async (signal) => {
      const lease = `delivery:${transport.surface}`
      const unheard = parts.board.onChange((operation) => {
        looked.delete(operation)
        wake()
      })
      while (!signal.aborted) {
        try {
          // One process of a home delivers, or everything would be said twice.
          if (await parts.stores.leases.acquire(lease, parts.holder, LEASE_MS, clock.now()))
            await unlessAborted(
              lookOnce(() => !signal.aborted),
              signal,
            )
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

async function lastLook<Message>(
  { clock, onFault }: DeliveryParts<Message>,
  milliseconds: number,
  lookOnce: (goOn: () => boolean) => Promise<void>,
): Promise<void> {
  const over = new AbortController()
  let given = true
  const late = clock.sleep(milliseconds, over.signal).catch(() => {})
  // What hangs beyond that comes to its end when nothing is there any more that it could be noted in.
  const looking = lookOnce(() => given).catch((error: unknown) => {
    if (given) onFault(error)
  })
  await Promise.race([looking, late])
  given = false
  over.abort()
}

/** Waits for something, but not beyond the signal. */
async function unlessAborted(going: Promise<void>, signal: AbortSignal): Promise<void> {
  going.catch(() => {})
  let stop = (): void => {}
  const aborted = new Promise<void>((done) => {
    stop = done
    if (signal.aborted) done()
    else signal.addEventListener('abort', stop, { once: true })
  })
  await Promise.race([going, aborted])
  signal.removeEventListener('abort', stop)
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

async function look<Message>(
  parts: DeliveryParts<Message>,
  looked: Map<number, number>,
  goOn: () => boolean,
): Promise<void> {
  await wantApprovals(parts)
  const cards = await parts.stores.cards.open(parts.transport.surface)
  const views = await viewsOf(parts, cards, looked)
  const due: Due<Message>[] = []
  for (const card of cards) {
    const view = views.get(card.operation)
    const one = view === undefined ? null : await dueOf(parts, card, view)
    if (one !== null) due.push(one)
  }
  due.sort((a, b) => rank(a) - rank(b))
  for (const each of due) if (goOn()) await deliver(parts, each)
  if (goOn()) await remind(parts)
  if (goOn()) await sayWhatWaits(parts, goOn)
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
