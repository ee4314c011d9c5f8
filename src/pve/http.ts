import type { IncomingHttpHeaders } from 'node:http'
import { createGunzip, type Gunzip } from 'node:zlib'
import { type Dispatcher, Pool } from 'undici'
import { type Failure, failureOf } from './errors.js'
import { type TlsTarget, tlsConnector } from './tls.js'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** One request to one host. */
export type HttpRequest = {
  readonly method: Method
  /** Encoded, with the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  /** The most bytes that a body may have, unpacked. */
  readonly limit: number
  /** Milliseconds until the last byte of the answer. */
  readonly deadlineMs: number
  readonly signal: AbortSignal | undefined
}

export type HttpAnswer = {
  readonly kind: 'answer'
  readonly status: number
  readonly reason: string
  readonly type: string
  readonly date: Date | null
  readonly body: string
}

export type HttpFailure = Failure & {
  /** Whether a byte of the request may have left: false means that the host provably never saw it. */
  readonly sent: boolean
}

export type HttpResult = HttpAnswer | HttpFailure

export type HostTimes = {
  readonly connectMs: number
  readonly headersMs: number
  /** Below PVE's 5 s, so that an idle connection is never closed under a request. */
  readonly keepAliveMs: number
}

/** A host that requests can be sent to. */
export type HttpHost = {
  readonly send: (request: HttpRequest) => Promise<HttpResult>
  readonly close: () => Promise<void>
}

/** Opens nothing yet; connections are made when the first request is sent. */
export function httpHost(
  origin: string,
  tls: Omit<TlsTarget, 'connectTimeoutMs'>,
  times: HostTimes,
): HttpHost {
  const pool = new Pool(origin, {
    connect: tlsConnector({ ...tls, connectTimeoutMs: times.connectMs }),
    connections: 4,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: times.keepAliveMs,
    keepAliveMaxTimeout: times.keepAliveMs,
    headersTimeout: times.headersMs,
    bodyTimeout: times.headersMs,
  })
  return {
    send: (request) => new Promise((resolve) => exchange(pool, request, resolve)),
    close: () => pool.destroy(),
  }
}

class Stopped extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

function exchange(pool: Pool, request: HttpRequest, resolve: (result: HttpResult) => void): void {
  const ends = new AbortController()
  let sent = false
  let settled = false
  let controller: Dispatcher.DispatchController | null = null
  const settle = (result: HttpResult): void => {
    if (settled) return
    settled = true
    ends.abort()
    resolve(result)
  }
  const fail = (failure: Failure): void => {
    settle({ ...failure, sent })
    controller?.abort(new Stopped(failure))
  }
  stopWhen(ends.signal, request, fail)
  if (settled) return
  const answer = answerReader(request.limit, settle, fail)
  pool.dispatch(
    {
      method: request.method,
      path: request.path,
      headers: request.headers,
      body: request.body,
    },
    {
      onRequestStart: (started) => {
        controller = started
        // Given up while it waited for a connection: it must not be written any more.
        if (settled) started.abort(new Error('given up'))
        else sent = true
      },
      onResponseStart: (_, status, headers, reason) => answer.start(status, headers, reason ?? ''),
      onResponseData: (_, chunk) => answer.data(chunk),
      onResponseEnd: () => answer.end(),
      onResponseError: (_, error) => {
        answer.stop()
        fail(error instanceof Stopped ? error.failure : failureOf(error))
      },
    },
  )
}

/** Ends an exchange at its deadline or at the caller's wish; a socket lives in real time, so this is the real timer. */
function stopWhen(
  ended: AbortSignal,
  { deadlineMs, signal }: HttpRequest,
  fail: (failure: Failure) => void,
): void {
  const aborted = (): void => fail({ kind: 'aborted', message: 'stopped' })
  if (signal?.aborted === true) {
    aborted()
    return
  }
  const timer = setTimeout(
    () => fail({ kind: 'timeout', message: `no answer within ${deadlineMs / 1000} s` }),
    deadlineMs,
  )
  signal?.addEventListener('abort', aborted, { once: true })
  ended.addEventListener('abort', () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', aborted)
  })
}

/** Collects one answer, unpacks it and watches its size on the way. */
function answerReader(
  limit: number,
  settle: (result: HttpResult) => void,
  fail: (failure: Failure) => void,
): {
  readonly start: (status: number, headers: IncomingHttpHeaders, reason: string) => void
  readonly data: (chunk: Buffer) => void
  readonly end: () => void
  readonly stop: () => void
} {
  const chunks: Buffer[] = []
  let received = 0
  let bytes = 0
  let head: Omit<HttpAnswer, 'kind' | 'body'> = { status: 0, reason: '', type: '', date: null }
  let gunzip: Gunzip | null = null
  const tooLarge = (): void => {
    gunzip?.destroy()
    fail({ kind: 'tooLarge', message: `the answer is larger than ${limit} bytes` })
  }
  const keep = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes > limit) tooLarge()
    else chunks.push(chunk)
  }
  const done = (): void => settle({ kind: 'answer', ...head, body: Buffer.concat(chunks).toString('utf8') })
  return {
    start: (status, headers, reason) => {
      head = { status, reason, type: single(headers['content-type']).toLowerCase(), date: dateOf(headers) }
      if (single(headers['content-encoding']).toLowerCase() !== 'gzip') return
      gunzip = createGunzip()
      gunzip.on('data', keep)
      gunzip.once('end', done)
      gunzip.once('error', () =>
        fail({ kind: 'notProxmox', message: 'the packed answer is broken or cut off' }),
      )
    },
    data: (chunk) => {
      received += chunk.length
      if (gunzip === null) keep(chunk)
      else if (received > limit) tooLarge()
      else gunzip.write(chunk)
    },
    end: () => (gunzip === null ? done() : void gunzip.end()),
    stop: () => void gunzip?.destroy(),
  }
}

const single = (value: string | readonly string[] | undefined): string =>
  typeof value === 'string' ? value : (value?.[0] ?? '')

function dateOf(headers: IncomingHttpHeaders): Date | null {
  const date = new Date(single(headers.date))
  return Number.isNaN(date.getTime()) ? null : date
}
