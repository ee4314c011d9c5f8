// Typing a command, writing a message, clicking what is shown.

import { newDelivery, type Tweak } from './deliver.js'
import { choose, elementsOf, type FieldValue, fieldState, findElement } from './forms.js'
import type { Hand, Seen } from './human.js'
import { isObj, type Obj, str } from './json.js'
import * as payloads from './payloads.js'
import { makeResponseUrl, showAck } from './respond.js'
import { type Channel, newId, type State, type StoredMessage, violate } from './state.js'
import { addMessage } from './web-chat.js'

type Target = payloads.Target

/** Fails when Slack would not deliver something for want of a scope. */
export function needScope(state: State, scope: string): void {
  if (!state.scopes.has(scope)) throw new Error(`without the scope ${scope} Slack would not deliver this`)
}

function channelOf(state: State, id: string): Channel {
  const channel = state.channels.get(id)
  if (channel === undefined) throw new Error(`no such channel: ${id}`)
  return channel
}

/** A slash command. */
export async function slash(
  hand: Hand,
  userId: string,
  channelId: string,
  text: string,
  more: { command?: string; tweak?: Tweak },
): Promise<Seen> {
  const { state } = hand
  needScope(state, 'commands')
  const user = hand.user(userId)
  const channel = channelOf(state, channelId)
  const id = newId(state, 'dl')
  const triggerId = hand.newTrigger(userId, id)
  const responseUrl = makeResponseUrl(state, { user: userId, channel: channelId, delivery: id })
  const command = more.command ?? '/pve'
  const payload = payloads.slashPayload(state, { user, channel, command, text, triggerId, responseUrl })
  const seen = await hand.send(newDelivery('slash_commands', payload, id), userId, channelId, more.tweak)
  if (seen.outcome.kind === 'acked')
    showAck(state, { user: userId, channel: channelId, delivery: id }, seen.outcome.payload)
  return seen
}

/** A message of a person. */
export function say(
  hand: Hand,
  userId: string,
  channelId: string,
  text: string,
  thread_ts?: string,
): StoredMessage {
  const user = hand.user(userId)
  const channel = channelOf(hand.state, channelId)
  const thread = thread_ts === undefined ? {} : { thread_ts }
  return addMessage(hand.state, { channel: channel.id, user: user.id, text, blocks: [], ...thread })
}

/** A click on a button, or a choice in a select, overflow, checkbox or radio element. */
export async function click(
  hand: Hand,
  userId: string,
  target: Target,
  name: string,
  more: { stale?: Target; value?: FieldValue; tweak?: Tweak },
): Promise<Seen> {
  const { state } = hand
  const user = hand.user(userId)
  const shown = more.stale ?? hand.shown(userId, target)
  const found = findElement(shown.blocks, name)
  if (found === undefined) throw new Error(`"${name}" is not there; there is: ${namesIn(shown)}`)
  const id = newId(state, 'dl')
  const origin = shown.kind === 'view' ? undefined : { kind: shown.kind, ts: shown.ts }
  const channel = shown.kind === 'view' ? undefined : shown.channel
  const action = payloads.actionOf(state, found, chosen(hand, found, shown, more.value))
  const values = shown.kind === 'view' ? hand.values(shown) : {}
  const thread = shown.kind === 'view' || shown.thread_ts === undefined ? {} : { thread_ts: shown.thread_ts }
  const url =
    channel === undefined || origin === undefined
      ? {}
      : { responseUrl: makeResponseUrl(state, { user: userId, channel, delivery: id, origin, ...thread }) }
  const triggerId = hand.newTrigger(userId, id)
  const payload = payloads.blockActionPayload(state, {
    user,
    target: shown,
    values,
    action,
    triggerId,
    ...url,
  })
  const seen = await hand.send(newDelivery('interactive', payload, id), userId, channel, more.tweak)
  if (
    seen.outcome.kind === 'acked' &&
    isObj(seen.outcome.payload) &&
    Object.keys(seen.outcome.payload).length > 0
  ) {
    violate(state, 'ack of block_actions carries a payload nobody reads')
  }
  return seen
}

function namesIn(target: Target): string {
  return elementsOf(target.blocks)
    .map(({ element }) => str(element.action_id) ?? '?')
    .join(', ')
}

// What the person chose, and, in a view, what the form holds from then on.
function chosen(
  hand: Hand,
  found: payloads.Found,
  target: Target,
  value: FieldValue | undefined,
): payloads.Chosen {
  const type = String(found.element.type)
  if (type === 'button') return {}
  if (value === undefined || value === null)
    throw new Error(`say which value of ${String(found.element.action_id)}`)
  if (target.kind === 'view' && type !== 'overflow') {
    const { block_id } = found.block
    const before = hand.values(target)
    const one = { [String(found.element.action_id)]: fieldState(found, value, hand.offered(target)) }
    hand.state.filled.set(target.id, { ...before, [block_id]: { ...before[block_id], ...one } })
  }
  const pick = (wanted: string): Obj => choose(found, wanted, hand.offered(target))
  if (type === 'plain_text_input' || type === 'users_select') return { text: String(value) }
  return typeof value === 'string'
    ? { option: pick(value), options: [pick(value)] }
    : { options: value.map(pick) }
}
