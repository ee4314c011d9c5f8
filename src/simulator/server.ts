import { createPermissions, type PoolLookup } from './acl.js'
import { handleRequest } from './api.js'
import type { TokenSpec } from './auth.js'
import { createCallLog } from './calls.js'
import { createClock } from './clock.js'
import { openControl } from './control.js'
import type { ApiSettings } from './exchange.js'
import { generateWorld } from './generate.js'
import { type Listener, openListeners } from './listeners.js'
import { type Certificates, callsFile, fromSaved, loadState, saveState, toSaved } from './persist.js'
import { buildRouter } from './router.js'
import { accessRoutes } from './routes-access.js'
import { clusterRoutes } from './routes-cluster.js'
import { guestRoutes } from './routes-guest.js'
import { nodeRoutes } from './routes-node.js'
import { powerRoutes } from './routes-power.js'
import { storageRoutes } from './routes-storage.js'
import { writeRoutes } from './routes-write.js'
import type { PveVersion, SimNode, World } from './state.js'
import { createTimers, type Timers } from './timers.js'
import { createAuthority, fingerprintOf, issueLeaf } from './tls.js'

/** How a simulated cluster is to be. Everything has a default; a state directory's content wins over all but delays. */
export type SimulatorOptions = {
  /** Port of the API on 127.0.0.1 (and 127.0.0.2, .3 for further nodes); 0 lets the system choose. */
  readonly port?: number
  readonly controlPort?: number
  /** Number of nodes, 3 by default. One node is no cluster. */
  readonly nodes?: number
  /** Number of guests, at most 50,000; the demo company's 14 when left out, and the first of any number. */
  readonly guests?: number
  readonly seed?: number
  /** Real milliseconds every answer is held back. */
  readonly latencyMs?: number
  /** Where everything is kept, so that a restart goes on. Nothing is kept without it. */
  readonly stateDir?: string
  /** Real milliseconds a 401 or 595 is held back; PVE takes 3000. */
  readonly authDelayMs?: number
  /** Real milliseconds after which a proxied request that is slowed down gets its 596; PVE takes 30000. */
  readonly proxyTimeoutMs?: number
  /** Simulated seconds from a request to the HA manager until it acts, 8 by default. */
  readonly haDelaySeconds?: number
  readonly version?: PveVersion
  /** Secrets of tokens by their ids; others are drawn from the seed. */
  readonly tokens?: { readonly [id: string]: string }
  /** Tokens besides the five default ones. */
  readonly furtherTokens?: readonly TokenSpec[]
  /** Real milliseconds since 1970; for tests. */
  readonly realNow?: () => number
  /** Whether `onIdle` is called once the last attached console has gone. */
  readonly exitWhenLast?: boolean
  readonly onIdle?: () => void
  /** Real milliseconds between the last console's end and `onIdle`. */
  readonly idleMs?: number
}

export type Simulator = {
  /** `https://127.0.0.1:PORT` of the first node. */
  readonly endpoint: string
  /** One per listening node. */
  readonly endpoints: readonly string[]
  readonly controlUrl: string
  /** SHA-256 of the first node's present certificate, `AA:BB:…`. */
  readonly fingerprint: string
  readonly caPem: string
  /** Where the CA lies, with a state directory; else null. */
  readonly caFile: string | null
  /** Secrets by token id. */
  readonly tokens: { readonly [id: string]: string }
  readonly close: () => Promise<void>
}

const SAVE_AFTER_MS = 250

function poolLookup(world: World, revision: () => number): PoolLookup {
  return {
    revision,
    poolsOf: (path) => {
      const vmid = /^\/vms\/([0-9]+)$/.exec(path)?.[1]
      if (vmid !== undefined) {
        const pool = world.guests.get(Number(vmid))?.pool
        return pool === undefined || pool === null ? [] : [pool]
      }
      const storage = /^\/storage\/(.+)$/.exec(path)?.[1]
      if (storage === undefined) return []
      return [...world.pools].filter(([, pool]) => pool.storages.includes(storage)).map(([name]) => name)
    },
  }
}

async function newCertificates(world: World): Promise<Certificates> {
  const now = world.clock.now()
  const authority = await createAuthority(world.rng.uuid(), now)
  const leaves = []
  for (const node of world.nodes) {
    leaves.push(await issueLeaf(authority, node, world.rng.hex(16), now))
  }
  return { authority, leaves }
}

