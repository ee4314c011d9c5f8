import { afterEach, describe, expect, it } from '@jest/globals'
import { App, LogLevel, SocketModeReceiver } from '@slack/bolt'
import { type FakeSlack, type SlackOptions, startSlack } from '../../fakes/slack/server.js'

// The real Bolt App against the fake, over Socket Mode.

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
}

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

type House = { readonly slack: FakeSlack; readonly app: App }

async function house(
  options: SlackOptions = {},
  listen: (app: App) => void = () => undefined,
): Promise<House> {
  const slack = await startSlack(options)
  closers.push(() => slack.stop())
  slack.addChannel({ id: 'C1', name: 'ops' })
  slack.addUser({ id: 'U1', name: 'ann' })
  slack.addUser({ id: 'U2', name: 'ben' })
  const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 2, factor: 1, minTimeout: 5 } }
  const receiver = new SocketModeReceiver({
    appToken: slack.appToken,
    clientPingTimeout: 300,
    logger: silent,
    installerOptions: { clientOptions },
  })
  const app = new App({ token: slack.botToken, receiver, clientOptions, logger: silent })
  listen(app)
  await app.start()
  closers.push(() => app.stop())
  await slack.until(() => slack.connections() === 1, 'connected')
  return { slack, app }
}

const form = {
  type: 'modal',
  callback_id: 'restart',
  title: { type: 'plain_text', text: 'Restart' },
  submit: { type: 'plain_text', text: 'Go' },
  private_metadata: 'm1',
  blocks: [
    {
      type: 'input',
      block_id: 'guest',
      label: { type: 'plain_text', text: 'Guest' },
      element: { type: 'external_select', action_id: 'guest_pick', min_query_length: 0 },
    },
    {
      type: 'input',
      block_id: 'why',
      label: { type: 'plain_text', text: 'Reason' },
      element: { type: 'plain_text_input', action_id: 'why_text', max_length: 20 },
    },
  ],
} as const

// Lets the app open its modal and puts another one in its place.
async function openFree(slack: FakeSlack, view: object) {
  const opened = await (await slack.slash('U1', 'C1', 'again')).view()
  const headers = { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ view_id: opened.id, view })
  await fetch(`${slack.apiUrl}views.update`, { method: 'POST', headers, body })
  return slack.until(() => slack.viewsOf('U1').find((one) => one.callback_id === 'free'))
}

const option = (text: string, value: string) => ({ text: { type: 'plain_text' as const, text }, value })

describe('commands', () => {
  it('acks a slash command, responds in private and in the channel', async () => {
    const { slack } = await house({}, (app) => {
      app.command('/pve', async ({ ack, respond, command }) => {
        await ack()
        await respond({ text: `got ${command.text}` })
        await respond({ text: 'for all', response_type: 'in_channel' })
      })
    })
    const seen = await slack.slash('U1', 'C1', 'status')
    expect(seen.acked).toBe(true)
    expect(await seen.answer()).toMatchObject({
      text: 'got status',
      via: 'response_url',
      user: 'U1',
      channel: 'C1',
    })
    await slack.until(() => slack.messages('C1').length === 1)
    expect(slack.messages('C1')[0]).toMatchObject({ text: 'for all', user: slack.botUserId })
    expect(slack.privateTo('U2')).toEqual([])
    expect(slack.violations()).toEqual([])
  })

  it('shows the text an ack carries', async () => {
    const { slack } = await house({}, (app) => app.command('/pve', async ({ ack }) => ack('at once')))
    const seen = await slack.slash('U1', 'C1', '')
    expect(await seen.answer()).toMatchObject({ text: 'at once', via: 'ack' })
  })

  it('notes a command that is never acked', async () => {
    const { slack } = await house({ ackDeadlineMs: 60 }, (app) => app.command('/pve', async () => undefined))
    const seen = await slack.slash('U1', 'C1', 'x')
    expect(seen).toMatchObject({ acked: false, trouble: 'operation_timeout' })
    expect(slack.violations()).toEqual(['slash_commands not acked within 60 ms'])
  })

  it('does not send a command when nobody is connected', async () => {
    const { slack, app } = await house()
    await app.stop()
    await slack.until(() => slack.connections() === 0)
    expect(await slack.slash('U1', 'C1', 'x')).toMatchObject({ acked: false, trouble: 'dispatch_failed' })
    expect(slack.violations()).toEqual([])
  })

  it('keeps commands from an app without the scope', async () => {
    const { slack } = await house({ scopes: ['chat:write'] })
    await expect(slack.slash('U1', 'C1', 'x')).rejects.toThrow('scope commands')
  })
})

