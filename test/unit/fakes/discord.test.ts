import { afterEach, describe, expect, it } from '@jest/globals'
import { type APIInteraction, Client, type ClientOptions, DiscordAPIError, Routes } from 'discord.js'
import { type DiscordOptions, type FakeDiscord, startDiscord } from '../../fakes/discord/server.js'
import { openApiFaults } from '../../support/discord-openapi.js'

// The real discord.js Client against the fake, over the gateway.

const GUILD = '2000000000000000001'
const OPS = '3000000000000000001'
const ANN = '4000000000000000001'
const BEN = '4000000000000000002'

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const quiet = { allowed_mentions: { parse: [] } } as const

const commands = [
  {
    name: 'guest',
    description: 'Guests',
    contexts: [0, 1],
    options: [
      {
        type: 1,
        name: 'stop',
        description: 'Stops guests',
        options: [
          { type: 3, name: 'guests', description: 'Which', required: true, autocomplete: true },
          { type: 4, name: 'wait', description: 'Seconds', min_value: 1, max_value: 60 },
        ],
      },
      {
        type: 2,
        name: 'task',
        description: 'Tasks',
        options: [{ type: 1, name: 'show', description: 'One task' }],
      },
    ],
  },
]

type House = { readonly discord: FakeDiscord; readonly client: Client<true> }
type Listener = (interaction: APIInteraction, app: App) => Promise<unknown>

/** What a small app does with the real REST client. */
type App = ReturnType<typeof appOf>

function appOf(client: Client) {
  const { rest } = client
  const answer = ({ id, token }: APIInteraction, body: object) =>
    rest.post(Routes.interactionCallback(id, token), { body, auth: false })
  const original = ({ application_id, token }: APIInteraction) =>
    Routes.webhookMessage(application_id, token, '@original')
  return {
    rest,
    answer,
    defer: (interaction: APIInteraction) => answer(interaction, { type: 5, data: { flags: 64 } }),
    edit: (interaction: APIInteraction, body: object) =>
      rest.patch(original(interaction), { body: { ...quiet, ...body }, auth: false }),
    original: (interaction: APIInteraction) => rest.get(original(interaction), { auth: false }),
    remove: (interaction: APIInteraction) => rest.delete(original(interaction), { auth: false }),
    followUp: ({ application_id, token }: APIInteraction, body: object) =>
      rest.post(Routes.webhook(application_id, token), { body: { ...quiet, ...body }, auth: false }),
    post: (channel: string, body: object) =>
      rest.post(Routes.channelMessages(channel), { body: { ...quiet, ...body } }),
  }
}

function clientOf(discord: FakeDiscord, more: Partial<ClientOptions> = {}): Client {
  const rest = { api: discord.apiUrl, version: '10', retries: 1, timeout: 5_000 }
  const client = new Client({ intents: [1], rest, ...more })
  client.on('error', () => undefined)
  closers.push(() => client.destroy())
  return client
}

async function house(options: DiscordOptions = {}, listen: Listener = async () => undefined): Promise<House> {
  const discord = await startDiscord(options)
  closers.push(() => discord.stop())
  closers.push(async () => expect(openApiFaults(discord.calls())).toEqual([]))
  discord.addGuild({ id: GUILD, name: 'home' })
  discord.addChannel({ id: OPS, name: 'ops' })
  discord.addUser({ id: ANN, name: 'ann' })
  discord.addUser({ id: BEN, name: 'ben', takesDms: false })
  const client = clientOf(discord)
  // The manager is an emitter of raw events, which its types do not say.
  const hear = (interaction: APIInteraction) =>
    void listen(interaction, appOf(client)).catch((error: unknown) => faults.push(error))
  Reflect.apply(client.ws.on, client.ws, ['INTERACTION_CREATE', hear])
  await ready(client, discord.token)
  await client.rest.put(Routes.applicationCommands(discord.appId), { body: commands })
  if (!client.isReady()) throw new Error('not ready')
  return { discord, client }
}

