import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { requestLog } from '../../schema/recorder.js'
import { parseSeenRequest, type SeenRequest } from '../../schema/request.js'
import { makeCertificate, type ServerCertificate } from './certificate.js'
import { addressOf, loadManifest, loadRecordings, type Recording } from './recordings.js'

export type ReplayOptions = {
  /** A set of test/recordings/manifest.json: `one-node`, `two-node`, `level-ops`, … */
  readonly set: string
  /** What a client must send; the id is the set's own if left out. */
  readonly token?: { readonly id?: string; readonly secret?: string }
  /** A certificate to serve; a fresh one if left out. */
  readonly tls?: ServerCertificate
  /** How long a 401 takes. PVE takes 3000. */
  readonly authDelayMs?: number
  /** The Date header: the moment of the recording (default), or the real one. */
  readonly date?: 'recorded' | 'now'
  /** Directory of the request log; that of the environment if left out, '' for none. */
  readonly log?: string
  readonly host?: string
  readonly port?: number
}

export type ReplayServer = {
  /** `https://127.0.0.1:PORT` */
  readonly endpoint: string
  readonly fingerprint: string
  readonly publicKey: string
  readonly caPem: string
  readonly token: { readonly id: string; readonly secret: string }
  /** Every request with a good token, in order, without headers. */
  requests(): readonly SeenRequest[]
  /** How many requests were refused for their token. */
  refused(): number
  /** `GET /address` of everything that was asked and is not in the set. */
  unanswered(): readonly string[]
  /** From now on this address answers 200 with this JSON. */
  replace(pathWithQuery: string, json: unknown): void
  /** From now on this address answers as that recording does. */
  replaceWith(pathWithQuery: string, recording: string): void
  /** From now on the change that was recorded under this name is answered as it was then, whatever is sent with it. */
  replayChange(recording: string): void
  close(): Promise<void>
}

type Answer = Pick<Recording, 'status' | 'reason' | 'connection' | 'type' | 'body'> & { readonly at?: string }

const JSON_TYPE = 'application/json;charset=UTF-8'
const DEFAULT_SECRET = '7e570000-0000-4000-8000-7e5700000001'

const ok = (json: unknown): Answer => ({
  status: 200,
  reason: 'OK',
  connection: ['Keep-Alive'],
  type: JSON_TYPE,
  body: JSON.stringify(json),
})

const unauthorised = (reason: string): Answer => ({
  status: 401,
  reason,
  connection: ['close'],
  type: null,
  body: '',
})

function notImplemented(what: string): Answer {
  const reason = `Method '${what}' not implemented`
  // What was asked may hold anything; a status line may not.
  const printable = reason.replace(/[^\x20-\x7e]/g, '?')
  const body = JSON.stringify({ data: null, message: reason })
  return { status: 501, reason: printable, connection: ['close'], type: JSON_TYPE, body }
}

function answersOf(set: string): { readonly answers: Map<string, Answer>; readonly token: string } {
  const chosen = loadManifest().sets[set]
  if (chosen === undefined) throw new Error(`no set ${set} in test/recordings/manifest.json`)
  const byName = new Map(loadRecordings().map((recording) => [recording.name, recording]))
  const answers = new Map<string, Answer>()
  for (const [address, choice] of Object.entries(chosen.answers)) {
    const answer = 'derived' in choice ? ok(choice.json) : byName.get(choice.recording)
    if (answer === undefined) throw new Error(`the manifest names an unknown recording for ${address}`)
    answers.set(address, answer)
  }
  const whole = answers.get('/cluster/resources')
  if (whole !== undefined && !answers.has(GUESTS)) answers.set(GUESTS, guestsOnly(whole))
  return { answers, token: chosen.token }
}

const GUESTS = '/cluster/resources?type=vm'
const Rows = z.object({ data: z.array(z.looseObject({ type: z.string() })) })

