import { request } from 'node:http'
import { z } from 'zod'
import {
  type Call,
  type Changed,
  type ChangeRequest,
  type Clients,
  type ClockRequest,
  callsSchema,
  changedSchema,
  clientsSchema,
  type FaultRequest,
  type Hello,
  helloSchema,
  problemSchema,
  type StateSummary,
  stateSchema,
  type TaskSummary,
  tasksSchema,
} from './control-schema.js'

/** Steers a running simulator. Every function throws when the simulator is gone or refuses. */
export type ControlClient = {
  readonly hello: () => Promise<Hello>
  readonly state: () => Promise<StateSummary>
  /** Every changing call the API got, oldest first; those with a greater number than `since` (0). */
  readonly calls: (since?: number) => Promise<readonly Call[]>
  /** All tasks that the nodes remember. */
  readonly tasks: () => Promise<readonly TaskSummary[]>
  readonly clients: () => Promise<Clients>
  /** Sets a fault; its number, or null for those of the cluster. */
  readonly fault: (fault: FaultRequest) => Promise<number | null>
  readonly clear: () => Promise<void>
  readonly change: (change: ChangeRequest) => Promise<Changed['changed']>
  readonly clock: (clock: ClockRequest) => Promise<void>
  /** Holds the simulator; `detach` lets it go, `ended` resolves when the connection is over for any reason. */
  readonly attach: () => Promise<Attached>
}

export type Attached = { readonly detach: () => void; readonly ended: Promise<void> }

type Raw = { readonly status: number; readonly text: string }

function call(url: URL, method: string, body: unknown): Promise<Raw> {
  const text = body === undefined ? '' : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method, agent: false, headers: { 'Content-Length': Buffer.byteLength(text) } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(text)
  })
}

function attach(url: URL): Promise<Attached> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent: false }, (response) => {
      if (response.statusCode !== 200) {
        response.resume()
        reject(new Error(`simulator POST /attach: ${response.statusCode ?? 0}`))
        return
      }
      const ended = new Promise<void>((over) => {
        response.on('close', () => over())
        response.on('error', () => over())
      })
      response.resume()
      resolve({ detach: () => sent.destroy(), ended })
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** Makes a client for the control port at `http://127.0.0.1:PORT`. */
export function createControlClient(controlUrl: string): ControlClient {
  const ask = async <S extends z.ZodType>(
    schema: S,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<z.output<S>> => {
    const { status, text } = await call(new URL(path, controlUrl), method, body)
    const answer: unknown = JSON.parse(text)
    if (status === 200) return schema.parse(answer)
    const said = problemSchema.safeParse(answer)
    throw new Error(`simulator ${method} ${path}: ${said.success ? said.data.error : status}`)
  }
  return {
    hello: () => ask(helloSchema, 'GET', '/hello'),
    state: () => ask(stateSchema, 'GET', '/state'),
    calls: (since = 0) => ask(callsSchema, 'GET', `/calls?since=${since}`),
    tasks: () => ask(tasksSchema, 'GET', '/tasks'),
    clients: () => ask(clientsSchema, 'GET', '/clients'),
    fault: async (fault) => (await ask(z.object({ id: z.int().nullable() }), 'POST', '/faults', fault)).id,
    clear: async () => {
      await ask(z.object({}), 'POST', '/clear')
    },
    change: async (change) => (await ask(changedSchema, 'POST', '/changes', change)).changed,
    clock: async (clock) => {
      await ask(z.object({}), 'POST', '/clock', clock)
    },
    attach: () => attach(new URL('/attach', controlUrl)),
  }
}
