// What people do, the same over both transports. Each verb gives what the person then sees.

import { type Delivery, deliver, newDelivery, type Outcome, type Transport, type Tweak } from './deliver.js'
import type { FieldValue, FormValues, Offered } from './forms.js'
import { click, needScope, say, slash } from './human-click.js'
import { createFormVerbs, type FormVerbs } from './human-forms.js'
import type { Obj } from './json.js'
import * as payloads from './payloads.js'
import {
  dmChannel,
  findMessage,
  newId,
  type PrivateMessage,
  type State,
  type StoredMessage,
  type StoredView,
  type User,
} from './state.js'
import { until } from './until.js'

export type Target = payloads.Target

/** What came of one interaction. */
export type Seen = {
  readonly delivery: Delivery
  readonly outcome: Outcome
  readonly acked: boolean
  /** What Slack itself shows when the app did not answer in time. */
  readonly trouble: string | undefined
  /** Private messages that answer it so far, oldest first. */
  answers(): readonly PrivateMessage[]
  /** Waits for the first private answer. */
  answer(withinMs?: number): Promise<PrivateMessage>
  /** Waits for the modal it opens. */
  view(withinMs?: number): Promise<StoredView>
}

export type Person = {
  slash(
    user: string,
    channel: string,
    text: string,
    more?: { command?: string; tweak?: Tweak },
  ): Promise<Seen>
  /**
   * Clicks a button (by action_id or label), or chooses `value` in a select or overflow.
   * Works on what is shown now, unless `stale` gives an older form of the target.
   */
  click(
    user: string,
    target: Target,
    name: string,
    more?: { stale?: Target; value?: FieldValue; tweak?: Tweak },
  ): Promise<Seen>
  mention(
    user: string,
    channel: string,
    text: string,
    thread_ts?: string,
  ): Promise<Seen & { readonly message: StoredMessage }>
  /** A message of a person that the app is not told about. */
  say(user: string, channel: string, text: string, thread_ts?: string): StoredMessage
  openHome(user: string, tab?: 'home' | 'messages'): Promise<Seen>
  /** Any event; `eventId` repeats a known one. */
  event(event: Obj & { readonly type: string }, more?: { eventId?: string; tweak?: Tweak }): Promise<Seen>
  /** The same payload once more, marked as a retry. */
  again(seen: Seen, reason?: string): Promise<Seen>
} & FormVerbs

/** What the verbs share. */
export type Hand = {
  readonly state: State
  user(id: string): User
  values(view: StoredView): FormValues
  newTrigger(user: string, delivery: string): string
  send(delivery: Delivery, user: string, channel: string | undefined, tweak?: Tweak): Promise<Seen>
  /** The newest form of the target; throws when this person cannot see it. */
  shown(user: string, target: Target): Target
  /** Options offered so far for the external selects of a message or view. */
  offered(target: Target): Offered
  offer(target: Target, actionId: string, options: readonly Obj[]): void
}

/** The verbs over a transport, which may change while the fake runs. */
export function createPerson(state: State, transport: () => Transport): Person {
  const hand = createHand(state, transport)
  return {
    ...createFormVerbs(hand),
    slash: (user, channel, text, more = {}) => slash(hand, user, channel, text, more),
    click: (user, target, name, more = {}) => click(hand, user, target, name, more),
    say: (user, channel, text, thread_ts) => say(hand, user, channel, text, thread_ts),
    mention: async (user, channel, text, thread_ts) => {
      needScope(state, 'app_mentions:read')
      const message = say(hand, user, channel, text, thread_ts)
      if (state.channels.get(channel)?.member !== true) throw new Error(`the bot is not in ${channel}`)
      const body = payloads.envelope(state, payloads.mentionEvent(state, message, hand.user(user)))
      return { ...(await hand.send(newDelivery('events_api', body), user, channel)), message }
    },
    openHome: (user, tab = 'home') => {
      const event = payloads.homeEvent(state, hand.user(user), dmChannel(state, user).id, tab)
      return hand.send(newDelivery('events_api', payloads.envelope(state, event)), user, undefined)
    },
    event: (event, more = {}) => {
      const body = payloads.envelope(state, event, more.eventId)
      return hand.send(newDelivery('events_api', body), '', undefined, more.tweak)
    },
    again: (seen, reason = 'http_timeout') => {
      const tweak = { retry: { num: 1, reason } }
      return hand.send(newDelivery(seen.delivery.kind, seen.delivery.payload), '', undefined, tweak)
    },
  }
}

function createHand(state: State, transport: () => Transport): Hand {
  const offers = new Map<string, readonly Obj[]>()
  const key = (target: Target, actionId: string) =>
    `${target.kind === 'view' ? target.id : target.ts} ${actionId}`
  return {
    state,
    offered: (target) => (found) => offers.get(key(target, String(found.element.action_id))) ?? [],
    offer: (target, actionId, options) => void offers.set(key(target, actionId), options),
    user: (id) => {
      const user = state.users.get(id)
      if (user === undefined) throw new Error(`no such person: ${id}`)
      return user
    },
    values: (view) => state.filled.get(view.id) ?? {},
    newTrigger: (user, delivery) => {
      const id = `${newId(state, '1')}.${newId(state, '2')}.${newId(state, 'x')}`
      state.triggers.set(id, { id, user, at: state.now(), used: false, delivery })
      return id
    },
    shown: (user, target) => shownNow(state, user, target),
    send: async (delivery, user, channel, tweak = {}) => {
      const before = state.privates.length
      const outcome = await deliver(state, transport, delivery, tweak)
      return seenOf(state, delivery, outcome, { user, channel, before })
    },
  }
}

function seenOf(
  state: State,
  delivery: Delivery,
  outcome: Outcome,
  of: { readonly user: string; readonly channel: string | undefined; readonly before: number },
): Seen {
  const answers = () =>
    state.privates.filter(
      (message, i) =>
        message.answers === delivery.id ||
        (i >= of.before &&
          message.via === 'postEphemeral' &&
          message.user === of.user &&
          message.channel === of.channel),
    )
  const opened = () => [...state.views.values()].find((view) => view.openedBy === delivery.id)
  const trouble =
    outcome.kind === 'acked' ? undefined : outcome.why === 'late' ? 'operation_timeout' : 'dispatch_failed'
  return {
    delivery,
    outcome,
    acked: outcome.kind === 'acked',
    trouble,
    answers,
    answer: (withinMs) => until(state, () => answers()[0], `a private answer to ${delivery.kind}`, withinMs),
    view: (withinMs) => until(state, opened, `a modal opened by ${delivery.kind}`, withinMs),
  }
}

function shownNow(state: State, user: string, target: Target): Target {
  if (target.kind === 'view') {
    const view = state.views.get(target.id)
    const open = target.type === 'home' || (state.stacks.get(user) ?? []).at(-1) === target.id
    if (view === undefined || view.user !== user || !open)
      throw new Error(`${user} does not see the view ${target.id}`)
    return view
  }
  const { channel, ts } = target
  const now =
    target.kind === 'message'
      ? findMessage(state, channel, ts)
      : state.privates.find(
          (message) => message.channel === channel && message.ts === ts && message.user === user,
        )
  if (now === undefined || now.deleted) throw new Error(`${user} does not see the message ${ts}`)
  return now
}
