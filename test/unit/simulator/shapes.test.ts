import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type ControlClient, createControlClient } from '../../../src/simulator/control-client.js'
import { accessRoutes } from '../../../src/simulator/routes-access.js'
import { clusterRoutes } from '../../../src/simulator/routes-cluster.js'
import { guestRoutes } from '../../../src/simulator/routes-guest.js'
import { nodeRoutes } from '../../../src/simulator/routes-node.js'
import { powerRoutes } from '../../../src/simulator/routes-power.js'
import { storageRoutes } from '../../../src/simulator/routes-storage.js'
import { writeRoutes } from '../../../src/simulator/routes-write.js'
import { type Simulator, startSimulator } from '../../../src/simulator/server.js'
import { ask, data, row } from './client.js'
import { endpointOf, type Known, learn, recordedAnswers, rowKind, shapeOf } from './recordings.js'

/** What the simulator may say that was never recorded, since the laboratory had nothing to say it of. */
const ALLOWED = new Set([
  // Recorded as a legacy BIOS; EFI machines add this.
  'boot-info.secureboot',
  // Recorded once without and once with; the laboratory had no HA manager that fills it.
  'ha.state',
])

/** `always` members that depend on what a guest has, not on its state. */
const OPTIONAL: { readonly [endpoint: string]: readonly string[] } = {
  '/nodes/N/qemu/ID/status/current': [
    'agent',
    'tags',
    'serial',
    'clipboard',
    'nics',
    'nics.*',
    'nics.*.netin',
    'nics.*.netout',
  ],
  '/nodes/N/lxc/ID/status/current': ['tags'],
  '/storage': ['disable'],
  '/nodes/N/tasks': ['tokenid'],
  '/cluster/tasks': ['tokenid'],
  '/nodes/N/tasks/UPID/status': ['tokenid'],
}

const ROUTES = [
  ...accessRoutes,
  ...clusterRoutes,
  ...guestRoutes,
  ...nodeRoutes,
  ...powerRoutes,
  ...storageRoutes,
  ...writeRoutes,
]

/** Endpoints whose answers are no rows with members, and which test looks at them instead. */
const ELSEWHERE: { readonly [endpoint: string]: string } = {
  '/access/permissions': 'paths and privileges as recorded per level, in access.test.ts',
  '/cluster/nextid': 'a number as text, in world.test.ts',
  '/nodes/N/tasks/UPID/status': 'members held against the recorded ones, below and in power.test.ts',
  '/nodes/N/tasks/UPID': 'the two names that were recorded, below',
  '/nodes/N/tasks/UPID/log': 'lines as recorded, in power.test.ts',
}

/** A route's template with values in the places of its variables. */
function exampleOf(template: string): string {
  return template
    .replace('{node}', 'pve1')
    .replace('{vmid}', '101')
    .replace('{upid}', 'UPID:x:')
    .replace(/\{\w+\}/g, 'x1')
}

function rowsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

