import {
  type APIEmbed,
  type APIInteractionResponse,
  type APIMessageTopLevelComponent,
  type RawFile,
  REST,
  Routes,
} from 'discord.js'
import { z } from 'zod'
import type { DiscordSettings } from '../../ports/discord-settings.js'
import { isAcknowledged, isUnheard } from './errors.js'
import type { Where } from './heard-schema.js'
import { makeRequest } from './make-request.js'

/** The calls to Discord that are made here, and no others. They throw what `@discordjs/rest` throws. */

export type DiscordMessage = {
  readonly content?: string
  readonly embeds: readonly APIEmbed[]
  readonly components: readonly APIMessageTopLevelComponent[]
  readonly files?: readonly MessageFile[]
}

/** A message that stands in a channel; `older` where it shows what an earlier try sent. */
export type Posted = { readonly id: string; readonly older: boolean }

export type MessageFile = { readonly name: string; readonly bytes: Buffer }

export type DiscordApi = {
  readonly rest: REST
  /** The first answer to an interaction, within its three seconds. One that Discord has already is as good. */
  readonly respond: (where: Pick<Where, 'id' | 'token'>, answer: APIInteractionResponse) => Promise<void>
  /** Puts an answer where one was promised. */
  readonly answer: (where: Pick<Where, 'applicationId' | 'token'>, message: DiscordMessage) => Promise<void>
  /** The same nonce within minutes is the same message, and it shows what was sent first. */
  readonly post: (channel: string, message: DiscordMessage, nonce: string) => Promise<Posted>
  readonly edit: (channel: string, id: string, message: DiscordMessage) => Promise<void>
  /** Takes a thread out of the archive, where nothing can be edited. */
  readonly reopen: (thread: string) => Promise<void>
  /** A thread has the id of the message that it hangs on. */
  readonly startThread: (channel: string, message: string, name: string) => Promise<void>
  /** The channel of the conversation with somebody. */
  readonly directChannel: (user: string) => Promise<string>
}

/** A call that takes longer is given up. */
const CALL_MS = 20_000
const withId = z.object({ id: z.string() })
const text = z.string().nullish()
const postedAnswer = z.object({
  id: z.string(),
  embeds: z.array(z.object({ title: text, description: text })).catch([]),
})

/** REST forgets a token that was refused once, and never asks Discord again whether it is accepted. */
class LastingRest extends REST {
  override setToken(token: string | null): this {
    return token === null ? this : super.setToken(token)
  }
}

export function discordApi({ botToken, apiUrl }: Pick<DiscordSettings, 'botToken' | 'apiUrl'>): DiscordApi {
  const common = { version: '10', timeout: CALL_MS, makeRequest, ...(apiUrl === null ? {} : { api: apiUrl }) }
  // Nothing is tried again behind our back: whoever calls knows best whether, and when.
  const rest = new LastingRest({ ...common, retries: 0, rejectOnRateLimit: () => true }).setToken(botToken)
  // Discord counts these apart, by interaction. An answer waits where it must: it would be lost otherwise.
  const hooks = new REST({ ...common, retries: 3, globalRequestsPerSecond: Number.POSITIVE_INFINITY })
  return {
    rest,
    respond: async ({ id, token }, answer) => {
      const respond = () => hooks.post(Routes.interactionCallback(id, token), { body: answer, auth: false })
      await respond()
        .catch((error: unknown) => (isUnheard(error) ? respond() : Promise.reject(error)))
        .catch((error: unknown) => (isAcknowledged(error) ? null : Promise.reject(error)))
    },
    answer: async ({ applicationId, token }, message) => {
      // On an edit, what is not named stays: an answer takes the place of all that was there.
      const route = Routes.webhookMessage(applicationId, token, '@original')
      await hooks.patch(route, { ...wire(message, { content: '' }), auth: false })
    },
    post: async (channel, message, nonce) => {
      const posted = await rest.post(
        Routes.channelMessages(channel),
        wire(message, { nonce, enforce_nonce: true }),
      )
      const { id, embeds } = postedAnswer.parse(posted)
      return { id, older: readOf(embeds) !== readOf(message.embeds) }
    },
    edit: async (channel, id, message) => {
      await rest.patch(Routes.channelMessage(channel, id), wire(message, {}))
    },
    reopen: async (thread) => {
      await rest.patch(Routes.channel(thread), { body: { archived: false } })
    },
    startThread: async (channel, message, name) => {
      await rest.post(Routes.threads(channel, message), { body: { name, auto_archive_duration: 1440 } })
    },
    directChannel: async (user) =>
      withId.parse(await rest.post(Routes.userChannels(), { body: { recipient_id: user } })).id,
  }
}

type Read = { readonly title?: string | null | undefined; readonly description?: string | null | undefined }

/** What is read first of embeds: enough to tell two states of a card apart. Discord takes blanks away. */
function readOf(embeds: readonly Read[]): string {
  const all = embeds.map(({ title, description }) => `${title ?? ''} ${description ?? ''}`).join(' ')
  return all.replace(/\s+/g, ' ').trim()
}

/** As Discord takes a message. Nobody is ever notified by what is in it: on edits that has to be said again. */
function wire({ files = [], ...message }: DiscordMessage, more: object): { body: object; files?: RawFile[] } {
  const body = { ...more, ...message, allowed_mentions: { parse: [] } }
  return files.length === 0
    ? { body }
    : { body, files: files.map(({ name, bytes }) => ({ name, data: bytes })) }
}