function loadOrGenerate(options: SimulatorOptions): {
  readonly world: World
  readonly saved: ReturnType<typeof loadState>
} {
  const realNow = options.realNow ?? Date.now
  const saved = options.stateDir === undefined ? null : loadState(options.stateDir)
  if (saved !== null) return { world: fromSaved(saved, realNow), saved }
  const world = generateWorld({
    seed: options.seed ?? 1,
    version: options.version ?? '9.2.11',
    nodes: options.nodes ?? 3,
    guests: options.guests,
    secrets: options.tokens ?? {},
    furtherTokens: options.furtherTokens ?? [],
    clock: createClock(realNow),
  })
  return { world, saved }
}

/** Keeps the state directory in step with the world. */
type Keeper = { readonly now: () => string | null; readonly soon: () => void; readonly stop: () => void }

function createKeeper(stateDir: string | undefined, snapshot: () => Parameters<typeof saveState>[1]): Keeper {
  let timer: NodeJS.Timeout | null = null
  const now = (): string | null => (stateDir === undefined ? null : saveState(stateDir, snapshot()))
  return {
    now,
    soon: () => {
      if (stateDir === undefined || timer !== null) return
      timer = setTimeout(() => {
        timer = null
        try {
          now()
        } catch {
          // A full disk must not end the cluster: the next change tries again, and so does closing, which reports it.
        }
      }, SAVE_AFTER_MS)
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer)
      now()
    },
  }
}

const ROUTES = [
  ...clusterRoutes,
  ...accessRoutes,
  ...nodeRoutes,
  ...storageRoutes,
  ...guestRoutes,
  ...powerRoutes,
  ...writeRoutes,
]

function apiSettings(world: World, options: SimulatorOptions, timers: Timers): ApiSettings {
  let revision = 0
  // Pool membership only moves with guests, and those announce their changes.
  const pools = poolLookup(world, () => revision)
  const previous = world.changed
  world.changed = () => {
    revision += 1
    previous()
  }
  return {
    world,
    permissions: createPermissions(world.access, pools),
    lookup: buildRouter(ROUTES),
    timers,
    latencyMs: options.latencyMs ?? 0,
    authDelayMs: options.authDelayMs ?? 3000,
    proxyTimeoutMs: options.proxyTimeoutMs ?? 30_000,
  }
}

/**
 * Starts a cluster behind Proxmox VE's own HTTPS API, with a control port beside it. Throws when a port that was asked
 * for is taken or the state directory cannot be used.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { world, saved } = loadOrGenerate(options)
  const certificates = saved?.certificates ?? (await newCertificates(world))
  world.nodes.forEach((node, index) => {
    const leaf = certificates.leaves[index]
    if (leaf !== undefined) node.fingerprint = fingerprintOf(leaf.cert)
  })
  if (options.haDelaySeconds !== undefined) world.haDelayMs = options.haDelaySeconds * 1000
  let ports = { port: 0, controlPort: 0 }
  const keeper = createKeeper(options.stateDir, () => toSaved(world, certificates, ports))
  world.changed = keeper.soon
  if (options.stateDir !== undefined) world.calls = createCallLog(callsFile(options.stateDir))
  const timers = createTimers()
  const settings = apiSettings(world, options, timers)
  const listeners = await openListeners(
    world.nodes,
    certificates.leaves,
    saved?.ports.port ?? options.port ?? 0,
    (node, request, response) => {
      handleRequest(settings, node, request, response).catch(() => response.destroy())
    },
  )
  const first = listeners[0]
  if (first === undefined) throw new Error('no listener could be opened')
  const control = await openControl({
    world,
    certificates,
    listeners,
    timers,
    port: saved?.ports.controlPort ?? options.controlPort ?? 0,
    idleMs: options.idleMs ?? 2000,
    onIdle: options.exitWhenLast === true ? (options.onIdle ?? null) : null,
  }).catch(async (error: unknown) => {
    await Promise.all(listeners.map((listener) => listener.stop()))
    throw error
  })
  ports = { port: Number(new URL(first.endpoint).port), controlPort: control.port }
  await stopDeadNodes(world.nodes, listeners)
  const caFile = keeper.now()
  return {
    endpoint: first.endpoint,
    endpoints: listeners.map((listener) => listener.endpoint),
    controlUrl: `http://127.0.0.1:${control.port}`,
    get fingerprint() {
      return first.node.fingerprint
    },
    caPem: certificates.authority.cert,
    caFile,
    tokens: Object.fromEntries([...world.access.tokens.values()].map((token) => [token.id, token.secret])),
    close: async () => {
      timers.close()
      await control.close()
      await Promise.all(listeners.map((listener) => listener.stop()))
      keeper.stop()
    },
  }
}

async function stopDeadNodes(nodes: readonly SimNode[], listeners: readonly Listener[]): Promise<void> {
  for (const node of nodes) {
    if (node.offlineSince !== null) await listeners.find((entry) => entry.node === node)?.stop()
  }
}
