import { createAccess, type TokenSpec } from './auth.js'
import { createCallLog } from './calls.js'
import type { SimClock } from './clock.js'
import { HA_DELAY_MS } from './ha.js'
import { createRng, type Rng } from './rng.js'
import { companyGuests } from './seed-company.js'
import { type GuestPlan, makeGuest } from './seed-guests.js'
import { companyStorages, companyTasks, companyVolumes } from './seed-history.js'
import type { PveVersion, SimGuest, SimNode, World } from './state.js'

const GIB = 1024 ** 3
const DAY = 86_400
const FIRST_GENERATED = 1000
const MAX_GUESTS = 50_000

export type WorldPlan = {
  readonly seed: number
  readonly version: PveVersion
  readonly nodes: number
  /** Undefined makes the demo company alone; a number makes exactly so many guests, the company's first. */
  readonly guests: number | undefined
  readonly secrets: { readonly [id: string]: string }
  readonly furtherTokens: readonly TokenSpec[]
  readonly clock: SimClock
}

function makeNode(index: number, rng: Rng, now: number): SimNode {
  const big = index % 3 === 1
  return {
    name: `pve${index + 1}`,
    id: index + 1,
    ip: `127.0.0.${index + 1}`,
    cpus: big ? 32 : 16,
    memory: (big ? 128 : 64) * GIB,
    rootTotal: 94 * GIB,
    bootedAt: now - 95 * DAY - rng.int(0, 40 * DAY),
    offlineSince: null,
    fingerprint: '',
    lastPid: rng.int(1200, 90_000),
  }
}

const KINDS = ['app', 'web', 'api', 'db', 'cache', 'worker', 'mail', 'edge'] as const
const TAGS = ['prod', 'test', 'dev', 'staging'] as const

function generatedPlan(index: number, nodes: readonly SimNode[], rng: Rng): GuestPlan {
  const kind = rng.next() < 0.3 ? 'lxc' : 'qemu'
  const stage = rng.pick(TAGS, 'prod')
  const role = rng.pick(KINDS, 'app')
  const name = `${role}-${String(index + 1).padStart(4, '0')}`
  return {
    vmid: FIRST_GENERATED + index,
    kind,
    name,
    node: rng.pick(nodes, nodes[0] ?? makeNode(0, rng, 0)).name,
    power: rng.next() < 0.82 ? 'running' : 'stopped',
    cores: 2 ** rng.int(0, kind === 'lxc' ? 2 : 4),
    memoryMiB: 512 * 2 ** rng.int(0, 5),
    diskGiB: 4 * 2 ** rng.int(0, 5),
    tags: [role, stage].sort().join(';'),
    onboot: stage === 'prod',
    ...(stage === 'prod' ? { pool: 'production' } : stage === 'test' ? { pool: 'lab' } : {}),
  }
}

function allGuests(plan: WorldPlan, nodes: readonly SimNode[], rng: Rng, now: number): SimGuest[] {
  const company = companyGuests(nodes, rng, now)
  if (plan.guests === undefined) return company
  const wanted = Math.max(0, Math.min(MAX_GUESTS, Math.floor(plan.guests)))
  const guests = company.slice(0, wanted)
  for (let index = 0; guests.length < wanted; index += 1) {
    guests.push(makeGuest(generatedPlan(index, nodes, rng), rng, now))
  }
  return guests
}

/** Makes a cluster out of a seed. The same plan at the same time gives the same cluster. */
export function generateWorld(plan: WorldPlan): World {
  const rng = createRng(plan.seed)
  const now = plan.clock.seconds()
  const access = createAccess(rng, plan.secrets, plan.furtherTokens)
  const nodes = Array.from({ length: Math.max(1, plan.nodes) }, (_none, index) => makeNode(index, rng, now))
  const world: World = {
    seed: plan.seed,
    version: plan.version,
    clusterName: 'demo',
    nodes,
    guests: new Map(allGuests(plan, nodes, rng, now).map((guest) => [guest.vmid, guest])),
    storages: companyStorages(),
    pools: new Map([
      ['production', { comment: 'what customers see', storages: ['nas'] }],
      ['lab', { comment: null, storages: [] }],
      ['office', { comment: 'desktops and wiki', storages: [] }],
    ]),
    volumes: [],
    tasks: new Map(nodes.map((node) => [node.name, []])),
    scheduled: [],
    access,
    rng,
    clock: plan.clock,
    faults: [],
    taskFaults: [],
    quorumLost: false,
    haDelayMs: HA_DELAY_MS,
    calls: createCallLog(),
    changed: () => {},
  }
  world.volumes = companyVolumes(world, now)
  companyTasks(world, now)
  return world
}
