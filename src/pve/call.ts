import { setMaxListeners } from 'node:events'
import type { PveError } from '../ports/pve.js'
import { type Asked, errorOf } from './errors.js'
import type { HttpRequest, Method } from './http.js'
import { alignPath, type SafePath } from './paths.js'
import type { Token } from './secrets.js'
import { formEncoded, type Parameters, type WireParameters, wireParameters } from './wire.js'

/** A request as it goes out, for tests that hold it against PVE's schema. Values are texts; secrets are in them. */
export type ObservedRequest = {
  readonly method: Method
  /** `/nodes/{node}/qemu/{vmid}/config` */
  readonly pathTemplate: string
  /** As sent, encoded, with `/api2/json` and without the query. */
  readonly path: string
  readonly query: WireParameters
  readonly body: WireParameters
}

/** What a call may say besides its path and parameters. */
export type CallOptions = {
  readonly signal?: AbortSignal | undefined
  /** Polls stand behind everything else in the queue. */
  readonly low?: boolean | undefined
  /** Milliseconds, where less than usual is enough. */
  readonly deadlineMs?: number | undefined
  /** By the monotonic clock: not sent any more from then on. */
  readonly notAfter?: number | undefined
  /** How often a read that failed in passing is tried again; 2 if left out. A change never is. */
  readonly retries?: number | undefined
}

export type Call = {
  readonly method: string
  readonly path: string
  readonly pathTemplate: string
  readonly parameters: Parameters
  readonly options: CallOptions
}

/** A call that has been checked and may be sent. */
export type Prepared = {
  readonly method: Method
  readonly safe: SafePath
  readonly asked: Asked
  readonly request: Omit<HttpRequest, 'deadlineMs'>
  readonly observed: ObservedRequest
  readonly low: boolean
  readonly deadlineMs: number
  readonly notAfter: number
  readonly retries: number
}

const RETRIES = 2

/** Bytes an answer may have. Only the list of everything is ever large. */
const BIG = 64 * 1024 * 1024
const USUAL = 8 * 1024 * 1024

/** Checks a call and gives it its final form. Throws PveError `invalid` for what must not be sent. */
export function prepareCall(
  { cluster, token, totalMs }: { readonly cluster: string; readonly token: Token; readonly totalMs: number },
  call: Call,
): Prepared {
  const scrub = token.scrubber(call.parameters)
  // One signal stands behind all requests of a bulk; that many listeners are no leak.
  if (call.options.signal !== undefined) setMaxListeners(0, call.options.signal)
  try {
    const method = methodOf(call.method)
    const safe = alignPath(call.path, call.pathTemplate)
    const wire = wireParameters(method, safe.template, call.parameters)
    const inQuery = method === 'GET' || method === 'DELETE'
    const text = formEncoded(wire)
    return {
      method,
      safe,
      asked: { cluster, request: `${method} ${safe.template}`, node: safe.node, scrub },
      request: {
        method,
        path: inQuery && text !== '' ? `${safe.path}?${text}` : safe.path,
        headers: {
          authorization: token.header(),
          accept: 'application/json',
          'accept-encoding': 'gzip',
          ...(inQuery ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        body: inQuery ? null : text,
        limit: safe.template === '/cluster/resources' ? BIG : USUAL,
        signal: call.options.signal,
      },
      observed: {
        method,
        pathTemplate: safe.template,
        path: safe.path,
        query: inQuery ? wire : {},
        body: inQuery ? {} : wire,
      },
      low: call.options.low ?? false,
      notAfter: call.options.notAfter ?? Number.POSITIVE_INFINITY,
      deadlineMs: Math.min(call.options.deadlineMs ?? totalMs, totalMs),
      retries: call.options.retries ?? RETRIES,
    }
  } catch (error) {
    throw refused(cluster, scrub, error)
  }
}

function refused(cluster: string, scrub: Asked['scrub'], error: unknown): PveError {
  const message = error instanceof Error ? error.message : 'the request cannot be sent'
  return errorOf({ cluster, request: 'a request that was not sent', node: null, scrub }, 'invalid', message)
}

function methodOf(method: string): Method {
  const upper = method.toUpperCase()
  if (upper === 'GET' || upper === 'POST' || upper === 'PUT' || upper === 'DELETE') return upper
  throw new TypeError('the API has only GET, POST, PUT and DELETE')
}
