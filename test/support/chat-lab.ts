import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { type OpenHome, openHome } from '../../src/compose.js'
import { homePaths } from '../../src/config/home.js'
import type { Role } from '../../src/core/people.js'
import { isRefusal } from '../../src/core/refusal.js'
import type { ChatSurface } from '../../src/ports/surface.js'
import { chatSurfaces } from '../../src/program/chat-surfaces.js'
import type { ControlClient } from '../../src/simulator/control-client.js'
import type { SimulatorOptions } from '../../src/simulator/server.js'
import { openDatabase } from '../../src/store/tx.js'
import { systemClock } from '../../src/system/clock.js'
import type { ChatDriver, Message, Person } from '../scenarios/driver.js'
import { type Apart, serveApart, until } from './apart.js'
import { startLab } from './lab.js'
import { CANARY, canaryFile, freshDirectory } from './program.js'

/** A whole home, its simulated cluster, and a chat of our own: the way from a keystroke to Proxmox. */

/** A chat platform with its fake. */
export type ChatPlatform = {
  readonly driver: ChatDriver
  /** What the home's config says of it. Secrets are files of the home. */
  readonly config: string
  readonly secrets: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string>>
  /** Until it brings to the home what people do. */
  readonly ready: () => Promise<void>
  readonly stop: () => Promise<void>
}

export type ChatLab = {
  readonly driver: ChatDriver
  readonly control: ControlClient
  /** Served in this process. */
  readonly home: OpenHome
  readonly surface: ChatSurface
  /** What went wrong inside and was told to the log; forgotten once taken. */
  readonly takeFaults: () => readonly unknown[]
  /** Ends it, as SIGTERM does; nobody serves the home then. */
  readonly end: () => Promise<void>
  /** Serves the home in this process; `reachable: false` does not wait for the platform. */
  readonly begin: (more?: { readonly reachable: boolean }) => Promise<void>
  readonly restart: () => Promise<void>
  readonly apart: () => Promise<Apart>
  /** Until the platform brings what people do. */
  readonly ready: () => Promise<void>
  readonly setPolicy: (policy: string) => void
  /** As if the process had died between posting a message and noting it. */
  readonly forget: (message: Message) => Promise<void>
  readonly close: () => Promise<void>
}

export type ChatLabOptions = {
  readonly simulator?: SimulatorOptions
  readonly policy?: string
  /** Further lines of the config file. */
  readonly more?: string
  /** Before anything is read of the cluster. */
  readonly prepare?: (control: ControlClient) => Promise<void>
}

const OPERATE = 'mpc@pve!operate'

export const ROLES: Readonly<Record<Person, readonly Role[]>> = {
  alice: ['operator', 'approver'],
  bob: ['approver'],
  bea: ['approver'],
  ben: ['approver'],
  bill: ['approver'],
  britt: ['approver'],
  carol: ['admin'],
  dave: ['reader'],
  erin: [],
}
/** Places that are bound to the workspace; true: plans are approved there. */
const BOUND = { ops: false, web: false, night: false, day: false, deep: false, approvals: true } as const

type Running = { readonly home: OpenHome; readonly surface: ChatSurface; readonly stop: () => Promise<void> }

