import type { OutageKind } from '../core/outage.js'
import type { Clock } from '../ports/clock.js'
import type { ClusterSettings, EndpointState, PveError, TokenSettings } from '../ports/pve.js'
import { type CallOptions, type ObservedRequest, type Prepared, prepareCall } from './call.js'
import { type Asked, errorOf, type OutageDetails } from './errors.js'
import { createHosts, type Host, type Hosts, type Member } from './hosts.js'
import type { HostTimes, HttpAnswer, HttpResult } from './http.js'
import { createLimits, type Limits } from './limits.js'
import { Token } from './secrets.js'
import { opened, type Verdict, verdictOfAnswer, verdictOfFailure } from './verdict.js'
import type { Parameters } from './wire.js'

/** How long things may take. Milliseconds. */
export type Times = HostTimes & {
  /** From asking for a place in the queue to the last byte, all attempts together. */
  readonly totalMs: number
  /** For how long a refused token is not tried again: PVE holds every such answer back for 3 s. */
  readonly authMemoryMs: number
  /** The longest pause before a read is tried again; the real one is random. */
  readonly retryMs: number
}

export const TIMES: Times = {
  connectMs: 5_000,
  // PVE's own proxy gives up after 30 s.
  headersMs: 35_000,
  keepAliveMs: 4_000,
  totalMs: 60_000,
  authMemoryMs: 30_000,
  retryMs: 400,
}

/** Where failures of hosts are noted; a pino logger will do. Nothing secret is in the text. */
export type EngineLog = { readonly warn: (facts: object, message: string) => void }

export type EngineParts = {
  readonly clock: Clock
  readonly log?: EngineLog | undefined
  /** 0 (included) to 1. */
  readonly random: () => number
  readonly observe?: ((request: ObservedRequest) => void) | undefined
  readonly times?: Partial<Times> | undefined
}

/** `data` of an answer, with what stands beside it. */
export type Answer = {
  readonly data: unknown
  readonly total: number | null
  /** The host's clock, to the second. */
  readonly date: Date | null
  readonly endpoint: string
}

/** Sends requests to one cluster with one token. Every method throws PveError. */
export type Engine = {
  /** For the typed proxy: the answer's `data` alone. */
  readonly doRequest: (
    method: string,
    path: string,
    pathTemplate: string,
    parameters?: Parameters,
    options?: CallOptions,
  ) => Promise<unknown>
  readonly request: (
    method: string,
    path: string,
    pathTemplate: string,
    parameters?: Parameters,
    options?: CallOptions,
  ) => Promise<Answer>
  /** An error of ours about a request, named as in `GET /cluster/status`. */
  readonly outage: (kind: OutageKind, request: string, message: string, more?: OutageDetails) => PveError
  /** Takes further members of the cluster as fallbacks; `via` is the endpoint that told of them. */
  readonly learn: (members: readonly Member[], via: string) => void
  /** Takes the fingerprints of nodes' certificates, for learnt hosts where trust is a pin. */
  readonly vouch: (fingerprints: ReadonlyMap<string, string>) => void
  readonly endpoints: () => readonly EndpointState[]
  readonly close: () => Promise<void>
}

/** What all tokens of one cluster share: its hosts with their connections and breakers, and the limits. */
export type Line = {
  readonly cluster: string
  readonly hosts: Hosts
  readonly limits: Limits
  readonly clock: Clock
  readonly random: () => number
  readonly log: EngineLog | undefined
  readonly observe: EngineParts['observe']
  readonly times: Times
}

type Parts = Line & {
  readonly token: Token
  /** When the token was last refused, by the monotonic clock. */
  refusedAt: number | null
}

/** Makes the line to one cluster, for any number of engines. Nothing is sent. */
export function createLine(
  { name, endpoints, tls: trust }: Pick<ClusterSettings, 'name' | 'endpoints' | 'tls'>,
  { clock, random, log, observe, times: given }: EngineParts,
): Line {
  const times = { ...TIMES, ...given }
  const hosts = createHosts({ endpoints, trust, times, clock })
  const limits = createLimits({ perKey: 2, total: 6 })
  return { cluster: name, hosts, limits, clock, random, log, observe, times }
}

/** Makes an engine with a line of its own. Nothing is sent before the first request. */
export function createEngine(settings: Omit<ClusterSettings, 'operateToken'>, given: EngineParts): Engine {
  return engineOn(createLine(settings, given), settings.token)
}

/**
 * Makes an engine that sends with this token. Whether a token was refused is remembered per engine; closing any engine
 * of a line closes the line.
 */
export function engineOn(line: Line, settings: TokenSettings): Engine {
  const { cluster, hosts, times } = line
  const token = new Token(settings)
  const parts: Parts = { ...line, token, refusedAt: null }
  const request: Engine['request'] = async (method, path, pathTemplate, parameters = {}, options = {}) => {
    const prepared = prepareCall(
      { cluster, token, totalMs: times.totalMs },
      { method, path, pathTemplate, parameters, options },
    )
    const { host, answer } = await run(parts, prepared)
    const { data, total } = opened(prepared.asked, prepared.method, answer)
    return { data, total, date: answer.date, endpoint: host.endpoint }
  }
  return {
    request,
    doRequest: async (...call) => (await request(...call)).data,
    outage: (kind, asked, message, more) =>
      errorOf({ cluster, request: asked, node: null, scrub: token.scrubber() }, kind, message, more),
    learn: (members, via) => hosts.learn(members, via),
    vouch: (fingerprints) => hosts.vouch(fingerprints),
    endpoints: () => hosts.states(),
    close: () => hosts.close(),
  }
}

