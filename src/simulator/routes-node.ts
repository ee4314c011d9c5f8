import { type Answer, died, forbidden, invalid, ok } from './http.js'
import { BOOLEAN, INTEGER, type ParamRule, STRING, VMID } from './params.js'
import { type Context, flag, integer, type Need, nodeOf, type Route } from './router.js'
import { versionOf } from './routes-cluster.js'
import { nodeSeries, RRD_PARAMS } from './rrd.js'
import { findNode, type SimTask } from './state.js'
import { abortTask, findTask, fullUser, tasksOf } from './tasks.js'
import { nodeUsage } from './usage.js'

const AUDIT: Need = { path: '/nodes/{node}', any: ['Sys.Audit'] }

function status(context: Context): Answer {
  const { world, now } = context
  const node = findNode(world, nodeOf(context))
  if (node === undefined) return died('no such node')
  const usage = nodeUsage(world.seed, node, now)
  const version = versionOf(world)
  const load = (factor: number): string => (usage.load * factor).toFixed(2)
  return ok({
    uptime: now - node.bootedAt,
    cpu: usage.cpu,
    wait: usage.iowait,
    idle: 0,
    loadavg: [load(1), load(0.95), load(0.9)],
    memory: {
      total: node.memory,
      used: usage.mem,
      free: Math.floor((node.memory - usage.mem) * 0.8),
      available: Math.floor((node.memory - usage.mem) * 0.98),
    },
    swap: { total: 0, used: 0, free: 0 },
    rootfs: {
      total: node.rootTotal,
      used: usage.rootUsed,
      free: node.rootTotal - usage.rootUsed,
      avail: Math.floor((node.rootTotal - usage.rootUsed) * 0.95),
    },
    ksm: { shared: 0 },
    pveversion: `pve-manager/${version.version}/${version.repoid}`,
    kversion: 'Linux 6.17.2-1-pve #1 SMP PREEMPT_DYNAMIC PMX 6.17.2-1',
    'current-kernel': {
      sysname: 'Linux',
      release: '6.17.2-1-pve',
      version: '#1 SMP PREEMPT_DYNAMIC PMX 6.17.2-1',
      machine: 'x86_64',
    },
    'boot-info': { mode: 'efi', secureboot: 0 },
    cpuinfo: {
      cpus: node.cpus,
      cores: node.cpus / 2,
      sockets: 1,
      model: 'AMD EPYC 7302P 16-Core Processor',
      vendor: 'AuthenticAMD',
      family: '23',
      mhz: '2994.374',
      hvm: '1',
      user_hz: 100,
      flags:
        'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht',
    },
  })
}

/** A row of a node's archive: no exit status of its own, `status` holds it. */
function archiveRow(task: SimTask): { [key: string]: unknown } {
  return {
    upid: task.upid,
    node: task.node,
    pid: task.pid,
    pstart: task.pstart,
    starttime: task.starttime,
    type: task.type,
    id: task.id,
    user: task.user,
    ...(task.tokenid === null ? {} : { tokenid: task.tokenid }),
    endtime: task.endtime,
    status: task.status,
  }
}

/** A running task in the same list: its user is not split, and it says RUNNING. */
function activeRow(task: SimTask): { [key: string]: unknown } {
  const { endtime: _end, tokenid: _token, ...row } = archiveRow(task)
  return { ...row, user: fullUser(task), status: 'RUNNING', saved: '0' }
}

/** The user as the row has it, which is what filters look at. */
const shownUser = (task: SimTask): string => (task.phase === 'done' ? task.user : fullUser(task))

type TaskState = 'ok' | 'warning' | 'error' | 'unknown'

function stateOf(task: SimTask): TaskState {
  if (task.status === 'OK') return 'ok'
  if (task.status?.startsWith('WARNINGS:') === true) return 'warning'
  return task.status === 'unexpected status' ? 'unknown' : 'error'
}

function taskFilter(context: Context): (task: SimTask) => boolean {
  const { params } = context
  const source = params.source ?? 'archive'
  const states = params.statusfilter?.split(',')
  return (task) => {
    const active = task.phase !== 'done'
    if (active ? source === 'archive' : source === 'active') return false
    if (params.since !== undefined && task.starttime < Number(params.since)) return false
    if (params.until !== undefined && task.starttime > Number(params.until)) return false
    if (params.vmid !== undefined && task.id !== params.vmid) return false
    if (params.typefilter !== undefined && task.type !== params.typefilter) return false
    const user = params.userfilter?.toLowerCase()
    if (user !== undefined && !shownUser(task).toLowerCase().includes(user)) return false
    if (!active && flag(context, 'errors') && stateOf(task) !== 'error' && stateOf(task) !== 'unknown')
      return false
    return active || states === undefined || states.includes(stateOf(task))
  }
}

