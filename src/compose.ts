import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import type { Logger } from 'pino'
import { type HomePaths, readHome } from './config/home.js'
import type { Config } from './config/schema.js'
import type { Environment } from './config/secrets.js'
import { configSource, settingsSource } from './config/source.js'
import { timingOf } from './config/timing.js'
import { trustHash } from './config/trust-hash.js'
import { isRefusal, type Refusal } from './core/refusal.js'
import { periodicSync, RUNNER_LEASE } from './jobs/periodic.js'
import { createRunner } from './jobs/runner.js'
import { syncer } from './jobs/sync.js'
import { board } from './pipeline/board.js'
import { noteEdited } from './pipeline/note.js'
import { road } from './pipeline/road.js'
import type { RoadParts } from './pipeline/road-parts.js'
import type { Board } from './ports/board.js'
import type { Check } from './ports/checks.js'
import type { Clock } from './ports/clock.js'
import type { HealthState } from './ports/health.js'
import type { PveConnector } from './ports/pve.js'
import type { Workspace } from './ports/query.js'
import type { Road } from './ports/road.js'
import type { Stores } from './ports/store/stores.js'
import type { Syncer } from './ports/sync.js'
import { pveConnector } from './pve/connector.js'
import { registry } from './registry.js'
import { connectionsOf } from './setup/connections.js'
import { discordSettings } from './setup/discord-settings.js'
import { firstPeople } from './setup/first-people.js'
import { homeChecks } from './setup/home-checks.js'
import { slackSettings } from './setup/slack-settings.js'
import { openStores } from './store/open.js'
import { newCode } from './system/code.js'
import { faultLog, openLog } from './system/log.js'
import { requestLog } from './system/request-log.js'

/** What the process gives to everything it composes. */
export type Surroundings = {
  readonly environment: Environment
  readonly clock: Clock
  /** The operating-system user, who becomes the first admin of a new home. */
  readonly user: string
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
  readonly board: Board
  /** This process, for leases. */
  readonly holder: string
  readonly log: Logger
  readonly onFault: (error: unknown) => string
  readonly stores: Stores
  readonly syncer: Syncer
  readonly clusters: readonly string[]
  readonly workspaces: readonly Workspace[]
  /** Reads every cluster once a minute, and carries out and adopts operations, until the signal aborts. */
  readonly keep: (signal: AbortSignal) => Promise<void>
  /** The same as the process whose task it is: others leave to it what is decided. */
  readonly serve: (signal: AbortSignal) => Promise<void>
  readonly health: () => Promise<HealthState>
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
  const connector = composeConnector(surroundings)
  const connections = connectionsOf({ config, paths, environment, connector })
  const holder = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`
  const now = () => clock.now()
  const source = configSource(paths, now)
  const settings = settingsSource(source)
  // Read once, so that there is a last good one.
  settings.current()
  await firstPeople(stores.people, { demo: config.demo, user: surroundings.user }, now())
  const trust = { action: 'trust.changed', subject: 'clusters', hash: trustHash(config) } as const
  await noteEdited(stores.audit, trust, now())
  const sync = syncer({ stores, pve: connections.get, clock, onFault })
  const runner = createRunner({
    stores,
    pve: connections.get,
    settings,
    clock,
    timing: timingOf(config.timing),
    holder,
    onFault,
  })
  const roadParts: RoadParts = {
    commands: registry,
    workspaces,
    startWorkspace: config.default,
    stores,
    pve: connections.get,
    operateProblem: connections.operateProblem,
    settings,
    runner,
    syncer: sync,
    now,
    newCode: () => newCode(randomBytes),
    onFault,
    chats: chatsOf(config),
    chatChecks: (only) => chatChecks({ config, home: paths.home, environment, stores }, only),
    homeChecks: () => homeChecks(paths, config, stores.health, connections.operateProblem),
  }
  const periodic = { clusters, leases: stores.leases, syncer: sync, clock, holder, onFault }
  return {
    config,
    paths,
    road: road(roadParts),
    board: board(roadParts),
    holder,
    log,
    onFault,
    stores,
    syncer: sync,
    clusters,
    workspaces,
    keep: (signal) => {
      runner.start('all')
      return periodicSync({ ...periodic, atOnce: false }, signal)
    },
    serve: (signal) => {
      runner.start('serve')
      return periodicSync({ ...periodic, atOnce: true }, signal)
    },
    health: () => healthOf(stores, clusters, runner.executing(), holder, now()),
    close: async () => {
      await runner.stop()
      await connections.close()
      await stores.close()
    },
  }
}

function chatsOf({ slack, discord }: Config): readonly ('slack' | 'discord')[] {
  return [
    ...(slack === undefined ? [] : ['slack' as const]),
    ...(discord === undefined ? [] : ['discord' as const]),
  ]
}

type ChatHome = {
  readonly config: Config
  readonly home: string
  readonly environment: Environment
  readonly stores: Stores
}

/** What `doctor` looks at of the chats that the config names. They are loaded only where they are used: they are heavy. */
async function chatChecks(
  { config, home, environment, stores }: ChatHome,
  only?: 'slack' | 'discord',
): Promise<readonly Check[]> {
  const slack = async (): Promise<readonly Check[]> => {
    if (config.slack === undefined || only === 'discord') return []
    const read = slackSettings(config.slack, home, environment)
    if (isRefusal(read)) return [isOff('slack', read)]
    return (await import('./chat/slack/doctor.js')).slackChecks(read.settings, stores, {
      commands: registry,
      home,
      workspaces: Object.keys(config.workspaces),
    })
  }
  const discord = async (): Promise<readonly Check[]> => {
    if (config.discord === undefined || only === 'slack') return []
    const read = discordSettings(config.discord, home, environment)
    if (isRefusal(read)) return [isOff('discord', read)]
    const { discordChecks } = await import('./chat/discord/doctor.js')
    const { settings } = read
    return discordChecks({ settings, stores, commands: registry, workspaces: Object.keys(config.workspaces) })
  }
  return (await Promise.all([slack(), discord()])).flat()
}

function isOff(subject: string, { message, hint }: Refusal): Check {
  return { subject, state: 'failed', finding: `it is off. ${message}`, hint }
}

async function healthOf(
  stores: Stores,
  clusters: readonly string[],
  executing: readonly number[],
  holder: string,
  now: Date,
): Promise<HealthState> {
  const [lease, waiting, synced] = await Promise.all([
    stores.leases.holder(RUNNER_LEASE, now),
    stores.operations.list({ states: ['waiting'], limit: 1000 }),
    Promise.all(
      clusters.map(async (cluster) => {
        const runs = await stores.inventory.runs(cluster, 50)
        return [cluster, runs.find(({ status }) => status === 'ok')?.startedAt ?? null] as const
      }),
    ),
  ])
  return {
    runner: lease === null ? 'nobody' : lease === holder ? 'here' : 'elsewhere',
    lastSync: Object.fromEntries(synced),
    executing,
    waiting: waiting.length,
    surfaces: [],
  }
}

function workspacesOf(config: Config): readonly Workspace[] {
  return Object.entries(config.workspaces).map(([name, { timezone, clusters }]) => ({
    name,
    timeZone: timezone,
    clusters: Object.keys(clusters),
  }))
}
