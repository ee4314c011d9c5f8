import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { z } from 'zod'
import { type Attachments, createAttachments } from './attachments.js'
import { applyChange } from './changes.js'
import { clearFaults, setFault } from './control-faults.js'
import {
  type Clients,
  changeSchema,
  clockSchema,
  faultSchema,
  type Hello,
  type ParsedChange,
  type StateSummary,
} from './control-schema.js'
import type { Listener } from './listeners.js'
import type { Certificates } from './persist.js'
import { isQuorate, type World } from './state.js'
import { running, settle } from './tasks.js'
import type { Timers } from './timers.js'
import { fingerprintOf, issueLeaf } from './tls.js'

const BODY_LIMIT = 1024 * 1024

export type ControlSettings = {
  readonly world: World
  readonly certificates: Certificates
  readonly listeners: readonly Listener[]
  readonly timers: Timers
  readonly port: number
  readonly idleMs: number
  readonly onIdle: (() => void) | null
}

export type ControlServer = { readonly port: number; readonly close: () => Promise<void> }

type Reply = { readonly status: number; readonly body: unknown }
const reply = (body: unknown): Reply => ({ status: 200, body })
const problem = (status: number, error: string): Reply => ({ status, body: { error } })

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const part = Buffer.from(chunk)
    size += part.length
    if (size > BODY_LIMIT) throw new Error('body too large')
    chunks.push(part)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  return text === '' ? {} : JSON.parse(text)
}

/** Parses a body and goes on with it; a 400 that says what is wrong otherwise. */
async function parsed<S extends z.ZodType>(
  schema: S,
  request: IncomingMessage,
  go: (value: z.output<S>) => Reply | Promise<Reply>,
): Promise<Reply> {
  let body: unknown
  try {
    body = await bodyOf(request)
  } catch (error) {
    return problem(400, error instanceof Error ? error.message : 'unreadable body')
  }
  const result = schema.safeParse(body)
  if (result.success) return go(result.data)
  return problem(
    400,
    result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
  )
}

/** A new certificate for a node, on its old key or on a new one. */
async function reissue(settings: ControlSettings, name: string, sameKey: boolean): Promise<Reply> {
  const { world, certificates, listeners } = settings
  const index = world.nodes.findIndex((node) => node.name === name)
  const node = world.nodes[index]
  const old = certificates.leaves[index]
  if (node === undefined || old === undefined) return problem(404, `no node ${name}`)
  const key = sameKey ? old.key : undefined
  const leaf = await issueLeaf(certificates.authority, node, world.rng.hex(16), world.clock.now(), key)
  certificates.leaves[index] = leaf
  node.fingerprint = fingerprintOf(leaf.cert)
  listeners.find((listener) => listener.node === node)?.setIdentity(leaf)
  world.changed()
  return reply({ changed: [], fingerprint: node.fingerprint })
}

async function change(settings: ControlSettings, asked: ParsedChange): Promise<Reply> {
  if (asked.kind === 'renew-certificate') return reissue(settings, asked.node, true)
  if (asked.kind === 'rekey-certificate') return reissue(settings, asked.node, false)
  settle(settings.world)
  const result = applyChange(settings.world, asked)
  return result.kind === 'done' ? reply({ changed: result.changed }) : problem(409, result.error)
}

function state(world: World, timers: Timers): StateSummary {
  settle(world)
  const counts = new Map<string, number>()
  for (const guest of world.guests.values()) counts.set(guest.node, (counts.get(guest.node) ?? 0) + 1)
  return {
    version: world.version,
    seed: world.seed,
    now: new Date(world.clock.now()).toISOString(),
    rate: world.clock.saved().rate,
    quorate: isQuorate(world),
    nodes: world.nodes.map((node) => ({
      name: node.name,
      online: node.offlineSince === null,
      fingerprint: node.fingerprint,
      guests: counts.get(node.name) ?? 0,
    })),
    guests: world.guests.size,
    runningTasks: running(world).length,
    waitingRequests: timers.waiting(),
    faults: [...world.faults, ...world.taskFaults].map(({ id, fault, left, struck }) => ({
      id,
      kind: fault.kind,
      left,
      ...(struck.size === 0 ? {} : { struck: Object.fromEntries(struck) }),
    })),
  }
}