function taskList(context: Context): Answer {
  const { world, permissions, caller } = context
  const node = nodeOf(context)
  const all = permissions.has(caller, `/nodes/${node}`, 'Sys.Audit')
  const matches = taskFilter(context)
  const seen = tasksOf(world, node).filter((task) => (all || fullUser(task) === caller.id) && matches(task))
  // What runs comes first, however old it is.
  const found = [
    ...seen.filter((task) => task.phase !== 'done'),
    ...seen.filter((task) => task.phase === 'done'),
  ]
  const start = integer(context, 'start', 0)
  const page = found.slice(start, start + integer(context, 'limit', 50))
  const data = page.map((task) => (task.phase === 'done' ? archiveRow(task) : activeRow(task)))
  return { kind: 'data', data, total: found.length }
}

const UPID =
  /^UPID:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?:[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8}:[^:\s/]+:[^:\s/]*:([^:\s/]+):$/

/** Refuses what is no UPID, and tasks of others without the privilege. */
function refuseTask(context: Context, privilege: string): Answer | null {
  const match = UPID.exec(context.vars.upid ?? '')
  if (match === null) return invalid({ upid: 'unable to parse worker upid' })
  const path = `/nodes/${nodeOf(context)}`
  if (match[1] === context.caller.id || context.permissions.has(context.caller, path, privilege)) return null
  return forbidden(path, [privilege])
}

function taskStatus(context: Context): Answer {
  const refusal = refuseTask(context, 'Sys.Audit')
  if (refusal !== null) return refusal
  const task = findTask(context.world, context.vars.upid ?? '')
  if (task === undefined || task.node !== nodeOf(context)) return invalid({ upid: 'no such task' })
  const { endtime: _end, status: exitstatus, ...row } = archiveRow(task)
  return ok(task.phase === 'done' ? { ...row, status: 'stopped', exitstatus } : { ...row, status: 'running' })
}

function taskLog(context: Context): Answer {
  const refusal = refuseTask(context, 'Sys.Audit')
  if (refusal !== null) return refusal
  const task = findTask(context.world, context.vars.upid ?? '')
  if (flag(context, 'download')) {
    return {
      kind: 'text',
      contentType: 'text/plain',
      body: (task?.log ?? []).map((line) => `${line}\n`).join(''),
    }
  }
  const known = task === undefined ? ['unable to open file - No such file or directory'] : task.log
  const lines = known.length === 0 ? ['no content'] : known
  const start = integer(context, 'start', 0)
  const limit = integer(context, 'limit', 50)
  const data = lines.map((t, index) => ({ n: index + 1, t }))
  const page = limit === 0 ? data.slice(start) : data.slice(start, start + limit)
  return { kind: 'data', data: page, total: lines.length }
}

function stopTask(context: Context): Answer {
  const refusal = refuseTask(context, 'Sys.Modify')
  if (refusal !== null) return refusal
  const task = findTask(context.world, context.vars.upid ?? '')
  if (task !== undefined) abortTask(context.world, task)
  return ok(null)
}

const STATUS_FILTER: ParamRule = {
  type: 'string',
  check: (value) => {
    const bad = value.split(',').find((state) => !['ok', 'warning', 'error', 'unknown'].includes(state))
    return bad === undefined ? null : `invalid format - invalid status '${bad}'\n`
  },
}

const COUNT: ParamRule = { type: 'integer', min: 0 }

/** The routes of one node. */
export const nodeRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/nodes/{node}/version',
    relayed: false,
    need: null,
    params: {},
    handle: ({ world }) => ok(versionOf(world)),
  },
  { method: 'GET', path: '/nodes/{node}/status', relayed: false, need: AUDIT, params: {}, handle: status },
  {
    method: 'GET',
    path: '/nodes/{node}/rrddata',
    relayed: true,
    need: AUDIT,
    params: RRD_PARAMS,
    handle: (context) => {
      const node = findNode(context.world, nodeOf(context))
      if (node === undefined) return died('no such node')
      return nodeSeries(context.world, node, context.params.timeframe ?? '', context.now)
    },
  },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks',
    relayed: false,
    need: null,
    params: {
      errors: BOOLEAN,
      limit: COUNT,
      since: INTEGER,
      source: { type: 'string', values: ['archive', 'active', 'all'] },
      start: COUNT,
      statusfilter: STATUS_FILTER,
      typefilter: STRING,
      until: INTEGER,
      userfilter: STRING,
      vmid: VMID,
    },
    handle: taskList,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}',
    relayed: false,
    need: null,
    params: {},
    handle: () => ok([{ name: 'log' }, { name: 'status' }]),
  },
  {
    method: 'DELETE',
    path: '/nodes/{node}/tasks/{upid}',
    relayed: true,
    need: null,
    params: {},
    handle: stopTask,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}/status',
    relayed: true,
    need: null,
    params: {},
    handle: taskStatus,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/tasks/{upid}/log',
    relayed: true,
    need: null,
    params: { start: COUNT, limit: COUNT, download: BOOLEAN },
    handle: taskLog,
  },
]
