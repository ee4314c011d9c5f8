import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { slackManifest } from '../../src/chat/derive/slack-manifest.js'
import { type SlackSurface, slackSurface } from '../../src/chat/slack/surface.js'
import { type OpenHome, openHome } from '../../src/compose.js'
import { homePaths } from '../../src/config/home.js'
import { isRefusal } from '../../src/core/refusal.js'
import type { SlackSettings } from '../../src/ports/slack-settings.js'
import { registry } from '../../src/registry.js'
import type { ControlClient } from '../../src/simulator/control-client.js'
import type { SimulatorOptions } from '../../src/simulator/server.js'
import { openDatabase } from '../../src/store/tx.js'
import { systemClock } from '../../src/system/clock.js'
import { type FakeSlack, type SlackOptions, startSlack } from '../fakes/slack/server.js'
import { startLab } from './lab.js'
import { CANARY, canaryFile, freshDirectory } from './program.js'

/** A home and its Slack surface in this process, for what can only be seen, or broken, from inside. */

export type Transport = 'socket' | 'http'

export type SlackInside = {
  readonly slack: FakeSlack
  readonly control: ControlClient
  readonly home: OpenHome
  readonly surface: SlackSurface
  readonly faults: readonly unknown[]
  /** Ends the surface and the home, as SIGTERM does, and starts both anew. */
  readonly restart: () => Promise<void>
  readonly setPolicy: (policy: string) => void
  /** As if the process had died between posting a message and noting it. */
  readonly forget: (message: { readonly channel: string; readonly ts: string }) => Promise<void>
  readonly close: () => Promise<void>
}

export const PEOPLE = { alice: 'UALICE', bob: 'UBOB', carol: 'UCAROL', dave: 'UDAVE', erin: 'UERIN' } as const
export const OPS = 'COPS'
export const APPROVALS = 'CAPPROVE'

const OPERATE = 'mpc@pve!operate'

export async function startSlackInside(
  transport: Transport,
  options: {
    readonly simulator?: SimulatorOptions
    readonly slack?: SlackOptions
    readonly commandsPerMinute?: number
    readonly groups?: SlackSettings['groups']
    readonly onlyGroups?: readonly string[]
    /** What everything inside waits for: the road, what was seen before, the board. */
    readonly slowly?: () => Promise<void>
  } = {},
): Promise<SlackInside> {
  const lab = await startLab({
    authDelayMs: 5,
    tokens: { 'mpc@pve!read': CANARY, [OPERATE]: CANARY },
    ...options.simulator,
  })
  await lab.control.clock({ rate: 20 })
  // Made from the manifest that we give out, with no scope and no tab besides.
  const manifest = slackManifest(registry, { mode: transport, url: 'https://pve.example.org' })
  const slack = await startSlack({ manifest, ...options.slack })
  slack.addChannel({ id: OPS, name: 'ops' })
  slack.addChannel({ id: APPROVALS, name: 'approvals' })
  for (const [name, id] of Object.entries(PEOPLE)) slack.addUser({ id, name })
  const directory = freshDirectory()
  const paths = homePaths(directory)
  const write = (policy: string) => writeFileSync(paths.config, configText(lab.simulator, policy))
  mkdirSync(paths.proxmox, { recursive: true })
  canaryFile(directory)
  write('')
  const faults: unknown[] = []
  const asked = {
    commandsPerMinute: options.commandsPerMinute ?? 30_000,
    groups: options.groups ?? {},
    onlyGroups: options.onlyGroups ?? [],
    slowly: options.slowly ?? (async () => {}),
  }
  let running = await begin(directory, slack, transport, faults, asked)
  await people(running.home)
  return {
    slack,
    control: lab.control,
    faults,
    get home() {
      return running.home
    },
    get surface() {
      return running.surface
    },
    restart: async () => {
      await running.stop()
      running = await begin(directory, slack, transport, faults, asked)
    },
    setPolicy: write,
    forget: ({ channel, ts }) => forget(paths.database, channel, ts),
    close: async () => {
      await running.stop()
      await slack.stop()
      await lab.simulator.close()
    },
  }
}

