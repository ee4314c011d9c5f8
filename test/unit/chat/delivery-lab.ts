import { messageBudget } from '../../../src/chat/budget.js'
import { type Delivery, type DeliveryError, delivery, type Transport } from '../../../src/chat/delivery.js'
import { type Card, card } from '../../../src/core/card.js'
import type { Operation, OperationState } from '../../../src/core/operation.js'
import type { CardMessage } from '../../../src/ports/store/card-messages.js'
import type { OutboxItem } from '../../../src/ports/store/outbox.js'
import { operation } from '../core/operations.js'

/** A transport and stores that only remember, for tests of delivery. */

type Sent = readonly [what: 'post' | 'edit' | 'say', channel: string, text: string]

export function lab(options: { readonly perMinute?: number } = {}) {
  let now = 1_795_000_000_000
  let uptime = 0
  const operations = new Map<number, Operation>()
  const cards: CardMessage[] = []
  const outbox: OutboxItem[] = []
  const sent: Sent[] = []
  const faults: unknown[] = []
  const bindings = [{ channel: 'CA', approvals: true, workspace: 'lab' }]
  let failing: DeliveryError | null = null
  let hangs = false
  let storeFails = 0
  const undrawable = new Set<number>()
  const below: string[] = []
  const noted: boolean[] = []
  const given: number[] = []
  let messages = 0
  const reminders: { operation: number; card: Card }[] = []
  const clock = {
    now: () => new Date(now),
    monotonic: () => uptime,
    // Nothing waits for long here but what gives up.
    sleep: () => new Promise<void>((done) => setTimeout(done, 5)),
  }
  const failOr = <T>(go: () => T): T => {
    if (failing !== null) throw failing
    return go()
  }
  const transport: Transport<string> = {
    surface: 'slack',
    draw: ({ operation: one }) => {
      if (undrawable.has(one.id)) throw new Error('cannot be drawn')
      return { message: `op${one.id} ${one.state}`, hash: `${one.id}/${one.state}` }
    },
    post: async ({ channel }, message) =>
      failOr(async () => {
        if (hangs) await new Promise(() => {})
        sent.push(['post', channel, message])
        messages += 1
        return `m${messages}`
      }),
    edit: async ({ channel }, _id, message) => failOr(() => void sent.push(['edit', channel, message])),
    say: async (item, thread) => {
      if (item.card === '{}') throw new Error('damaged')
      failOr(() => void sent.push(['say', item.channel, `${item.key} ${thread}`]))
    },
    below: async ({ operation: one }) => {
      if (storeFails > 0) {
        storeFails -= 1
        throw new Error('disk full')
      }
      below.push(`${one.id}/${one.state}`)
    },
  }
  const put = (at: CardMessage, more: Partial<CardMessage>) => {
    cards[cards.indexOf(at)] = { ...at, ...more }
  }
  const find = (one: Pick<CardMessage, 'operation' | 'channel'>) => {
    const found = cards.find((each) => each.operation === one.operation && each.channel === one.channel)
    if (found === undefined) throw new Error('no such card')
    return found
  }
  const mail: Delivery = delivery({
    board: {
      view: async (id) => {
        const found = operations.get(id)
        return found === undefined ? null : { operation: found, card: card({ heading: 'x' }) }
      },
      waiting: async () =>
        [...operations.values()]
          .filter(({ state }) => state === 'waiting')
          .map(({ id, workspace }) => ({ operation: id, workspace })),
      onChange: () => () => {},
      reminders: () => reminders.splice(0),
    },
    stores: {
      bindings: { list: async () => bindings.map((each) => ({ ...each, surface: 'slack', name: '' })) },
      cards: {
        want: async (one) => {
          if (cards.some((each) => each.operation === one.operation && each.channel === one.channel)) return
          const empty = {
            message: null,
            delivered: null,
            final: false,
            failures: 0,
            error: null,
            notBefore: null,
          }
          cards.push({ ...one, ...empty })
        },
        open: async (surface) => cards.filter((each) => !each.final && each.surface === surface),
        of: async (id) => cards.filter((each) => each.operation === id),
        byMessage: async () => null,
        delivered: async (one, seen) => {
          noted.push(seen.final)
          put(find(one), { ...seen, failures: 0, error: null, notBefore: null })
        },
        lost: async (one, { error, notBefore }) => {
          const at = find(one)
          const again = { message: null, delivered: null, failures: at.failures + 1, error }
          put(at, { ...again, notBefore: notBefore.toISOString() })
        },
        refused: async (one, { error, delivered, final }) => {
          put(find(one), { error, delivered, final, failures: find(one).failures + 1 })
        },
        stuck: async () => ({ waiting: 0, givenUp: 0 }),
        failed: async (one, { error, notBefore }) => {
          const at = find(one)
          put(at, {
            error,
            failures: at.failures + 1,
            notBefore: notBefore?.toISOString() ?? null,
            final: notBefore === null,
          })
        },
      },
      outbox: {
        add: async (post) => {
          outbox.push({ ...post, id: outbox.length + 1, at: '', failures: 0, error: null })
          return true
        },
        due: async (surface) => outbox.filter((item) => item.surface === surface),
        done: async (id) =>
          void outbox.splice(
            outbox.findIndex((item) => item.id === id),
            1,
          ),
        failed: async (id, { notBefore }) => {
          if (notBefore !== null) return
          given.push(id)
          outbox.splice(
            outbox.findIndex((item) => item.id === id),
            1,
          )
        },
        waiting: async () => ({ waiting: outbox.length, givenUp: 0 }),
      },
      leases: { acquire: async () => true, release: async () => {}, holder: async () => null },
    },
    transport,
    budget: messageBudget(
      { perMinute: { post: options.perMinute ?? 60, edit: options.perMinute ?? 60 }, betweenPosts: 1000 },
      clock,
    ),
    clock,
    holder: 'me',
    onFault: (error) => `${faults.push(error)}`,
  })
  const base = {
    ...{ sent, below, noted, undrawable, mail },
    hang: () => {
      hangs = true
    },
    failStore: (times: number) => {
      storeFails = times
    },
  }
  const become = (id: number, state: OperationState) =>
    operations.set(id, { ...(operations.get(id) ?? operation()), id, state })
  return {
    ...base,
    given,
    cards,
    faults,
    outbox,
    become,
    remind: (operation: number) => reminders.push({ operation, card: card({ heading: 'still waits' }) }),
    look: async () => {
      now += 2500
      uptime += 2500
      await mail.once()
    },
    want: async (id: number, channel: string) => {
      become(id, operations.get(id)?.state ?? 'ready')
      const base = { operation: id, surface: 'slack' as const, channel, thread: null }
      cards.push({
        ...base,
        ...{ message: null, delivered: null, final: false, failures: 0, error: null, notBefore: null },
      })
    },
    fail: (error: DeliveryError | null) => {
      failing = error
    },
    wait: (milliseconds: number) => {
      now += milliseconds
      // It never goes back.
      uptime += Math.max(0, milliseconds)
    },
    say: (item: Partial<OutboxItem>) =>
      outbox.push({
        ...{ id: outbox.length + 1, surface: 'slack', channel: 'C1', under: null, card: null, files: [] },
        ...{ key: `k${outbox.length + 1}`, at: '', failures: 0, error: null },
        ...item,
      }),
  }
}