describe('modals', () => {
  const listen = (app: App) => {
    app.command('/pve', async ({ ack, client, command }) => {
      await ack()
      const { trigger_id } = command
      await client.views.open({ trigger_id, view: JSON.parse(JSON.stringify(form)) })
    })
    app.options('guest_pick', async ({ ack, payload }) => {
      const all = [option('101 web-1', '101'), option('102 db-1', '102')]
      await ack({ options: all.filter((one) => one.text.text.includes(payload.value)) })
    })
    app.view('restart', async ({ ack, view }) => {
      const guest = view.state.values.guest?.guest_pick?.selected_option?.value
      if (guest === '102') await ack({ response_action: 'errors', errors: { guest: 'Not this one' } })
      else await ack()
    })
  }

  it('opens, asks for options, shows errors, closes', async () => {
    const { slack } = await house({}, listen)
    const view = await (await slack.slash('U1', 'C1', 'restart')).view()
    expect(slack.viewsOf('U1').map((one) => one.id)).toEqual([view.id])
    expect(await slack.suggest('U1', view, 'guest_pick', 'web')).toEqual([
      { text: '101 web-1', value: '101' },
    ])
    const wrong = await slack.submit('U1', view, { Guest: '102', why_text: 'because' })
    expect(wrong).toMatchObject({ kind: 'errors', errors: { guest: 'Not this one' }, local: false })
    expect(await slack.submit('U1', view, { guest: '101 web-1' })).toMatchObject({ kind: 'closed' })
    expect(slack.viewsOf('U1')).toEqual([])
    await expect(slack.submit('U1', view, {})).rejects.toThrow('does not see')
    expect(slack.violations()).toEqual([])
  })

  it('follows update, push, clear and close, and notes answers nobody can show', async () => {
    const answers: unknown[] = []
    const { slack } = await house({}, (app) => {
      listen(app)
      app.view('free', async ({ ack }) => {
        const next: unknown = answers.shift()
        // The types of Bolt would refuse what this test has to send.
        await Reflect.apply(ack, undefined, next === undefined ? [] : [next])
      })
    })
    const free = { ...form, callback_id: 'free', blocks: form.blocks.slice(1) }
    answers.push(
      { response_action: 'errors', errors: { nowhere: 'x' } },
      { response_action: 'push', view: free },
    )
    answers.push(
      { response_action: 'update', view: free },
      { response_action: 'update', view: { type: 'modal' } },
    )
    answers.push({ hello: 1 }, { response_action: 'clear' })
    await slack.closeView('U1', await (await slack.slash('U1', 'C1', 'x')).view())
    expect(slack.viewsOf('U1')).toEqual([])
    const opened = await openFree(slack, free)
    const fields = { why: 'ok' }
    expect(await slack.submit('U1', opened, fields)).toMatchObject({ kind: 'failed' })
    const pushed = await slack.submit('U1', opened, fields)
    if (pushed.kind !== 'pushed') throw new Error(pushed.kind)
    expect(slack.viewsOf('U1')).toHaveLength(2)
    const updated = await slack.submit('U1', pushed.view, fields)
    expect(updated).toMatchObject({ kind: 'updated', view: { id: pushed.view.id, updates: 1 } })
    expect(await slack.submit('U1', pushed.view, fields)).toMatchObject({
      kind: 'failed',
      why: 'invalid_arguments',
    })
    expect(await slack.submit('U1', pushed.view, fields)).toMatchObject({ kind: 'closed' })
    expect(await slack.submit('U1', opened, fields)).toMatchObject({ kind: 'cleared' })
    expect(slack.viewsOf('U1')).toEqual([])
    expect(slack.violations()).toEqual([
      'ack of view_submission: no input block nowhere',
      expect.stringContaining('response_action update: over limit'),
      'ack of view_submission without response_action',
    ])
  })

  it('lets the client refuse what is missing or too long, and what was never offered', async () => {
    const { slack } = await house({}, listen)
    const view = await (await slack.slash('U1', 'C1', 'restart')).view()
    const wrong = await slack.submit('U1', view, { guest: '101', why: 'x'.repeat(21) })
    expect(wrong).toMatchObject({
      kind: 'errors',
      local: true,
      errors: { why: 'Please enter at most 20 characters.' },
    })
    expect(await slack.submit('U1', view, { why: null })).toMatchObject({ kind: 'errors', local: true })
    await expect(slack.submit('U1', view, { guest: '999' })).rejects.toThrow('not offered')
    await expect(slack.submit('U1', view, { nothing: '1' })).rejects.toThrow('no field')
    await expect(slack.submit('U2', view, {})).rejects.toThrow('does not see')
    expect(slack.acks().filter((ack) => JSON.stringify(ack.payload).includes('response_action'))).toEqual([])
  })
})

