import { mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type DiscordSurface, discordSurface } from '../../src/chat/discord/surface.js'
import { type OpenHome, openHome } from '../../src/compose.js'
import { homePaths } from '../../src/config/home.js'
import { isRefusal } from '../../src/core/refusal.js'
import type { DiscordSettings } from '../../src/ports/discord-settings.js'
import { registry } from '../../src/registry.js'
import type { ControlClient } from '../../src/simulator/control-client.js'
import type { SimulatorOptions } from '../../src/simulator/server.js'
import { systemClock } from '../../src/system/clock.js'
import { type DiscordOptions, type FakeDiscord, startDiscord } from '../fakes/discord/server.js'
import { startLab } from './lab.js'
import { CANARY, canaryFile, freshDirectory } from './program.js'

/** A whole home in this process, its simulated cluster, and a Discord of our own: the way from a keystroke to Proxmox. */

export type Way = 'gateway' | 'http'

export type DiscordLab = {
  readonly discord: FakeDiscord
  readonly control: ControlClient
  readonly home: OpenHome
  readonly surface: DiscordSurface
  readonly faults: readonly unknown[]
  /** Ends the surface and the home, as SIGTERM does, and starts both anew. */
  readonly restart: () => Promise<void>
  readonly setPolicy: (policy: string) => void
  readonly close: () => Promise<void>
}

export const GUILD = '700000000000000001'
export const DISCORD_PEOPLE = {
  alice: '700000000000000011',
  bob: '700000000000000012',
  carol: '700000000000000013',
  dave: '700000000000000014',
  erin: '700000000000000015',
} as const
export const DISCORD_OPS = '700000000000000021'
export const DISCORD_APPROVALS = '700000000000000022'

const OPERATE = 'mpc@pve!operate'

export async function startDiscordLab(
  way: Way,
  options: {
    readonly simulator?: SimulatorOptions
    readonly discord?: DiscordOptions
    readonly settings?: Partial<DiscordSettings>
  } = {},
): Promise<DiscordLab> {
  const lab = await startLab({
    authDelayMs: 5,
    tokens: { 'mpc@pve!read': CANARY, [OPERATE]: CANARY },
    ...options.simulator,
  })
  await lab.control.clock({ rate: 20 })
  const discord = await startDiscord(options.discord)
  discord.addGuild({ id: GUILD, name: 'lab' })
  discord.addChannel({ id: DISCORD_OPS, name: 'ops' })
  discord.addChannel({ id: DISCORD_APPROVALS, name: 'approvals' })
  for (const [name, id] of Object.entries(DISCORD_PEOPLE)) discord.addUser({ id, name })
  const directory = freshDirectory()
  const paths = homePaths(directory)
  const setPolicy = (policy: string) => writeFileSync(paths.config, configText(lab.simulator, policy))
  mkdirSync(paths.proxmox, { recursive: true })
  canaryFile(directory)
  setPolicy('')
  const faults: unknown[] = []
  const settings: DiscordSettings = {
    mode: way,
    botToken: discord.token,
    guild: GUILD,
    publicKey: way === 'http' ? discord.publicKey : null,
    host: '127.0.0.1',
    port: 0,
    commands: 'global',
    roles: {},
    onlyRoles: [],
    commandsPerMinute: 30_000,
    apiUrl: discord.apiUrl,
    ...options.settings,
  }
  let running = await begin(directory, discord, settings, faults)
  await people(running.home)
  return {
    discord,
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
      running = await begin(directory, discord, settings, faults)
    },
    setPolicy,
    close: async () => {
      await running.stop()
      await discord.stop()
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

async function begin(directory: string, discord: FakeDiscord, settings: DiscordSettings, faults: unknown[]) {
  const home = await openHome(homePaths(directory), {
    environment: { PROXMOX_MPC_REQUEST_LOG: process.env.PROXMOX_MPC_REQUEST_LOG },
    clock: systemClock,
    user: 'root',
    packageRoot: resolve('.'),
    logLevel: 'warn',
    logTarget: null,
  })
  if (isRefusal(home)) throw new Error(home.message)
  const { road, board, stores, workspaces, holder } = home
  const surface = discordSurface({
    ...{ road, board, stores, workspaces, holder, settings },
    commands: registry,
    clock: systemClock,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    onFault: (error) => `fault ${faults.push(error)}`,
  })
  const ending = new AbortController()
  const ran = Promise.all([home.serve(ending.signal), surface.run(ending.signal)])
  await discord.until(() => surface.health().state === 'connected', 'connected')
  await discord.until(() => discord.registered(scopeOf(settings)).length > 0, 'its commands')
  if (settings.mode === 'http') discord.deliverTo(`http://127.0.0.1:${surface.port()}/discord/interactions`)
  const stop = async () => {
    ending.abort()
    await ran
    await home.close()
  }
  return { home, surface, stop }
}

const scopeOf = ({ commands, guild }: DiscordSettings) => (commands === 'guild' ? guild : 'global')

async function people({ stores }: OpenHome): Promise<void> {
  const now = new Date()
  const everything = { kind: 'everything' } as const
  const add = async (
    name: keyof typeof DISCORD_PEOPLE,
    ...roles: readonly ('reader' | 'operator' | 'approver' | 'auditor' | 'admin')[]
  ) => {
    const accounts = [{ surface: 'discord' as const, id: DISCORD_PEOPLE[name] }]
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
    account: `discord:${DISCORD_PEOPLE.carol}`,
    realPersonId: null,
    realPerson: null,
  }
  const bind = (channel: string, name: string, approvals: boolean) =>
    stores.bindings.bind({ surface: 'discord', channel, name, workspace: 'lab', approvals }, actor, now)
  await bind(DISCORD_OPS, 'ops', false)
  await bind(DISCORD_APPROVALS, 'approvals', true)
}