const faults: unknown[] = []

async function ready(client: Client, token: string): Promise<void> {
  const done = new Promise((resolve) => client.once('clientReady', resolve))
  await client.login(token)
  await done
}

const stop = (discord: FakeDiscord, user = ANN) =>
  discord.slash(user, OPS, 'guest stop', { guests: 'web-01' })
const button = (custom_id: string, label: string, more: object = {}) => ({
  type: 2,
  style: 2,
  custom_id,
  label,
  ...more,
})
const row = (...components: readonly object[]) => ({ type: 1, components })

describe('the gateway', () => {
  it('brings guilds, channels and what is added later', async () => {
    const { discord, client } = await house()
    expect(client.user.id).toBe(discord.botId)
    expect(client.guilds.cache.get(GUILD)?.channels.cache.get(OPS)?.name).toBe('ops')
    discord.addChannel({ id: '3000000000000000002', name: 'later' })
    await discord.until(() => client.channels.cache.has('3000000000000000002'))
    discord.deleteChannel('3000000000000000002')
    await discord.until(() => !client.channels.cache.has('3000000000000000002'))
    expect(discord.identifies()).toMatchObject([{ intents: 1, ok: true }])
    expect(discord.violations()).toEqual([])
  })

  it('sends only what the intents ask for', async () => {
    const { discord } = await house()
    const heard: string[] = []
    const client = clientOf(discord, { intents: [1, 512] })
    client.on('messageCreate', (message) => void heard.push(message.author.id))
    await ready(client, discord.token)
    discord.say(ANN, OPS, 'hello')
    await discord.until(() => heard.length === 1)
    expect(heard).toEqual([ANN])
  })

  it('refuses a wrong token, and a privileged intent', async () => {
    const { discord } = await house()
    await expect(clientOf(discord).login('wrong')).rejects.toThrow('invalid token')
    const curious = clientOf(discord, { intents: [1, 1 << 15] })
    await expect(curious.login(discord.token)).rejects.toThrow('disallowed intents')
    expect(discord.identifies().at(-1)).toMatchObject({ ok: false, intents: 32_769 })
    expect(discord.takeViolations()).toEqual(['gateway: privileged intents 32768'])
  })

  it('refuses everything once the token is revoked', async () => {
    const { discord, client } = await house()
    const closed = new Promise((resolve) => client.on('shardDisconnect', ({ code }) => resolve(code)))
    discord.revokeToken()
    expect(await closed).toBe(4004)
    await expect(client.rest.get(Routes.user())).rejects.toMatchObject({ status: 401 })
    expect(discord.connections()).toBe(0)
  })

  it('replays what was missed when a cut connection resumes', async () => {
    const { discord } = await house({}, (interaction, app) => app.answer(interaction, said('back')))
    discord.dropGateway()
    await discord.until(() => discord.connections() === 0)
    const seen = await stop(discord)
    expect(await seen.answer()).toMatchObject({ content: 'back' })
    expect(discord.resumes()).toMatchObject([{ ok: true }])
    expect(discord.identifies()).toHaveLength(1)
    expect(discord.violations()).toEqual([])
  })

  it('resumes when it is asked to reconnect, and when its heartbeats are not answered', async () => {
    const { discord } = await house({ heartbeatMs: 150 })
    discord.requestReconnect()
    await discord.until(() => discord.resumes().length === 1 && discord.connections() === 1)
    discord.stopAcks()
    await discord.until(() => discord.resumes().length === 2 && discord.connections() === 1)
    expect(discord.identifies()).toHaveLength(1)
    expect(discord.violations()).toEqual([])
  })

  it('resumes an invalid session that can be, and begins anew after one that cannot', async () => {
    const { discord, client } = await house()
    // Two in a row, before discord.js has noticed that it resumed, are more than it can bear.
    const resumed = new Promise((resolve) => client.once('shardResume', resolve))
    discord.invalidateSession(true)
    await resumed
    expect(discord.resumes()).toMatchObject([{ ok: true }])
    expect(discord.identifies()).toHaveLength(1)
    const again = new Promise((resolve) => client.once('shardReady', resolve))
    discord.invalidateSession(false)
    await again
    expect(discord.identifies()).toHaveLength(2)
    expect(discord.violations()).toEqual([])
  })

  it('tells the person when nobody is there', async () => {
    const { discord, client } = await house()
    await client.destroy()
    await discord.until(() => discord.connections() === 0)
    const seen = await stop(discord)
    expect(seen).toMatchObject({ acked: false, trouble: 'The application did not respond' })
    expect(discord.violations()).toEqual([])
  })

  it('survives an outage', async () => {
    const { discord } = await house({ ackDeadlineMs: 200 }, (interaction, app) =>
      // What it hears of only afterwards is too old by then.
      app.defer(interaction).catch(() => undefined),
    )
    await discord.outage('refused')
    expect((await stop(discord)).acked).toBe(false)
    await discord.restore()
    await discord.until(() => discord.connections() === 1)
    expect((await stop(discord)).acked).toBe(true)
    expect(discord.violations()).toEqual([])
  })

  it('says how many IDENTIFYs are left', async () => {
    const discord = await startDiscord({ identifies: 0 })
    closers.push(() => discord.stop())
    await expect(clientOf(discord).login(discord.token)).rejects.toThrow('sessions remaining')
  })
})

