// Methods about the workspace: auth, channels, people, user groups, files.

import { type Obj, objs, str, yes } from './json.js'
import { checkLive } from './live.js'
import {
  type Channel,
  changed,
  dmChannel,
  findMessage,
  newId,
  type State,
  type StoredMessage,
} from './state.js'
import { type Answer, addMessage, fail, messageJson, writable } from './web-chat.js'

function authTest(state: State): Answer {
  const { team, domain, bot, botId, enterprise } = state.ids
  const url = `https://${domain}.slack.com/`
  const more = { user: 'pve', team_id: team, user_id: bot, bot_id: botId, is_enterprise_install: false }
  return {
    ok: true,
    url,
    team: domain,
    ...more,
    ...(enterprise === null ? {} : { enterprise_id: enterprise }),
  }
}

// A private channel without the bot does not exist for the bot.
function visible(state: State, id: unknown): Channel | undefined {
  const channel = state.channels.get(str(id) ?? '')
  return channel === undefined || (channel.private && !channel.member) ? undefined : channel
}

function channelJson(channel: Channel): Obj {
  const dm = channel.dmOf !== undefined
  return {
    id: channel.id,
    ...(dm ? { user: channel.dmOf } : { name: channel.name, name_normalized: channel.name }),
    is_channel: !channel.private,
    is_group: false,
    is_im: dm,
    is_mpim: false,
    is_private: channel.private,
    is_archived: channel.archived,
    is_member: channel.member,
    is_general: false,
    is_ext_shared: false,
  }
}

function info(state: State, args: Obj): Answer {
  // A direct conversation takes a scope of its own to be asked about.
  if (str(args.channel)?.startsWith('D') === true && !state.scopes.has('im:read'))
    return fail('missing_scope', { needed: 'im:read', provided: [...state.scopes].join(',') })
  const channel = visible(state, args.channel)
  return channel === undefined ? fail('channel_not_found') : { ok: true, channel: channelJson(channel) }
}

function list(state: State, args: Obj): Answer {
  const types = (str(args.types) ?? 'public_channel').split(',')
  const channels = [...state.channels.values()].filter(
    (channel) =>
      channel.dmOf === undefined &&
      visible(state, channel.id) !== undefined &&
      types.includes(channel.private ? 'private_channel' : 'public_channel') &&
      !(yes(args.exclude_archived) && channel.archived),
  )
  return { ...page(channels.map(channelJson), args, 'channels') }
}

function page(items: readonly unknown[], args: Obj, key: string): Answer {
  const from = Number(str(args.cursor) || 0)
  const limit = Number(args.limit ?? 100) || 100
  const next = from + limit < items.length ? String(from + limit) : ''
  const response_metadata = { next_cursor: next }
  return { ok: true, [key]: items.slice(from, from + limit), has_more: next !== '', response_metadata }
}

function members(state: State, args: Obj): Answer {
  const channel = visible(state, args.channel)
  if (channel === undefined) return fail('channel_not_found')
  const others = channel.members ?? [...state.users.keys()].filter((id) => id !== state.ids.bot)
  return page(channel.member ? [...others, state.ids.bot] : others, args, 'members')
}

function readable(state: State, args: Obj): Channel | Answer {
  const channel = visible(state, args.channel)
  if (channel === undefined) return fail('channel_not_found')
  return channel.member ? channel : fail('not_in_channel')
}

function listed(state: State, messages: readonly StoredMessage[], args: Obj): Answer {
  const oldest = str(args.oldest)
  const latest = str(args.latest)
  const wanted = messages.filter(
    (message) =>
      !message.deleted &&
      (oldest === undefined || Number(message.ts) >= Number(oldest)) &&
      (latest === undefined || Number(message.ts) <= Number(latest)),
  )
  return page(
    wanted.map((message) => messageJson(state, message)),
    args,
    'messages',
  )
}

function history(state: State, args: Obj): Answer {
  const channel = readable(state, args)
  if ('ok' in channel) return channel
  const own = state.messages.filter(
    (message) => message.channel === channel.id && message.thread_ts === undefined,
  )
  return listed(state, own.toReversed(), args)
}

function replies(state: State, args: Obj): Answer {
  const channel = readable(state, args)
  if ('ok' in channel) return channel
  const ts = str(args.ts) ?? ''
  if (findMessage(state, channel.id, ts) === undefined) return fail('thread_not_found')
  const own = state.messages.filter((message) => message.channel === channel.id)
  return listed(
    state,
    own.filter((message) => message.ts === ts || message.thread_ts === ts),
    args,
  )
}

function openDm(state: State, args: Obj): Answer {
  const user = str(args.users) ?? ''
  return state.users.has(user)
    ? { ok: true, channel: { id: dmChannel(state, user).id } }
    : fail('user_not_found')
}

