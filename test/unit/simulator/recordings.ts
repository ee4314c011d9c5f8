import { loadRecordings } from '../../fakes/pve-replay/recordings.js'

export type Recorded = { readonly url: string; readonly data: unknown }

/** The successful GET answers that the full token got, with the path they were asked by. */
export function recordedAnswers(): readonly Recorded[] {
  return loadRecordings().flatMap(({ method, status, token, url, body, type, leftOut, shortened }) => {
    if (method !== 'GET' || status !== 200 || token?.includes('root@pam') !== true) return []
    if (leftOut === true || shortened === true || type?.startsWith('application/json') !== true) return []
    if (!url.startsWith('/api2/json')) return []
    const answer: { data: unknown } = JSON.parse(body)
    return [{ url: url.replace('/api2/json', ''), data: answer.data }]
  })
}

/** An endpoint's name: its path with what varies replaced. */
export function endpointOf(url: string): string {
  return (url.split('?')[0] ?? '')
    .replace(/\/nodes\/[^/]+/, '/nodes/N')
    .replace(/\/(qemu|lxc)\/[0-9]+/, '/$1/ID')
    .replace(/\/tasks\/UPID[^/]*/, '/tasks/UPID')
    .replace(/\/nodes\/N\/storage\/[^/]+/, '/nodes/N/storage/S')
    .replace(/^\/storage\/.+/, '/storage/S')
    .replace(/\/snapshot\/[^/]+/, '/snapshot/S')
}

/** Members whose names are data. */
const FREE = new Set(['nics', 'blockstat', 'not_allowed_nodes'])

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** The members of a value, nested ones with dots, each with its JSON type. */
export function shapeOf(value: unknown, prefix = ''): Map<string, string> {
  const shape = new Map<string, string>()
  if (Array.isArray(value)) {
    for (const entry of value) for (const [k, t] of shapeOf(entry, `${prefix}[]`)) shape.set(k, t)
    return shape
  }
  if (typeof value !== 'object' || value === null) return shape
  const free = FREE.has(prefix.split('.').at(-1) ?? '')
  for (const [key, inner] of Object.entries(value)) {
    const path = `${prefix}${prefix === '' ? '' : '.'}${free ? '*' : key.replace(/[0-9]+$/, 'N')}`
    shape.set(path, kindOf(inner))
    for (const [k, t] of shapeOf(inner, path)) shape.set(k, t)
  }
  return shape
}

/** What is known of one kind of row. */
export type Known = { readonly ever: Map<string, Set<string>>; always: Set<string> }

/** Which kind of row it is: what a row has depends on its type and state. */
export function rowKind(value: unknown): string {
  if (typeof value !== 'object' || value === null) return kindOf(value)
  const of = (name: string): string => {
    const found: unknown = Reflect.get(value, name)
    return typeof found === 'string' ? found : ''
  }
  const status = of('status')
  const state = ['running', 'stopped', 'paused', 'online', 'offline', 'available', 'RUNNING'].includes(status)
    ? status
    : ''
  const current = of('name') === 'current' ? 'current' : ''
  const known = Object.keys(value).length === 1 ? 'bare' : ''
  return [of('type').replace(/^(?:qm|vz|ha|img|resize|cluster).*/, 'task'), state, current, known].join('/')
}

/** Adds a row to what is known. */
export function learn(known: Map<string, Known>, value: unknown): void {
  const kind = rowKind(value)
  const shape = shapeOf(value)
  const entry = known.get(kind) ?? { ever: new Map(), always: new Set(shape.keys()) }
  entry.always = new Set([...entry.always].filter((key) => shape.has(key)))
  for (const [key, type] of shape) entry.ever.set(key, (entry.ever.get(key) ?? new Set()).add(type))
  known.set(kind, entry)
}
