/** Path segments that vary, and what each may look like. Nothing here lets `%`, `?`, `#`, `\` or `..` through. */
const SEGMENTS = {
  node: /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/,
  vmid: /^[1-9][0-9]{2,8}$/,
  snapname: /^[a-zA-Z][a-zA-Z0-9_-]{0,39}$/,
  storage: /^[a-zA-Z][a-zA-Z0-9._-]*[a-zA-Z0-9]$/,
  upid: /^UPID:[a-zA-Z0-9-]+:[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8}:[^:\s/%?#\\]+:[^:\s/%?#\\]*:[^:\s/%?#\\]+:$/,
  volume: /^(?:[a-zA-Z][a-zA-Z0-9._-]*[a-zA-Z0-9]:)?[^\s:%?#\\]+$/,
  userid: /^[^\s:/%?#\\@]+@[a-zA-Z][a-zA-Z0-9._-]+$/,
  tokenid: /^[a-zA-Z][a-zA-Z0-9._-]+$/,
  poolid: /^[a-zA-Z0-9._-]+(?:\/[a-zA-Z0-9._-]+){0,2}$/,
  sid: /^(?:(?:vm|ct):)?[1-9][0-9]{2,8}$/,
  id: /^[a-zA-Z0-9_][a-zA-Z0-9._@:+-]*$/,
} as const

export type SegmentName = keyof typeof SEGMENTS

/** Which kind of segment follows a fixed one. Others are plain ids. */
const FOLLOWS: Readonly<Record<string, SegmentName>> = {
  nodes: 'node',
  qemu: 'vmid',
  lxc: 'vmid',
  snapshot: 'snapname',
  storage: 'storage',
  tasks: 'upid',
  content: 'volume',
  users: 'userid',
  token: 'tokenid',
  pools: 'poolid',
  resources: 'sid',
}

const FIXED = /^[a-z][a-zA-Z0-9_-]*$/
const PREFIX = '/api2/json'

/** A path that is safe to send, and the same without its values. */
export type SafePath = {
  /** Encoded, with `/api2/json`. */
  readonly path: string
  /** `/nodes/{node}/qemu/{vmid}/config` */
  readonly template: string
  /** The node that is asked; null where it is the cluster. */
  readonly node: string | null
}

/** Thrown for a path that must not be sent. The value itself is not repeated. */
export class UnsafePath extends Error {
  override readonly name = 'UnsafePath'
}

const isSegmentName = (name: string): name is SegmentName => Object.hasOwn(SEGMENTS, name)

/** The text of a variable segment, encoded; throws UnsafePath when it could be anything but that one segment. */
function safeSegment(name: SegmentName, value: string): string {
  const parts = value.split('/')
  if (value.includes('..') || parts.includes('.') || parts.includes('') || !SEGMENTS[name].test(value))
    throw new UnsafePath(`a value given for {${name}} is not one`)
  try {
    return encodeURIComponent(value)
  } catch {
    throw new UnsafePath(`a value given for {${name}} is not text`)
  }
}

function nameAfter(fixed: string | undefined): SegmentName {
  const name = fixed === undefined ? undefined : FOLLOWS[fixed]
  return name ?? 'id'
}

/**
 * Checks a path of the typed proxy against its template, segment by segment: fixed ones must be equal, each `*` (or
 * `{name}`) must hold one value of its kind. Gives the path encoded anew. Throws UnsafePath.
 */
export function alignPath(path: string, pathTemplate: string): SafePath {
  const given = withoutPrefix(path)
  const expected = withoutPrefix(pathTemplate)
  if (given.length !== expected.length) throw new UnsafePath('the path does not fit its template')
  let node: string | null = null
  const encoded: string[] = []
  const names: string[] = []
  for (const [index, fixed] of expected.entries()) {
    const value = given[index] ?? ''
    const braced = /^\{([a-z]+)\}$/.exec(fixed)?.[1]
    if (fixed !== '*' && braced === undefined) {
      if (value !== fixed || !FIXED.test(fixed)) throw new UnsafePath('the path does not fit its template')
      encoded.push(fixed)
      names.push(fixed)
      continue
    }
    const name = braced !== undefined && isSegmentName(braced) ? braced : nameAfter(expected[index - 1])
    // The proxy writes a slash inside an id as %2F, and nothing else.
    const plain = value.replace(/%2F/g, '/')
    encoded.push(safeSegment(name, plain))
    names.push(`{${name}}`)
    if (name === 'node') node = plain
  }
  return { path: `${PREFIX}/${encoded.join('/')}`, template: `/${names.join('/')}`, node }
}

function withoutPrefix(path: string): readonly string[] {
  const rest = path.startsWith(`${PREFIX}/`) ? path.slice(PREFIX.length) : path
  if (!rest.startsWith('/') || rest.length < 2) throw new UnsafePath('the path does not start at the API')
  return rest.slice(1).split('/')
}
