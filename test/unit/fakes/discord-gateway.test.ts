import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type RawData, WebSocket } from 'ws'
import { type FakeDiscord, startDiscord } from '../../fakes/discord/server.js'
import { isObj, type Obj, parseJson } from '../../fakes/slack/json.js'

// The gateway by hand: what a client may do wrong, and how it is told.

const GUILD = '2000000000000000001'
let discord: FakeDiscord
const sockets: WebSocket[] = []

beforeEach(async () => {
  discord = await startDiscord({ heartbeatMs: 1_000 })
  discord.addGuild({ id: GUILD, name: 'home' })
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  await discord.stop()
})

type Line = { readonly heard: Obj[]; readonly closed: Promise<number>; send(frame: unknown): void }

async function connect(query = '?v=10&encoding=json'): Promise<Line> {
  const socket = new WebSocket(`${discord.gatewayUrl}${query}`)
  sockets.push(socket)
  const heard: Obj[] = []
  socket.on('message', (data: RawData) => {
    const frame = parseJson(String(data))
    if (isObj(frame)) heard.push(frame)
  })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await once(socket, 'open')
  const send = (frame: unknown) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  return { heard, closed, send }
}

const identify = (more: object = {}) => ({
  op: 2,
  d: { token: discord.token, intents: 1, properties: { os: 'linux' }, ...more },
})
const events = ({ heard }: Line) => heard.flatMap(({ t }) => (typeof t === 'string' ? [t] : []))
const op = ({ heard }: Line, wanted: number) => heard.find((frame) => frame.op === wanted)

describe('a connection', () => {
  it('is greeted, identifies, and is answered', async () => {
    const line = await connect()
    await discord.until(() => op(line, 10))
    expect(op(line, 10)).toMatchObject({ d: { heartbeat_interval: 1_000 } })
    line.send({ op: 1, d: null })
    await discord.until(() => op(line, 11))
    line.send(identify())
    await discord.until(() => events(line).length === 2)
    expect(events(line)).toEqual(['READY', 'GUILD_CREATE'])
    expect(line.heard.find(({ t }) => t === 'READY')).toMatchObject({
      s: 1,
      d: { v: 10, guilds: [{ id: GUILD, unavailable: true }], resume_gateway_url: discord.gatewayUrl },
    })
    expect(discord.identifies()).toEqual([{ intents: 1, ok: true, properties: { os: 'linux' } }])
  })

  it('brings no guild without the intent for guilds', async () => {
    const line = await connect()
    line.send(identify({ intents: 0 }))
    await discord.until(() => events(line).length > 0)
    discord.addRole({ id: '5000000000000000001', name: 'ops' })
    line.send({ op: 1, d: 1 })
    await discord.until(() => op(line, 11))
    expect(events(line)).toEqual(['READY'])
  })

  it.each([
    ['4001', 'an unknown opcode', () => [{ op: 99 }]],
    ['4002', 'a frame that is no JSON', () => ['{']],
    ['4003', 'a frame before IDENTIFY', () => [{ op: 3, d: {} }]],
    ['4005', 'IDENTIFY twice', () => [identify(), identify()]],
    ['4008', 'too many frames', () => Array.from({ length: 121 }, () => ({ op: 1, d: null }))],
    ['4013', 'intents that are none', () => [identify({ intents: 2 ** 27 })]],
    ['4014', 'the members', () => [identify({ intents: 3 })]],
    ['4014', 'their presences', () => [identify({ intents: 1 << 8 })]],
    ['4014', 'the content of messages', () => [identify({ intents: 1 << 15 })]],
  ])('ends with %s after %s', async (code, _, frames) => {
    const line = await connect()
    for (const frame of frames()) line.send(frame)
    expect(await line.closed).toBe(Number(code))
    expect(discord.takeViolations().length).toBeGreaterThan(0)
  })

  it('ends with 4004 and 4012 without being noted', async () => {
    const wrong = await connect()
    wrong.send(identify({ token: 'x' }))
    expect(await wrong.closed).toBe(4004)
    expect(await (await connect('?v=9&encoding=json')).closed).toBe(4012)
    expect(discord.violations()).toEqual([])
    const elsewhere = new WebSocket(discord.gatewayUrl.replace('/gateway', '/elsewhere'))
    await expect(once(elsewhere, 'open')).rejects.toThrow('404')
  })
})

describe('a session', () => {
  const resume = (session: unknown, seq: number, token = discord.token) => ({
    op: 6,
    d: { token, session_id: session, seq },
  })

  async function ready() {
    const line = await connect()
    line.send(identify())
    await discord.until(() => events(line).length === 2)
    const data = line.heard.find(({ t }) => t === 'READY')?.d
    return { line, session: isObj(data) ? data.session_id : undefined }
  }

  it('is taken over with all that was missed', async () => {
    const { line, session } = await ready()
    discord.dropGateway()
    await line.closed
    discord.addChannel({ id: '3000000000000000001', name: 'ops' })
    const next = await connect()
    next.send(resume(session, 1))
    await discord.until(() => events(next).includes('RESUMED'))
    expect(events(next)).toEqual(['GUILD_CREATE', 'CHANNEL_CREATE', 'RESUMED'])
    expect(next.heard.map(({ s }) => s)).toEqual([null, 2, 3, 4])
    expect(discord.resumes()).toEqual([{ session, seq: 1, ok: true }])
  })

  it('pushes its older connection away', async () => {
    const { line, session } = await ready()
    const next = await connect()
    next.send(resume(session, 2))
    expect(await line.closed).toBe(4000)
    await discord.until(() => discord.connections() === 1)
    discord.addChannel({ id: '3000000000000000001', name: 'ops' })
    await discord.until(() => events(next).includes('CHANNEL_CREATE'))
  })

  it('cannot be resumed when it is unknown, ahead, or was ended', async () => {
    const { line, session } = await ready()
    for (const frame of [resume('x', 1), resume(session, 99)]) {
      const next = await connect()
      next.send(frame)
      await discord.until(() => op(next, 9))
      expect(op(next, 9)).toMatchObject({ d: false })
    }
    const wrong = await connect()
    wrong.send(resume(session, 1, 'x'))
    expect(await wrong.closed).toBe(4004)
    sockets[0]?.close(1000)
    await line.closed
    const late = await connect()
    late.send(resume(session, 2))
    await discord.until(() => op(late, 9))
    expect(discord.resumes().every(({ ok }) => !ok)).toBe(true)
  })
})
