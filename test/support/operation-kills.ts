import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Operation } from '../../src/core/operation.js'
import type { Stores } from '../../src/ports/store/stores.js'
import { type ControlClient, createControlClient } from '../../src/simulator/control-client.js'
import { type Simulator, startSimulator } from '../../src/simulator/server.js'
import { openStores } from '../../src/store/open.js'
import { systemClock } from '../../src/system/clock.js'
import { freshDirectory } from './program.js'
import { type Puppet, startPuppet } from './puppet.js'

/** A demo home on a simulator, with the times by which processes wait for each other shortened together. */
export type KillLab = {
  readonly home: string
  readonly simulator: Simulator
  readonly control: ControlClient
  readonly guests: readonly LabGuest[]
  /** The home's database, as one more process sees it. */
  readonly stores: Stores
  readonly operations: () => Promise<readonly Operation[]>
  readonly puppet: () => Puppet
  readonly close: () => Promise<void>
}

export type LabGuest = { readonly vmid: number; readonly kind: 'qemu' | 'lxc' }

const PROXY_TIMEOUT = 400
const LEASE = 900
/** The longest that a late call of the simulator waits; shorter than PVE's proxy, as it is there. */
export const LATEST_MS = 250

/** A small generator, so that a printed seed repeats a run as far as the machine lets it. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** `policy` is YAML for the config file. */
export async function startKillLab(seed: number, guests: number, policy = '{}'): Promise<KillLab> {
  const simulator = await startSimulator({
    seed: seed % 1000,
    authDelayMs: 20,
    proxyTimeoutMs: PROXY_TIMEOUT,
  })
  const control = createControlClient(simulator.controlUrl)
  await control.clock({ rate: 10 })
  const home = freshDirectory()
  mkdirSync(join(home, '.proxmox'))
  writeFileSync(join(home, '.proxmox/config.yml'), configOf(home, simulator, policy))
  const made: LabGuest[] = []
  for (let n = 0; n < guests; n++) {
    const vmid = 4000 + n
    const kind = n % 3 === 2 ? ('lxc' as const) : ('qemu' as const)
    const node = `pve${(n % 3) + 1}`
    const running = n % 2 === 0
    await control.change({ kind: 'create', vmid, guestKind: kind, name: `soak-${vmid}`, node, running })
    made.push({ vmid, kind })
  }
  const puppets: Puppet[] = []
  const requestLog = process.env.PROXMOX_MPC_REQUEST_LOG ?? freshDirectory()
  const stores = await openStores({
    path: join(home, '.proxmox/state.db'),
    migrationsDir: resolve('prisma/migrations'),
    clock: systemClock,
  })
  return {
    home,
    simulator,
    control,
    guests: made,
    stores,
    operations: () => stores.operations.list({ limit: 5000 }),
    puppet: () => {
      const puppet = startPuppet(home, requestLog)
      puppets.push(puppet)
      return puppet
    },
    close: async () => {
      // Those that are left when something failed are not to stay.
      await Promise.all(puppets.map((puppet) => puppet.kill().catch(() => {})))
      await stores.close()
      await simulator.close()
    },
  }
}

function configOf(home: string, simulator: Simulator, policy: string): string {
  const secret = (name: string, id: string) => {
    const path = join(home, '.proxmox', name)
    writeFileSync(path, simulator.tokens[id] ?? '', { mode: 0o600 })
    return `{ id: '${id}', secret: '\${file:${path}}' }`
  }
  return `version: 1
demo: true
default: lab
timing: { proxy_timeout: ${PROXY_TIMEOUT}ms, lease: ${LEASE}ms }
policy: ${policy}
workspaces:
  lab:
    clusters:
      lab:
        endpoints: ['${simulator.endpoint}']
        tls: { fingerprint: '${simulator.fingerprint}' }
        tokens:
          read: ${secret('read', 'mpc@pve!read')}
          operate: ${secret('operate', 'mpc@pve!operate')}
`
}
