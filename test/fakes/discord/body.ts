// The body of a request: JSON, or a form of `payload_json` and `files[n]`.

import { isObj, type Obj, parseJson } from '../slack/json.js'

export type Upload = {
  readonly index: number
  readonly name: string
  readonly type: string
  readonly bytes: Buffer
}

export type Body = {
  readonly json: unknown
  readonly files: readonly Upload[]
  /** False when what calls itself JSON is none. */
  readonly ok: boolean
  readonly bytes: number
}

const FILE = /^files\[(\d+)\]$/

export async function readBody(contentType: string, raw: Buffer): Promise<Body> {
  const bytes = raw.length
  if (contentType.startsWith('multipart/form-data')) return { ...(await readForm(contentType, raw)), bytes }
  if (bytes === 0) return { json: undefined, files: [], ok: true, bytes }
  const json = parseJson(raw.toString('utf8'))
  const ok = json !== undefined && contentType.startsWith('application/json')
  return { json, files: [], ok, bytes }
}

async function readForm(contentType: string, raw: Buffer): Promise<Omit<Body, 'bytes'>> {
  const headers = { 'content-type': contentType }
  const form = await new Response(new Uint8Array(raw), { headers }).formData()
  const files: Upload[] = []
  for (const [key, value] of form) {
    const index = FILE.exec(key)?.[1]
    if (index === undefined || typeof value === 'string') continue
    const bytes = Buffer.from(await value.arrayBuffer())
    files.push({ index: Number(index), name: value.name, type: value.type, bytes })
  }
  const payload = form.get('payload_json')
  const json = typeof payload === 'string' ? parseJson(payload) : {}
  return { json, files, ok: json !== undefined }
}

/** The body as an object; anything else is an empty one. */
export function objectOf(body: Body): Obj {
  return isObj(body.json) ? body.json : {}
}
