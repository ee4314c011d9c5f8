// chat.* methods, and the content rules they share with acks and response_urls.

import { isObj, type Obj, objs, str } from './json.js'
import { checkBlocks, problemText, shownChars } from './limits.js'
import { LIMITS } from './limits-text.js'
import { checkLive } from './live.js'
import {
  type Channel,
  changed,
  dmChannel,
  findMessage,
  newTs,
  type PrivateMessage,
  replaceMessage,
  type State,
  type StoredBlock,
  type StoredMessage,
  violate,
  withBlockIds,
} from './state.js'

/** The answer of a Web API method. */
export type Answer = Obj & { readonly ok: boolean }

/** A refusal in Slack's form. */
export function fail(error: string, more: Obj = {}): Answer {
  return { ok: false, error, ...more }
}

export type Content =
  | {
      readonly ok: true
      readonly text: string
      readonly blocks: readonly StoredBlock[]
      readonly warnings: readonly string[]
    }
  | { readonly ok: false; readonly answer: Answer }

function refused(state: State, where: string, answer: Answer, why: string): Content {
  violate(state, `${where}: ${why}`)
  return { ok: false, answer }
}

/** Text and blocks of a message, checked as Slack checks them. `where` names the call in violations. */
export function readContent(state: State, where: string, args: Obj): Content {
  const given = args.blocks
  if (given !== undefined && !Array.isArray(given)) {
    return refused(state, where, fail('invalid_blocks_format'), 'blocks are not a list')
  }
  const blocks = objs(given)
  const text = str(args.text) ?? ''
  if (args.attachments !== undefined && objs(args.attachments).length > 0) {
    violate(state, `${where}: attachments are not part of this fake`)
  }
  if (text === '' && blocks.length === 0)
    return refused(state, where, fail('no_text'), 'neither text nor blocks')
  if (text === '') violate(state, `${where}: blocks without a text fallback`)
  const problems = checkBlocks(given ?? [], 'message')
  if (problems.length > 0) {
    const messages = problems.map(problemText)
    const answer = fail('invalid_blocks', { errors: messages, response_metadata: { messages } })
    return refused(state, where, answer, `over limit: ${messages.join('; ')}`)
  }
  if (shownChars(blocks) > LIMITS.messageChars) {
    return refused(state, where, fail('msg_blocks_too_long'), 'over limit: msg_blocks_too_long')
  }
  const longest = where === 'chat.update' ? LIMITS.text.update : LIMITS.text.post
  if (text.length > longest) {
    if (where === 'chat.update')
      return refused(state, where, fail('msg_too_long'), 'over limit: msg_too_long')
    violate(state, `${where}: over limit: text is truncated at ${longest} characters`)
  }
  checkLive(state, where, args)
  const warnings = text.length > longest ? ['message_truncated'] : []
  return { ok: true, text: text.slice(0, longest), blocks: withBlockIds(state, blocks), warnings }
}

/** The channel to write to, or the reason why the bot may not. */
export function writable(
  state: State,
  id: unknown,
): { readonly channel: Channel } | { readonly refusal: Answer } {
  const name = str(id) ?? ''
  const channel =
    state.users.has(name) && name !== state.ids.bot ? dmChannel(state, name) : state.channels.get(name)
  if (channel === undefined) return { refusal: fail('channel_not_found') }
  if (channel.archived) return { refusal: fail('is_archived') }
  // The manifest says whether the app has a conversation of its own with people at all.
  if (channel.dmOf !== undefined && !state.messagesTab) return { refusal: fail('messages_tab_disabled') }
  if (channel.member) return { channel }
  if (channel.private) return { refusal: fail('channel_not_found') }
  return state.scopes.has('chat:write.public') ? { channel } : { refusal: fail('not_in_channel') }
}

/** A message in the form the API gives it out. */
export function messageJson(state: State, message: StoredMessage): Obj {
  return {
    type: 'message',
    ...(message.bot ? { bot_id: state.ids.botId, app_id: state.ids.app } : {}),
    user: message.user,
    team: state.ids.team,
    ts: message.ts,
    text: message.text,
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts }),
    ...(message.edits > 0 ? { edited: { user: message.user, ts: message.ts } } : {}),
  }
}

/** Stores a message of the bot or of a person. */
export function addMessage(
  state: State,
  of: Pick<StoredMessage, 'channel' | 'user' | 'text' | 'blocks'> & {
    readonly thread_ts?: string
    readonly files?: readonly string[]
  },
): StoredMessage {
  const bot = of.user === state.ids.bot
  const message: StoredMessage = { ...of, kind: 'message', ts: newTs(state), bot, edits: 0, deleted: false }
  state.messages.push(message)
  changed(state)
  return message
}

