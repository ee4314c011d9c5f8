// The interactions Discord sends, each held against the official types.

import {
  type APIApplicationCommandAutocompleteDMInteraction,
  type APIApplicationCommandAutocompleteGuildInteraction,
  type APIChatInputApplicationCommandDMInteraction,
  type APIChatInputApplicationCommandGuildInteraction,
  type APIGuildMember,
  type APIMessage,
  type APIMessageComponentDMInteraction,
  type APIMessageComponentGuildInteraction,
  type APIMessageComponentInteractionData,
  type APIModalSubmitDMInteraction,
  type APIModalSubmitGuildInteraction,
  type APIUser,
  Locale,
} from 'discord.js'
import { LIMITS } from './limits-text.js'
import type { State } from './state.js'
import { type Channel, guildPermissions, memberOf } from './world.js'
import { appPermissions, channelJson, memberJson, userById } from './world-json.js'

/** Who does it, and where. */
export type Scene = {
  readonly id: string
  readonly token: string
  readonly user: string
  readonly channel: Channel
}

function frame(state: State, { id, token, channel }: Scene) {
  return {
    id,
    token,
    version: 1 as const,
    application_id: state.ids.app,
    channel: channelJson(state, channel),
    channel_id: channel.id,
    app_permissions: appPermissions(state, channel),
    locale: Locale.EnglishUS,
    entitlements: [],
    attachment_size_limit: LIMITS.fileBytes,
  }
}

function guildFrame(state: State, scene: Scene, guild: string) {
  return {
    ...frame(state, scene),
    guild_id: guild,
    guild: { id: guild, features: [], locale: Locale.EnglishUS },
    guild_locale: Locale.EnglishUS,
    member: interactionMember(state, guild, scene.user),
    authorizing_integration_owners: { 0: guild },
    context: 0 as const,
  }
}

function interactionMember(
  state: State,
  guild: string,
  user: string,
): APIGuildMember & { user: APIUser; permissions: string } {
  const member = memberOf(state, guild, user)
  if (member === undefined) throw new Error(`${user} is not in the guild ${guild}`)
  return { ...memberJson(state, member), permissions: String(guildPermissions(state, guild, user)) }
}

function directFrame(state: State, scene: Scene) {
  return {
    ...frame(state, scene),
    user: userById(state, scene.user),
    authorizing_integration_owners: { 0: '0' },
    context: 1 as const,
  }
}

type SlashData = APIChatInputApplicationCommandGuildInteraction['data']

/** A slash command as a person sent it off. */
export function slashPayload(state: State, scene: Scene, data: SlashData) {
  const { guild } = scene.channel
  if (guild === null)
    return {
      ...directFrame(state, scene),
      type: 2,
      data,
    } satisfies APIChatInputApplicationCommandDMInteraction
  return {
    ...guildFrame(state, scene, guild),
    type: 2,
    data,
  } satisfies APIChatInputApplicationCommandGuildInteraction
}

type CompleteData = APIApplicationCommandAutocompleteGuildInteraction['data']

/** What a person has typed so far. */
export function completePayload(state: State, scene: Scene, data: CompleteData) {
  const { guild } = scene.channel
  if (guild === null)
    return {
      ...directFrame(state, scene),
      type: 4,
      data,
    } satisfies APIApplicationCommandAutocompleteDMInteraction
  return {
    ...guildFrame(state, scene, guild),
    type: 4,
    data,
  } satisfies APIApplicationCommandAutocompleteGuildInteraction
}

/** A click on a button, or a choice in a select. */
export function componentPayload(
  state: State,
  scene: Scene,
  data: APIMessageComponentInteractionData,
  message: APIMessage,
) {
  const { guild } = scene.channel
  if (guild === null)
    return {
      ...directFrame(state, scene),
      type: 3,
      data,
      message,
    } satisfies APIMessageComponentDMInteraction
  return {
    ...guildFrame(state, scene, guild),
    type: 3,
    data,
    message,
  } satisfies APIMessageComponentGuildInteraction
}

type ModalData = APIModalSubmitGuildInteraction['data']

/** A form as a person filled it; with the message whose button opened it. */
export function modalPayload(state: State, scene: Scene, data: ModalData, message: APIMessage | undefined) {
  const { guild } = scene.channel
  const from = message === undefined ? {} : { message }
  if (guild === null)
    return { ...directFrame(state, scene), type: 5, data, ...from } satisfies APIModalSubmitDMInteraction
  return {
    ...guildFrame(state, scene, guild),
    type: 5,
    data,
    ...from,
  } satisfies APIModalSubmitGuildInteraction
}
