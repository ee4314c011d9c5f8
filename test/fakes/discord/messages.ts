// Messages: keeping them, and the form in which the API gives them out.

import {
  type APIAttachment,
  type APIEmbed,
  type APIMessage,
  type APIMessageInteractionMetadata,
  EmbedType,
} from 'discord.js'
import { type Content, NO_CONTENT } from './content.js'
import { changed, newId, type State, type StoredFile, type StoredMessage } from './state.js'
import { userById } from './world-json.js'

export const EPHEMERAL = 64
const LOADING = 128
const GUILD_MESSAGES = 1 << 9
const DIRECT_MESSAGES = 1 << 12

/** Keeps a message of the bot, or of a person, and tells the gateway. */
export function addMessage(
  state: State,
  of: Pick<StoredMessage, 'channel' | 'author' | 'via'> & Partial<StoredMessage> & Partial<Content>,
): StoredMessage {
  const message: StoredMessage = {
    ...NO_CONTENT,
    flags: 0,
    onlyFor: null,
    loading: false,
    answers: null,
    nonce: null,
    ...of,
    kind: 'message',
    id: newId(state),
    bot: of.author === state.ids.bot,
    at: state.now(),
    editedAt: null,
    edits: 0,
    deleted: false,
  }
  state.messages.set(message.id, message)
  tell(state, 'MESSAGE_CREATE', message)
  return message
}

/** Puts a newer form in the place of a message. */
export function replaceMessage(state: State, next: StoredMessage): StoredMessage {
  state.messages.set(next.id, next)
  tell(state, next.deleted ? 'MESSAGE_DELETE' : 'MESSAGE_UPDATE', next)
  return next
}

/** The next form of a message with other content. */
export function edited(state: State, old: StoredMessage, content: Content): StoredMessage {
  return replaceMessage(state, {
    ...old,
    ...content,
    loading: false,
    editedAt: state.now(),
    edits: old.edits + 1,
  })
}

/** A message that is there and in this channel. */
export function findMessage(state: State, channel: string, id: string): StoredMessage | undefined {
  const message = state.messages.get(id)
  return message === undefined || message.deleted || message.channel !== channel ? undefined : message
}

function tell(state: State, event: string, message: StoredMessage): void {
  changed(state)
  if (message.onlyFor !== null) return
  const guild = state.channels.get(message.channel)?.guild ?? null
  const where = guild === null ? {} : { guild_id: guild }
  const body =
    event === 'MESSAGE_DELETE'
      ? { id: message.id, channel_id: message.channel }
      : { ...messageJson(state, message), content: '', embeds: [], components: [], attachments: [] }
  state.emit(event, { ...body, ...where }, guild === null ? DIRECT_MESSAGES : GUILD_MESSAGES)
}

/** A message as the API gives it out. */
export function messageJson(state: State, message: StoredMessage): APIMessage {
  const flags = message.flags | (message.loading ? LOADING : 0)
  return {
    id: message.id,
    channel_id: message.channel,
    type: message.via === 'interaction' ? 20 : 0,
    author: userById(state, message.author),
    content: message.content,
    embeds: message.embeds.map((embed) => embedJson(state, message, embed)),
    components: [...message.components],
    attachments: message.attachments
      .filter((file) => !isPicture(message, file))
      .map((file) => fileJson(state, file)),
    timestamp: time(message.at),
    edited_timestamp: message.editedAt === null ? null : time(message.editedAt),
    tts: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    pinned: false,
    flags,
    ...(message.nonce === null ? {} : { nonce: message.nonce }),
    ...(message.via === 'person' ? {} : { application_id: state.ids.app }),
    ...metadata(state, message),
  } satisfies APIMessage
}

// A file that a picture of an embed means is shown there, and no longer among the attachments.
function isPicture({ embeds }: StoredMessage, file: StoredFile): boolean {
  const own = `attachment://${file.name}`
  return embeds.some(({ image, thumbnail }) => image?.url === own || thumbnail?.url === own)
}

function embedJson(state: State, message: StoredMessage, embed: APIEmbed): APIEmbed {
  const { image, thumbnail, ...rest } = embed
  const there = (url: string) => {
    const file = message.attachments.find(({ name }) => url === `attachment://${name}`)
    return file === undefined ? url : fileUrl(state, file)
  }
  return {
    type: EmbedType.Rich,
    ...rest,
    ...(image === undefined ? {} : { image: { ...image, url: there(image.url) } }),
    ...(thumbnail === undefined ? {} : { thumbnail: { ...thumbnail, url: there(thumbnail.url) } }),
  }
}

function fileUrl(state: State, file: StoredFile): string {
  return `${state.baseUrl}/files/${file.id}/${encodeURIComponent(file.name)}`
}

function fileJson(state: State, file: StoredFile): APIAttachment {
  const url = fileUrl(state, file)
  return {
    id: file.id,
    filename: file.name,
    size: file.bytes.length,
    url,
    proxy_url: url,
    content_type: file.type,
    ...(file.description === undefined ? {} : { description: file.description }),
  } satisfies APIAttachment
}

// Without a `user` in it, discord.js fails inside its own handler.
function metadata(
  state: State,
  message: StoredMessage,
): { interaction_metadata?: APIMessageInteractionMetadata } {
  const asked = state.interactions.get(message.answers ?? '')
  if (asked === undefined) return {}
  const base = { id: asked.id, user: userById(state, asked.user), authorizing_integration_owners: {} }
  if (asked.kind === 'command') return { interaction_metadata: { ...base, type: 2 } }
  if (asked.kind !== 'component') return {}
  return { interaction_metadata: { ...base, type: 3, interacted_message_id: asked.source ?? '' } }
}

export function time(at: number): string {
  return new Date(at).toISOString().replace('Z', '000+00:00')
}
