import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { WebSocket } from 'ws'
import { isObj, type Obj, parseJson } from '../../fakes/slack/json.js'
import { type FakeSlack, startSlack } from '../../fakes/slack/server.js'

// Every documented refusal and every violation, produced once, without Bolt in between.

const clock = { time: 1_800_000_000_000, now: () => clock.time }
let slack: FakeSlack
const sockets: WebSocket[] = []

beforeEach(async () => {
  slack = await startSlack({ clock, ackDeadlineMs: 60 })
  slack.addChannel({ id: 'C1', name: 'ops' })
  slack.addChannel({ id: 'C2', name: 'elsewhere', member: false })
  slack.addChannel({ id: 'C3', name: 'old', archived: true })
  slack.addChannel({ id: 'C4', name: 'secret', member: false, private: true })
  slack.addUser({ id: 'U1', name: 'ann' })
  slack.addGroup('S1', 'admins', ['U1'])
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  await slack.stop()
})

async function call(method: string, args: object, token = slack.botToken): Promise<Obj> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await fetch(`${slack.apiUrl}${method}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(args),
  })
  const body: unknown = await answer.json()
  return isObj(body) ? body : {}
}

const error = async (method: string, args: object, token?: string) => (await call(method, args, token)).error

async function post(url: string, body: object): Promise<Obj> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  const parsed: unknown = await answer.json()
  return isObj(parsed) ? parsed : {}
}

type Line = { readonly socket: WebSocket; readonly heard: Obj[]; reply: (message: Obj) => readonly object[] }

async function connect(): Promise<Line> {
  const opened = await call('apps.connections.open', {}, slack.appToken)
  const socket = new WebSocket(String(opened.url))
  sockets.push(socket)
  const line: Line = { socket, heard: [], reply: (one) => [{ envelope_id: one.envelope_id, payload: {} }] }
  socket.on('message', (data) => {
    const message = parseJson(String(data))
    if (!isObj(message)) return
    line.heard.push(message)
    if (message.envelope_id === undefined) return
    for (const answer of line.reply(message)) socket.send(JSON.stringify(answer))
  })
  await once(socket, 'message')
  return line
}

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } })
const modal = { type: 'modal', title: { type: 'plain_text', text: 'T' }, blocks: [section('x')] }

describe('who may call what', () => {
  it('wants the right token and scope', async () => {
    expect(await error('auth.test', {}, 'xoxb-wrong')).toBe('invalid_auth')
    expect(await error('auth.test', {}, slack.appToken)).toBe('not_allowed_token_type')
    expect(await error('apps.connections.open', {})).toBe('not_allowed_token_type')
    expect(await call('conversations.history', { channel: 'C1' })).toMatchObject({
      error: 'missing_scope',
      needed: 'channels:history',
    })
    slack.grant('channels:history')
    expect(await call('conversations.history', { channel: 'C1' })).toMatchObject({ ok: true, messages: [] })
    slack.revokeScope('chat:write')
    expect(await error('chat.postMessage', { channel: 'C1', text: 'x' })).toBe('missing_scope')
  })

  it('notes a method it does not know', async () => {
    expect(await error('chat.sing', {})).toBe('unknown_method')
    expect(slack.violations()).toHaveLength(1)
  })

  it('fails the next call in the way it was told', async () => {
    slack.failNext('chat.postMessage', { error: 'fatal_error' })
    slack.failNext('*', { status: 500 })
    expect(await error('chat.postMessage', { channel: 'C1', text: 'x' })).toBe('fatal_error')
    expect(await error('auth.test', {})).toBe('fatal_error')
    slack.failNext('auth.test', { hangUp: 'before' })
    await expect(call('auth.test', {})).rejects.toThrow()
    expect(await call('auth.test', {})).toMatchObject({ ok: true })
    await slack.outage('refused')
    await expect(call('auth.test', {})).rejects.toThrow()
    await slack.restore()
    expect(await call('auth.test', {})).toMatchObject({ ok: true })
  })
})

describe('messages', () => {
  const send = (args: object) => error('chat.postMessage', { channel: 'C1', text: 'x', ...args })

  it('refuses channels', async () => {
    expect(await send({ channel: 'ops' })).toBe('channel_not_found')
    expect(await send({ channel: 'C2' })).toBe('not_in_channel')
    expect(await send({ channel: 'C3' })).toBe('is_archived')
    expect(await send({ channel: 'C4' })).toBe('channel_not_found')
    expect(await send({ thread_ts: '1.1' })).toBe('thread_not_found')
    slack.grant('chat:write.public')
    expect(await send({ channel: 'C2' })).toBeUndefined()
    expect(slack.violations()).toEqual([])
  })

  it('refuses content', async () => {
    expect(await send({ text: '' })).toBe('no_text')
    expect(await send({ blocks: 'x' })).toBe('invalid_blocks_format')
    expect(
      await call('chat.postMessage', { channel: 'C1', text: 'x', blocks: [section('x'.repeat(3_001))] }),
    ).toMatchObject({
      error: 'invalid_blocks',
      response_metadata: {
        messages: ['[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]'],
      },
    })
    const full = Array.from({ length: 4 }, () => section('x'.repeat(3_000)))
    expect(await send({ blocks: full })).toBeUndefined()
    expect(await send({ blocks: [...full, section('x')] })).toBe('msg_blocks_too_long')
    expect(await call('chat.postMessage', { channel: 'C1', text: 'x'.repeat(40_001) })).toMatchObject({
      ok: true,
      response_metadata: { warnings: ['message_truncated'] },
    })
    expect(slack.violations()).toHaveLength(5)
  })

  it('changes only messages of the bot that everybody sees', async () => {
    const update = (ts: unknown, text = 'y') => error('chat.update', { channel: 'C1', ts, text })
    const own = await call('chat.postMessage', { channel: 'C1', text: 'x', blocks: [section('x')] })
    expect(await update(own.ts, 'y'.repeat(4_001))).toBe('msg_too_long')
    expect(await update(own.ts)).toBeUndefined()
    expect(slack.messages('C1')).toMatchObject([{ text: 'y', blocks: [], edits: 1 }])
    expect(await update(slack.say('U1', 'C1', 'mine').ts)).toBe('cant_update_message')
    expect(await update('1.1')).toBe('message_not_found')
    slack.takeViolations()
    const hidden = await call('chat.postEphemeral', { channel: 'C1', user: 'U1', text: 'psst' })
    expect(slack.privateTo('U1')).toMatchObject([{ text: 'psst', via: 'postEphemeral' }])
    expect(await update(hidden.message_ts)).toBe('message_not_found')
    expect(slack.takeViolations()).toEqual([expect.stringContaining('ephemeral')])
    expect(await error('chat.delete', { channel: 'C1', ts: own.ts })).toBeUndefined()
    expect(await update(own.ts)).toBe('message_not_found')
  })

  it.each([
    ['a broadcast', { text: 'hi <!channel>' }],
    ['a broadcast in blocks', { text: 'x', blocks: [section('a <!here> b')] }],
    ['a broadcast with a label', { text: '<!everyone|everyone>' }],
    ['a user group', { text: '<!subteam^S1>' }],
    ['an unknown person', { text: '<@U9>' }],
    ['an unknown channel', { text: '<#C9|x>' }],
    ['declared text', { text: 'see <https://evil.test|web-1> here' }],
    ['no fallback', { text: '', blocks: [section('x')] }],
    ['link_names', { text: '@channel', link_names: true }],
  ])('notes %s', async (_name, content) => {
    slack.untrusted('<https://evil.test|web-1>')
    await call('chat.postMessage', { channel: 'C1', ...content })
    expect(slack.violations()).toHaveLength(1)
  })

  it('lets escaped and plain text and known people be', async () => {
    slack.untrusted('<!channel>')
    const header = { type: 'header', text: { type: 'plain_text', text: '<!channel> <@U9>' } }
    await call('chat.postMessage', { channel: 'C1', text: '&lt;!channel&gt; <@U1> <#C1>', blocks: [header] })
    expect(slack.violations()).toEqual([])
  })
})

describe('views and triggers', () => {
  const trigger = async () => String((await slack.slash('U1', 'C1', 'x')).delivery.payload.trigger_id)
  const open = (trigger_id: string, view: object = modal) => error('views.open', { trigger_id, view })

  it('takes a trigger once, within three seconds', async () => {
    await connect()
    const first = await trigger()
    expect(await open(first)).toBeUndefined()
    expect(await open(first)).toBe('exchanged_trigger_id')
    const second = await trigger()
    clock.time += 3_001
    expect(await open(second)).toBe('trigger_expired')
    expect(await open('made-up')).toBe('invalid_trigger_id')
    expect(slack.violations()).toHaveLength(3)
  })

  it('stacks three modals, guards with hashes, refuses what is too large', async () => {
    await connect()
    expect(await open(await trigger(), { ...modal, private_metadata: 'x'.repeat(3_001) })).toBe(
      'invalid_arguments',
    )
    expect(await open(await trigger(), { ...modal, extra: 'x'.repeat(250_000) })).toBe('view_too_large')
    slack.takeViolations()
    expect(await open(await trigger())).toBeUndefined()
    const push = async () => error('views.push', { trigger_id: await trigger(), view: modal })
    expect([await push(), await push(), await push()]).toEqual([undefined, undefined, 'push_limit_reached'])
    expect(slack.takeViolations()).toHaveLength(1)
    const [, , top] = slack.viewsOf('U1')
    const update = (hash: string | undefined) =>
      error('views.update', { view_id: top?.id, hash, view: modal })
    expect(await update('old')).toBe('hash_conflict')
    expect(await update(top?.hash)).toBeUndefined()
    expect(await error('views.update', { view_id: 'V9', view: modal })).toBe('not_found')
    const home = { type: 'home', blocks: [section('h')] }
    expect(await error('views.publish', { user_id: 'U1', view: home })).toBeUndefined()
    expect(await error('views.publish', { user_id: 'U1', view: home, hash: 'old' })).toBe('hash_conflict')
    expect(await error('views.publish', { user_id: 'U9', view: home })).toBe('user_not_found')
    expect(slack.violations()).toEqual([])
  })
})

describe('response_url', () => {
  it('works five times within thirty minutes', async () => {
    await connect()
    const url = async () => String((await slack.slash('U1', 'C1', 'x')).delivery.payload.response_url)
    const first = await url()
    for (let i = 0; i < 5; i += 1) expect(await post(first, { text: `${i}` })).toMatchObject({ ok: true })
    expect(await post(first, { text: 'x' })).toMatchObject({ error: 'used_url' })
    const second = await url()
    clock.time += 30 * 60_000 + 1
    expect(await post(second, { text: 'x' })).toMatchObject({ error: 'expired_url' })
    expect(slack.violations()).toHaveLength(2)
    expect(slack.privateTo('U1')).toHaveLength(5)
    expect(await post(await url(), { text: 'x', blocks: [{ type: 'nothing' }] })).toMatchObject({
      error: 'invalid_blocks',
    })
  })
})

describe('the workspace', () => {
  it('tells about channels, people and groups', async () => {
    expect(await call('conversations.info', { channel: 'C3' })).toMatchObject({
      channel: { is_archived: true },
    })
    expect(await error('conversations.info', { channel: 'C4' })).toBe('channel_not_found')
    expect(await call('conversations.members', { channel: 'C1' })).toMatchObject({
      members: ['U1', slack.botUserId],
    })
    slack.addUser({ id: 'U2', name: 'guest', is_restricted: true, team: 'T2' })
    expect(await call('users.info', { user: 'U2' })).toMatchObject({
      user: { is_restricted: true, team_id: 'T2' },
    })
    expect(await call('usergroups.list', { include_users: true })).toMatchObject({
      usergroups: [{ users: ['U1'] }],
    })
    expect(await call('usergroups.users.list', { usergroup: 'S1' })).toMatchObject({ users: ['U1'] })
    expect(await error('usergroups.users.list', { usergroup: 'S9' })).toBe('no_such_subteam')
  })

  it('calls nobody a stranger with whom the app shares a channel', async () => {
    slack.addUser({ id: 'U3', name: 'abroad', team: 'T3' })
    const stranger = async () => (await call('users.info', { user: 'U3' })).user
    expect(await stranger()).toMatchObject({ is_stranger: false, team_id: 'T3' })
    for (const id of ['C1', 'C3']) slack.setChannel(id, { members: ['U1'] })
    expect(await stranger()).toMatchObject({ is_stranger: true })
  })

  it('lets an app write to a person, and open their conversation, as its manifest says', async () => {
    expect(await call('chat.postMessage', { channel: 'U1', text: 'x' })).toMatchObject({ channel: 'D1' })
    expect(await call('conversations.open', { users: 'U1' })).toMatchObject({ channel: { id: 'D1' } })
    expect(await error('conversations.info', { channel: 'D1' })).toBe('missing_scope')
    const manifest = {
      features: { app_home: { home_tab_enabled: true, messages_tab_enabled: false } },
      oauth_config: { scopes: { bot: ['chat:write'] } },
    }
    const strict = await startSlack({ manifest })
    strict.addUser({ id: 'U1', name: 'ann' })
    const refused = async (method: string, args: object) => {
      const answer = await fetch(`${strict.apiUrl}${method}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${strict.botToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(args),
      })
      return answer.json()
    }
    expect(await refused('chat.postMessage', { channel: 'U1', text: 'x' })).toMatchObject({
      error: 'messages_tab_disabled',
    })
    expect(await refused('conversations.open', { users: 'U1' })).toMatchObject({ error: 'missing_scope' })
    await strict.stop()
  })

  it('wants a channel id, the bot in it, and the bytes it was promised', async () => {
    const ticket = await call('files.getUploadURLExternal', { filename: 'a.txt', length: 3 })
    const finish = (more: object) =>
      error('files.completeUploadExternal', { files: [{ id: ticket.file_id }], ...more })
    expect(await finish({ channel_id: 'C1' })).toBe('file_not_found')
    const send = (body: string) => fetch(String(ticket.upload_url), { method: 'POST', body })
    expect((await send('four')).status).toBe(400)
    expect((await send('abc')).status).toBe(200)
    expect(await finish({ channel_id: 'ops' })).toBe('channel_not_found')
    expect(await finish({ channel_id: 'C2' })).toBe('not_in_channel')
    expect(await finish({ channel_id: 'C1' })).toBeUndefined()
    expect(slack.files().map((file) => file.bytes.toString())).toEqual(['abc'])
  })
})

