import { createRng, type Rng } from './rng.js'

/** Which requests a fault applies to, and how often. */
export type FaultMatch = {
  /** A regular expression over the path below `/api2/json`, query excluded. */
  readonly path?: string | undefined
  readonly method?: string | undefined
  /** How many requests it hits; without it, all until cleared. */
  readonly count?: number | undefined
}

/** What can happen to one request. Milliseconds are real ones. */
export type RequestFault =
  | { readonly kind: 'proxy-error'; readonly status: 595 | 596; readonly when: 'before' | 'after' }
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** The proxy gives up at once; the request is carried out so much later. */
  | { readonly kind: 'late'; readonly status: 596; readonly afterMs: number }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'html' }
  | { readonly kind: 'oversized'; readonly bytes: number }
  | { readonly kind: 'wrong-content'; readonly body: string }
  /** The true answer, said to be something else. */
  | { readonly kind: 'wrong-type'; readonly type: string }
  | {
      readonly kind: 'status'
      readonly status: number
      readonly reason: string
      readonly when: 'before' | 'after'
    }

/** Every way in which a request can meet trouble. */
export const STORM_KINDS = [
  'proxy-error-before',
  'proxy-error-after',
  'unreachable',
  'reset-before',
  'reset-after',
  'late',
  'slow',
  'truncated',
  'html',
  'oversized',
  'wrong-content',
  'wrong-type',
  'status-4xx',
  'status-5xx',
  'gateway-after',
] as const
export type StormKind = (typeof STORM_KINDS)[number]

/** Hits a share of all requests by chance, the same ones for the same seed and order. */
export type Storm = {
  readonly kind: 'storm'
  readonly percent: number
  readonly seed: number
  readonly kinds: readonly StormKind[]
  readonly lateMs: number
  readonly slowMs: number
  readonly oversizedBytes: number
}

/**
 * What a storm answers in place of the truth. No 401: it is trouble of a token and not of a request, and whoever gets one
 * rightly keeps that token back for a while.
 */
const STATUSES = {
  'status-4xx': [
    [400, 'Parameter verification failed.'],
    [403, 'Permission check failed'],
    [404, 'Not Found'],
    [429, 'Too Many Requests'],
  ],
  'status-5xx': [
    [500, 'got no worker upid - start worker failed'],
    [501, 'Method not implemented'],
    [502, 'Bad Gateway'],
    [503, 'Service Unavailable'],
    [504, 'Gateway Timeout'],
  ],
  /** Of something in between that has passed the request on. */
  'gateway-after': [
    [502, 'Bad Gateway'],
    [503, 'Service Unavailable'],
    [504, 'Gateway Timeout'],
  ],
} as const

export type FaultSpec = FaultMatch & (RequestFault | Storm)

/** An active fault; `left` counts down to 0. */
export type Fault = {
  readonly id: number
  readonly fault: FaultSpec
  left: number | null
  readonly path: RegExp | null
  readonly rng: Rng | null
  /** How often a storm struck, by its kinds. */
  readonly struck: Map<string, number>
}

/** Makes an active fault out of a request for one. */
export function armFault(id: number, fault: FaultSpec): Fault {
  return {
    id,
    fault,
    left: fault.count ?? null,
    path: fault.path === undefined ? null : new RegExp(fault.path),
    rng: fault.kind === 'storm' ? createRng(fault.seed) : null,
    struck: new Map(),
  }
}

/** `draw` is at least 0 and below 1. */
function stormFault(storm: Storm, kind: StormKind, draw: number): RequestFault {
  switch (kind) {
    case 'proxy-error-before':
    case 'proxy-error-after':
      return { kind: 'proxy-error', status: 596, when: kind === 'proxy-error-before' ? 'before' : 'after' }
    case 'reset-before':
    case 'reset-after':
      return { kind: 'reset', when: kind === 'reset-before' ? 'before' : 'after' }
    case 'unreachable':
      return { kind: 'proxy-error', status: 595, when: 'before' }
    case 'late':
      return { kind, status: 596, afterMs: storm.lateMs }
    case 'slow':
      return { kind, ms: storm.slowMs }
    case 'truncated':
    case 'html':
      return { kind }
    case 'oversized':
      return { kind, bytes: storm.oversizedBytes }
    case 'wrong-content':
      return { kind, body: '{"data":"surprise"}' }
    case 'wrong-type':
      return { kind, type: 'text/plain' }
    case 'status-4xx':
    case 'status-5xx':
    case 'gateway-after': {
      const [status, reason] = STATUSES[kind][Math.floor(draw * STATUSES[kind].length)] ?? STATUSES[kind][0]
      return { kind: 'status', status, reason, when: kind === 'gateway-after' ? 'after' : 'before' }
    }
  }
}

/** What a fault does to this request; null when chance spares it. Every request costs a storm the same draws. */
function strike({ fault, rng, struck }: Fault): RequestFault | null {
  if (fault.kind !== 'storm') return fault
  if (rng === null) return null
  const [chance, which, draw] = [rng.next() * 100, rng.next(), rng.next()]
  const kind = fault.kinds[Math.floor(which * fault.kinds.length)]
  if (chance >= fault.percent || kind === undefined) return null
  struck.set(kind, (struck.get(kind) ?? 0) + 1)
  return stormFault(fault, kind, draw)
}

/** The faults that hit a request; each counts as used. */
export function hitFaults(faults: readonly Fault[], method: string, path: string): RequestFault[] {
  const hit: RequestFault[] = []
  for (const entry of faults) {
    if (entry.left === 0) continue
    if (entry.fault.method !== undefined && entry.fault.method !== method) continue
    if (entry.path !== null && !entry.path.test(path)) continue
    const struck = strike(entry)
    if (struck === null) continue
    if (entry.left !== null) entry.left -= 1
    hit.push(struck)
  }
  return hit
}