describe('shapes of answers', () => {
  const recorded = new Map<string, Map<string, Known>>()
  const recordedFor = new Map<string, number>()
  let simulator: Simulator
  let control: ControlClient

  beforeAll(async () => {
    for (const answer of recordedAnswers()) {
      const endpoint = endpointOf(answer.url)
      recordedFor.set(endpoint, (recordedFor.get(endpoint) ?? 0) + 1)
      const known = recorded.get(endpoint) ?? new Map<string, Known>()
      for (const entry of rowsOf(answer.data)) learn(known, entry)
      recorded.set(endpoint, known)
    }
    simulator = await startSimulator({ authDelayMs: 0 })
    control = createControlClient(simulator.controlUrl)
    await ask(simulator, 'POST', '/nodes/pve1/qemu/101/status/shutdown')
  })

  afterAll(async () => {
    await simulator.close()
  })

  const guests = [
    ...[101, 104, 107, 900].map((id) => `/nodes/pve1/qemu/${id}`),
    ...[102, 103].map((id) => `/nodes/pve2/qemu/${id}`),
    ...[105, 106].map((id) => `/nodes/pve3/qemu/${id}`),
    '/nodes/pve1/lxc/201',
    '/nodes/pve2/lxc/205',
    '/nodes/pve3/lxc/204',
  ]
  const paths = [
    '/version',
    '/cluster/resources',
    '/cluster/resources?type=vm',
    '/cluster/status',
    '/cluster/tasks',
    '/cluster/options',
    '/cluster/ha/status/current',
    '/nodes',
    '/nodes/pve1/status',
    '/nodes/pve1/version',
    '/nodes/pve1/storage',
    '/nodes/pve1/storage?format=1',
    '/nodes/pve1/rrddata?timeframe=hour',
    '/nodes/pve1/qemu',
    '/nodes/pve3/qemu?full=1',
    '/nodes/pve1/lxc',
    '/nodes/pve1/tasks',
    '/nodes/pve1/tasks?source=all',
    '/nodes/pve1/storage/nas/status',
    '/nodes/pve1/storage/nas/content',
    '/nodes/pve1/storage/local/content',
    '/nodes/pve1/storage/local/rrddata?timeframe=hour',
    '/storage',
    '/storage/local',
    '/pools',
    '/pools?poolid=production',
    '/nodes/pve1/qemu/101/agent/network-get-interfaces',
    '/nodes/pve1/lxc/201/interfaces',
    '/nodes/pve1/qemu/101/feature?feature=snapshot',
    '/nodes/pve1/qemu/101/snapshot/before-upgrade/config',
    '/nodes/pve1/qemu/101/snapshot/before-upgrade',
    '/',
    ...guests.flatMap((guest) =>
      ['/config', '/pending', '/status/current', '/snapshot', '/rrddata?timeframe=hour'].map(
        (end) => guest + end,
      ),
    ),
  ]

  it.each(paths)('%s has the members and types that were recorded', async (path) => {
    const endpoint = endpointOf(path)
    const known = recorded.get(endpoint)
    if (known === undefined) throw new Error(`nothing recorded for ${endpoint}`)
    const everything = new Map<string, Set<string>>()
    // A snapshot keeps what the config held, of which one guest's shows only a part.
    const further = endpoint.endsWith('/snapshot/S/config')
      ? recorded.get('/nodes/N/qemu/ID/config')
      : undefined
    for (const entry of [...known.values(), ...(further?.values() ?? [])]) {
      for (const [key, types] of entry.ever) {
        everything.set(key, new Set([...(everything.get(key) ?? []), ...types]))
      }
    }
    const wrong: string[] = []
    for (const value of rowsOf(await data(simulator, path))) {
      const shape = shapeOf(value)
      const kind = rowKind(value)
      for (const [key, type] of shape) {
        if (ALLOWED.has(key)) continue
        const types = everything.get(key)
        if (types === undefined) wrong.push(`${kind} ${key}: not recorded`)
        else if (!types.has(type)) wrong.push(`${kind} ${key}: ${type}, recorded ${[...types].join(' ')}`)
      }
      const always = path.includes('/config') ? new Set<string>() : (known.get(kind)?.always ?? new Set())
      for (const key of always) {
        if (!shape.has(key) && OPTIONAL[endpoint]?.includes(key) !== true)
          wrong.push(`${kind} ${key}: missing`)
      }
    }
    expect([...new Set(wrong)]).toEqual([])
  })

  it('every endpoint that was recorded is compared, and the list says how each was checked', () => {
    const compared = new Set(paths.map(endpointOf))
    const checked = ROUTES.map(({ method, path }) => {
      const endpoint = endpointOf(exampleOf(path))
      const answers = recordedFor.get(endpoint) ?? 0
      const how =
        method !== 'GET'
          ? path.includes('/status/')
            ? 'answers and texts as recorded, in power.test.ts'
            : 'effects in changes.test.ts, faults.test.ts or power.test.ts; texts from source'
          : compared.has(endpoint)
            ? `members and types held against ${answers} recorded answers`
            : (ELSEWHERE[endpoint] ?? 'from source, never recorded')
      return {
        line: `${method.padEnd(6)} ${path}: ${how}`,
        missed: method === 'GET' && answers > 0 && !how.includes('held') && ELSEWHERE[endpoint] === undefined,
      }
    })
    console.log(
      checked
        .map(({ line }) => line)
        .sort()
        .join('\n'),
    )

    expect(checked.length).toBeGreaterThan(40)
    expect(checked.filter(({ missed }) => missed).map(({ line }) => line)).toEqual([])
  })

  it('has the members of a running task and of one that ended', async () => {
    const made = await ask(simulator, 'POST', '/nodes/pve2/qemu/102/status/shutdown')
    const parsed: { data: string } = JSON.parse(made.body)
    const path = `/nodes/pve2/tasks/${encodeURIComponent(parsed.data)}/status`
    const always = [...(recorded.get('/nodes/N/tasks/UPID/status')?.values() ?? [])].flatMap((entry) => [
      ...entry.ever.keys(),
    ])
    expect(Object.keys(await row(simulator, path)).sort()).toEqual(
      [...new Set(always)].filter((key) => key !== 'exitstatus').sort(),
    )
    await control.clock({ advanceSeconds: 100 })
    expect(Object.keys(await row(simulator, path)).sort()).toEqual([...new Set(always)].sort())
    const index = await data(simulator, path.replace(/\/status$/, ''))
    expect(index).toEqual(expect.arrayContaining([{ name: 'log' }, { name: 'status' }]))
  })
})
