import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { OUTAGE_KINDS } from '../../../src/core/outage.js'

const DIRECTORY = join(import.meta.dirname, '..', '..', 'recordings')

/** One recorded request with its answer; see test/recordings/README.md for every field. */
const Recording = z.object({
  name: z.string(),
  at: z.string(),
  method: z.string(),
  url: z.string(),
  token: z.string().nullable(),
  authorization: z.string().optional(),
  sentType: z.string().optional(),
  sent: z.string().optional(),
  status: z.number().nullable(),
  reason: z.string().nullable(),
  connection: z.array(z.string()),
  type: z.string().nullable(),
  body: z.string(),
  leftOut: z.boolean().optional(),
  shortened: z.boolean().optional(),
})
export type Recording = z.infer<typeof Recording>

const Choice = z.union([
  z.object({
    recording: z.string(),
    seconds: z.number().optional(),
    borrowed: z.string().optional(),
    standsFor: z.string().optional(),
  }),
  z.object({ derived: z.string(), json: z.unknown() }),
])

const ReplaySet = z.object({
  description: z.string(),
  token: z.string(),
  moment: z.string(),
  missing: z.array(z.string()),
  disagreements: z.record(z.string(), z.array(z.string())),
  answers: z.record(z.string(), Choice),
  later: z.array(z.object({ address: z.string(), recording: z.string() })),
})
export type ReplaySet = z.infer<typeof ReplaySet>

const Manifest = z.object({ sets: z.record(z.string(), ReplaySet) })
export type Manifest = z.infer<typeof Manifest>

const RecordedError = z.object({
  name: z.string(),
  method: z.string(),
  template: z.string().nullable(),
  status: z.number().nullable(),
  reason: z.string().nullable(),
  body: z.string(),
  kind: z.enum(OUTAGE_KINDS),
})
export type RecordedError = z.infer<typeof RecordedError>

const read = (file: string): string => readFileSync(join(DIRECTORY, file), 'utf8')

/** Every recording, oldest first. */
export function loadRecordings(): readonly Recording[] {
  return read('answers.jsonl')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Recording.parse(JSON.parse(line)))
}

/** The sets that can be replayed, by name. */
export function loadManifest(): Manifest {
  return Manifest.parse(JSON.parse(read('manifest.json')))
}

/** Every answer that is not 200, with the kind it must be mapped to; `status` is null where none came. */
export function loadErrors(): readonly RecordedError[] {
  return z.array(RecordedError).parse(JSON.parse(read('errors.json')))
}

/** A request's address as the manifest writes it: no `/api2/json`, path decoded, query decoded and sorted. */
export function addressOf(url: string): string {
  const [path = '', query = ''] = url.replace(/^\/api2\/json(?=\/|$)/, '').split('?', 2)
  const pairs = query.split('&').filter((pair) => pair !== '' && !pair.startsWith('_dc='))
  const decoded = pairs.map((pair) => decodeURIComponent(pair.replaceAll('+', ' '))).sort()
  return decodeURIComponent(path) + (decoded.length === 0 ? '' : `?${decoded.join('&')}`)
}
