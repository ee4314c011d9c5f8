import { readFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { makeCertificate, type ServerCertificate } from '../fakes/pve-replay/certificate.js'
import {
  addressOf,
  loadErrors,
  loadManifest,
  loadRecordings,
  type Recording,
} from '../fakes/pve-replay/recordings.js'
import { type ReplayOptions, type ReplayServer, startReplay } from '../fakes/pve-replay/server.js'

const recordings = loadRecordings()
const byName = new Map(recordings.map((recording) => [recording.name, recording]))
const manifest = loadManifest()

let tls: ServerCertificate
const running: ReplayServer[] = []

beforeAll(async () => {
  tls = await makeCertificate()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

async function start(options: ReplayOptions): Promise<ReplayServer> {
  const server = await startReplay({ tls, log: '', ...options })
  running.push(server)
  return server
}

type Got = {
  readonly status: number
  readonly reason: string
  readonly headers: readonly string[]
  readonly body: string
  readonly fingerprint: string
}

const isTls = (socket: unknown): socket is TLSSocket =>
  typeof socket === 'object' && socket !== null && 'getPeerCertificate' in socket

function get(
  server: ReplayServer,
  path: string,
  authorization: string | null = null,
  method = 'GET',
): Promise<Got> {
  const { id, secret } = server.token
  const token = authorization ?? `PVEAPIToken=${id}=${secret}`
  return new Promise((resolve, reject) => {
    const asked = httpsRequest(
      `${server.endpoint}${path}`,
      { ca: server.caPem, method, headers: token === '' ? {} : { authorization: token } },
      (response) => {
        const { socket } = response
        const fingerprint = isTls(socket) ? socket.getPeerCertificate().fingerprint256 : ''
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? '',
            headers: response.rawHeaders,
            body: Buffer.concat(chunks).toString('utf8'),
            fingerprint,
          }),
        )
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}

/** The values of a header, in order. */
const valuesOf = (headers: readonly string[], name: string): string[] =>
  headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === name)

function recordingNamed(name: string): Recording {
  const recording = byName.get(name)
  if (recording === undefined) throw new Error(`no recording ${name}`)
  return recording
}

describe('the replay server', () => {
  it.each(Object.keys(manifest.sets))('answers every address of %s as it was recorded', async (set) => {
    const server = await start({ set })
    const choices = Object.entries(manifest.sets[set]?.answers ?? {})
    expect(choices.length).toBeGreaterThan(20)
    for (const [address, choice] of choices) {
      const recording = 'recording' in choice ? recordingNamed(choice.recording) : null
      // Where a recording stands for another question, that question is asked.
      const asked = recording === null || ('standsFor' in choice && choice.standsFor !== undefined)
      const got = await get(server, asked ? `/api2/json${address}` : (recording?.url ?? ''))
      const expected = 'derived' in choice ? JSON.stringify(choice.json) : recording?.body
      expect([address, got.status, got.reason]).toEqual([
        address,
        recording?.status ?? 200,
        recording?.reason ?? 'OK',
      ])
      expect(got.body).toBe(expected)
      const type = recording === null ? 'application/json;charset=UTF-8' : recording.type
      expect(valuesOf(got.headers, 'content-type')).toEqual(type === null ? [] : [type])
      if (recording !== null) expect(valuesOf(got.headers, 'connection')).toEqual(recording.connection)
    }
    expect(server.unanswered()).toEqual([])
    expect(server.requests()).toHaveLength(choices.length)
  })

  it('answers 501 for what is not in the set, and says what that was', async () => {
    const server = await start({ set: 'one-node' })
    const got = await get(server, '/api2/json/nodes/pve1/qemu/101/rrddata?timeframe=hour')
    const write = await get(server, '/api2/json/nodes/pve1/qemu/101/status/start', null, 'POST')
    expect([got.status, got.reason]).toEqual([
      501,
      "Method 'GET /nodes/pve1/qemu/101/rrddata' not implemented",
    ])
    expect(write.status).toBe(501)
    expect(server.unanswered()).toEqual([
      'GET /nodes/pve1/qemu/101/rrddata?timeframe=hour',
      'POST /nodes/pve1/qemu/101/status/start',
    ])
  })

  it.each([
    ['', 'No ticket'],
    ['Bearer root@pam!full=x', 'No ticket'],
    ['PVEAPIToken=root@pam!full=wrong', 'Authentication failed!'],
    ['PVEAPIToken=audit@pve!ro=7e570000-0000-4000-8000-7e5700000001', 'Authentication failed!'],
  ])('answers 401 as PVE does to %p', async (authorization, reason) => {
    const server = await start({ set: 'one-node' })
    const got = await get(server, '/api2/json/version', authorization)
    expect([got.status, got.reason, got.body]).toEqual([401, reason, ''])
    const names = got.headers.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
    expect(names).not.toContain('content-type')
    expect(names).not.toContain('content-length')
    expect(names).not.toContain('transfer-encoding')
    expect(valuesOf(got.headers, 'connection')).toEqual(['close'])
    expect(server.requests()).toEqual([])
    expect(server.refused()).toBe(1)
  })

  it('takes a token of the test, sorts queries and gives the time of the recording', async () => {
    const token = { id: 'bot@pve!read', secret: 'x' }
    const server = await start({ set: 'one-node', token })
    const got = await get(server, '/api2/json/nodes/pve1/tasks?source=all&_dc=1&limit=3')
    expect(got.body).toBe(recordingNamed('tasks.all').body)
    expect(valuesOf(got.headers, 'date')).toEqual([new Date(recordingNamed('tasks.all').at).toUTCString()])
    expect(server.requests()[0]?.query).toEqual({ source: 'all', limit: '3' })
  })

  it('plays a change', async () => {
    const server = await start({ set: 'one-node' })
    server.replace('/cluster/resources', { data: [] })
    server.replace('/nodes/pve1/new?a=1', { data: 1 })
    server.replaceWith('/nodes/pve1/qemu/103/status/current', 'qemu.103.status.paused')
    expect((await get(server, '/api2/json/cluster/resources')).body).toBe('{"data":[]}')
    expect((await get(server, '/api2/json/nodes/pve1/new?a=1')).body).toBe('{"data":1}')
    const paused = await get(server, '/api2/json/nodes/pve1/qemu/103/status/current')
    expect(JSON.parse(paused.body).data.qmpstatus).toBe('paused')
    expect(() => server.replaceWith('/version', 'nonsense')).toThrow('no recording nonsense')
  })

  it('shows a certificate shaped as a node of PVE has it', async () => {
    const server = await startReplay({ set: 'level-nobody', log: '' })
    running.push(server)
    const got = await get(server, '/api2/json/version')
    expect(got.status).toBe(200)
    expect(got.fingerprint).toBe(server.fingerprint)
    expect(server.fingerprint).not.toBe(tls.fingerprint)
    expect(server.publicKey).toMatch(/^sha256\/[A-Za-z0-9+/]{43}=$/)
  })

  it('does not know a set that is not there', async () => {
    await expect(startReplay({ set: 'nonsense', tls })).rejects.toThrow('no set nonsense')
  })
})

describe('the manifest', () => {
  const situations = ['one-node', 'two-node', 'noquorum', 'node2off'] as const

  it('files every recording under its own address and token', () => {
    for (const [name, set] of Object.entries(manifest.sets)) {
      for (const [address, choice] of Object.entries(set.answers)) {
        if ('derived' in choice) continue
        const recording = recordingNamed(choice.recording)
        const asked = addressOf(recording.url) + (choice.standsFor === undefined ? '' : '?current=1')
        expect([name, asked]).toEqual([name, address])
        expect(recording.method).toBe('GET')
        if (choice.borrowed === undefined) expect([address, recording.token]).toEqual([address, set.token])
      }
      for (const { address, recording } of set.later)
        expect(addressOf(recordingNamed(recording).url)).toBe(address)
      for (const address of set.missing) expect(set.answers[address]).toBeUndefined()
    }
  })

  it.each(situations)('has for %s what a reader of the inventory asks', (name) => {
    const addresses = Object.keys(manifest.sets[name]?.answers ?? {})
    expect(addresses).toEqual(
      expect.arrayContaining([
        '/access/permissions',
        '/cluster/options',
        '/cluster/resources',
        '/cluster/status',
        '/cluster/tasks',
        '/nodes',
        '/nodes/pve1/qemu/109/config?current=1',
        '/pools',
        '/pools?poolid=lab',
        '/pools?poolid=production',
        '/storage',
        '/version',
      ]),
    )
  })

  it('has every guest of the one node, read in one sweep', () => {
    const set = manifest.sets['one-node']
    const guests = [
      ...Array.from({ length: 11 }, (_, i) => `qemu/${100 + i}`),
      ...Array.from({ length: 4 }, (_, i) => `lxc/${200 + i}`),
    ]
    for (const guest of guests) {
      for (const part of ['status/current', 'config', 'config?current=1', 'pending', 'snapshot']) {
        const choice = set?.answers[`/nodes/pve1/${guest}/${part}`]
        expect([
          guest,
          part,
          choice !== undefined && 'recording' in choice && choice.seconds === undefined,
        ]).toEqual([guest, part, true])
      }
    }
  })
})

describe('the recorded errors', () => {
  const errors = loadErrors()

  it('are all answers that are not 200', () => {
    const names = recordings.filter(({ status }) => status !== 200).map(({ name }) => name)
    expect(errors.map(({ name }) => name).sort()).toEqual(names.sort())
    expect(errors).toHaveLength(288)
  })

  it.each([
    ['auth.badsecret', 'auth'],
    ['qemu.100.delete.noperm', 'forbidden'],
    ['qemu.109.config.args', 'forbidden'],
    ['qemu.109.config.badmem', 'invalid'],
    ['qemu.109.config.empty', 'invalid'],
    ['task.status.unknownupid', 'missing'],
    ['qemu.nonexist.config', 'missing'],
    ['node.wrong.status', 'missing'],
    ['qemu.104.clone.nopool', 'missing'],
    ['qemu.108.config.put.locked', 'locked'],
    ['noquorum.put.config', 'quorum'],
    ['noquorum.pool.create', 'quorum'],
    ['lxc.200.config.wrongdigest', 'digest'],
    ['noquorum.node2.status', 'nodeDown'],
    ['text.ctype', 'notImplemented'],
    ['lxc.200.start', 'state'],
    ['qemu.109.delete.protected', 'state'],
    ['subscription', 'other'],
    ['longheader', 'transport'],
  ])('%s is %s', (name, kind) => {
    expect(errors.find((error) => error.name === name)?.kind).toBe(kind)
  })
})

describe('the fixtures hold no secrets', () => {
  const directory = join(import.meta.dirname, '..', 'recordings')
  const text = ['answers.jsonl', 'errors.json', 'manifest.json']
    .map((file) => readFileSync(join(directory, file), 'utf8'))
    .join('\n')
    .replaceAll('\\"', '"')

  it('such as a UUID that is not a machine, a file system or a backup job', () => {
    const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi
    const allowed =
      /(?:uuid(?:=|%3D|: )|vmgenid":"|"value":"(?=.{36}","key":"vmgenid")|vmgenid","(?:value|pending)":"|\/cluster\/backup\/|"id":"|backup task ')$/i
    const odd = [...text.matchAll(uuid)].filter((match) => {
      const before = text.slice(Math.max(0, match.index - 30), match.index)
      const after = text.slice(match.index + 36, match.index + 60)
      return !allowed.test(before) && !/^","key":"vmgenid"/.test(after)
    })
    expect(odd.map((match) => text.slice(match.index - 40, match.index + 40))).toEqual([])
  })

  it.each([
    ['a ticket', /PVE(?:VNC)?:[^"\s]*::/],
    ['a CSRF token', /CSRFPreventionToken":"(?!<masked>)/],
    ['a token secret', /(?:PVEAPIToken|Bearer)[^"]*![\w.-]+=(?!<masked>)/],
    ['a password in a form', /password=(?!\*+["&])/],
    ['a password in JSON', /password"\s*:\s*"(?!\*+"|<masked>"|property is missing|value must)/],
    ['a laboratory password', /labpassword|labrootpw|wrongpassword|s3cr3t/],
  ])('such as %s', (_what, pattern) => {
    expect(text.match(pattern)?.[0] ?? null).toBeNull()
  })
})

afterAll(() => {
  expect(running).toEqual([])
})