/** The listing as PVE cuts it by type, out of the whole one; most sets were only asked for that. */
function guestsOnly(whole: Answer): Answer {
  const { data } = Rows.parse(JSON.parse(whole.body))
  const guests = data.filter(({ type }) => type === 'qemu' || type === 'lxc')
  return { ...whole, body: JSON.stringify({ data: guests }) }
}

function recordingOf(name: string): Recording {
  const recording = loadRecordings().find((candidate) => candidate.name === name)
  if (recording === undefined) throw new Error(`no recording ${name}`)
  return recording
}

function send(response: ServerResponse, answer: Answer, date: string): void {
  const body = Buffer.from(answer.body)
  response.sendDate = false
  response.setHeader('Cache-Control', 'max-age=0')
  response.setHeader('Connection', [...answer.connection])
  response.setHeader('Date', date)
  response.setHeader('Pragma', 'no-cache')
  response.setHeader('Server', 'pve-api-daemon/3.0')
  if (answer.type !== null) response.setHeader('Content-Type', answer.type)
  response.setHeader('Expires', date)
  if (body.length > 0) {
    response.setHeader('Content-Length', body.length)
  } else {
    // PVE says nothing of the length of an empty answer and closes the connection.
    response.removeHeader('Content-Length')
    response.removeHeader('Transfer-Encoding')
  }
  response.writeHead(answer.status ?? 500, answer.reason ?? '')
  response.end(body)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

/** Starts an HTTPS server on 127.0.0.1 that answers exactly what was recorded for a set, and 501 for the rest. */
export async function startReplay(options: ReplayOptions): Promise<ReplayServer> {
  const tls = options.tls ?? (await makeCertificate())
  const { answers, token: recordedToken } = answersOf(options.set)
  const token = { id: options.token?.id ?? recordedToken, secret: options.token?.secret ?? DEFAULT_SECRET }
  const log = requestLog(options.log)
  const changes = new Map<string, Answer>()
  const seen: SeenRequest[] = []
  const unanswered: string[] = []
  let refused = 0

  const answerTo = async (request: IncomingMessage): Promise<Answer> => {
    const body = await bodyOf(request)
    const authorization = request.headers.authorization
    if (authorization !== `PVEAPIToken=${token.id}=${token.secret}`) {
      refused += 1
      await sleep(options.authDelayMs ?? 0)
      return unauthorised(authorization?.includes('PVEAPIToken') ? 'Authentication failed!' : 'No ticket')
    }
    const method = request.method ?? 'GET'
    const url = request.url ?? '/'
    const asked = parseSeenRequest({ method, url, type: request.headers['content-type'] ?? null, body })
    seen.push(asked)
    log.add(asked)
    const address = addressOf(url)
    const answer = method === 'GET' ? answers.get(address) : changes.get(`${method} ${address}`)
    if (answer !== undefined) return answer
    unanswered.push(`${method} ${addressOf(url)}`)
    return notImplemented(`${method} ${addressOf(url).split('?')[0]}`)
  }

  const server = createServer({ key: tls.key, cert: tls.cert }, (request, response) => {
    answerTo(request).then(
      (answer) => {
        const at = options.date === 'now' || answer.at === undefined ? new Date() : new Date(answer.at)
        send(response, answer, at.toUTCString())
      },
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')

  return {
    endpoint: `https://${address.address}:${address.port}`,
    fingerprint: tls.fingerprint,
    publicKey: tls.publicKey,
    caPem: tls.caPem,
    token,
    requests: () => seen,
    refused: () => refused,
    unanswered: () => unanswered,
    replace: (pathWithQuery, json) => void answers.set(addressOf(pathWithQuery), ok(json)),
    replaceWith: (pathWithQuery, name) => void answers.set(addressOf(pathWithQuery), recordingOf(name)),
    replayChange: (name) => {
      const recording = recordingOf(name)
      changes.set(`${recording.method} ${addressOf(recording.url)}`, recording)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