const said = (content: string, more: object = {}) => ({ type: 4, data: { content, ...quiet, ...more } })

describe('a slash command', () => {
  it('is deferred, edited, followed up', async () => {
    const { discord } = await house({}, async (interaction, app) => {
      await app.defer(interaction)
      await app.edit(interaction, { content: 'done' })
      await app.followUp(interaction, { content: 'for all' })
    })
    const seen = await stop(discord)
    expect(seen).toMatchObject({ acked: true, trouble: undefined })
    expect(await seen.answer()).toMatchObject({ content: 'done', onlyFor: ANN, loading: false })
    await discord.until(() => seen.answers().length === 2)
    expect(discord.privateTo(ANN)).toHaveLength(1)
    expect(discord.privateTo(BEN)).toEqual([])
    expect(discord.messages(OPS).map(({ content }) => content)).toEqual(['for all'])
    expect(discord.violations()).toEqual([])
  })

  it('carries member, options and permissions as the official types say', async () => {
    const heard: APIInteraction[] = []
    const { discord } = await house({}, async (interaction, app) => {
      heard.push(interaction)
      await app.answer(interaction, said('ok', { flags: 64 }))
    })
    discord.addRole({ id: '5000000000000000001', name: 'ops' })
    discord.setRoles(ANN, ['5000000000000000001'])
    await discord.slash(ANN, OPS, 'guest stop', { wait: 5, guests: 'web-01' })
    expect(heard).toMatchObject([
      {
        type: 2,
        context: 0,
        guild_id: GUILD,
        channel: { id: OPS, type: 0 },
        member: { user: { id: ANN, username: 'ann' }, roles: ['5000000000000000001'] },
        data: {
          name: 'guest',
          options: [
            {
              type: 1,
              name: 'stop',
              options: [
                { type: 3, name: 'guests', value: 'web-01' },
                { type: 4, name: 'wait', value: 5 },
              ],
            },
          ],
        },
      },
    ])
    await discord.slash(ANN, OPS, 'guest task show')
    const group = { type: 2, name: 'task', options: [{ type: 1, name: 'show', options: [] }] }
    expect(heard.at(-1)?.data).toMatchObject({ options: [group] })
  })

  it('works in threads and direct messages', async () => {
    const heard: APIInteraction[] = []
    const { discord } = await house({}, async (interaction, app) => {
      heard.push(interaction)
      await app.answer(interaction, said('ok'))
    })
    const thread = '3000000000000000009'
    discord.addThread({ id: thread, name: 'talk', parent: OPS })
    await discord.slash(ANN, thread, 'guest stop', { guests: 'a' })
    expect(heard[0]).toMatchObject({ channel: { id: thread, type: 11, parent_id: OPS }, context: 0 })
    const dm = discord.openDm(ANN)
    await discord.slash(ANN, dm, 'guest stop', { guests: 'a' })
    expect(heard[1]).toMatchObject({ channel: { id: dm, type: 1 }, context: 1, user: { id: ANN } })
    expect(heard[1]).not.toHaveProperty('member')
    expect(heard[1]).not.toHaveProperty('guild_id')
    expect(discord.messages(dm).map(({ content }) => content)).toEqual(['ok'])
    expect(discord.violations()).toEqual([])
  })

  it('completes what is typed', async () => {
    const heard: APIInteraction[] = []
    const { discord } = await house({}, async (interaction, app) => {
      heard.push(interaction)
      await app.answer(interaction, { type: 8, data: { choices: [{ name: '101 web-01', value: '101' }] } })
    })
    const seen = await discord.complete(ANN, OPS, 'guest stop', { guests: 'we' }, 'guests')
    expect(seen.choices()).toEqual([{ name: '101 web-01', value: '101' }])
    const option = { name: 'guests', value: 'we', focused: true }
    expect(heard[0]?.data).toMatchObject({ options: [{ name: 'stop', options: [option] }] })
    expect(discord.violations()).toEqual([])
  })

  it('fills the deferral with the first follow-up, and reads and deletes the answer', async () => {
    const got: unknown[] = []
    const { discord } = await house({}, async (interaction, app) => {
      await app.defer(interaction)
      await app.followUp(interaction, { content: 'filled' })
      got.push(await app.original(interaction))
      await app.remove(interaction)
      got.push(await app.original(interaction).catch((error: DiscordAPIError) => error.code))
    })
    const seen = await stop(discord)
    await discord.until(() => got.length === 2)
    expect(got).toMatchObject([{ content: 'filled', flags: 64 }, 10008])
    expect(seen.answers()).toEqual([])
    expect(discord.violations()).toEqual([])
  })

  it('gives the message back with the answer', async () => {
    const got: unknown[] = []
    const { discord } = await house({}, async ({ id, token }, app) => {
      const query = new URLSearchParams({ with_response: 'true' })
      got.push(
        await app.rest.post(Routes.interactionCallback(id, token), { body: said('hi'), query, auth: false }),
      )
    })
    await stop(discord)
    await discord.until(() => got.length === 1)
    const [message] = discord.messages(OPS)
    expect(got).toMatchObject([
      {
        interaction: { type: 2, response_message_id: message?.id, response_message_ephemeral: false },
        resource: { type: 4, message: { id: message?.id, content: 'hi' } },
      },
    ])
  })

  it('is seen a second time under the same id', async () => {
    const heard: string[] = []
    const { discord } = await house({}, async (interaction, app) => {
      heard.push(interaction.id)
      if (heard.length === 1) await app.answer(interaction, said('once'))
    })
    const seen = await stop(discord)
    expect((await discord.again(seen)).acked).toBe(true)
    await discord.until(() => heard.length === 2)
    expect(heard[0]).toBe(heard[1])
    expect(discord.violations()).toEqual([])
  })
})

