// A small app behind an interactions endpoint, and a world for it: what the tests of the fake itself stand on.

import { createServer, type Server } from 'node:http'
import { isObj, type Obj, parseJson } from '../slack/json.js'
import type { Seen } from './human.js'
import { type DiscordOptions, type FakeDiscord, startDiscord } from './server.js'
import type { StoredMessage } from './state.js'
import { MAY } from './world.js'

export const GUILD = '2000000000000000001'
/** The bot is not in this one. */
export const OTHER_GUILD = '2000000000000000002'
export const OPS = '3000000000000000001'
export const ANN = '4000000000000000001'
/** Takes no direct messages. */
export const BEN = '4000000000000000002'
export const ROLE = '5000000000000000001'

export const COMMANDS = [
  {
    name: 'guest',
    description: 'Guests',
    contexts: [0],
    options: [
      { type: 3, name: 'name', description: 'Which', autocomplete: true, min_length: 2, max_length: 5 },
      { type: 4, name: 'wait', description: 'Seconds', min_value: 1, max_value: 9, autocomplete: true },
      { type: 3, name: 'how', description: 'How', choices: [{ name: 'Gently', value: 'gently' }] },
      { type: 5, name: 'now', description: 'At once' },
      { type: 6, name: 'who', description: 'Who' },
      { type: 8, name: 'role', description: 'Role' },
      { type: 7, name: 'where', description: 'Where' },
      { type: 10, name: 'share', description: 'Share' },
    ],
  },
  {
    name: 'must',
    description: 'Must',
    options: [{ type: 3, name: 'it', description: 'It', required: true }],
  },
  { name: 'admin', description: 'Admins', default_member_permissions: '0' },
  { name: 'manage', description: 'Managers', default_member_permissions: String(MAY.manageGuild) },
]

export const QUIET = { allowed_mentions: { parse: [] } }
export const ROWS = [{ type: 1, components: [{ type: 2, style: 1, custom_id: 'go', label: 'go' }] }]
export const MODAL = {
  custom_id: 'm',
  title: 'M',
  components: [{ type: 18, label: 'Why', component: { type: 4, custom_id: 'why', style: 1 } }],
}

export type Got = { readonly status: number; readonly body: Obj; readonly headers: Headers }

/** An answer of the endpoint to one request. */
type Act = (interaction: Obj) => Promise<unknown>

export type SmallApp = ReturnType<typeof smallApp>

/** `begin` before each test, `end` after it. The endpoint says 202 to everything, then does what `act` says. */
export function smallApp(options: DiscordOptions = {}) {
  const held: { discord: FakeDiscord | null; endpoint: Server | null; act: Act; heard: Obj[] } = {
    discord: null,
    endpoint: null,
    act: async () => undefined,
    heard: [],
  }
  const now = (): FakeDiscord => {
    if (held.discord === null) throw new Error('begin first')
    return held.discord
  }
  const call = async (method: string, path: string, body?: unknown, auth?: string): Promise<Got> => {
    const form = body instanceof FormData
    const authorization = auth ?? `Bot ${now().token}`
    const headers: Record<string, string> = {
      ...(authorization === '' ? {} : { authorization }),
      ...(form || body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const sent = form ? body : typeof body === 'string' ? body : JSON.stringify(body)
    const init = { method, headers, ...(sent === undefined ? {} : { body: sent }) }
    const answer = await fetch(`${now().apiUrl}/v10${path}`, init)
    const parsed = parseJson(await answer.text())
    return { status: answer.status, body: isObj(parsed) ? parsed : { list: parsed }, headers: answer.headers }
  }
  const post = (body: object, channel = OPS) =>
    call('POST', `/channels/${channel}/messages`, { ...QUIET, ...body })
  const posted = async (body: object = { content: 'x' }) => String((await post(body)).body.id)
  const answer = (of: Obj, body: unknown) =>
    call('POST', `/interactions/${String(of.id)}/${String(of.token)}/callback`, body, '')
  const hook = (of: Obj, rest = '') => `/webhooks/${now().appId}/${String(of.token)}${rest}`
  const begin = async (more: DiscordOptions = {}): Promise<void> => {
    held.discord = await worldOf({ ...options, ...more })
    held.act = async () => undefined
    held.heard = []
    held.endpoint = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const told = parseJson(Buffer.concat(parts).toString('utf8'))
        response.writeHead(202).end()
        if (!isObj(told)) return
        held.heard.push(told)
        void held.act(told)
      })
    })
    held.discord.deliverTo(await urlOf(held.endpoint))
    await call('PUT', `/applications/${now().appId}/commands`, COMMANDS)
  }
  const end = async (): Promise<void> => {
    await new Promise((resolve) => held.endpoint?.close(resolve))
    await held.discord?.stop()
  }
  return {
    begin: () => begin(),
    end,
    /** Begins anew with other options. */
    anew: async (more: DiscordOptions): Promise<void> => {
      await end()
      await begin(more)
    },
    get discord() {
      return now()
    },
    /** What the endpoint was told, in order. */
    get heard(): readonly Obj[] {
      return held.heard
    },
    act: (act: Act): void => {
      held.act = act
    },
    call,
    /** The error code of a call. */
    code: async (...given: Parameters<typeof call>) => (await call(...given)).body.code,
    /** Sends a message, and gives the answer, or its id. */
    post,
    posted,
    /** The first answer to an interaction. */
    answer,
    defer: (of: Obj) => answer(of, { type: 5, data: { flags: 64 } }),
    hook,
    edit: (of: Obj, body: object) => call('PATCH', hook(of, '/messages/@original'), body, ''),
    ask: (): Promise<Seen> => now().slash(ANN, OPS, 'guest'),
    /** A message of the bot with a button `go`. */
    card: async (): Promise<StoredMessage> => {
      const id = await posted({ content: 'card', components: ROWS })
      const message = now().message(OPS, id)
      if (message === undefined) throw new Error('no card')
      return message
    },
  }
}

async function worldOf(options: DiscordOptions): Promise<FakeDiscord> {
  const discord = await startDiscord(options)
  discord.addGuild({ id: GUILD, name: 'home' })
  discord.addGuild({ id: OTHER_GUILD, name: 'elsewhere', bot: false })
  discord.addChannel({ id: OPS, name: 'ops' })
  discord.addUser({ id: ANN, name: 'ann', guilds: [GUILD] })
  discord.addUser({ id: BEN, name: 'ben', guilds: [GUILD], takesDms: false })
  return discord
}

async function urlOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}/`
}
