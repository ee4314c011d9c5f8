/** A parameter as it came: text from a form or a query, repeated names as a list; a JSON body keeps its own types. */
export type Parameters = Readonly<Record<string, unknown>>

/** A request as a server saw it, without headers. */
export type SeenRequest = {
  readonly method: string
  /** As sent, still encoded, with `/api2/json` and without the query. */
  readonly path: string
  readonly query: Parameters
  readonly body: Parameters
}

/** Reads `a=1&b=2`; a repeated name becomes a list. `_dc`, a cache buster that PVE drops, is dropped. */
export function parseForm(text: string): Parameters {
  const values = new Map<string, string | string[]>()
  for (const [key, value] of new URLSearchParams(text)) {
    if (key === '_dc') continue
    const earlier = values.get(key)
    values.set(key, earlier === undefined ? value : [...[earlier].flat(), value])
  }
  return Object.fromEntries(values)
}

/** A JSON object is its parameters; what cannot be read is shown as one parameter that no endpoint has. */
function parseJson(text: string): Parameters {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {}
  return { 'unreadable body': text.slice(0, 100) }
}

/** Takes a request apart: address, content type (null for none) and body text. */
export function parseSeenRequest(request: {
  readonly method: string
  readonly url: string
  readonly type: string | null
  readonly body: string
}): SeenRequest {
  const [path = '', query = ''] = request.url.split('?', 2)
  const isJson = request.type?.startsWith('application/json') === true
  return {
    method: request.method,
    path,
    query: parseForm(query),
    body: request.body === '' ? {} : isJson ? parseJson(request.body) : parseForm(request.body),
  }
}
