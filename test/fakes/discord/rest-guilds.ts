// Guilds, people, roles, and the app itself.

import { invalidForm, type Refusal, refuse } from './errors.js'
import { isRefusal } from './rest-messages.js'
import { type Ask, ok, param, type Route } from './route.js'
import { type Guild, guildPermissions, isThread, memberOf, rolesOf } from './world.js'
import {
  applicationJson,
  channelJson,
  guildJson,
  memberJson,
  roleJson,
  userById,
  userJson,
} from './world-json.js'

function guildOf({ state, params }: Ask): Guild | Refusal {
  const guild = state.guilds.get(params.guild ?? '')
  if (guild === undefined) return refuse(10004)
  return memberOf(state, guild.id, state.ids.bot) === undefined ? refuse(50001) : guild
}

// Discord says so where an id is expected: `@me` is none.
function noSnowflake(at: string, value: string): Refusal | undefined {
  if (/^\d+$/.test(value)) return undefined
  return invalidForm([{ at, code: 'NUMBER_TYPE_COERCE', message: `Value "${value}" is not snowflake.` }])
}

const guild: Route = (ask) => {
  const found = guildOf(ask)
  return isRefusal(found) ? found : ok(guildJson(ask.state, found))
}

const roles: Route = (ask) => {
  const found = guildOf(ask)
  return isRefusal(found) ? found : ok(rolesOf(ask.state, found.id).map((role) => roleJson(ask.state, role)))
}

const channels: Route = (ask) => {
  const { state } = ask
  const found = guildOf(ask)
  if (isRefusal(found)) return found
  const there = [...state.channels.values()].filter(
    (one) => one.guild === found.id && !one.deleted && !isThread(one),
  )
  return ok(there.map((one) => channelJson(state, one)))
}

const member: Route = (ask) => {
  const { state } = ask
  const found = guildOf(ask)
  if (isRefusal(found)) return found
  const id = param(ask, 'user')
  const wrong = noSnowflake('user_id', id)
  if (wrong !== undefined) return wrong
  if (!state.users.has(id)) return refuse(10013)
  const known = memberOf(state, found.id, id)
  return known === undefined ? refuse(10007) : ok(memberJson(state, known))
}

const ownGuilds: Route = ({ state }) => {
  const own = state.members.filter(({ user }) => user === state.ids.bot)
  return ok(
    own.flatMap(({ guild: id }) => {
      const one = state.guilds.get(id)
      if (one === undefined) return []
      const permissions = String(guildPermissions(state, id, state.ids.bot))
      return [{ id, name: one.name, icon: null, owner: false, permissions, features: [] }]
    }),
  )
}

const me: Route = ({ state }) => ok(userById(state, state.ids.bot))

const user: Route = (ask) => {
  const id = param(ask, 'user')
  const wrong = noSnowflake('user_id', id)
  if (wrong !== undefined) return wrong
  const found = ask.state.users.get(id)
  return found === undefined ? refuse(10013) : ok(userJson(found))
}

/** The routes; the key is part of what the app says of itself. */
export function guildRoutes(publicKey: string) {
  const application: Route = ({ state }) => ok(applicationJson(state, publicKey))
  return {
    'GET /guilds/:guild': guild,
    'GET /guilds/:guild/roles': roles,
    'GET /guilds/:guild/channels': channels,
    'GET /guilds/:guild/members/:user': member,
    'GET /users/@me': me,
    'GET /users/@me/guilds': ownGuilds,
    'GET /users/:user': user,
    'GET /applications/@me': application,
    'GET /oauth2/applications/@me': application,
  } as const satisfies Readonly<Record<string, Route>>
}