describe('clicks', () => {
  const blocks = [
    { type: 'section', text: { type: 'mrkdwn', text: 'Stop *web-1*?' } },
    {
      type: 'actions',
      elements: [
        {
          type: 'button',
          action_id: 'yes',
          text: { type: 'plain_text', text: 'Stop it' },
          value: 'op1',
          style: 'danger',
        },
        { type: 'overflow', action_id: 'more', options: [option('Log', 'log')] },
      ],
    },
  ]

  it('clicks what is there, replaces it, and refuses what is gone', async () => {
    const chosen: string[] = []
    const { slack, app } = await house({}, (bolt) => {
      bolt.action('yes', async ({ ack, client, body }) => {
        await ack()
        if (body.type !== 'block_actions' || body.channel === undefined || body.message === undefined) return
        chosen.push(body.user.id)
        await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: 'done', blocks: [] })
      })
      bolt.action('more', async ({ ack, action, respond }) => {
        await ack()
        if (action.type === 'overflow') await respond({ text: action.selected_option.value })
      })
    })
    const sent = await app.client.chat.postMessage({ channel: 'C1', text: 'Stop?', blocks })
    const message = slack.message('C1', sent.ts ?? '')
    if (message === undefined) throw new Error('not stored')
    expect(await (await slack.click('U1', message, 'more', { value: 'Log' })).answer()).toMatchObject({
      text: 'log',
    })
    await slack.click('U1', message, 'Stop it')
    await slack.until(() => slack.message('C1', message.ts)?.text === 'done')
    await expect(slack.click('U2', message, 'yes')).rejects.toThrow('not there')
    await slack.click('U2', message, 'yes', { stale: message })
    await slack.until(() => chosen.length === 2)
    expect(chosen).toEqual(['U1', 'U2'])
    expect(slack.violations()).toEqual([])
  })
})

