import { afterEach, describe, expect, it } from '@jest/globals'
import { type APIInteraction, Client, GatewayIntentBits, Routes } from 'discord.js'
import { type DiscordOptions, type FakeDiscord, startDiscord } from '../../fakes/discord/server.js'

// The real discord.js Client against the fake, over the gateway.

const ids = {
  guild: '2000000000000000001',
  ops: '3000000000000000001',
  ann: '4000000000000000001',
  ben: '4000000000000000002',
} as const

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const NONE = { parse: [] } as const

const commands = [
  {
    name: 'guest',
    description: 'Guests',
    contexts: [0, 1],
    options: [
      {
        type: 1,
        name: 'stop',
        description: 'Stops a guest',
        options: [
          { type: 3, name: 'guests', description: 'Which', required: true, autocomplete: true },
          { type: 4, name: 'wait', description: 'Seconds', min_value: 1, max_value: 60 },
        ],
      },
    ],
  },
  { name: 'status', description: 'How it is', contexts: [0] },
]

type House = { readonly discord: FakeDiscord; readonly client: Client<true> }

type Listener = (interaction: APIInteraction, client: Client) => Promise<unknown>

async function house(options: DiscordOptions = {}, listen: Listener = async () => undefined): Promise<House> {
  const discord = await startDiscord(options)
  closers.push(() => discord.stop())
  discord.addGuild({ id: ids.guild, name: 'home' })
  discord.addChannel({ id: ids.ops, name: 'ops' })
  discord.addUser({ id: ids.ann, name: 'ann' })
  discord.addUser({ id: ids.ben, name: 'ben' })
  const client = new Client({
    intents: [GatewayIntentBits.Guilds],
    rest: { api: discord.apiUrl, version: '10', retries: 1, timeout: 5_000 },
  })
  client.on('error', () => undefined)
  Reflect.apply(client.ws.on, client.ws, [
    'INTERACTION_CREATE',
    (interaction: APIInteraction) => void listen(interaction, client),
  ])
  const ready = new Promise((resolve) => client.once('clientReady', resolve))
  await client.login(discord.token)
  await ready
  closers.push(() => client.destroy())
  if (!client.isReady()) throw new Error('not ready')
  await client.rest.put(Routes.applicationCommands(discord.appId), { body: commands })
  return { discord, client }
}

const callback = (client: Client, { id, token }: APIInteraction, body: object) =>
  client.rest.post(Routes.interactionCallback(id, token), { body, auth: false })

describe('the gateway', () => {
  it('logs in and brings the guilds', async () => {
    const { discord, client } = await house()
    expect(client.user.id).toBe(discord.botId)
    expect(client.guilds.cache.get(ids.guild)?.channels.cache.get(ids.ops)?.name).toBe('ops')
    expect(discord.identifies()).toMatchObject([{ intents: 1, ok: true }])
    expect(discord.violations()).toEqual([])
  })
})

describe('a slash command', () => {
  it('is deferred, edited, followed up', async () => {
    const { discord } = await house({}, async (interaction, client) => {
      await callback(client, interaction, { type: 5, data: { flags: 64 } })
      const original = Routes.webhookMessage(interaction.application_id, interaction.token)
      await client.rest.patch(original, { body: { content: 'done', allowed_mentions: NONE }, auth: false })
    })
    const seen = await discord.slash(ids.ann, ids.ops, 'guest stop', { guests: 'web-01' })
    expect(seen).toMatchObject({ acked: true, trouble: undefined })
    expect(await seen.answer()).toMatchObject({ content: 'done', onlyFor: ids.ann })
    expect(discord.privateTo(ids.ann)).toHaveLength(1)
    expect(discord.privateTo(ids.ben)).toEqual([])
    expect(discord.messages(ids.ops)).toEqual([])
    expect(discord.violations()).toEqual([])
  })
})
