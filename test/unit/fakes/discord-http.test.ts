import { createPublicKey, verify } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type FakeDiscord, startDiscord } from '../../fakes/discord/server.js'
import { isObj, type Obj, parseJson } from '../../fakes/slack/json.js'

// An interactions endpoint, as an app of ours would have it: signed requests, answered in the response.

const OPS = '3000000000000000001'
const ANN = '4000000000000000001'
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

type Told = { readonly headers: IncomingHttpHeaders; readonly text: string }
type Said = { readonly status: number; readonly body?: object }

let discord: FakeDiscord
let server: Server
let respond: (interaction: Obj) => Said | null
const told: Told[] = []

beforeEach(async () => {
  discord = await startDiscord({ ackDeadlineMs: 1_000 })
  discord.addGuild({ id: '2000000000000000001', name: 'home' })
  discord.addChannel({ id: OPS, name: 'ops' })
  discord.addUser({ id: ANN, name: 'ann' })
  told.length = 0
  respond = () => ({ status: 200, body: { type: 5, data: { flags: 64 } } })
  server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8')
      told.push({ headers: request.headers, text })
      const parsed = parseJson(text)
      const said = isSigned(told.at(-1)) ? respond(isObj(parsed) ? parsed : {}) : { status: 401 }
      if (said === null) return
      response.writeHead(said.status, { 'content-type': 'application/json' })
      response.end('body' in said ? JSON.stringify(said.body) : '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  discord.deliverTo(`http://127.0.0.1:${portOf(server)}/interactions`)
  await rest('PUT', `/applications/${discord.appId}/commands`, [{ name: 'status', description: 'How it is' }])
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await discord.stop()
})

function portOf(of: Server): number {
  const address = of.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function isSigned(one: Told | undefined): boolean {
  const signature = one?.headers['x-signature-ed25519']
  const at = one?.headers['x-signature-timestamp']
  if (typeof signature !== 'string' || typeof at !== 'string') return false
  if (Math.abs(Date.now() / 1000 - Number(at)) > 300) return false
  const raw = Buffer.concat([SPKI, Buffer.from(discord.publicKey, 'hex')])
  const key = createPublicKey({ key: raw, format: 'der', type: 'spki' })
  return verify(null, Buffer.from(`${at}${one?.text}`), key, Buffer.from(signature, 'hex'))
}

async function rest(method: string, path: string, body: object): Promise<number> {
  const headers = { authorization: `Bot ${discord.token}`, 'content-type': 'application/json' }
  const answer = await fetch(`${discord.apiUrl}/v10${path}`, { method, headers, body: JSON.stringify(body) })
  return answer.status
}

const ask = () => discord.slash(ANN, OPS, 'status')

describe('an interactions endpoint', () => {
  it('is told of an interaction by a signed request, and answers in the response', async () => {
    const seen = await ask()
    expect(seen).toMatchObject({ acked: true, outcome: { kind: 'acked', status: 200 } })
    expect(seen.interaction.callback).toMatchObject({ type: 5, via: 'http' })
    const { application_id: app, token } = seen.interaction.payload
    const body = { content: 'all well', allowed_mentions: { parse: [] } }
    expect(await rest('PATCH', `/webhooks/${app}/${token}/messages/@original`, body)).toBe(200)
    expect(await seen.answer()).toMatchObject({ content: 'all well', onlyFor: ANN })
    expect(discord.violations()).toEqual([])
  })

  it('may answer by REST after a 202', async () => {
    respond = ({ id, token }) => {
      void rest('POST', `/interactions/${id}/${token}/callback`, { type: 5, data: { flags: 64 } })
      return { status: 202 }
    }
    expect((await ask()).interaction.callback).toMatchObject({ type: 5, via: 'rest' })
    expect(discord.violations()).toEqual([])
  })

  it('answers PING, and 401 to what is signed badly', async () => {
    respond = ({ type }) => ({ status: 200, body: { type } })
    expect(await discord.ping()).toEqual({ status: 200, body: { type: 1 } })
    expect(await discord.ping({ badSignature: true })).toMatchObject({ status: 401 })
    expect(await discord.ping({ ageSeconds: 400 })).toMatchObject({ status: 401 })
    discord.deliverTo(undefined)
    await expect(discord.ping()).rejects.toThrow('no URL')
  })

  it('is not believed when it is signed badly', async () => {
    const spoilt = [{ badSignature: true }, { ageSeconds: 400 }]
    for (const tweak of spoilt) {
      const seen = await discord.slash(ANN, OPS, 'status', {}, tweak)
      expect(seen).toMatchObject({ acked: false, outcome: { kind: 'refused', status: 401 } })
    }
    expect(discord.violations()).toEqual([])
  })

  it('is noted when it takes what is signed badly', async () => {
    server.removeAllListeners('request')
    server.on('request', (_, response) => response.writeHead(200).end('{"type":5,"data":{"flags":64}}'))
    await discord.slash(ANN, OPS, 'status', {}, { badSignature: true })
    expect(discord.takeViolations()).toEqual(['command status: taken although its signature is bad or old'])
  })

  it('is noted when it fails, or takes too long', async () => {
    respond = () => ({ status: 500 })
    expect(await ask()).toMatchObject({ acked: false, outcome: { kind: 'refused', status: 500 } })
    respond = () => null
    expect(await ask()).toMatchObject({ acked: false, outcome: { kind: 'late' } })
    respond = () => ({ status: 200, body: { type: 9, data: {} } })
    expect(await ask()).toMatchObject({ acked: false })
    expect(discord.takeViolations()).toEqual([
      'command status: answered with 500',
      'command status: not answered within 1000 ms',
      expect.stringContaining('command status: modal: refused: data.custom_id'),
      'command status: not answered within 1000 ms',
    ])
  })

  it('is nobody’s fault when it does not listen', async () => {
    discord.deliverTo('http://127.0.0.1:9/')
    expect(await ask()).toMatchObject({ acked: false, outcome: { kind: 'unreachable' } })
    expect(discord.violations()).toEqual([])
  })

  it('may refuse what it was told before, and may not answer it again', async () => {
    const seen = await ask()
    respond = () => ({ status: 400 })
    await discord.again(seen)
    expect(discord.violations()).toEqual([])
    respond = () => ({ status: 200, body: { type: 5, data: { flags: 64 } } })
    await discord.again(seen)
    expect(discord.takeViolations()).toEqual(['command status: answered twice'])
    expect(told.map(({ text }) => text).every((text) => text === told[0]?.text)).toBe(true)
  })
})
