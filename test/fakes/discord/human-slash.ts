// Typing a slash command: only what is registered, and only as Discord's client lets people type it.

import type { APIApplicationCommand, APIApplicationCommandOption } from 'discord.js'
import { isObj, type Obj, objs } from '../slack/json.js'
import type { Tweak } from './deliver.js'
import type { Hand, Seen } from './human.js'
import { completePayload, slashPayload } from './payloads.js'
import { GLOBAL } from './rest-commands.js'
import type { State } from './state.js'
import { type Typed, typedValue } from './typed.js'
import { ALL, type Channel, guildPermissions } from './world.js'
import { channelJson, roleJson, userById } from './world-json.js'

export type Options = Readonly<Record<string, string | number | boolean>>

type Said = { readonly command: string; readonly options: Options }

type Found = {
  readonly command: APIApplicationCommand
  /** Names of the group and the sub-command, as far as there are any. */
  readonly path: readonly APIApplicationCommandOption[]
  readonly options: readonly Obj[]
}

/** A slash command, sent off. */
export function slash(hand: Hand, user: string, channelId: string, said: Said, tweak: Tweak): Promise<Seen> {
  const { state } = hand
  const channel = hand.channel(user, channelId)
  const found = commandFor(state, user, channel, said.command)
  const typed = read(found, said)
  for (const option of found.options) {
    if (option.required === true && said.options[String(option.name)] === undefined)
      throw new Error(`the option ${String(option.name)} of /${said.command} is required`)
  }
  const scene = hand.scene(user, channel)
  const data = { ...dataOf(state, found, typed), ...resolved(state, channel, typed) }
  return hand.send(scene, { kind: 'command', payload: slashPayload(state, scene, slashData(data)) }, tweak)
}

/** A slash command while it is typed: the option `focused` asks the app for choices. */
export function complete(
  hand: Hand,
  user: string,
  channelId: string,
  said: Said,
  focused: string,
): Promise<Seen> {
  const { state } = hand
  const channel = hand.channel(user, channelId)
  const found = commandFor(state, user, channel, said.command)
  const option = found.options.find(({ name }) => name === focused)
  if (option?.autocomplete !== true) throw new Error(`the option ${focused} asks nobody for choices`)
  const { [focused]: text = '', ...others } = said.options
  const typed = read(found, { ...said, options: others })
  const type = Number(option.type)
  const own: Typed = { name: focused, type, value: String(text), focused: true }
  const order = found.options.map(({ name }) => name)
  const all = [...typed, own].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  const scene = hand.scene(user, channel)
  const data = completeData(dataOf(state, found, all))
  const payload = completePayload(state, scene, data)
  return hand.send(scene, { kind: 'autocomplete', payload, optionType: type })
}

// A command that Discord offers to this person here.
function commandFor(state: State, user: string, channel: Channel, words: string): Found {
  const [name = '', ...rest] = words.trim().split(/\s+/)
  const own = channel.guild === null ? [] : (state.commands.get(channel.guild) ?? [])
  const global = state.commands.get(GLOBAL) ?? []
  const command = [...own, ...global].find((one) => one.name === name)
  if (command === undefined) throw new Error(`there is no command /${name}`)
  if (channel.guild === null && !forDms(command))
    throw new Error(`/${name} is not offered in direct messages`)
  if (channel.guild !== null && command.contexts?.includes(0) === false)
    throw new Error(`/${name} is not offered in guilds`)
  mayUse(state, user, channel, command)
  return descend(command, rest, words)
}

function forDms({ contexts, dm_permission }: APIApplicationCommand): boolean {
  return contexts === null || contexts === undefined ? dm_permission !== false : contexts.includes(1)
}

function mayUse(state: State, user: string, channel: Channel, command: APIApplicationCommand): void {
  const wanted = command.default_member_permissions
  if (wanted === null || channel.guild === null) return
  const held = guildPermissions(state, channel.guild, user)
  const needed = BigInt(wanted)
  if (held === ALL || (needed !== 0n && (held & needed) === needed)) return
  throw new Error(`/${command.name} is not offered to ${user}`)
}

function descend(command: APIApplicationCommand, words: readonly string[], said: string): Found {
  const path: APIApplicationCommandOption[] = []
  let options = command.options ?? []
  for (const word of words) {
    const next = options.find((one) => one.name === word && (one.type === 1 || one.type === 2))
    if (next === undefined || !('options' in next || next.type === 1))
      throw new Error(`there is no command /${said}`)
    path.push(next)
    options = 'options' in next ? (next.options ?? []) : []
  }
  if (options.some(({ type }) => type === 1 || type === 2)) throw new Error(`/${said} is no whole command`)
  return { command, path, options: objs(options) }
}

// In the order of the registration, as the client sends them.
function read(found: Found, said: Said): readonly Typed[] {
  for (const name of Object.keys(said.options)) {
    if (!found.options.some((option) => option.name === name))
      throw new Error(`/${said.command} has no option ${name}`)
  }
  return found.options.flatMap((option) => {
    const given = said.options[String(option.name)]
    return given === undefined ? [] : [typedValue(option, given)]
  })
}

function dataOf(state: State, { command, path }: Found, typed: readonly Typed[]): Obj {
  const inner: readonly Obj[] = path.reduceRight<readonly Obj[]>(
    (below, { type, name }) => [{ type, name, options: below }],
    typed,
  )
  const scope = command.guild_id === undefined ? {} : { guild_id: command.guild_id }
  if (!state.commands.has(command.guild_id ?? GLOBAL)) throw new Error('the command was taken back')
  return {
    id: command.id,
    name: command.name,
    type: 1,
    ...scope,
    ...(inner.length === 0 ? {} : { options: inner }),
  }
}

// What the ids among the values stand for.
function resolved(state: State, channel: Channel, typed: readonly Typed[]): Obj {
  const found: Record<string, Record<string, unknown>> = {}
  const put = (kind: string, id: string, what: unknown) => {
    found[kind] = { ...found[kind], [id]: what }
  }
  for (const { type, value } of typed) {
    const id = String(value)
    const role = state.roles.get(id)
    const there = state.channels.get(id)
    if ((type === 6 || type === 9) && state.users.has(id)) put('users', id, userById(state, id))
    else if ((type === 8 || type === 9) && role !== undefined) put('roles', id, roleJson(state, role))
    else if (type === 7 && there !== undefined && there.guild === channel.guild)
      put('channels', id, { ...channelJson(state, there), permissions: '0' })
    else if (type >= 6 && type <= 9) throw new Error(`${id} is not here`)
  }
  return Object.keys(found).length === 0 ? {} : { resolved: found }
}

type SlashData = Parameters<typeof slashPayload>[2]
type CompleteData = Parameters<typeof completePayload>[2]

// Built from a registration whose types are held: only the compiler does not know.
function isData<T>(value: unknown): value is T {
  return isObj(value) && typeof value.name === 'string'
}

function slashData(data: Obj): SlashData {
  if (!isData<SlashData>(data)) throw new Error('no data of a command')
  return data
}

function completeData(data: Obj): CompleteData {
  if (!isData<CompleteData>(data)) throw new Error('no data of a command')
  return data
}