describe('buttons, selects and forms', () => {
  const rows = [
    row(button('go', 'Go'), button('off', 'Off', { disabled: true })),
    row({
      type: 3,
      custom_id: 'pick',
      options: [
        { label: 'One', value: '1' },
        { label: 'Two', value: '2' },
      ],
    }),
  ]

  it('updates the message that was clicked', async () => {
    const { discord, client } = await house({}, async (interaction, app) => {
      if (interaction.type !== 3) return
      if (interaction.data.component_type === 2)
        await app.answer(interaction, { type: 7, data: { content: 'gone', components: [], ...quiet } })
      else {
        await app.answer(interaction, { type: 6 })
        await app.edit(interaction, { content: 'picked' })
      }
    })
    await appOf(client).post(OPS, { content: 'card', components: rows })
    const [card] = discord.messages(OPS)
    if (card === undefined) throw new Error('no card')
    await (await discord.select(ANN, card, 'pick', ['Two'])).answer()
    expect(discord.message(OPS, card.id)).toMatchObject({ content: 'picked', edits: 1 })
    expect(await (await discord.click(ANN, card, 'Go')).answer()).toMatchObject({
      id: card.id,
      components: [],
    })
    await expect(discord.click(ANN, card, 'Go')).rejects.toThrow('not there')
    expect((await discord.click(BEN, card, 'go', { stale: card })).acked).toBe(true)
    await expect(discord.click(BEN, card, 'Off', { stale: card })).rejects.toThrow('cannot')
    expect(discord.violations()).toEqual([])
  })

  it('opens a form and takes what is filled in', async () => {
    const heard: APIInteraction[] = []
    const modal = {
      custom_id: 'why',
      title: 'Why',
      components: [
        {
          type: 18,
          label: 'Reason',
          component: { type: 4, custom_id: 'reason', style: 1, min_length: 2, max_length: 9 },
        },
        row({ type: 4, custom_id: 'name', label: 'Name', style: 1, required: false, value: 'web' }),
      ],
    }
    const { discord } = await house({}, async (interaction, app) => {
      heard.push(interaction)
      if (interaction.type === 2) await app.answer(interaction, { type: 9, data: modal })
      else await app.answer(interaction, said('thanks', { flags: 64 }))
    })
    const form = await (await stop(discord)).modal()
    expect(form).toMatchObject({ custom_id: 'why', title: 'Why', user: ANN })
    for (const reason of ['', 'x', 'much too long']) {
      await expect(discord.submit(ANN, form, { Reason: reason })).rejects.toThrow('reason')
    }
    await expect(discord.submit(ANN, form, { reason: 'ok', nope: 'x' })).rejects.toThrow('nope')
    await expect(discord.submit(BEN, form, { reason: 'ok' })).rejects.toThrow('does not see')
    const seen = await discord.submit(ANN, form, { Reason: 'because' })
    expect(await seen.answer()).toMatchObject({ content: 'thanks' })
    expect(heard.at(-1)?.data).toMatchObject({
      custom_id: 'why',
      components: [
        { type: 18, component: { type: 4, custom_id: 'reason', value: 'because' } },
        { type: 1, components: [{ type: 4, custom_id: 'name', value: 'web' }] },
      ],
    })
    await expect(discord.submit(ANN, form, { reason: 'ok' })).rejects.toThrow('sent off already')
    expect(discord.violations()).toEqual([])
  })

  it('keeps an ephemeral message, its buttons and its end to one person', async () => {
    const { discord } = await house({}, async (interaction, app) => {
      if (interaction.type === 2)
        await app.answer(interaction, said('sure?', { flags: 64, components: rows.slice(0, 1) }))
      else await app.answer(interaction, { type: 7, data: { content: 'yes', components: [], ...quiet } })
    })
    const shown = await (await stop(discord)).answer()
    await expect(discord.click(BEN, shown, 'Go')).rejects.toThrow('does not see')
    await discord.click(ANN, shown, 'Go')
    expect(discord.privateTo(ANN)).toMatchObject([{ content: 'yes', onlyFor: ANN }])
    discord.dismiss(ANN, shown)
    expect(discord.privateTo(ANN)).toEqual([])
    expect(discord.violations()).toEqual([])
  })
})

