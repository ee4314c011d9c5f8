import { type Answer, invalid, ok } from './http.js'
import { choice, VMID } from './params.js'
import type { Context, Need, Route } from './router.js'
import { isQuorate, type SimGuest, type SimHa, type SimTask, type World } from './state.js'
import { tasksOf } from './tasks.js'
import {
  guestRow,
  nodeBasics,
  nodeNumbers,
  nodeRow,
  poolRow,
  storageRow,
  storagesOf,
  visiblePool,
} from './views.js'

const RELEASES = {
  '9.2.11': { release: '9.2', repoid: '14a22df35955d97d' },
  '8.4.14': { release: '8.4', repoid: 'b502d23c55afcba1' },
  '7.4-17': { release: '7.4', repoid: '513c62be' },
} as const

/** What `GET /version` says. */
export function versionOf(world: World): {
  readonly version: string
  readonly release: string
  readonly repoid: string
} {
  return { version: world.version, ...RELEASES[world.version] }
}

function guestRows({ world, permissions, caller, now }: Context): string[] {
  const rows: string[] = []
  for (const guest of world.guests.values()) {
    if (!permissions.has(caller, `/vms/${guest.vmid}`, 'VM.Audit')) continue
    const turn = world.rng.int(0, 2)
    rows.push(guestRow(world, guest, visiblePool(permissions, caller, guest), now, turn))
  }
  return rows
}

function resources(context: Context): Answer {
  const { world, permissions, caller, now } = context
  const type = context.params.type
  const wanted = (name: string): boolean => type === undefined || type === name
  const rows = wanted('vm') ? guestRows(context) : []
  const push = (row: unknown): void => {
    rows.push(JSON.stringify(row))
  }
  for (const node of world.nodes) {
    if (wanted('node'))
      push(nodeRow(world, node, permissions.has(caller, `/nodes/${node.name}`, 'Sys.Audit'), now))
    if (wanted('storage')) {
      for (const storage of storagesOf(world, node.name)) {
        if (storage.disabled || !permissions.has(caller, `/storage/${storage.name}`, 'Datastore.Audit'))
          continue
        push(storageRow(world, storage, node, now))
      }
    }
    const hasNetworks = type === undefined && world.version.startsWith('9')
    if (hasNetworks && permissions.has(caller, '/sdn/zones/localnetwork', 'SDN.Audit'))
      push(networkRow(node.name))
  }
  if (type === undefined) {
    for (const pool of world.pools.keys()) {
      if (permissions.has(caller, `/pool/${pool}`, 'Pool.Audit')) push(poolRow(world, pool, now))
    }
  }
  return { kind: 'raw', json: `[${rotate(rows, world.rng.int(0, Math.max(0, rows.length - 1))).join(',')}]` }
}

/** Another order at the price of a copy; PVE's own order is that of a hash. */
function rotate(rows: readonly string[], by: number): string[] {
  return [...rows.slice(by), ...rows.slice(0, by)]
}

function networkRow(node: string): { [key: string]: unknown } {
  return {
    id: `network/${node}/zone/localnetwork`,
    type: 'network',
    network: 'localnetwork',
    'network-type': 'zone',
    status: 'ok',
    node,
  }
}

function clusterStatus({ world, local }: Context): Answer {
  const single = world.nodes.length === 1
  const rows: { [key: string]: unknown }[] = world.nodes.map((node) => ({
    id: `node/${node.name}`,
    type: 'node',
    name: node.name,
    ip: node.ip,
    level: '',
    local: node === local ? 1 : 0,
    nodeid: single ? 0 : node.id,
    online: node.offlineSince === null ? 1 : 0,
  }))
  if (single) return ok(rows)
  const cluster = {
    id: 'cluster',
    type: 'cluster',
    name: world.clusterName,
    version: world.nodes.length,
    nodes: world.nodes.length,
    quorate: isQuorate(world) ? 1 : 0,
  }
  return ok([cluster, ...rows])
}

function taskRow(task: SimTask, saved: string | number): { [key: string]: unknown } {
  const row = {
    upid: task.upid,
    node: task.node,
    type: task.type,
    id: task.id,
    user: task.user,
    starttime: task.starttime,
    ...(task.tokenid === null ? {} : { tokenid: task.tokenid }),
  }
  if (task.phase !== 'done') return { ...row, pid: task.pid }
  return { ...row, endtime: task.endtime, status: task.status, saved }
}

