import { request } from 'node:https'
import type { Simulator } from '../../../src/simulator/server.js'

export type Reply = {
  readonly status: number
  readonly reason: string
  readonly headers: readonly string[]
  readonly body: string
  readonly bytes: Buffer
}

export type Ask = {
  readonly token?: string | null
  readonly body?: string
  readonly headers?: { readonly [name: string]: string }
  readonly endpoint?: string
  readonly raw?: boolean
}

/** Sends one request on a connection of its own; `raw` takes the path as it stands. */
export function ask(simulator: Simulator, method: string, path: string, options: Ask = {}): Promise<Reply> {
  const id = options.token === undefined ? 'root@pam!full' : options.token
  const secret = id === null ? '' : (simulator.tokens[id] ?? '')
  const authorization = id === null ? {} : { Authorization: `PVEAPIToken=${id}=${secret}` }
  const length =
    options.body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(options.body)) }
  const url = `${options.endpoint ?? simulator.endpoint}${options.raw === true ? '' : '/api2/json'}${path}`
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        method,
        ca: simulator.caPem,
        agent: false,
        headers: { ...authorization, ...length, ...options.headers },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const bytes = Buffer.concat(chunks)
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? '',
            headers: response.rawHeaders,
            body: bytes.toString('utf8'),
            bytes,
          })
        })
      },
    )
    call.on('error', reject)
    call.end(options.body)
  })
}

export type Row = { readonly [key: string]: unknown }

/** The `data` of a successful answer. */
export async function data(simulator: Simulator, path: string, options: Ask = {}): Promise<unknown> {
  const reply = await ask(simulator, 'GET', path, options)
  if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${reply.reason}`)
  const parsed: { data: unknown } = JSON.parse(reply.body)
  return parsed.data
}

export async function rows(simulator: Simulator, path: string, options: Ask = {}): Promise<readonly Row[]> {
  const found = await data(simulator, path, options)
  if (!Array.isArray(found)) throw new Error(`${path} is no list`)
  return found
}

export async function row(simulator: Simulator, path: string, options: Ask = {}): Promise<Row> {
  const found: unknown = await data(simulator, path, options)
  if (typeof found !== 'object' || found === null) throw new Error(`${path} is no object`)
  return { ...found }
}

/** Values of a response header, in order. */
export function header(reply: Reply, name: string): string[] {
  const found: string[] = []
  for (let index = 0; index + 1 < reply.headers.length; index += 2) {
    if (reply.headers[index]?.toLowerCase() === name.toLowerCase()) found.push(reply.headers[index + 1] ?? '')
  }
  return found
}

/** The UPID that a changing call answers with. */
export async function begin(
  simulator: Simulator,
  path: string,
  body = '',
  options: Ask = {},
): Promise<string> {
  const reply = await ask(simulator, 'POST', path, { body, ...options })
  if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${reply.reason}`)
  const parsed: { data: string } = JSON.parse(reply.body)
  return parsed.data
}

const taskPath = (upid: string): string => `/nodes/${upid.split(':')[1]}/tasks/${encodeURIComponent(upid)}`

export function taskStatus(simulator: Simulator, upid: string): Promise<Row> {
  return row(simulator, `${taskPath(upid)}/status`)
}

/** The lines of a task's log. */
export async function taskLog(simulator: Simulator, upid: string): Promise<readonly unknown[]> {
  return (await rows(simulator, `${taskPath(upid)}/log?limit=0`)).map((line) => line.t)
}

/** Looks again and again until it is so; jest's own time-out ends it. */
export async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5))
}