function clients(settings: ControlSettings, attachments: Attachments): Clients {
  const connections = settings.listeners.map((entry) => [entry.node.name, entry.connections()] as const)
  return { attached: attachments.count(), connections: Object.fromEntries(connections) }
}

function hello(settings: ControlSettings): Hello {
  const first = settings.listeners[0]
  return {
    simulator: 'proxmox-mpc',
    endpoint: first?.endpoint ?? '',
    fingerprint: first?.node.fingerprint ?? '',
    pid: process.pid,
  }
}

function callsSince(world: World, since: string | null): Reply {
  if (since !== null && !/^[0-9]{1,15}$/.test(since)) return problem(400, 'since: a number')
  return reply(world.calls.since(Number(since ?? '0')))
}

async function answer(
  settings: ControlSettings,
  attachments: Attachments,
  request: IncomingMessage,
): Promise<Reply> {
  const { world, listeners } = settings
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /hello':
      return reply(hello(settings))
    case 'GET /state':
      return reply(state(world, settings.timers))
    case 'GET /calls':
      return callsSince(world, url.searchParams.get('since'))
    case 'GET /tasks':
      settle(world)
      return reply([...world.tasks.values()].flat().map(({ upid, status }) => ({ upid, status })))
    case 'GET /clients':
      return reply(clients(settings, attachments))
    case 'POST /faults':
      return parsed(faultSchema, request, async (fault) => {
        const result = await setFault(world, listeners, fault)
        return result.kind === 'set' ? reply({ id: result.id }) : problem(409, result.error)
      })
    case 'POST /clear':
      await clearFaults(world, listeners)
      return reply({})
    case 'POST /changes':
      return parsed(changeSchema, request, (asked) => change(settings, asked))
    case 'POST /clock':
      return parsed(clockSchema, request, (asked) => {
        settle(world)
        if (asked.rate !== undefined) world.clock.setRate(asked.rate)
        if (asked.advanceSeconds !== undefined) world.clock.advance(asked.advanceSeconds)
        settle(world)
        world.changed()
        return reply({ now: new Date(world.clock.now()).toISOString() })
      })
    default:
      return problem(404, 'no such control verb')
  }
}

/** Web pages must not reach the port: they send an origin, or come under another host's name. */
function isForeign(request: IncomingMessage): boolean {
  const host = (request.headers.host ?? '').replace(/:[0-9]+$/, '')
  return request.headers.origin !== undefined || (host !== '127.0.0.1' && host !== 'localhost')
}

function handle(settings: ControlSettings, attachments: Attachments) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    if (isForeign(request)) {
      response.writeHead(403, { Connection: 'close' }).end()
      return
    }
    if (request.method === 'POST' && request.url === '/attach') {
      request.resume()
      attachments.attach(response)
      return
    }
    answer(settings, attachments, request)
      .catch((error: unknown) => problem(500, error instanceof Error ? error.message : 'failed'))
      .then((result) => {
        response.writeHead(result.status, { 'Content-Type': 'application/json' })
        response.end(JSON.stringify(result.body))
      })
      .catch(() => response.destroy())
  }
}

/** Opens the control port on 127.0.0.1. */
export async function openControl(settings: ControlSettings): Promise<ControlServer> {
  const attachments = createAttachments(settings.idleMs, settings.onIdle)
  const server = createServer(handle(settings, attachments))
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(settings.port, '127.0.0.1', resolve)
    })
  } catch (error) {
    attachments.close()
    throw error
  }
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : settings.port,
    close: () =>
      new Promise((resolve) => {
        attachments.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