/** Stores a message that one person sees. */
export function addPrivate(
  state: State,
  of: Pick<PrivateMessage, 'channel' | 'user' | 'text' | 'blocks' | 'via'> & {
    readonly thread_ts?: string
    readonly answers?: string
  },
): PrivateMessage {
  const message: PrivateMessage = { ...of, kind: 'private', ts: newTs(state), deleted: false }
  state.privates.push(message)
  changed(state)
  return message
}

function threadOf(state: State, channel: string, args: Obj): { readonly thread_ts?: string } | undefined {
  if (args.thread_ts === undefined || args.thread_ts === '') return {}
  const thread_ts = str(args.thread_ts) ?? ''
  const parent = findMessage(state, channel, thread_ts)
  return parent === undefined || parent.deleted ? undefined : { thread_ts: parent.thread_ts ?? thread_ts }
}

function postMessage(state: State, args: Obj): Answer {
  const where = writable(state, args.channel)
  if ('refusal' in where) return where.refusal
  const content = readContent(state, 'chat.postMessage', args)
  if (!content.ok) return content.answer
  const thread = threadOf(state, where.channel.id, args)
  if (thread === undefined) return fail('thread_not_found')
  const { text, blocks } = content
  const message = addMessage(state, {
    channel: where.channel.id,
    user: state.ids.bot,
    text,
    blocks,
    ...thread,
  })
  const response_metadata =
    content.warnings.length > 0 ? { response_metadata: { warnings: content.warnings } } : {}
  return {
    ok: true,
    channel: message.channel,
    ts: message.ts,
    message: messageJson(state, message),
    ...response_metadata,
  }
}

function postEphemeral(state: State, args: Obj): Answer {
  const where = writable(state, args.channel)
  if ('refusal' in where) return where.refusal
  const user = str(args.user) ?? ''
  if (!state.users.has(user)) return fail('user_not_found')
  const members = where.channel.members
  if (members !== undefined && !members.includes(user)) return fail('user_not_in_channel')
  const content = readContent(state, 'chat.postEphemeral', args)
  if (!content.ok) return content.answer
  const thread = threadOf(state, where.channel.id, args)
  if (thread === undefined) return fail('thread_not_found')
  const { text, blocks } = content
  const via = 'postEphemeral'
  const message = addPrivate(state, { channel: where.channel.id, user, text, blocks, via, ...thread })
  return { ok: true, message_ts: message.ts }
}

// The message an update or delete is about: the bot's own, still there.
function ownMessage(state: State, method: string, args: Obj): StoredMessage | Answer {
  const channel = state.channels.get(str(args.channel) ?? '')
  if (channel === undefined) return fail('channel_not_found')
  const ts = str(args.ts) ?? ''
  if (state.privates.some((message) => message.channel === channel.id && message.ts === ts)) {
    violate(state, `${method}: ${ts} is an ephemeral message`)
    return fail('message_not_found')
  }
  const message = findMessage(state, channel.id, ts)
  if (message === undefined || message.deleted) return fail('message_not_found')
  if (message.user !== state.ids.bot) {
    return fail(method === 'chat.update' ? 'cant_update_message' : 'cant_delete_message')
  }
  return channel.archived ? fail('is_archived') : message
}

function update(state: State, args: Obj): Answer {
  const message = ownMessage(state, 'chat.update', args)
  if ('ok' in message) return message
  const content = readContent(state, 'chat.update', args)
  if (!content.ok) return content.answer
  const next = { ...message, text: content.text, blocks: content.blocks, edits: message.edits + 1 }
  replaceMessage(state, next)
  return { ok: true, channel: next.channel, ts: next.ts, text: next.text, message: messageJson(state, next) }
}

function remove(state: State, args: Obj): Answer {
  const message = ownMessage(state, 'chat.delete', args)
  if ('ok' in message) return message
  replaceMessage(state, { ...message, deleted: true })
  return { ok: true, channel: message.channel, ts: message.ts }
}

function getPermalink(state: State, args: Obj): Answer {
  const channel = state.channels.get(str(args.channel) ?? '')
  if (channel === undefined) return fail('channel_not_found')
  const message = findMessage(state, channel.id, str(args.message_ts) ?? '')
  if (message === undefined || message.deleted) return fail('message_not_found')
  const name = `p${message.ts.replace('.', '')}`
  return { ok: true, channel: channel.id, permalink: `https://home.slack.com/archives/${channel.id}/${name}` }
}

function addReaction(state: State, args: Obj): Answer {
  const message = findMessage(state, str(args.channel) ?? '', str(args.timestamp) ?? '')
  if (message === undefined || message.deleted) return fail('message_not_found')
  return isObj(args) && str(args.name) !== undefined ? { ok: true } : fail('invalid_name')
}

/** chat.* and reactions.add by name. */
export const CHAT = {
  'chat.postMessage': postMessage,
  'chat.postEphemeral': postEphemeral,
  'chat.update': update,
  'chat.delete': remove,
  'chat.getPermalink': getPermalink,
  'reactions.add': addReaction,
} as const