function clusterTasks({ world, permissions, caller }: Context): Answer {
  // PVE compares the user without its token to the caller's full token id, so without Sys.Audit a token sees nothing.
  const all = permissions.has(caller, '/', 'Sys.Audit')
  const rows: unknown[] = []
  for (const node of world.rng.shuffle(world.nodes)) {
    const tasks = tasksOf(world, node.name)
    const active = tasks.filter((task) => task.phase !== 'done')
    const ended = tasks.filter((task) => task.phase === 'done').slice(0, Math.max(0, 25 - active.length))
    const shown = [...active, ...ended].sort((a, b) => b.starttime - a.starttime)
    shown.forEach((task, index) => {
      if (all || task.user === caller.id) rows.push(taskRow(task, index === 0 ? 1 : '1'))
    })
  }
  return ok(rows)
}

function nextId({ world, params }: Context): Answer {
  if (params.vmid !== undefined) {
    const used = world.guests.has(Number(params.vmid))
    return used ? invalid({ vmid: `VM ${params.vmid} already exists` }) : ok(params.vmid)
  }
  let id = 100
  while (world.guests.has(id)) id += 1
  return ok(String(id))
}

function options({ world, permissions, caller }: Context): Answer {
  const tags = new Set<string>()
  for (const guest of world.guests.values()) {
    const text = guest.config.tags
    if (typeof text !== 'string' || !permissions.has(caller, `/vms/${guest.vmid}`, 'VM.Audit')) continue
    for (const tag of text.split(';')) tags.add(tag)
  }
  const allowed = { 'allowed-tags': [...tags].sort() }
  if (!permissions.has(caller, '/', 'Sys.Audit')) return ok(allowed)
  return ok({ ...allowed, mac_prefix: 'BC:24:11', description: '# Demo cluster\n' })
}

/** The state in the words of the HA panel, which also tells what is under way. */
function haPhase(guest: SimGuest, ha: SimHa): string {
  if (ha.state === 'started') return guest.power === 'stopped' ? 'starting' : 'started'
  return ha.state === 'request_stop' ? 'stopping' : ha.state
}

function haStatus({ world, local }: Context): Answer {
  const quorate = isQuorate(world)
  const rows: unknown[] = [
    {
      id: 'quorum',
      type: 'quorum',
      node: local.name,
      quorate: quorate ? 1 : 0,
      status: quorate ? 'OK' : `No quorum on node '${local.name}'!`,
    },
    {
      id: 'fencing',
      type: 'fencing',
      node: local.name,
      'armed-state': 'standby',
      status: 'standby (CRM watchdog standby)',
    },
  ]
  for (const guest of world.guests.values()) {
    if (guest.ha === null) continue
    const sid = `${guest.kind === 'qemu' ? 'vm' : 'ct'}:${guest.vmid}`
    const state = haPhase(guest, guest.ha)
    rows.push({
      id: `service:${sid}`,
      sid,
      type: 'service',
      node: guest.node,
      state,
      request_state: guest.ha.requested,
      status: `${sid} (${guest.node}, ${state})`,
      max_restart: 1,
      max_relocate: 1,
      failback: 1,
      ...(guest.ha.comment === null ? {} : { comment: guest.ha.comment }),
    })
  }
  return ok(rows)
}

function nodes({ world, permissions, caller, now }: Context): Answer {
  const rows = world.nodes.map((node) => {
    const row = { ...nodeBasics(node), ssl_fingerprint: node.fingerprint }
    const mayAudit = permissions.has(caller, `/nodes/${node.name}`, 'Sys.Audit')
    return mayAudit ? { ...row, ...nodeNumbers(world, node, now) } : row
  })
  return ok(world.rng.shuffle(rows))
}

const AUDIT: Need = { path: '/', any: ['Sys.Audit'] }
/** The routes of the cluster as a whole. */
export const clusterRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    relayed: false,
    need: null,
    params: {},
    handle: () =>
      ok(['version', 'cluster', 'nodes', 'storage', 'access', 'pools'].map((subdir) => ({ subdir }))),
  },
  {
    method: 'GET',
    path: '/version',
    relayed: false,
    need: null,
    params: {},
    handle: ({ world }) => ok(versionOf(world)),
  },
  {
    method: 'GET',
    path: '/cluster/resources',
    relayed: false,
    need: null,
    params: { type: choice(['vm', 'storage', 'node', 'sdn']) },
    handle: resources,
  },
  { method: 'GET', path: '/cluster/status', relayed: true, need: AUDIT, params: {}, handle: clusterStatus },
  { method: 'GET', path: '/cluster/tasks', relayed: false, need: null, params: {}, handle: clusterTasks },
  {
    method: 'GET',
    path: '/cluster/nextid',
    relayed: false,
    need: null,
    params: { vmid: VMID },
    handle: nextId,
  },
  { method: 'GET', path: '/cluster/options', relayed: false, need: null, params: {}, handle: options },
  {
    method: 'GET',
    path: '/cluster/ha/status/current',
    relayed: false,
    need: AUDIT,
    params: {},
    handle: haStatus,
  },
  { method: 'GET', path: '/nodes', relayed: false, need: null, params: {}, handle: nodes },
]
