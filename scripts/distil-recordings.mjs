// Writes test/recordings/{answers.jsonl,errors.json,manifest.json} from the raw recordings of a Proxmox VE 9.2
// cluster. The raw files are not part of the project: this runs only where they lie beside it.
//   node scripts/distil-recordings.mjs [directory with pve-recordings/ and pve-api/]
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorTable } from './distil-errors.mjs'
import { manifestOf } from './distil-manifest.mjs'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')
const TARGET = join(ROOT, 'test', 'recordings')

/** Answers that no test reads and that are big or not text; the request and the status stay. */
const BODY_LEFT_OUT = new Set([
  'qemu.100.rrddata.week',
  'qemu.100.rrddata.month',
  'qemu.100.rrddata.year',
  'qemu.100.rrddata.max',
  'gzip',
  'html',
])

/** Shortens runs of one character, as the requests that test size limits have; says whether it did. */
function shortenRuns(text) {
  const short = text.replace(/(.)\1{99,}/gs, (_, character) => character.repeat(20))
  return { text: short, shortened: short !== text }
}

const stars = (text) => '*'.repeat(text.length)

/** Passwords keep their length, so that an answer about the length still fits. */
function maskRequest(text) {
  return text
    .replace(/\b((?:ci)?password=)([^&]*)/g, (_, key, value) => key + stars(value))
    .replace(/("(?:ci)?password"\s*:\s*")([^"]*)/g, (_, key, value) => key + stars(value))
}

function maskAnswer(text, status) {
  if (status !== 200) return text
  return text
    .replace(/("(?:ticket|CSRFPreventionToken)"\s*:\s*")(?:[^"\\]|\\.)*/g, '$1<masked>')
    .replace(/("password"\s*:\s*")(?:[^"\\]|\\.)*/g, '$1<masked>')
}

const header = (headers, name) =>
  Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1] ?? null

/** Which token asked: its id, `cookie` for a ticket, null for none; odd headers are kept, masked. */
function credentials(headers) {
  const authorization = header(headers, 'authorization')
  if (authorization === null) return { token: header(headers, 'cookie') === null ? null : 'cookie' }
  const plain = /^PVEAPIToken=<token ([^>]+)>$/.exec(authorization)
  if (plain !== null) return { token: plain[1] }
  return { token: null, authorization: authorization.replace(/(![\w.-]+=).*$/, '$1<masked>') }
}

function distil(raw) {
  const { request, response } = raw
  const url = shortenRuns(request.url)
  const sent = shortenRuns(maskRequest(request.body ?? ''))
  const leftOut = BODY_LEFT_OUT.has(raw.name)
  const answered = shortenRuns(leftOut ? '' : maskAnswer(response.body ?? '', response.status))
  const connection = (response.headers ?? [])
    .filter(([key]) => key === 'Connection')
    .map(([, value]) => value)
  const type = (response.headers ?? []).find(([key]) => key === 'Content-Type')?.[1] ?? null
  return {
    name: raw.name,
    at: raw.recorded,
    method: request.method,
    url: url.text.startsWith('/api2/') ? url.text : `/api2/json${url.text}`,
    ...credentials(request.headers),
    ...(header(request.headers, 'content-type') === null
      ? {}
      : { sentType: header(request.headers, 'content-type') }),
    ...(sent.text === '' ? {} : { sent: sent.text }),
    status: response.status,
    reason: response.reason === null ? null : shortenRuns(response.reason).text,
    connection,
    type,
    body: answered.text,
    ...(leftOut ? { leftOut: true } : {}),
    ...(url.shortened || sent.shortened || answered.shortened ? { shortened: true } : {}),
  }
}

function main(source) {
  const directory = join(source, 'pve-recordings')
  if (!existsSync(directory)) {
    process.stderr.write(`No raw recordings at ${directory}: nothing to distil from.\n`)
    return 1
  }
  const answers = readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .map((file) => distil(JSON.parse(readFileSync(join(directory, file), 'utf8'))))
    .sort((a, b) => (a.at === b.at ? (a.name < b.name ? -1 : 1) : a.at < b.at ? -1 : 1))
  const schema = JSON.parse(readFileSync(join(source, 'pve-api', 'pve-9.2.json'), 'utf8'))
  mkdirSync(TARGET, { recursive: true })
  const write = (file, text) => writeFileSync(join(TARGET, file), text)
  write('answers.jsonl', `${answers.map((answer) => JSON.stringify(answer)).join('\n')}\n`)
  const rows = errorTable(answers, Object.keys(schema.methods))
  write('errors.json', `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`)
  write('manifest.json', `${JSON.stringify(manifestOf(answers), null, 1)}\n`)
  return 0
}

process.exitCode = main(process.argv[2] ?? join(ROOT, '..', 'shared'))