function sees({ member, dmOf, members: inside }: Channel, user: string): boolean {
  return member && dmOf === undefined && (inside === undefined || inside.includes(user))
}

function userInfo(state: State, args: Obj): Answer {
  const user = state.users.get(str(args.user) ?? '')
  if (user === undefined) return fail('user_not_found')
  const { id, name, team, is_bot, is_restricted, deleted } = user
  // Whoever is in a channel that the app can see is none, wherever they come from.
  const stranger = team !== state.ids.team && ![...state.channels.values()].some((each) => sees(each, id))
  const more = { is_ultra_restricted: false, is_app_user: false, is_stranger: stranger, tz: 'Etc/UTC' }
  const profile = { real_name: name, display_name: name, team }
  return {
    ok: true,
    user: { id, name, real_name: name, team_id: team, deleted, is_bot, is_restricted, ...more, profile },
  }
}

function groups(state: State, args: Obj): Answer {
  const withUsers = yes(args.include_users)
  const usergroups = [...state.groups.values()].map((group) => ({
    id: group.id,
    team_id: state.ids.team,
    is_usergroup: true,
    name: group.handle,
    handle: group.handle,
    date_delete: 0,
    user_count: group.users.length,
    ...(withUsers ? { users: group.users } : {}),
  }))
  return { ok: true, usergroups }
}

function groupUsers(state: State, args: Obj): Answer {
  const group = state.groups.get(str(args.usergroup) ?? '')
  return group === undefined ? fail('no_such_subteam') : { ok: true, users: group.users }
}

function uploadUrl(state: State, args: Obj): Answer {
  const name = str(args.filename) ?? ''
  const length = Number(args.length)
  if (name === '' || !Number.isInteger(length) || length <= 0) return fail('invalid_arguments')
  const id = newId(state, 'F')
  const alt = str(args.alt_text)
  const file = { id, name, title: name, bytes: Buffer.alloc(0), ...(alt === undefined ? {} : { alt }) }
  state.files.set(id, file)
  return { ok: true, file_id: id, upload_url: `${state.baseUrl}/upload/v1/${id}?length=${length}` }
}

function completeUpload(state: State, args: Obj): Answer {
  const wanted = objs(args.files)
  if (wanted.length === 0) return fail('invalid_arguments')
  for (const one of wanted) {
    const file = state.files.get(str(one.id) ?? '')
    if (file === undefined || file.bytes.length === 0 || file.channel !== undefined)
      return fail('file_not_found')
  }
  const shared = share(state, args)
  if (shared !== undefined && 'ok' in shared) return shared
  for (const one of wanted) {
    const file = state.files.get(str(one.id) ?? '')
    if (file !== undefined)
      state.files.set(file.id, { ...file, title: str(one.title) ?? file.name, ...shared })
  }
  if (shared !== undefined) {
    const { channel, thread_ts, comment: text = '' } = shared
    const files = wanted.map((one) => String(one.id))
    const thread = thread_ts === undefined ? {} : { thread_ts }
    addMessage(state, { channel, user: state.ids.bot, text, blocks: [], files, ...thread })
  }
  changed(state)
  return { ok: true, files: wanted.map(({ id, title }) => ({ id, title })) }
}

type Shared = { readonly channel: string; readonly thread_ts?: string; readonly comment?: string }

function share(state: State, args: Obj): Shared | Answer | undefined {
  if (args.channel_id === undefined) return undefined
  // A channel name, or a person's id, is not good enough here.
  if (!state.channels.has(str(args.channel_id) ?? '')) return fail('channel_not_found')
  const where = writable(state, args.channel_id)
  if ('refusal' in where) return where.refusal
  if (!where.channel.member) return fail('not_in_channel')
  const thread_ts = str(args.thread_ts)
  if (thread_ts !== undefined && findMessage(state, where.channel.id, thread_ts) === undefined) {
    return fail('thread_not_found')
  }
  const comment = str(args.initial_comment)
  if (comment !== undefined) checkLive(state, 'files.completeUploadExternal', { text: comment })
  return {
    channel: where.channel.id,
    ...(thread_ts === undefined ? {} : { thread_ts }),
    ...(comment === undefined ? {} : { comment }),
  }
}

/** The workspace's methods by name. */
export const WORKSPACE = {
  'auth.test': authTest,
  'api.test': (): Answer => ({ ok: true }),
  'conversations.info': info,
  'conversations.list': list,
  'conversations.members': members,
  'conversations.history': history,
  'conversations.replies': replies,
  'conversations.open': openDm,
  'users.info': userInfo,
  'usergroups.list': groups,
  'usergroups.users.list': groupUsers,
  'files.getUploadURLExternal': uploadUrl,
  'files.completeUploadExternal': completeUpload,
} as const