describe('events and App Home', () => {
  it('delivers a mention in a thread and publishes a home', async () => {
    const { slack } = await house({}, (app) => {
      app.event('app_mention', async ({ event, say }) => {
        await say({ text: 'here', thread_ts: event.thread_ts ?? event.ts })
      })
      app.event('app_home_opened', async ({ event, client }) => {
        const text = { type: 'plain_text' as const, text: `Hello ${event.user}` }
        await client.views.publish({
          user_id: event.user,
          view: { type: 'home', blocks: [{ type: 'header', text }] },
        })
      })
    })
    const root = slack.say('U1', 'C1', 'look')
    await slack.mention('U1', 'C1', `<@${slack.botUserId}> status`, root.ts)
    await slack.until(() => slack.thread('C1', root.ts).some((one) => one.text === 'here'))
    await slack.openHome('U1')
    const home = await slack.until(() => slack.homeOf('U1'))
    expect(home.blocks[0]).toMatchObject({ type: 'header', text: { text: 'Hello U1' } })
    expect(slack.homeOf('U2')).toBeUndefined()
  })

  it('keeps an event for the next connection', async () => {
    const retries: unknown[] = []
    const { slack } = await house({}, (app) => {
      app.event('app_mention', async ({ context }) => void retries.push(context.retryNum))
    })
    slack.dropSockets()
    await slack.until(() => slack.connections() === 0)
    const seen = await slack.mention('U1', 'C1', 'while away')
    expect(seen.trouble).toBe('dispatch_failed')
    await slack.until(() => retries.length === 1)
    expect(retries).toEqual([1])
    expect(slack.violations()).toEqual([])
  })

  it('is not deduplicated by Bolt: the same event twice runs twice', async () => {
    const ids: unknown[] = []
    const { slack } = await house({}, (app) => {
      app.event('app_mention', async ({ body }) => void ids.push(body.event_id))
    })
    const seen = await slack.mention('U1', 'C1', 'once')
    await slack.again(seen)
    await slack.until(() => ids.length === 2)
    expect(ids[0]).toBe(ids[1])
  })
})

describe('the connection', () => {
  it('reconnects after refresh_requested with a new ticket', async () => {
    const { slack } = await house({}, (app) => app.command('/pve', async ({ ack }) => ack('back')))
    slack.requestRefresh()
    await slack.until(() => slack.calls('apps.connections.open').length === 2 && slack.connections() === 1)
    expect(await (await slack.slash('U1', 'C1', '')).answer()).toMatchObject({ text: 'back' })
    expect(slack.violations()).toEqual([])
  })

  it('survives an outage', async () => {
    const { slack } = await house({}, (app) => app.command('/pve', async ({ ack }) => ack('back')))
    await slack.outage()
    await slack.until(() => slack.connections() === 0)
    expect((await slack.slash('U1', 'C1', '')).trouble).toBe('dispatch_failed')
    await slack.restore()
    await slack.until(() => slack.connections() === 1)
    expect((await slack.slash('U1', 'C1', '')).acked).toBe(true)
  })
})

describe('the Web API through the real client', () => {
  it('takes a file with filesUploadV2 into a thread', async () => {
    const { slack, app } = await house()
    const root = slack.say('U1', 'C1', 'log please')
    const file = Buffer.from('line one\nline two\n')
    const where = { channel_id: 'C1', thread_ts: root.ts, initial_comment: 'The log' }
    await app.client.filesUploadV2({ ...where, file, filename: 'task.log', title: 'Task log' })
    expect(slack.files()).toMatchObject([
      { name: 'task.log', title: 'Task log', channel: 'C1', comment: 'The log' },
    ])
    expect(slack.files()[0]?.bytes.equals(file)).toBe(true)
    expect(slack.thread('C1', root.ts)).toMatchObject([{ text: 'The log', files: [slack.files()[0]?.id] }])
  })

  it('is told to wait, waits, and gets through', async () => {
    const { slack, app } = await house()
    slack.failNext('chat.postMessage', { status: 429, retryAfter: 0 })
    await app.client.chat.postMessage({ channel: 'C1', text: 'patient' })
    expect(slack.calls('chat.postMessage').map((call) => call.status)).toEqual([429, 200])
    expect(slack.messages('C1').map((one) => one.text)).toEqual(['patient'])
  })

  it('loses an answer after the deed: the repeat posts twice', async () => {
    const { slack, app } = await house()
    slack.failNext('chat.postMessage', { hangUp: 'after' })
    await app.client.chat.postMessage({ channel: 'C1', text: 'twice' })
    expect(slack.messages('C1').map((one) => one.text)).toEqual(['twice', 'twice'])
  })

  it('gives the scopes with auth.test, and refuses a revoked token', async () => {
    const { slack, app } = await house()
    const me = await app.client.auth.test()
    expect(me).toMatchObject({ user_id: slack.botUserId, team_id: slack.teamId })
    expect(me.response_metadata?.scopes).toContain('chat:write')
    slack.revokeToken()
    await expect(app.client.auth.test()).rejects.toThrow('token_revoked')
  })
})
