// Guilds, channels, people and roles, and who may do what where.

import { newId, type State } from './state.js'

export type User = {
  readonly id: string
  readonly name: string
  /** The display name; null: the user name is shown. */
  readonly shownAs: string | null
  readonly bot: boolean
  /** False: a direct message to this person is refused (50007). */
  readonly takesDms: boolean
}

export type Guild = { readonly id: string; readonly name: string; readonly owner: string }

export type Role = {
  readonly id: string
  readonly guild: string
  readonly name: string
  readonly permissions: bigint
  readonly position: number
  /** Discord's own role of the bot. */
  readonly managed: boolean
}

export type Member = {
  readonly guild: string
  readonly user: string
  roles: readonly string[]
  nick: string | null
}

/** 0 text, 1 direct message, 5 announcements, 11 thread, 12 private thread. */
export type ChannelType = 0 | 1 | 5 | 11 | 12

export type Channel = {
  readonly id: string
  readonly type: ChannelType
  readonly guild: string | null
  readonly name: string | null
  /** The channel of a thread. */
  readonly parent: string | null
  /** What the bot may do in it; null: as in the guild, or as in the parent. */
  readonly permissions: bigint | null
  /** People who see it; null means every member. */
  readonly viewers: readonly string[] | null
  /** The other side of a direct message with the bot. */
  readonly dmOf: string | null
  readonly archived: boolean
  readonly locked: boolean
  readonly deleted: boolean
}

export const MAY = {
  manageGuild: 1n << 5n,
  administrator: 1n << 3n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  manageMessages: 1n << 13n,
  embedLinks: 1n << 14n,
  attachFiles: 1n << 15n,
  readHistory: 1n << 16n,
  useCommands: 1n << 31n,
  manageThreads: 1n << 34n,
  createThreads: 1n << 35n,
  sendInThreads: 1n << 38n,
} as const

export const ALL = (1n << 53n) - 1n

/** What everybody may do in a new guild. */
export const EVERYONE =
  MAY.viewChannel |
  MAY.sendMessages |
  MAY.embedLinks |
  MAY.attachFiles |
  MAY.readHistory |
  MAY.useCommands |
  MAY.createThreads |
  MAY.sendInThreads

export function isThread(channel: Channel): boolean {
  return channel.type === 11 || channel.type === 12
}

export function memberOf(state: State, guild: string, user: string): Member | undefined {
  return state.members.find((member) => member.guild === guild && member.user === user)
}

/** The roles of a guild, `@everyone` first. */
export function rolesOf(state: State, guild: string): readonly Role[] {
  return [...state.roles.values()].filter((role) => role.guild === guild)
}

/** What a member may do in the whole guild. */
export function guildPermissions(state: State, guild: string, user: string): bigint {
  if (state.guilds.get(guild)?.owner === user) return ALL
  const held = memberOf(state, guild, user)?.roles ?? []
  const bits = rolesOf(state, guild)
    .filter((role) => role.id === guild || held.includes(role.id))
    .reduce((sum, role) => sum | role.permissions, 0n)
  return (bits & MAY.administrator) === 0n ? bits : ALL
}

/** What the bot may do in a channel. */
export function botPermissions(state: State, channel: Channel): bigint {
  if (channel.permissions !== null) return channel.permissions
  const parent = channel.parent === null ? undefined : state.channels.get(channel.parent)
  if (parent !== undefined) return botPermissions(state, parent)
  return channel.guild === null ? EVERYONE : guildPermissions(state, channel.guild, state.ids.bot)
}

/** Whether a person sees a channel at all. */
export function sees(state: State, user: string, channel: Channel): boolean {
  if (channel.dmOf !== null) return channel.dmOf === user
  const parent = channel.parent === null ? undefined : state.channels.get(channel.parent)
  if (parent !== undefined && !sees(state, user, parent)) return false
  if (channel.viewers !== null && !channel.viewers.includes(user)) return false
  return channel.guild !== null && memberOf(state, channel.guild, user) !== undefined
}

/** A direct message channel with a person; made when it is first needed. */
export function dmChannel(state: State, user: string): Channel {
  const known = [...state.channels.values()].find((channel) => channel.dmOf === user)
  if (known !== undefined) return known
  const made: Channel = { ...EMPTY_CHANNEL, id: newId(state), type: 1, dmOf: user }
  state.channels.set(made.id, made)
  return made
}

export const EMPTY_CHANNEL: Omit<Channel, 'id'> = {
  type: 0,
  guild: null,
  name: null,
  parent: null,
  permissions: null,
  viewers: null,
  dmOf: null,
  archived: false,
  locked: false,
  deleted: false,
}