function configText(simulator: { readonly endpoint: string; readonly fingerprint: string }, policy: string) {
  const token = (id: string) => `{ id: '${id}', secret: '\${file:canary-secret}' }`
  return `version: 1
default: lab
workspaces:
  lab:
    clusters:
      lab:
        endpoints: ['${simulator.endpoint}']
        tls: { fingerprint: '${simulator.fingerprint}' }
        tokens: { read: ${token('mpc@pve!read')}, operate: ${token(OPERATE)} }
${policy}`
}

async function begin(
  directory: string,
  slack: FakeSlack,
  transport: Transport,
  faults: unknown[],
  {
    slowly,
    ...asked
  }: Pick<SlackSettings, 'groups' | 'onlyGroups' | 'commandsPerMinute'> & {
    readonly slowly: () => Promise<void>
  },
) {
  const home = await openHome(homePaths(directory), {
    environment: { PROXMOX_MPC_REQUEST_LOG: process.env.PROXMOX_MPC_REQUEST_LOG },
    clock: systemClock,
    user: 'root',
    packageRoot: resolve('.'),
    logLevel: 'warn',
    logTarget: null,
  })
  if (isRefusal(home)) throw new Error(home.message)
  const surface = slackSurface({
    settings: {
      mode: transport,
      botToken: slack.botToken,
      appToken: transport === 'socket' ? slack.appToken : null,
      signingSecret: transport === 'http' ? slack.signingSecret : null,
      host: '127.0.0.1',
      port: 0,
      ...asked,
      apiUrl: slack.apiUrl,
    },
    ...slowed(home, slowly),
    workspaces: home.workspaces,
    commands: registry,
    clock: systemClock,
    holder: home.holder,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    onFault: (error) => `fault ${faults.push(error)}`,
  })
  const ending = new AbortController()
  const ran = Promise.all([home.serve(ending.signal), surface.run(ending.signal)])
  await slack.until(() => surface.health().state === 'connected', 'connected')
  if (transport === 'http') slack.deliverTo(`http://127.0.0.1:${surface.port()}/slack/events`)
  else await slack.until(() => slack.connections() === 2, 'two sockets')
  const stop = async () => {
    ending.abort()
    await ran
    await home.close()
  }
  return { home, surface, stop }
}

function slowed({ road, board, stores }: OpenHome, slowly: () => Promise<void>) {
  const after =
    <A extends readonly unknown[], T>(go: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      await slowly()
      return go(...args)
    }
  return {
    road: { ...road, ask: after(road.ask) },
    board: { ...board, view: after(board.view) },
    stores: { ...stores, seen: { first: after(stores.seen.first) } },
  }
}

async function people({ stores }: OpenHome): Promise<void> {
  const now = new Date()
  const everything = { kind: 'everything' } as const
  const add = async (
    name: keyof typeof PEOPLE,
    ...roles: readonly ('reader' | 'operator' | 'approver' | 'auditor' | 'admin')[]
  ) => {
    const accounts = [{ surface: 'slack' as const, id: PEOPLE[name] }]
    const grants = roles.map((role) => ({ role, scope: everything }))
    const made = await stores.people.change({ kind: 'add', name, accounts, grants }, null, now)
    if (isRefusal(made)) throw new Error(made.message)
  }
  await add('alice', 'operator', 'approver')
  await add('bob', 'approver')
  await add('carol', 'admin')
  await add('dave', 'reader')
  const carol = await stores.people.byName('carol')
  const actor = {
    personId: carol?.id ?? 0,
    person: 'carol',
    account: `slack:${PEOPLE.carol}`,
    realPersonId: null,
    realPerson: null,
  }
  const bind = (channel: string, name: string, approvals: boolean) =>
    stores.bindings.bind({ surface: 'slack', channel, name, workspace: 'lab', approvals }, actor, now)
  await bind(OPS, 'ops', false)
  await bind(APPROVALS, 'approvals', true)
}

async function forget(path: string, channel: string, message: string): Promise<void> {
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