type Got = { readonly host: Host; readonly answer: HttpAnswer }

/** Attempts until a 200, or until nothing more may be tried. */
async function run(parts: Parts, prepared: Prepared): Promise<Got> {
  const { hosts, clock } = parts
  const endsAt = clock.monotonic() + prepared.deadlineMs
  const tried = new Set<string>()
  const blamed = new Set<string>()
  let unreached: PveError | null = null
  let last: PveError | null = null
  for (let retries = 0; ; ) {
    throwIfTokenRefused(parts, prepared.asked)
    const host = hosts.pick(tried)
    if (host === null) throw last ?? allLeftAlone(parts, prepared.asked)
    const result = await attempt(parts, prepared, host, Math.max(1, endsAt - clock.monotonic()))
    if (result.kind === 'answer' && result.status === 200) {
      hosts.answered(host)
      return { host, answer: result }
    }
    const verdict = judge(prepared, host, result)
    note(parts, host, verdict, blamed)
    if (!verdict.answered) {
      // The first configured host's failure is what a person can act on; a fallback's would mislead.
      unreached ??= host.learnt ? allLeftAlone(parts, prepared.asked) : verdict.error
    }
    const error = verdict.answered ? verdict.error : (unreached ?? verdict.error)
    last = error
    tried.add(host.endpoint)
    if (verdict.elsewhere && canGoElsewhere(hosts, tried)) continue
    if (!verdict.again || retries >= prepared.retries) throw error
    retries += 1
    tried.clear()
    await pause(parts, prepared, endsAt, error)
  }
}

function judge({ asked, method, safe }: Prepared, host: Host, result: HttpResult): Verdict {
  if (result.kind !== 'answer') return verdictOfFailure(asked, method, result)
  return verdictOfAnswer(asked, method, result, safe.node === null || safe.node === host.nodeName())
}

/** Retries of one request are one failure: three requests in a row, not three attempts, open a breaker. */
function note(
  { hosts, log, cluster }: Parts,
  host: Host,
  { blame, error }: Verdict,
  blamed: Set<string>,
): void {
  const { kind, message } = error.outage
  if (kind === 'aborted') hosts.released(host)
  else if (!blame) hosts.answered(host)
  else if (blamed.has(host.endpoint)) hosts.released(host)
  else {
    hosts.failed(host, { kind, message })
    log?.warn({ cluster, endpoint: host.endpoint, kind, reason: message }, 'host did not answer')
  }
  if (blame) blamed.add(host.endpoint)
}

function canGoElsewhere(hosts: Hosts, tried: ReadonlySet<string>): boolean {
  const next = hosts.pick(tried)
  if (next !== null) hosts.released(next)
  return next !== null
}

async function pause(parts: Parts, prepared: Prepared, endsAt: number, error: PveError): Promise<void> {
  const milliseconds = parts.times.retryMs * (0.5 + parts.random() / 2)
  if (parts.clock.monotonic() + milliseconds >= endsAt) throw error
  try {
    await parts.clock.sleep(milliseconds, prepared.request.signal)
  } catch {
    throw errorOf(prepared.asked, 'aborted', 'stopped')
  }
}

function allLeftAlone({ hosts }: Parts, asked: Asked): PveError {
  const failure = hosts.lastFailure()
  const last = failure?.message ?? 'no host answers'
  return errorOf(asked, failure?.kind ?? 'transport', `not tried again yet after several failures: ${last}`)
}

function throwIfTokenRefused(parts: Parts, asked: Asked): void {
  if (parts.refusedAt === null) return
  if (parts.clock.monotonic() - parts.refusedAt < parts.times.authMemoryMs)
    throw errorOf(asked, 'auth', 'the token was refused a moment ago and is not tried again yet', {
      status: 401,
    })
  parts.refusedAt = null
}

/** Sends once, in its turn. Throws where it is not sent at all. */
async function attempt(parts: Parts, prepared: Prepared, host: Host, leftMs: number): Promise<HttpResult> {
  const { request, safe, low, asked } = prepared
  const began = parts.clock.monotonic()
  const key = safe.node ?? `@${host.endpoint}`
  const place = await parts.limits.enter({ key, low, deadlineMs: leftMs, signal: request.signal })
  if (place.kind !== 'place') {
    parts.hosts.released(host)
    throw place.kind === 'aborted'
      ? errorOf(asked, 'aborted', 'stopped')
      : errorOf(asked, 'timeout', 'too many requests were waiting before it')
  }
  try {
    // Asked for only now: another request may have learnt meanwhile that the token is not accepted.
    throwIfTokenRefused(parts, asked)
    const now = parts.clock.monotonic()
    const deadlineMs = leftMs - (now - began)
    if (deadlineMs <= 0 || now >= prepared.notAfter)
      throw errorOf(asked, 'timeout', 'its turn came too late, so it was not sent')
    parts.observe?.(prepared.observed)
    const result = await host.http.send({ ...request, deadlineMs })
    // Noted before the place is given up, so that whoever waits for it does not try the token again.
    if (result.kind === 'answer' && result.status === 401) parts.refusedAt = parts.clock.monotonic()
    return result
  } catch (error) {
    parts.hosts.released(host)
    throw error
  } finally {
    place.leave()
  }
}