describe('Socket Mode', () => {
  it('lets a ticket in once', async () => {
    const { url } = await call('apps.connections.open', {}, slack.appToken)
    const first = new WebSocket(String(url))
    sockets.push(first)
    const [hello] = await once(first, 'message')
    expect(parseJson(String(hello))).toMatchObject({
      type: 'hello',
      connection_info: { app_id: slack.appId },
    })
    const second = new WebSocket(String(url))
    sockets.push(second)
    const [refused] = await once(second, 'error')
    expect(String(refused)).toContain('401')
  })

  it('repeats an event that is not acked, once, and notes it', async () => {
    const line = await connect()
    line.reply = () => []
    await slack.event({ type: 'app_mention' })
    await slack.until(() => slack.violations().length === 2)
    const events = line.heard.filter((one) => one.type === 'events_api')
    expect(events.map((one) => one.retry_attempt)).toEqual([undefined, 1])
    expect(
      events.map((one) => isObj(one.payload) && one.payload.event_id).every((id, _, all) => id === all[0]),
    ).toBe(true)
    expect(slack.violations()).toEqual(Array(2).fill('events_api not acked within 60 ms'))
  })

  it('does not repeat a command', async () => {
    const line = await connect()
    line.reply = () => []
    expect((await slack.slash('U1', 'C1', 'x')).trouble).toBe('operation_timeout')
    expect(line.heard.filter((one) => one.type === 'slash_commands')).toHaveLength(1)
  })

  it('notes a double ack, an unknown one, and an answer nobody reads', async () => {
    const line = await connect()
    line.reply = ({ envelope_id }) => [{ envelope_id }, { envelope_id }, { envelope_id: 'made-up' }]
    await slack.slash('U1', 'C1', 'x')
    await slack.until(() => slack.violations().length === 2)
    line.reply = ({ envelope_id }) => [{ envelope_id, payload: { text: 'hm' } }]
    await slack.event({ type: 'app_mention' })
    expect(slack.violations()).toEqual([
      'socket: slash_commands acked twice',
      'socket: an ack of an unknown envelope made-up',
      'ack of events_api carries a payload nobody reads',
    ])
  })

  it('counts a connection that broke before the ack as lost, not late', async () => {
    const line = await connect()
    line.reply = () => {
      line.socket.terminate()
      return []
    }
    const seen = await slack.slash('U1', 'C1', 'x')
    expect(seen.outcome).toMatchObject({ kind: 'failed', why: 'lost' })
    expect(slack.violations()).toEqual([])
  })

  it('spreads over connections, turns away the eleventh, says goodbye', async () => {
    const lines: Line[] = []
    for (let i = 0; i < 10; i += 1) lines.push(await connect())
    const eleventh = await connect()
    expect(eleventh.heard).toMatchObject([{ type: 'disconnect', reason: 'too_many_websockets' }])
    await slack.slash('U1', 'C1', 'x')
    await slack.slash('U1', 'C1', 'x')
    expect(lines.filter((line) => line.heard.length === 2)).toHaveLength(2)
    slack.requestRefresh('warning')
    await slack.until(() => lines.every((line) => line.heard.at(-1)?.reason === 'warning'))
  })

  it('pings, and cuts a connection that does not answer', async () => {
    const quick = await startSlack({ pingEveryMs: 15 })
    try {
      const headers = { authorization: `Bearer ${quick.appToken}` }
      const opened: unknown = await (
        await fetch(`${quick.apiUrl}apps.connections.open`, { method: 'POST', headers })
      ).json()
      const socket = new WebSocket(String(isObj(opened) ? opened.url : ''), { autoPong: false })
      sockets.push(socket)
      await Promise.all([once(socket, 'ping'), once(socket, 'close')])
      await quick.until(() => quick.connections() === 0)
    } finally {
      await quick.stop()
    }
  })
})
