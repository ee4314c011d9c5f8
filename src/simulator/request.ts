import type { IncomingMessage } from 'node:http'
import { type Answer, bare } from './http.js'
import { jsonValue, type Params, readForm } from './params.js'

const BODY_LIMIT = 512 * 1024

/** Reads the parameters of a request, or what is wrong with it. */
export type ReadResult =
  | { readonly kind: 'params'; readonly params: Params }
  | { readonly kind: 'refused'; readonly answer: Answer }

const refused = (status: number, reason: string, body: string): ReadResult => ({
  kind: 'refused',
  answer: bare(status, reason, body),
})

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

function joined(fields: { readonly [name: string]: readonly string[] }): { [name: string]: string } {
  const params: { [name: string]: string } = {}
  for (const [name, values] of Object.entries(fields)) {
    if (name !== '_dc' && values.length > 0) params[name] = values.join(',')
  }
  return params
}

function jsonParams(text: string): ReadResult {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    const body = `malformed JSON string, at character offset 0 (before "${text.slice(0, 12)}") at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line 934.\n`
    return refused(500, body, body)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return { kind: 'params', params: {} }
  const fields: { [name: string]: string[] } = {}
  for (const [name, value] of Object.entries(parsed)) {
    const values = jsonValue(value).filter((entry) => entry !== '')
    fields[name] = values
  }
  return { kind: 'params', params: joined(fields) }
}

/** Query and body of a request in PVE's way: the query wins, a body is for POST and PUT only. */
export async function readParams(request: IncomingMessage, query: string): Promise<ReadResult> {
  const method = request.method ?? 'GET'
  const fromQuery = readForm(query)
  if (fromQuery === null) return refused(400, 'unable to decode query', '')
  if (request.headers['transfer-encoding'] !== undefined) {
    request.resume()
    return refused(501, 'chunked transfer encoding not supported', 'chunked transfer encoding not supported')
  }
  const length = Number(request.headers['content-length'] ?? 0)
  if (length > 0 && method !== 'POST' && method !== 'PUT') {
    request.resume()
    const text = `Unexpected content for method '${method}'`
    return refused(501, text, text)
  }
  if (length > BODY_LIMIT) {
    request.resume()
    return refused(501, 'for data too large', 'for data too large')
  }
  const text = length > 0 ? await readBody(request) : ''
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  let body: ReadResult = { kind: 'params', params: {} }
  if (text !== '') {
    if (type === 'application/json') body = jsonParams(text)
    else if (type === '' || type === 'application/x-www-form-urlencoded') {
      const fields = readForm(text)
      if (fields === null) return refused(400, 'unable to decode form', '')
      body = { kind: 'params', params: joined(fields) }
    } else {
      const sentence = `upload 'Content-Type '${type}' not implemented`
      return refused(506, sentence, sentence)
    }
  }
  if (body.kind === 'refused') return body
  return { kind: 'params', params: { ...body.params, ...joined(fromQuery) } }
}
