// What follows the first answer: @original and further messages, by the token, for 15 minutes.

import type { Obj } from '../slack/json.js'
import type { Upload } from './body.js'
import { nameOf } from './callback.js'
import { readContent } from './content.js'
import { type Reply, refuse } from './errors.js'
import { addMessage, EPHEMERAL, edited, messageJson, replaceMessage } from './messages.js'
import type { Interaction, State, StoredMessage } from './state.js'
import { violate } from './state.js'

export const TOKEN_LIFE_MS = 15 * 60_000

type Sent = { readonly body: Obj; readonly files: readonly Upload[] }

function byToken(state: State, app: string, token: string): Interaction | Reply {
  const found = state.tokens.get(token)
  if (found === undefined || app !== state.ids.app) return refuse(50027)
  if (state.now() - found.at > TOKEN_LIFE_MS) return refuse(50027)
  if (found.status === 'acked') return found
  violate(state, `${nameOf(found)}: a follow-up before the first answer`)
  return refuse(10015)
}

function isReply(value: Interaction | StoredMessage | Reply): value is Reply {
  return 'body' in value
}

// `@original`, or a message that this interaction brought.
function messageOf(state: State, interaction: Interaction, id: string): StoredMessage | Reply {
  const original = id === '@original' || id === interaction.original
  const wanted = original ? interaction.original : interaction.shown.find((one) => one === id)
  const message = state.messages.get(wanted ?? '')
  return message === undefined || message.deleted ? refuse(10008) : message
}

function show(interaction: Interaction, message: StoredMessage): void {
  if (!interaction.shown.includes(message.id)) interaction.shown.push(message.id)
}

/** PATCH /webhooks/{app}/{token}/messages/{id}. */
export function editAnswer(state: State, app: string, token: string, id: string, sent: Sent): Reply {
  const interaction = byToken(state, app, token)
  if (isReply(interaction)) return interaction
  const old = messageOf(state, interaction, id)
  if (isReply(old)) return old
  const read = readContent(state, { ...sent, where: `${nameOf(interaction)}: edit`, old })
  if ('refusal' in read) return read.refusal
  show(interaction, old)
  return { status: 200, body: messageJson(state, edited(state, old, read.content)) }
}

/** GET /webhooks/{app}/{token}/messages/{id}. */
export function getAnswer(state: State, app: string, token: string, id: string): Reply {
  const interaction = byToken(state, app, token)
  if (isReply(interaction)) return interaction
  const message = messageOf(state, interaction, id)
  return isReply(message) ? message : { status: 200, body: messageJson(state, message) }
}

/** DELETE /webhooks/{app}/{token}/messages/{id}. */
export function deleteAnswer(state: State, app: string, token: string, id: string): Reply {
  const interaction = byToken(state, app, token)
  if (isReply(interaction)) return interaction
  const message = messageOf(state, interaction, id)
  if (isReply(message)) return message
  replaceMessage(state, { ...message, deleted: true })
  return { status: 204, body: undefined }
}

/** POST /webhooks/{app}/{token}. While the first answer says "thinking…", this fills it: also if it asks for other eyes. */
export function followUp(state: State, app: string, token: string, sent: Sent): Reply {
  const interaction = byToken(state, app, token)
  if (isReply(interaction)) return interaction
  const read = readContent(state, { ...sent, where: `${nameOf(interaction)}: follow-up` })
  if ('refusal' in read) return read.refusal
  const message = place(state, interaction, sent, read.content)
  show(interaction, message)
  return { status: 200, body: messageJson(state, message) }
}

function place(
  state: State,
  interaction: Interaction,
  { body }: Sent,
  content: Parameters<typeof edited>[2],
): StoredMessage {
  const original = state.messages.get(interaction.original ?? '')
  if (original?.loading === true && !original.deleted) return edited(state, original, content)
  const flags = Number(body.flags ?? 0)
  const onlyFor = (flags & EPHEMERAL) === 0 ? null : interaction.user
  const { channel, id } = interaction
  return addMessage(state, {
    ...content,
    channel,
    answers: id,
    via: 'interaction',
    flags,
    onlyFor,
    author: state.ids.bot,
  })
}
