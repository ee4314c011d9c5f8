// Channels, threads and direct messages.

import { str } from '../slack/json.js'
import { overLimit } from './content.js'
import { refuse } from './errors.js'
import { checkChoice, checkText, LIMITS, newCheck } from './limits-text.js'
import { findMessage } from './messages.js'
import { isRefusal, visible } from './rest-messages.js'
import { ok, param, type Route } from './route.js'
import { changed, type State } from './state.js'
import { botPermissions, type Channel, dmChannel, EMPTY_CHANNEL, isThread, MAY } from './world.js'
import { channelJson } from './world-json.js'

const GUILDS = 1

const get: Route = (ask) => {
  const channel = visible(ask.state, param(ask, 'channel'))
  return isRefusal(channel) ? channel : ok(channelJson(ask.state, channel))
}

const startThread: Route = (ask) => {
  const { state, where, body } = ask
  const channel = visible(state, param(ask, 'channel'))
  if (isRefusal(channel)) return channel
  if (channel.guild === null || isThread(channel)) return refuse(50024)
  const check = newCheck()
  checkText(check, 'name', body.name, { max: LIMITS.threadName })
  if (body.auto_archive_duration !== undefined)
    checkChoice(check, 'auto_archive_duration', body.auto_archive_duration, [60, 1440, 4320, 10080])
  if (check.problems.length > 0) return overLimit(state, where, check.problems).refusal
  if ((botPermissions(state, channel) & MAY.createThreads) === 0n) return refuse(50013)
  const message = findMessage(state, channel.id, param(ask, 'message'))
  if (message === undefined || message.onlyFor !== null) return refuse(10008)
  if (state.channels.has(message.id)) return refuse(160004)
  const name = str(body.name) ?? ''
  const thread = {
    ...EMPTY_CHANNEL,
    id: message.id,
    type: 11,
    guild: channel.guild,
    name,
    parent: channel.id,
  } as const
  putThread(state, thread, 'THREAD_CREATE')
  return { status: 201, body: channelJson(state, thread) }
}

function putThread(state: State, thread: Channel, event: 'THREAD_CREATE' | 'THREAD_UPDATE'): void {
  state.channels.set(thread.id, thread)
  const fresh = event === 'THREAD_CREATE' ? { newly_created: true } : {}
  state.emit(event, { ...channelJson(state, thread), ...fresh }, GUILDS)
  changed(state)
}

// Only threads can be changed: what an app of ours would change is whether one is archived, and its name.
const change: Route = (ask) => {
  const { state, where, body } = ask
  const channel = visible(state, param(ask, 'channel'))
  if (isRefusal(channel)) return channel
  if (!isThread(channel)) return refuse(50013)
  const check = newCheck()
  checkText(check, 'name', body.name, { max: LIMITS.threadName, optional: true })
  if (check.problems.length > 0) return overLimit(state, where, check.problems).refusal
  const next = {
    ...channel,
    name: str(body.name) ?? channel.name,
    archived: typeof body.archived === 'boolean' ? body.archived : channel.archived,
    locked: typeof body.locked === 'boolean' ? body.locked : channel.locked,
  }
  putThread(state, next, 'THREAD_UPDATE')
  return ok(channelJson(state, next))
}

// The channel can always be opened; whether something may be sent there is seen when it is sent.
const openDm: Route = ({ state, body }) => {
  const user = state.users.get(str(body.recipient_id) ?? '')
  if (user === undefined || user.bot) return refuse(50033)
  return ok(channelJson(state, dmChannel(state, user.id)))
}

export const CHANNELS = {
  'GET /channels/:channel': get,
  'PATCH /channels/:channel': change,
  'POST /channels/:channel/messages/:message/threads': startThread,
  'POST /users/@me/channels': openDm,
} as const
