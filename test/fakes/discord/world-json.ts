// The world in the form the API gives it out, each held against the official types.

import {
  type APIApplication,
  type APIDMChannel,
  type APIGuild,
  type APIGuildMember,
  type APIOverwrite,
  type APIRole,
  type APITextChannel,
  type APIThreadChannel,
  type APIUser,
  type GatewayGuildCreateDispatchData,
  Locale,
} from 'discord.js'
import type { State } from './state.js'
import {
  botPermissions,
  type Channel,
  type Guild,
  guildPermissions,
  isThread,
  type Member,
  memberOf,
  type Role,
  rolesOf,
  type User,
} from './world.js'

// Official flags are enums without a member for "none".
const NONE: number = 0
const JOINED = '2026-01-01T00:00:00.000000+00:00'

export function userJson(user: User): APIUser {
  return {
    id: user.id,
    username: user.name,
    discriminator: '0',
    global_name: user.shownAs,
    avatar: null,
    public_flags: NONE,
    ...(user.bot ? { bot: true } : {}),
  }
}

export function userById(state: State, id: string): APIUser {
  const user = state.users.get(id)
  return userJson(user ?? { id, name: 'deleted_user', shownAs: null, bot: false, takesDms: false })
}

export function memberJson(state: State, member: Member): APIGuildMember {
  return {
    user: userById(state, member.user),
    roles: [...member.roles],
    nick: member.nick,
    avatar: null,
    banner: null,
    joined_at: JOINED,
    premium_since: null,
    pending: false,
    communication_disabled_until: null,
    deaf: false,
    mute: false,
    flags: NONE,
  } satisfies APIGuildMember
}

export function roleJson(state: State, role: Role): APIRole {
  return {
    id: role.id,
    name: role.name,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    icon: null,
    unicode_emoji: null,
    position: role.position,
    permissions: String(role.permissions),
    managed: role.managed,
    mentionable: false,
    flags: NONE,
    ...(role.managed ? { tags: { bot_id: state.ids.bot } } : {}),
  }
}

// What the bot may do in a channel, as an overwrite for it: so the bits come out the same either way.
function overwrites(state: State, channel: Channel): APIOverwrite[] {
  if (channel.permissions === null || channel.guild === null) return []
  const base = guildPermissions(state, channel.guild, state.ids.bot)
  const allow = String(channel.permissions & ~base)
  const deny = String(base & ~channel.permissions)
  return [{ id: state.ids.bot, type: 1, allow, deny }]
}

export function lastMessage(state: State, channel: Channel): string | null {
  const there = [...state.messages.values()].filter(
    (one) => one.channel === channel.id && !one.deleted && one.onlyFor === null,
  )
  return there.at(-1)?.id ?? null
}

export function channelJson(
  state: State,
  channel: Channel,
): APITextChannel | APIThreadChannel | APIDMChannel {
  if (channel.dmOf !== null) return dmJson(state, channel, channel.dmOf)
  return isThread(channel) ? threadJson(state, channel) : textJson(state, channel)
}

function dmJson(state: State, channel: Channel, other: string): APIDMChannel {
  const { id } = channel
  const recipients = [userById(state, other)]
  return { id, type: 1, name: null, recipients, last_message_id: lastMessage(state, channel) }
}

function textJson(state: State, channel: Channel): APITextChannel {
  return {
    id: channel.id,
    type: 0,
    guild_id: channel.guild ?? '',
    name: channel.name ?? '',
    position: 0,
    parent_id: null,
    topic: null,
    nsfw: false,
    rate_limit_per_user: 0,
    last_message_id: lastMessage(state, channel),
    permission_overwrites: overwrites(state, channel),
    flags: NONE,
  }
}

export function threadJson(state: State, channel: Channel): APIThreadChannel {
  const count = [...state.messages.values()].filter((one) => one.channel === channel.id).length
  return {
    id: channel.id,
    type: channel.type === 12 ? 12 : 11,
    guild_id: channel.guild ?? '',
    parent_id: channel.parent ?? '',
    owner_id: state.ids.bot,
    name: channel.name ?? '',
    last_message_id: lastMessage(state, channel),
    message_count: count,
    member_count: 1,
    total_message_sent: count,
    rate_limit_per_user: 0,
    flags: NONE,
    thread_metadata: {
      archived: channel.archived,
      auto_archive_duration: 1440,
      archive_timestamp: JOINED,
      locked: channel.locked,
    },
  }
}

export function guildJson(state: State, guild: Guild): APIGuild {
  return {
    id: guild.id,
    name: guild.name,
    owner_id: guild.owner,
    icon: null,
    splash: null,
    discovery_splash: null,
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    roles: rolesOf(state, guild.id).map((role) => roleJson(state, role)),
    emojis: [],
    stickers: [],
    features: [],
    mfa_level: 0,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: NONE,
    rules_channel_id: null,
    vanity_url_code: null,
    description: null,
    banner: null,
    premium_tier: 0,
    preferred_locale: Locale.EnglishUS,
    public_updates_channel_id: null,
    nsfw_level: 0,
    premium_progress_bar_enabled: false,
    hub_type: null,
    safety_alerts_channel_id: null,
    incidents_data: null,
  } satisfies APIGuild
}

/** A guild as the gateway brings it. Without the intent for members, only the bot itself is among them. */
export function guildCreate(state: State, guild: Guild): GatewayGuildCreateDispatchData {
  const own = [...state.channels.values()].filter((one) => one.guild === guild.id && !one.deleted)
  const bot = memberOf(state, guild.id, state.ids.bot)
  return {
    ...guildJson(state, guild),
    joined_at: JOINED,
    large: false,
    member_count: state.members.filter((member) => member.guild === guild.id).length,
    voice_states: [],
    members: bot === undefined ? [] : [memberJson(state, bot)],
    channels: own.filter((one) => !isThread(one)).map((one) => textJson(state, one)),
    threads: own.filter((one) => isThread(one) && !one.archived).map((one) => threadJson(state, one)),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  } satisfies GatewayGuildCreateDispatchData
}

export function applicationJson(state: State, publicKey: string): APIApplication {
  return {
    id: state.ids.app,
    name: 'pve',
    icon: null,
    description: '',
    summary: '',
    bot_public: false,
    bot_require_code_grant: false,
    verify_key: publicKey,
    team: null,
    flags: NONE,
    flags_new: '0',
    bot: userById(state, state.ids.bot),
    interactions_endpoint_url: null,
  } satisfies APIApplication
}

/** What the bot may do, as an interaction says it. */
export function appPermissions(state: State, channel: Channel): string {
  return String(botPermissions(state, channel))
}
