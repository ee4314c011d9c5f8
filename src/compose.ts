import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { isAbsolute, resolve } from 'node:path'
import { type HomePaths, readHome } from './config/home.js'
import type { ClusterConfig, Config } from './config/schema.js'
import { type Environment, readSecret } from './config/secrets.js'
import { isRefusal, type Refusal, RefusalError, refuse } from './core/refusal.js'
import { periodicSync } from './jobs/periodic.js'
import { syncer } from './jobs/sync.js'
import { road } from './pipeline/road.js'
import type { Clock } from './ports/clock.js'
import type { PveCluster, PveConnector, TlsTrust } from './ports/pve.js'
import type { Workspace } from './ports/query.js'
import type { Road } from './ports/road.js'
import type { Stores } from './ports/store/stores.js'
import type { Syncer } from './ports/sync.js'
import { pveConnector } from './pve/connector.js'
import { registry } from './registry.js'
import { homeChecks } from './setup/home-checks.js'
import { openStores } from './store/open.js'
import { faultLog, openLog } from './system/log.js'
import { requestLog } from './system/request-log.js'

/** What the process gives to everything it composes. */
export type Surroundings = {
  readonly environment: Environment
  readonly clock: Clock
  /** Where the program lies: `prisma/migrations` is below it. */
  readonly packageRoot: string
  readonly logLevel: string
  /** `stderr`, or null for the home's own log file. */
  readonly logTarget: 'stderr' | null
}

export type OpenHome = {
  readonly config: Config
  readonly paths: HomePaths
  readonly road: Road
  readonly stores: Stores
  readonly syncer: Syncer
  readonly clusters: readonly string[]
  readonly workspaces: readonly Workspace[]
  /** Reads every cluster once a minute until the signal aborts. */
  readonly keepSynced: (signal: AbortSignal) => Promise<void>
  readonly close: () => Promise<void>
}

/** A connector for hosts that no home knows yet; `init` looks at certificates with it. */
export function composeConnector({
  clock,
  environment,
}: Pick<Surroundings, 'clock' | 'environment'>): PveConnector {
  const directory = environment.PROXMOX_MPC_REQUEST_LOG
  const noted = directory === undefined || directory === '' ? {} : { observe: requestLog(directory) }
  return pveConnector({ clock, random: Math.random, ...noted })
}

/** Opens a home: config, store, clusters, the road. Nothing is sent to a cluster before somebody asks. */
export async function openHome(paths: HomePaths, surroundings: Surroundings): Promise<OpenHome | Refusal> {
  const config = readHome(paths)
  if (isRefusal(config)) return config
  const { clock, environment, packageRoot } = surroundings
  const log = openLog(
    surroundings.logTarget ?? resolve(paths.proxmox, 'proxmox-mpc.log'),
    surroundings.logLevel,
  )
  const onFault = faultLog(log)
  const stores = await openStores({
    path: paths.database,
    migrationsDir: resolve(packageRoot, 'prisma/migrations'),
    clock,
  })
  const workspaces = workspacesOf(config)
  await stores.workspaces.ensure(workspaces)
  const clusters = workspaces.flatMap((workspace) => workspace.clusters)
  const connections = connectionsOf(config, paths, environment, composeConnector(surroundings))
  const sync = syncer({ stores, pve: connections.get, clock, onFault })
  const composed = road({
    commands: registry,
    workspaces,
    startWorkspace: config.default,
    stores,
    pve: connections.get,
    syncer: sync,
    now: () => clock.now(),
    onFault,
    homeChecks: () => homeChecks(paths, config, stores.health),
  })
  const holder = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`
  return {
    config,
    paths,
    road: composed,
    stores,
    syncer: sync,
    clusters,
    workspaces,
    keepSynced: (signal) =>
      periodicSync({ clusters, leases: stores.leases, syncer: sync, clock, holder, onFault }, signal),
    close: async () => {
      await connections.close()
      await stores.close()
    },
  }
}

function workspacesOf(config: Config): readonly Workspace[] {
  return Object.entries(config.workspaces).map(([name, { timezone, clusters }]) => ({
    name,
    timeZone: timezone,
    clusters: Object.keys(clusters),
  }))
}

type Connections = { readonly get: (cluster: string) => PveCluster; readonly close: () => Promise<void> }

/** Connections are made when first asked for, so that a missing secret stops only what needs that cluster. */
function connectionsOf(
  config: Config,
  paths: HomePaths,
  environment: Environment,
  connector: PveConnector,
): Connections {
  const configured = new Map(
    Object.values(config.workspaces).flatMap(({ clusters }) => Object.entries(clusters)),
  )
  const open = new Map<string, PveCluster>()
  return {
    get: (cluster) => {
      const existing = open.get(cluster)
      if (existing !== undefined) return existing
      const settings = configured.get(cluster)
      if (settings === undefined) throw new Error(`cluster ${cluster} is not configured`)
      const made = connector.connect({
        name: cluster,
        endpoints: settings.endpoints,
        tls: trustOf(settings, paths),
        token: { id: settings.tokens.read.id, secret: secretOf(settings, paths, environment) },
      })
      open.set(cluster, made)
      return made
    },
    close: async () => {
      await Promise.all([...open.values()].map((cluster) => cluster.close()))
    },
  }
}

function secretOf(settings: ClusterConfig, paths: HomePaths, environment: Environment): string {
  const secret = readSecret(settings.tokens.read.secret, paths.home, environment)
  if (isRefusal(secret)) throw new RefusalError(secret)
  return secret.value
}

function trustOf(settings: ClusterConfig, paths: HomePaths): TlsTrust {
  const { ca_file: caFile, fingerprint, public_key: publicKey } = settings.tls ?? {}
  if (caFile !== undefined) {
    const path = isAbsolute(caFile) ? caFile : resolve(paths.home, caFile)
    try {
      return { kind: 'ca', pem: readFileSync(path, 'utf8') }
    } catch (error) {
      const refusal = refuse(
        'tls_untrusted',
        `The CA file ${path} cannot be read.`,
        'Put it back, or run `init` again.',
      )
      throw new RefusalError(refusal, { cause: error })
    }
  }
  if (fingerprint !== undefined)
    return { kind: 'pin', fingerprint: fingerprint.toUpperCase(), publicKey: publicKey ?? null }
  return { kind: 'system' }
}
