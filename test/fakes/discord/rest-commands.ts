// Registering commands: a bulk overwrite, idempotent by name, answered with much that nobody sent.

import type { APIApplicationCommand, APIApplicationCommandOption } from 'discord.js'
import { isObj, type Obj, objs, str } from '../slack/json.js'
import { overLimit } from './content.js'
import { plainError, type Reply, refuse } from './errors.js'
import { checkCommands } from './limits-commands.js'
import { type Ask, ok, type Route } from './route.js'
import { changed, newId, type State, violate } from './state.js'
import { memberOf } from './world.js'

export const GLOBAL = 'global'

const FIELDS = [
  ...['id', 'name', 'name_localizations', 'description', 'description_localizations', 'options'],
  ...['default_member_permissions', 'dm_permission', 'default_permission', 'integration_types'],
  ...['contexts', 'type', 'nsfw', 'handler'],
]

function scopeOf({ state, params }: Ask): string | Reply {
  if (params.app !== state.ids.app) return refuse(50001)
  if (params.guild === undefined) return GLOBAL
  if (!state.guilds.has(params.guild)) return refuse(10004)
  return memberOf(state, params.guild, state.ids.bot) === undefined ? refuse(50001) : params.guild
}

const list: Route = (ask) => {
  const scope = scopeOf(ask)
  if (typeof scope !== 'string') return scope
  const known = ask.state.commands.get(scope) ?? []
  if (ask.query.with_localizations === 'true') return ok(known)
  return ok(known.map(({ name_localizations: _n, description_localizations: _d, ...command }) => command))
}

const overwrite: Route = (ask) => {
  const { state, where, raw } = ask
  const scope = scopeOf(ask)
  if (typeof scope !== 'string') return scope
  if (!Array.isArray(raw) || !raw.every(isObj)) return plainError(400, 'Bad Request')
  const given = objs(raw)
  const problems = checkCommands(given)
  if (problems.length > 0) return overLimit(state, where, problems).refusal
  for (const name of given.flatMap((command) => Object.keys(command)))
    if (!FIELDS.includes(name)) violate(state, `${where}: ${name} is no field of a command`)
  const before = state.commands.get(scope) ?? []
  const next = given.map((command) => stored(state, scope, command, before))
  state.commands.set(scope, next)
  changed(state)
  return ok(next)
}

// A command of a known name keeps its id, and its version while nothing of it changed.
function stored(
  state: State,
  scope: string,
  given: Obj,
  before: readonly APIApplicationCommand[],
): APIApplicationCommand {
  const name = str(given.name) ?? ''
  const old = before.find((command) => command.name === name)
  const fresh = normalised(state, scope, given, old?.id ?? newId(state))
  const same = old !== undefined && JSON.stringify({ ...fresh, version: old.version }) === JSON.stringify(old)
  return same ? old : { ...fresh, version: newId(state) }
}

function normalised(state: State, scope: string, given: Obj, id: string): APIApplicationCommand {
  const bits = given.default_member_permissions
  const contexts = contextsOf(given)
  const options: unknown = objs(given.options).map(optionJson)
  const base = {
    id,
    application_id: state.ids.app,
    version: '',
    default_member_permissions: typeof bits === 'string' ? bits : null,
    type: 1,
    name: str(given.name) ?? '',
    name_localizations: null,
    description: str(given.description) ?? '',
    description_localizations: null,
    default_permission: true,
    ...(areOptions(options) && options.length > 0 ? { options } : {}),
    nsfw: given.nsfw === true,
  } satisfies APIApplicationCommand
  if (scope !== GLOBAL) return { ...base, guild_id: scope }
  const dms = contexts === null ? given.dm_permission !== false : contexts.includes(1)
  const types = Array.isArray(given.integration_types) ? given.integration_types : [0]
  return { ...base, dm_permission: dms, contexts, integration_types: types }
}

function contextsOf({ contexts }: Obj): (0 | 1 | 2)[] | null {
  if (!Array.isArray(contexts)) return null
  return contexts.filter((one) => one === 0 || one === 1 || one === 2)
}

// What is false or empty is not given back; what can be translated is given back as not translated.
function optionJson(option: Obj): Obj {
  const { required, autocomplete, options, choices, ...rest } = option
  const inside = objs(options).map(optionJson)
  const offered = objs(choices).map((choice) => ({ name_localizations: null, ...choice }))
  return {
    ...rest,
    name_localizations: null,
    description_localizations: null,
    ...(required === true ? { required } : {}),
    ...(autocomplete === true ? { autocomplete } : {}),
    ...(inside.length === 0 ? {} : { options: inside }),
    ...(offered.length === 0 ? {} : { choices: offered }),
  }
}

// The limits are held before this is asked, so the form is right.
function areOptions(value: unknown): value is APIApplicationCommandOption[] {
  return Array.isArray(value)
}

export const COMMANDS = {
  'GET /applications/:app/commands': list,
  'PUT /applications/:app/commands': overwrite,
  'GET /applications/:app/guilds/:guild/commands': list,
  'PUT /applications/:app/guilds/:guild/commands': overwrite,
} as const satisfies Readonly<Record<string, Route>>
