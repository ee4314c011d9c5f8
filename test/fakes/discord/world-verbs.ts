// What changes the world from outside, without the app; the gateway tells of it.

import { changed, newId, type State } from './state.js'
import {
  ALL,
  type Channel,
  dmChannel,
  EMPTY_CHANNEL,
  EVERYONE,
  type Guild,
  isThread,
  MAY,
  type Member,
  memberOf,
  type Role,
  type User,
} from './world.js'
import { channelJson, guildCreate, memberJson, roleJson } from './world-json.js'

export type World = {
  /** With its role `@everyone`, and the bot in it unless `bot` is false. The first one is the usual one. */
  addGuild(guild: {
    readonly id: string
    readonly name: string
    readonly owner?: string
    readonly bot?: boolean
  }): void
  /** In the first guild, unless it says another. */
  addChannel(
    channel: { readonly id: string; readonly name: string } & Partial<
      Pick<Channel, 'guild' | 'type' | 'permissions' | 'viewers'>
    >,
  ): void
  /** A thread of a channel, which no message began. */
  addThread(thread: { readonly id: string; readonly name: string; readonly parent: string }): void
  /** A person, a member of every guild there is, unless `guilds` says others. */
  addUser(
    user: {
      readonly id: string
      readonly name: string
      readonly guilds?: readonly string[]
      readonly roles?: readonly string[]
    } & Partial<Pick<User, 'shownAs' | 'bot' | 'takesDms'>>,
  ): void
  addRole(
    role: { readonly id: string; readonly name: string } & Partial<Pick<Role, 'guild' | 'permissions'>>,
  ): void
  /** The roles of a member from now on. */
  setRoles(user: string, roles: readonly string[], guild?: string): void
  /** Takes a member, or the bot, out of a guild. */
  removeMember(user: string, guild?: string): void
  /** What the bot may do in a channel; null: as in the guild. */
  setPermissions(channel: string, bits: bigint | null): void
  setChannel(
    channel: string,
    change: Partial<Pick<Channel, 'name' | 'viewers' | 'archived' | 'locked'>>,
  ): void
  deleteChannel(channel: string): void
  setUser(user: string, change: Partial<Pick<User, 'name' | 'shownAs' | 'takesDms'>>): void
  /** Opens the direct message channel of the bot and a person; gives its id. */
  openDm(user: string): string
}

const GUILDS = 1
const GUILD_MEMBERS = 2

function snowflake(id: string): string {
  if (/^\d{17,20}$/.test(id)) return id
  throw new Error(`${id} is no id that Discord would give`)
}

/** The verbs of the world. */
export function createWorld(state: State): World {
  const firstGuild = (): string => {
    const [id] = state.guilds.keys()
    if (id === undefined) throw new Error('there is no guild yet')
    return id
  }
  const channelOf = (id: string): Channel => {
    const channel = state.channels.get(id)
    if (channel === undefined) throw new Error(`no such channel: ${id}`)
    return channel
  }
  const put = (channel: Channel, event: 'CREATE' | 'UPDATE' | 'DELETE') => {
    state.channels.set(channel.id, channel)
    const kind = isThread(channel) ? 'THREAD' : 'CHANNEL'
    if (channel.dmOf === null) state.emit(`${kind}_${event}`, channelJson(state, channel), GUILDS)
    changed(state)
  }
  const join = (member: Member) => {
    state.members.push(member)
    if (member.user !== state.ids.bot) tellMember(state, 'GUILD_MEMBER_ADD', member)
  }
  return {
    addGuild: ({ id, name, owner, bot }) =>
      addGuild(state, { id: snowflake(id), name, owner: owner ?? '1' }, bot !== false),
    addChannel: ({ guild, ...channel }) => {
      put({ ...EMPTY_CHANNEL, ...channel, id: snowflake(channel.id), guild: guild ?? firstGuild() }, 'CREATE')
    },
    addThread: ({ id, name, parent }) => {
      const { guild } = channelOf(parent)
      put({ ...EMPTY_CHANNEL, id: snowflake(id), type: 11, name, parent, guild }, 'CREATE')
    },
    addUser: ({ guilds, roles = [], ...user }) => {
      const usual = { shownAs: null, bot: false, takesDms: true }
      state.users.set(user.id, { ...usual, ...user, id: snowflake(user.id) })
      for (const guild of guilds ?? state.guilds.keys()) join({ guild, user: user.id, roles, nick: null })
    },
    addRole: ({ guild = firstGuild(), permissions = 0n, ...role }) => {
      const position = state.roles.size
      const made: Role = { ...role, id: snowflake(role.id), guild, permissions, position, managed: false }
      state.roles.set(made.id, made)
      state.emit('GUILD_ROLE_CREATE', { guild_id: guild, role: roleJson(state, made) }, GUILDS)
    },
    setRoles: (user, roles, guild = firstGuild()) => {
      const member = memberOf(state, guild, user)
      if (member === undefined) throw new Error(`${user} is not in the guild ${guild}`)
      member.roles = roles
      tellMember(state, 'GUILD_MEMBER_UPDATE', member)
    },
    removeMember: (user, guild = firstGuild()) => removeMember(state, user, guild),
    setPermissions: (id, permissions) => put({ ...channelOf(id), permissions }, 'UPDATE'),
    setChannel: (id, change) => put({ ...channelOf(id), ...change }, 'UPDATE'),
    deleteChannel: (id) => put({ ...channelOf(id), deleted: true }, 'DELETE'),
    setUser: (id, change) => {
      const user = state.users.get(id)
      if (user === undefined) throw new Error(`no such person: ${id}`)
      state.users.set(id, { ...user, ...change })
    },
    openDm: (user) => dmChannel(state, user).id,
  }
}

function tellMember(state: State, event: string, member: Member): void {
  state.emit(event, { guild_id: member.guild, ...memberJson(state, member) }, GUILD_MEMBERS)
  changed(state)
}

function addGuild(state: State, guild: Guild, bot: boolean): void {
  state.guilds.set(guild.id, guild)
  const base = { guild: guild.id, managed: false }
  state.roles.set(guild.id, { ...base, id: guild.id, name: '@everyone', permissions: EVERYONE, position: 0 })
  if (!bot) return
  // Discord makes such a role for every app that is added to a guild.
  const id = newId(state)
  const permissions = EVERYONE & ALL & ~MAY.administrator
  state.roles.set(id, { ...base, id, name: 'pve', permissions, position: 1, managed: true })
  state.members.push({ guild: guild.id, user: state.ids.bot, roles: [id], nick: null })
  state.emit('GUILD_CREATE', guildCreate(state, guild), GUILDS)
  changed(state)
}

function removeMember(state: State, user: string, guild: string): void {
  const at = state.members.findIndex((member) => member.guild === guild && member.user === user)
  if (at < 0) throw new Error(`${user} is not in the guild ${guild}`)
  const [gone] = state.members.splice(at, 1)
  if (user === state.ids.bot) state.emit('GUILD_DELETE', { id: guild }, GUILDS)
  else if (gone !== undefined) tellMember(state, 'GUILD_MEMBER_REMOVE', gone)
  changed(state)
}
