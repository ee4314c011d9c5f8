import { createServer, type Server } from 'node:http'
import { afterEach, describe, expect, it } from '@jest/globals'
import { App, HTTPReceiver, LogLevel } from '@slack/bolt'
import { type FakeSlack, startSlack } from '../../fakes/slack/server.js'

// The real Bolt App against the fake, over signed HTTP.

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

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function house(listen: (app: App) => void): Promise<FakeSlack> {
  const slack = await startSlack({ socket: false, ackDeadlineMs: 500 })
  closers.push(() => slack.stop())
  slack.addChannel({ id: 'C1', name: 'ops' })
  slack.addUser({ id: 'U1', name: 'ann' })
  const receiver = new HTTPReceiver({
    signingSecret: slack.signingSecret,
    logger: silent,
    unhandledRequestTimeoutMillis: 700,
  })
  const clientOptions = { slackApiUrl: slack.apiUrl }
  const app = new App({ token: slack.botToken, receiver, clientOptions, logger: silent })
  listen(app)
  const server = await app.start({ port: 0, host: '127.0.0.1' })
  if (!('address' in server)) throw new Error('no server')
  closers.push(() => app.stop())
  slack.deliverTo(`http://127.0.0.1:${portOf(server)}/slack/events`)
  return slack
}

const blocks = [
  {
    type: 'actions' as const,
    elements: [
      { type: 'button' as const, action_id: 'yes', text: { type: 'plain_text' as const, text: 'Yes' } },
    ],
  },
]

describe('signed HTTP', () => {
  it('carries commands, clicks, events, options and submissions', async () => {
    const slack = await house((app) => {
      app.command('/pve', async ({ ack, respond }) => {
        await ack()
        await respond({ text: 'Sure?', blocks })
      })
      app.action('yes', async ({ ack, respond }) => {
        await ack()
        await respond({ text: 'Yes it is', replace_original: true })
      })
      app.event('app_mention', async ({ say }) => void (await say('hello')))
    })
    const shown = await (await slack.slash('U1', 'C1', 'now & then=1 +ü')).answer()
    await slack.click('U1', shown, 'Yes')
    await slack.until(() => slack.privateTo('U1')[0]?.text === 'Yes it is')
    expect(slack.privateTo('U1')).toHaveLength(1)
    await slack.mention('U1', 'C1', 'hi')
    await slack.until(() => slack.messages('C1').some((one) => one.text === 'hello'))
    expect(slack.acks().map((ack) => [ack.kind, ack.transport])).toEqual([
      ['slash_commands', 'http'],
      ['interactive', 'http'],
      ['events_api', 'http'],
    ])
    expect(slack.violations()).toEqual([])
  })

  it('decodes to the very text', async () => {
    const heard: string[] = []
    const slack = await house((app) => {
      app.command('/pve', async ({ ack, command }) => {
        heard.push(command.text)
        await ack()
      })
    })
    await slack.slash('U1', 'C1', 'a&b=c +d %20 ü "x"')
    expect(heard).toEqual(['a&b=c +d %20 ü "x"'])
  })

  it('is refused with a bad signature and with an old one', async () => {
    const heard: string[] = []
    const slack = await house((app) => {
      app.command('/pve', async ({ ack, command }) => {
        heard.push(command.text)
        await ack()
      })
    })
    const bad = await slack.slash('U1', 'C1', 'bad', { tweak: { badSignature: true } })
    const old = await slack.slash('U1', 'C1', 'old', { tweak: { ageSeconds: 400 } })
    expect(
      [bad, old].map((seen) => [seen.outcome.kind, seen.outcome.kind === 'failed' && seen.outcome.status]),
    ).toEqual([
      ['failed', 401],
      ['failed', 401],
    ])
    await slack.slash('U1', 'C1', 'good')
    expect(heard).toEqual(['good'])
    expect(slack.violations()).toEqual([])
  })

  it('notes a command that is not answered in time, and one that crashes', async () => {
    const slack = await house((app) => {
      app.command('/pve', async ({ command }) => {
        if (command.text === 'crash') throw new Error('crash')
      })
    })
    expect(await slack.slash('U1', 'C1', 'hang')).toMatchObject({
      acked: false,
      trouble: 'operation_timeout',
    })
    expect(await slack.slash('U1', 'C1', 'crash')).toMatchObject({
      trouble: 'dispatch_failed',
      outcome: { status: 500 },
    })
    expect(slack.takeViolations()).toEqual([
      'slash_commands was not answered (late) within 500 ms',
      'slash_commands was answered with 500 within 500 ms',
    ])
  })

  it('repeats an event with its number and reason, but not when it is asked not to', async () => {
    const slack = await startSlack()
    closers.push(() => slack.stop())
    const heard: (string | undefined)[][] = []
    const server = createServer((request, response) => {
      const { 'x-slack-retry-num': num, 'x-slack-retry-reason': reason } = request.headers
      heard.push([String(num), String(reason)])
      const stop = heard.length > 2
      response.writeHead(num === undefined ? 500 : 200, stop ? { 'x-slack-no-retry': '1' } : {})
      response.end()
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => server.close(resolve)))
    slack.deliverTo(`http://127.0.0.1:${portOf(server)}/`)
    await slack.event({ type: 'app_mention' })
    await slack.until(() => heard.length === 2)
    expect(heard).toEqual([
      ['undefined', 'undefined'],
      ['1', 'http_error'],
    ])
    await slack.event({ type: 'app_mention' })
    await slack.event({ type: 'app_mention' })
    expect(heard).toHaveLength(4)
  })
})
