import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AclEntry, Revocation, SimToken } from './acl.js'
import { createCallLog } from './calls.js'
import { createClock, type SavedClock } from './clock.js'
import { HA_DELAY_MS, newHa } from './ha.js'
import { createRng } from './rng.js'
import { savedSchema } from './saved-schema.js'
import type {
  PveVersion,
  Scheduled,
  SimGuest,
  SimNode,
  SimPool,
  SimStorage,
  SimTask,
  SimVolume,
  World,
} from './state.js'
import type { Identity } from './tls.js'

/** The certificates of a cluster: its authority, and one leaf per node in the order of the nodes. */
export type Certificates = { readonly authority: Identity; leaves: Identity[] }

export type Ports = { readonly port: number; readonly controlPort: number }

/** Everything that a restart goes on with, as it lies on disk. */
export type Saved = {
  readonly format: 1
  readonly ports: Ports
  readonly clock: SavedClock
  readonly certificates: Certificates
  readonly seed: number
  readonly rng: number
  readonly version: PveVersion
  readonly clusterName: string
  readonly nodes: SimNode[]
  readonly guests: SimGuest[]
  readonly storages: SimStorage[]
  readonly pools: [string, SimPool][]
  readonly volumes: SimVolume[]
  readonly tasks: [string, SimTask[]][]
  readonly scheduled: Scheduled[]
  readonly tokens: SimToken[]
  readonly rules: AclEntry[]
  readonly revoked: Revocation[]
  readonly quorumLost: boolean
}

const FILE = 'simulator.json'
const CA_FILE = 'ca.pem'
const CALLS_FILE = 'calls.jsonl'

/** What is kept of a world. */
export function toSaved(world: World, certificates: Certificates, ports: Ports): Saved {
  return {
    format: 1,
    ports,
    clock: world.clock.saved(),
    certificates,
    seed: world.seed,
    rng: world.rng.state(),
    version: world.version,
    clusterName: world.clusterName,
    nodes: world.nodes,
    guests: [...world.guests.values()],
    storages: world.storages,
    pools: [...world.pools],
    volumes: world.volumes,
    tasks: [...world.tasks],
    scheduled: world.scheduled,
    tokens: [...world.access.tokens.values()],
    rules: world.access.rules,
    revoked: world.access.revoked,
    quorumLost: world.quorumLost,
  }
}

/** What an older version kept of HA is made whole. */
function withHa(guest: SimGuest): SimGuest {
  if (guest.ha !== null) guest.ha = { ...newHa(guest.ha.requested, guest.ha.comment), ...guest.ha }
  return guest
}

/** The world that was kept; `realNow` gives real milliseconds. */
export function fromSaved(saved: Saved, realNow: () => number): World {
  return {
    seed: saved.seed,
    version: saved.version,
    clusterName: saved.clusterName,
    nodes: saved.nodes,
    guests: new Map(saved.guests.map((guest) => [guest.vmid, withHa(guest)])),
    storages: saved.storages,
    pools: new Map(saved.pools),
    volumes: saved.volumes,
    tasks: new Map(saved.tasks),
    scheduled: saved.scheduled,
    access: {
      tokens: new Map(saved.tokens.map((token) => [token.id, token])),
      rules: saved.rules,
      revoked: saved.revoked,
      revision: 0,
    },
    rng: createRng(saved.rng),
    clock: createClock(realNow, saved.clock),
    faults: [],
    taskFaults: [],
    quorumLost: saved.quorumLost,
    haDelayMs: HA_DELAY_MS,
    calls: createCallLog(),
    changed: () => {},
  }
}

/** Where a state directory keeps the log of changing calls; the directory is made. */
export function callsFile(stateDir: string): string {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  return join(stateDir, CALLS_FILE)
}

/** Reads what a directory holds; null when there is nothing yet. Throws when it cannot be read as a simulator. */
export function loadState(stateDir: string): Saved | null {
  const path = join(stateDir, FILE)
  if (!existsSync(path)) return null
  return savedSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
}

function writeAtomically(path: string, text: string, mode: number): void {
  const next = `${path}.next`
  writeFileSync(next, text, { mode })
  chmodSync(next, mode)
  renameSync(next, path)
}

/** Writes everything, keys and secrets included, so the file is for its owner alone. The path of the CA file. */
export function saveState(stateDir: string, saved: Saved): string {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  writeAtomically(join(stateDir, FILE), JSON.stringify(saved), 0o600)
  const caFile = join(stateDir, CA_FILE)
  writeAtomically(caFile, saved.certificates.authority.cert, 0o644)
  return caFile
}