describe('REST through the real client', () => {
  it('is told to wait, waits, and gets through', async () => {
    const { discord, client } = await house()
    discord.failNext('POST /channels/:channel/messages', { status: 429, retryAfter: 0.05 })
    await appOf(client).post(OPS, { content: 'patient' })
    const calls = discord.calls('POST /channels/:channel/messages')
    expect(calls.map(({ status }) => status)).toEqual([429, 200])
    expect(discord.violations()).toEqual([])
  })

  it('keeps to a bucket by its headers', async () => {
    const { discord, client } = await house({ rates: { each: [2, 80] } })
    const { post } = appOf(client)
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((content) => post(OPS, { content })))
    expect(discord.calls().every(({ status }) => status === 200)).toBe(true)
    expect(discord.messages(OPS)).toHaveLength(5)
    expect(discord.violations()).toEqual([])
  })

  it('repeats after a 500, and after an answer that was lost', async () => {
    const { discord, client } = await house()
    const { post } = appOf(client)
    discord.failNext('POST /channels/:channel/messages', { status: 500 })
    await post(OPS, { content: 'one' })
    discord.failNext('POST /channels/:channel/messages', { hangUp: 'after' })
    await post(OPS, { content: 'twice' }).catch(() => post(OPS, { content: 'twice' }))
    discord.failNext('*', { hangUp: 'after' })
    const once = { content: 'once', nonce: 'n1', enforce_nonce: true }
    await post(OPS, once).catch(() => post(OPS, once))
    const shown = discord.messages(OPS).map(({ content }) => content)
    expect(shown).toEqual(['one', 'twice', 'twice', 'once'])
  })

  it('takes files, threads and direct messages', async () => {
    const { discord, client } = await house()
    const { rest, post } = appOf(client)
    const files = [{ name: 'task.log', data: Buffer.from('line one\n'), contentType: 'text/plain' }]
    const body = { ...quiet, embeds: [{ title: 'Log', image: { url: 'attachment://task.log' } }] }
    await rest.post(Routes.channelMessages(OPS), { body, files })
    expect(discord.files()).toMatchObject([{ name: 'task.log', type: 'text/plain' }])
    expect(discord.files()[0]?.bytes.toString()).toBe('line one\n')
    const [message] = discord.messages(OPS)
    const got = await rest.get(Routes.channelMessage(OPS, message?.id ?? ''))
    expect(got).toMatchObject({
      attachments: [],
      embeds: [{ image: { url: expect.stringMatching(/^http/) } }],
    })
    await rest.post(Routes.threads(OPS, message?.id), { body: { name: 'talk' } })
    expect(discord.thread(message?.id ?? '')).toMatchObject({ name: 'talk', type: 11, parent: OPS })
    await post(message?.id ?? '', { content: 'in it' })
    expect(discord.messages(message?.id ?? '').map(({ content }) => content)).toEqual(['in it'])
    const opened = await rest.post(Routes.userChannels(), { body: { recipient_id: ANN } })
    expect(opened).toMatchObject({ type: 1, id: discord.dmOf(ANN)?.id })
    await post(discord.dmOf(ANN)?.id ?? '', { content: 'psst' })
    await rest.post(Routes.userChannels(), { body: { recipient_id: BEN } })
    const refused = post(discord.dmOf(BEN)?.id ?? '', { content: 'psst' })
    await expect(refused).rejects.toMatchObject({ code: 50007, status: 403 })
    expect(discord.violations()).toEqual([])
  })

  it('gives errors in the form the client knows', async () => {
    const { discord, client } = await house()
    const failed = appOf(client).post(OPS, { content: 'x'.repeat(2001) })
    await expect(failed).rejects.toBeInstanceOf(DiscordAPIError)
    await expect(failed).rejects.toMatchObject({ code: 50035, status: 400 })
    await expect(failed).rejects.toThrow('content[BASE_TYPE_MAX_LENGTH]')
    expect(discord.takeViolations()).toHaveLength(1)
  })
})

it('no listener of these tests failed', () => {
  expect(faults).toEqual([])
})
