// What people do, the same over both transports. Each verb gives what the person then sees.

import { randomBytes } from 'node:crypto'
import type { Obj } from '../slack/json.js'
import type { Outcome, Transport, Tweak } from './deliver.js'
import { click, select } from './human-click.js'
import { type Fields, submit } from './human-form.js'
import { complete, type Options, slash } from './human-slash.js'
import { addMessage, replaceMessage } from './messages.js'
import type { Scene } from './payloads.js'
import {
  type Choice,
  type Interaction,
  type Kind,
  newId,
  type State,
  type StoredMessage,
  type StoredModal,
} from './state.js'
import { until } from './until.js'
import { type Channel, sees } from './world.js'

/** What came of one interaction. */
export type Seen = {
  readonly interaction: Interaction
  readonly outcome: Outcome
  readonly acked: boolean
  /** What Discord itself tells the person when the app did not answer in time. */
  readonly trouble: string | undefined
  /** Messages that answer it so far, oldest first: edited in, followed up, or updated; not what still says "thinking…". */
  answers(): readonly StoredMessage[]
  /** Waits for the first of them. */
  answer(withinMs?: number): Promise<StoredMessage>
  /** Waits for the form it opens. */
  modal(withinMs?: number): Promise<StoredModal>
  /** What an autocomplete offers. */
  choices(): readonly Choice[]
}

export type Person = {
  /** `slash(ann, ops, 'guest stop', { guests: 'web-01' })`. Throws what Discord's client would not let one send. */
  slash(user: string, channel: string, command: string, options?: Options, tweak?: Tweak): Promise<Seen>
  /** Typing into the option `focused`; what is typed stands in the options. */
  complete(user: string, channel: string, command: string, options: Options, focused: string): Promise<Seen>
  /**
   * A click on a button, by its label or custom_id, as the message is now; with `stale` as it was before.
   */
  click(
    user: string,
    message: StoredMessage,
    button: string,
    more?: { readonly stale?: StoredMessage; readonly tweak?: Tweak },
  ): Promise<Seen>
  /** Choosing in a select, by values or labels. */
  select(
    user: string,
    message: StoredMessage,
    customId: string,
    values: readonly string[],
    more?: { readonly stale?: StoredMessage },
  ): Promise<Seen>
  /** Fills a form (by custom_id or label) and sends it off. */
  submit(user: string, modal: StoredModal, values?: Fields): Promise<Seen>
  /** The very same interaction once more. */
  again(seen: Seen): Promise<Seen>
  /** A message of a person. */
  say(user: string, channel: string, content: string): StoredMessage
  /** "Dismiss message" under an ephemeral one: it is gone for good. */
  dismiss(user: string, message: StoredMessage): void
}

/** What the verbs share. */
export type Hand = {
  readonly state: State
  /** A channel this person sees. Throws. */
  channel(user: string, id: string): Channel
  /** The newest form of a message this person sees. Throws. */
  shown(user: string, message: StoredMessage): StoredMessage
  scene(user: string, channel: Channel): Scene
  send(scene: Scene, of: Sending, tweak?: Tweak): Promise<Seen>
}

export type Sending = {
  readonly kind: Kind
  readonly payload: Obj
  readonly source?: string | null
  readonly optionType?: number
}

const TROUBLE: Readonly<Record<Kind, string>> = {
  command: 'The application did not respond',
  autocomplete: 'Loading options failed',
  component: 'This interaction failed',
  modal: 'Something went wrong. Try again.',
}

/** The verbs over a transport, which may change while the fake runs. */
export function createPerson(state: State, transport: () => Transport): Person {
  const hand = createHand(state, transport)
  const submitted = new Set<string>()
  return {
    slash: async (user, channel, command, options = {}, tweak = {}) =>
      slash(hand, user, channel, { command, options }, tweak),
    complete: async (user, channel, command, options, focused) =>
      complete(hand, user, channel, { command, options }, focused),
    click: async (user, message, button, more = {}) => click(hand, user, message, button, more),
    select: async (user, message, customId, values, more = {}) =>
      select(hand, user, message, customId, values, more),
    submit: async (user, modal, values = {}) => {
      if (submitted.has(modal.id)) throw new Error('this form was sent off already')
      const seen = await submit(hand, user, modal, values)
      // A form that could not be sent off stays open.
      if (seen.acked) submitted.add(modal.id)
      return seen
    },
    again: async ({ interaction }) => {
      const outcome = await transport().send(interaction, { again: true })
      return seenOf(state, interaction, outcome)
    },
    say: (user, channel, content) =>
      addMessage(state, { channel: hand.channel(user, channel).id, author: user, content, via: 'person' }),
    dismiss: (user, message) => {
      const shown = hand.shown(user, message)
      if (shown.onlyFor === null) throw new Error('only an ephemeral message can be dismissed')
      replaceMessage(state, { ...shown, deleted: true })
    },
  }
}

function createHand(state: State, transport: () => Transport): Hand {
  return {
    state,
    channel: (user, id) => {
      if (!state.users.has(user)) throw new Error(`no such person: ${user}`)
      const channel = state.channels.get(id)
      if (channel === undefined || channel.deleted || !sees(state, user, channel))
        throw new Error(`${user} does not see the channel ${id}`)
      return channel
    },
    shown: (user, message) => {
      const now = state.messages.get(message.id)
      const hidden = now === undefined || now.deleted || (now.onlyFor !== null && now.onlyFor !== user)
      if (hidden) throw new Error(`${user} does not see the message ${message.id}`)
      return now
    },
    scene: (user, channel) => ({
      id: newId(state),
      token: `aW50ZXJhY3Rpb246${randomBytes(24).toString('base64url')}`,
      user,
      channel,
    }),
    send: async (scene, of, tweak = {}) => {
      const interaction: Interaction = {
        id: scene.id,
        token: scene.token,
        kind: of.kind,
        user: scene.user,
        channel: scene.channel.id,
        payload: of.payload,
        at: state.now(),
        sentAt: performance.now(),
        source: of.source ?? null,
        optionType: of.optionType ?? null,
        status: 'open',
        kept: false,
        callback: null,
        original: null,
        shown: [],
        opened: null,
        choices: [],
        settle: () => undefined,
      }
      state.interactions.set(interaction.id, interaction)
      state.tokens.set(interaction.token, interaction)
      const outcome = await transport().send(interaction, tweak)
      return seenOf(state, interaction, outcome)
    },
  }
}

function seenOf(state: State, interaction: Interaction, outcome: Outcome): Seen {
  const { kind } = interaction
  const answers = () =>
    interaction.shown.flatMap((id) => {
      const message = state.messages.get(id)
      return message === undefined || message.deleted ? [] : [message]
    })
  const acked = outcome.kind === 'acked'
  return {
    interaction,
    outcome,
    acked,
    trouble: acked ? undefined : TROUBLE[kind],
    answers,
    answer: (withinMs) => until(state, () => answers()[0], `an answer to ${kind}`, withinMs),
    modal: (withinMs) => until(state, () => interaction.opened, `a form opened by ${kind}`, withinMs),
    choices: () => interaction.choices,
  }
}
