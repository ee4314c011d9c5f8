import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** What an endpoint answers, before it is a response. */
export type Answer =
  | { readonly kind: 'data'; readonly data: unknown; readonly total?: number }
  /** The value of `data`, already written as JSON: for long lists. */
  | { readonly kind: 'raw'; readonly json: string }
  | { readonly kind: 'text'; readonly contentType: string; readonly body: string }
  | {
      readonly kind: 'error'
      readonly status: number
      /** The whole message; its first line becomes the reason phrase. */
      readonly message: string
      readonly errors?: { readonly [field: string]: string }
    }
  /** Errors made before routing: no JSON, no content type. */
  | { readonly kind: 'bare'; readonly status: number; readonly reason: string; readonly body: string }

/** A response, ready to be written. */
export type Rendered = {
  readonly status: number
  readonly reason: string
  readonly contentType: string | null
  readonly body: string
}

export const ok = (data: unknown): Answer => ({ kind: 'data', data })

/** A Perl `die`: status 500 with its sentence. */
export const died = (message: string): Answer => ({ kind: 'error', status: 500, message })

/** A 400 with PVE's `errors` map. */
export const invalid = (errors: { readonly [field: string]: string }): Answer => ({
  kind: 'error',
  status: 400,
  message: 'Parameter verification failed.',
  errors,
})

/** A 403 that names the path and the privileges of which one is missing. */
export const forbidden = (path: string, privileges: readonly string[]): Answer => ({
  kind: 'error',
  status: 403,
  message: `Permission check failed (${path}, ${privileges.join('|')})`,
})

export const notImplemented = (method: string, path: string): Answer => ({
  kind: 'error',
  status: 501,
  message: `Method '${method} ${path}' not implemented`,
})

export const bare = (status: number, reason: string, body = ''): Answer => ({
  kind: 'bare',
  status,
  reason,
  body,
})

const JSON_TYPE = 'application/json;charset=UTF-8'

/** The first line, with what a reason phrase cannot carry replaced. */
function reasonPhrase(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/[^\t\x20-\x7e\x80-\xff]/g, '?')
}

/** Writes an answer as a response. `shuffled` puts an object's keys in another order, as Perl's hashes do. */
export function render(answer: Answer, shuffled: (value: unknown) => unknown): Rendered {
  switch (answer.kind) {
    case 'data': {
      const body =
        answer.total === undefined ? { data: answer.data } : { data: answer.data, total: answer.total }
      return { status: 200, reason: 'OK', contentType: JSON_TYPE, body: JSON.stringify(shuffled(body)) }
    }
    case 'raw':
      return { status: 200, reason: 'OK', contentType: JSON_TYPE, body: `{"data":${answer.json}}` }
    case 'text':
      return { status: 200, reason: 'OK', contentType: answer.contentType, body: answer.body }
    case 'bare':
      return {
        status: answer.status,
        reason: reasonPhrase(answer.reason),
        contentType: null,
        body: answer.body,
      }
    case 'error': {
      // A missing method is the one JSON error whose message does not end with a line break.
      const message = answer.status === 501 ? answer.message : `${answer.message}\n`
      const errors = answer.errors === undefined ? {} : { errors: answer.errors }
      return {
        status: answer.status,
        reason: reasonPhrase(answer.message),
        contentType: JSON_TYPE,
        body: JSON.stringify(shuffled({ data: null, message, ...errors })),
      }
    }
  }
}

/** How a request came here, which shows in the Connection headers of its answer. */
export type Hop = {
  /** Relayed to pvedaemon. */
  readonly relayed: boolean
  /** Forwarded to another node's pveproxy. */
  readonly forwarded: boolean
}

/** The Connection headers PVE sends; a relayed answer repeats those of its origin. */
export function connectionHeaders(status: number, hop: Hop, close: boolean): readonly string[] {
  if (status >= 400) return ['close']
  const last = close ? 'close' : 'Keep-Alive'
  if (hop.relayed && hop.forwarded) return ['close,Keep-Alive', last]
  if (hop.relayed) return ['close', last]
  if (hop.forwarded) return ['Keep-Alive', last]
  return [last]
}

export type SendOptions = {
  readonly now: Date
  readonly hop: Hop
  readonly gzip: boolean
  /** Close the connection even after a success. */
  readonly close: boolean
}

/** Sends a rendered response with the header quirks of pveproxy. */
export function send(response: ServerResponse, rendered: Rendered, options: SendOptions): void {
  const date = options.now.toUTCString()
  const plain = Buffer.from(rendered.body)
  const zipped = options.gzip && plain.length > 1024 && rendered.contentType !== null
  const body = zipped ? gzipSync(plain, { level: 1 }) : plain
  const close = options.close || rendered.status >= 400
  const headers: string[] = ['Cache-Control', 'max-age=0']
  for (const value of connectionHeaders(rendered.status, options.hop, close))
    headers.push('Connection', value)
  headers.push('Date', date, 'Pragma', 'no-cache', 'Server', 'pve-api-daemon/3.0')
  if (zipped) headers.push('Content-Encoding', 'gzip')
  if (body.length > 0) headers.push('Content-Length', String(body.length))
  if (rendered.contentType !== null) headers.push('Content-Type', rendered.contentType)
  headers.push('Expires', date)
  response.sendDate = false
  // Without a length Node would choose chunked encoding, which pveproxy never uses; an empty body ends by closing.
  response.removeHeader('Transfer-Encoding')
  Reflect.set(response, 'useChunkedEncodingByDefault', false)
  response.writeHead(rendered.status, rendered.reason, headers)
  // Node would close after the relayed `Connection: close`; pveproxy goes by the last one and stays open.
  Reflect.set(response, '_last', close)
  response.end(body)
}
