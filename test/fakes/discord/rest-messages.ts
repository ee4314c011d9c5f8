// Messages of channels: sending, editing, reading and deleting them.

import { readContent } from './content.js'
import { type Refusal, type Reply, refuse } from './errors.js'
import { addMessage, EPHEMERAL, edited, findMessage, messageJson, replaceMessage } from './messages.js'
import { type Ask, EMPTY, ok, param, type Route } from './route.js'
import { changed, type State, type StoredMessage, violate } from './state.js'
import { botPermissions, type Channel, isThread, MAY, memberOf } from './world.js'
import { threadJson } from './world-json.js'

const NONCE_LIFE_MS = 5 * 60_000
const THREADS = 1

/** A channel the bot sees, or the refusal. */
export function visible(state: State, id: string): Channel | Refusal {
  const channel = state.channels.get(id)
  if (channel === undefined || channel.deleted) return refuse(10003)
  if (channel.guild !== null && memberOf(state, channel.guild, state.ids.bot) === undefined)
    return refuse(50001)
  return (botPermissions(state, channel) & MAY.viewChannel) === 0n ? refuse(50001) : channel
}

export function isRefusal<T extends object>(value: T | Refusal): value is Refusal {
  return 'status' in value && 'body' in value
}

function lacks(state: State, channel: Channel, bits: bigint): boolean {
  return (botPermissions(state, channel) & bits) !== bits
}

// Whether this may be sent there: who has no right to embed or attach is refused as a whole.
function mayPost(ask: Ask, channel: Channel): Refusal | undefined {
  const { state, body, files } = ask
  if (channel.dmOf !== null)
    return state.users.get(channel.dmOf)?.takesDms === true ? undefined : refuse(50007)
  const embeds = Array.isArray(body.embeds) && body.embeds.length > 0
  const bits =
    (isThread(channel) ? MAY.sendInThreads : MAY.sendMessages) |
    (embeds ? MAY.embedLinks : 0n) |
    (files.length > 0 ? MAY.attachFiles : 0n)
  return lacks(state, channel, bits) ? refuse(50013) : undefined
}

const post: Route = (ask) => {
  const { state, where, body, files } = ask
  const channel = visible(state, param(ask, 'channel'))
  if (isRefusal(channel)) return channel
  const forbidden = mayPost(ask, channel)
  if (forbidden !== undefined) return forbidden
  const read = readContent(state, { where, body, files })
  if ('refusal' in read) return read.refusal
  if ((Number(body.flags ?? 0) & EPHEMERAL) !== 0) violate(state, `${where}: only an answer can be ephemeral`)
  const nonce = typeof body.nonce === 'string' || typeof body.nonce === 'number' ? body.nonce : null
  const same = body.enforce_nonce === true && nonce !== null ? withNonce(state, channel, nonce) : undefined
  if (same !== undefined) return ok(messageJson(state, same))
  if (channel.archived && channel.locked) return refuse(50083)
  wake(state, channel)
  const message = addMessage(state, {
    ...read.content,
    channel: channel.id,
    author: state.ids.bot,
    via: 'channel',
    flags: Number(body.flags ?? 0),
    nonce,
  })
  return ok(messageJson(state, message))
}

// A nonce counts for its channel and for a few minutes.
function withNonce(state: State, channel: Channel, nonce: string | number): StoredMessage | undefined {
  const since = state.now() - NONCE_LIFE_MS
  return [...state.messages.values()].find(
    (one) =>
      one.channel === channel.id &&
      one.author === state.ids.bot &&
      String(one.nonce) === String(nonce) &&
      one.at >= since,
  )
}

// A message brings an archived thread back.
function wake(state: State, channel: Channel): void {
  if (!channel.archived) return
  const next = { ...channel, archived: false }
  state.channels.set(channel.id, next)
  state.emit('THREAD_UPDATE', threadJson(state, next), THREADS)
  changed(state)
}

const list: Route = (ask) => {
  const { state, query } = ask
  const channel = visible(state, param(ask, 'channel'))
  if (isRefusal(channel)) return channel
  if (lacks(state, channel, MAY.readHistory)) return ok([])
  const before = BigInt(query.before ?? 2n ** 63n)
  const after = BigInt(query.after ?? 0)
  const there = [...state.messages.values()].filter(
    (one) =>
      one.channel === channel.id &&
      !one.deleted &&
      one.onlyFor === null &&
      BigInt(one.id) < before &&
      BigInt(one.id) > after,
  )
  const limit = Math.min(100, Number(query.limit ?? 50))
  return ok(
    there
      .slice(-limit)
      .reverse()
      .map((one) => messageJson(state, one)),
  )
}

function there(ask: Ask): { readonly channel: Channel; readonly message: StoredMessage } | Refusal {
  const channel = visible(ask.state, param(ask, 'channel'))
  if (isRefusal(channel)) return channel
  const message = findMessage(ask.state, channel.id, param(ask, 'message'))
  // An ephemeral message is no message of its channel.
  return message === undefined || message.onlyFor !== null ? refuse(10008) : { channel, message }
}

const get: Route = (ask) => {
  const found = there(ask)
  return isRefusal(found) ? found : ok(messageJson(ask.state, found.message))
}

const edit: Route = (ask) => {
  const { state, where, body, files } = ask
  const found = there(ask)
  if (isRefusal(found)) return found
  const { channel, message } = found
  if (message.author !== state.ids.bot) return refuse(50005)
  if (channel.archived) return refuse(50083)
  const read = readContent(state, { where, body, files, old: message })
  if ('refusal' in read) return read.refusal
  return ok(messageJson(state, edited(state, message, read.content)))
}

const remove: Route = (ask): Reply => {
  const { state } = ask
  const found = there(ask)
  if (isRefusal(found)) return found
  const { channel, message } = found
  if (message.author !== state.ids.bot && lacks(state, channel, MAY.manageMessages)) return refuse(50013)
  replaceMessage(state, { ...message, deleted: true })
  return EMPTY
}

export const MESSAGES = {
  'POST /channels/:channel/messages': post,
  'GET /channels/:channel/messages': list,
  'GET /channels/:channel/messages/:message': get,
  'PATCH /channels/:channel/messages/:message': edit,
  'DELETE /channels/:channel/messages/:message': remove,
} as const