export async function startChatLab(platform: ChatPlatform, options: ChatLabOptions = {}): Promise<ChatLab> {
  const { driver } = platform
  const lab = await startLab({
    authDelayMs: 5,
    tokens: { 'mpc@pve!read': CANARY, [OPERATE]: CANARY },
    ...options.simulator,
  })
  await lab.control.clock({ rate: 20 })
  await options.prepare?.(lab.control)
  for (const name of Object.keys(ROLES)) driver.addPerson(name)
  for (const place of Object.keys(BOUND)) driver.addPlace(place)
  const directory = freshDirectory()
  const paths = homePaths(directory)
  mkdirSync(paths.proxmox, { recursive: true })
  canaryFile(directory)
  for (const [name, text] of Object.entries(platform.secrets))
    writeFileSync(join(directory, name), text, { mode: 0o600 })
  const setPolicy = (policy: string) =>
    writeFileSync(
      paths.config,
      [configOf(lab.simulator), platform.config, options.more ?? '', policy].join('\n'),
    )
  setPolicy(options.policy ?? '')
  const environment = {
    ...platform.environment,
    PROXMOX_MPC_REQUEST_LOG: process.env.PROXMOX_MPC_REQUEST_LOG,
  }
  const faults: unknown[] = []
  let running: Running | null = null
  let beside: Apart | null = null
  const inside = (): Running => {
    if (running === null) throw new Error('nobody serves the home in this process')
    return running
  }
  const begin = async ({ reachable } = { reachable: true }) => {
    running = await serve(directory, environment, faults)
    if (!reachable) return
    await until(() => inside().surface.health().state === 'connected')
    await platform.ready()
  }
  const end = async () => {
    await running?.stop()
    await beside?.stop()
    running = null
    beside = null
  }
  await begin()
  await introduce(inside().home, driver)
  return {
    driver,
    control: lab.control,
    get home() {
      return inside().home
    },
    get surface() {
      return inside().surface
    },
    takeFaults: () => faults.splice(0),
    begin,
    end,
    restart: async () => {
      await end()
      await begin()
    },
    apart: async () => {
      await end()
      beside = await serveApart(directory, driver.platform, platform.environment)
      await platform.ready()
      return beside
    },
    ready: async () => {
      await until(() => inside().surface.health().state === 'connected')
      await platform.ready()
    },
    setPolicy,
    forget: (message) => forget(paths.database, driver.idOf(message)),
    close: async () => {
      await end()
      await platform.stop()
      await lab.simulator.close()
    },
  }
}

function configOf(simulator: { readonly endpoint: string; readonly fingerprint: string }): string {
  const token = (id: string) => `{ id: '${id}', secret: '\${file:canary-secret}' }`
  return `version: 1
default: lab
workspaces:
  lab:
    clusters:
      lab:
        endpoints: ['${simulator.endpoint}']
        tls: { fingerprint: '${simulator.fingerprint}' }
        tokens: { read: ${token('mpc@pve!read')}, operate: ${token(OPERATE)} }`
}

async function serve(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
  faults: unknown[],
): Promise<Running> {
  const home = await openHome(homePaths(directory), {
    environment,
    clock: systemClock,
    user: 'root',
    packageRoot: resolve('.'),
    logLevel: 'warn',
    logTarget: null,
  })
  if (isRefusal(home)) throw new Error(`${home.message} ${home.details.join(' ')}`)
  const onFault = (error: unknown) => `fault ${faults.push(error)}`
  const { surfaces, off } = await chatSurfaces({ ...home, onFault }, environment)
  const [surface] = surfaces
  if (surface === undefined) throw new Error(off.join(' '))
  const ending = new AbortController()
  const ran = Promise.all([home.serve(ending.signal), surface.run(ending.signal)])
  const stop = async () => {
    ending.abort()
    await ran
    await home.close()
  }
  return { home, surface, stop }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Makes the people and the places known to the home. */
async function introduce({ stores }: OpenHome, driver: ChatDriver): Promise<void> {
  const now = new Date()
  const surface = driver.platform
  for (const [name, roles] of Object.entries(ROLES)) {
    if (roles.length === 0) continue
    const accounts = [{ surface, id: driver.account(name) }]
    const grants = roles.map((role) => ({ role, scope: { kind: 'everything' } as const }))
    const made = await stores.people.change({ kind: 'add', name, accounts, grants }, null, now)
    if (isRefusal(made)) throw new Error(made.message)
  }
  const carol = await stores.people.byName('carol')
  const actor = {
    personId: carol?.id ?? 0,
    person: 'carol',
    account: `${surface}:${driver.account('carol')}`,
    realPersonId: null,
    realPerson: null,
  }
  for (const [name, approvals] of Object.entries(BOUND))
    await stores.bindings.bind(
      { surface, channel: driver.channel(name), name, workspace: 'lab', approvals },
      actor,
      now,
    )
}

async function forget(
  path: string,
  { channel, message }: { readonly channel: string; readonly message: string },
): Promise<void> {
  const database = openDatabase({ path, busyTimeout: 5000 })
  try {
    await database.run(
      'UPDATE "CardMessage" SET "message" = NULL, "delivered" = NULL WHERE "channel" = ? AND "message" = ?',
      channel,
      message,
    )
  } finally {
    await database.close()
  }
}
