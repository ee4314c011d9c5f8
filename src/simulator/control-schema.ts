import { z } from 'zod'
import { STORM_KINDS } from './faults.js'
import { TASK_STORM_KINDS } from './task-faults.js'

const vmid = z.int().min(100).max(999_999_999)
const kind = z.enum(['qemu', 'lxc'])
const node = z.string().min(1)
const configValue = z.union([z.string(), z.number()])

const match = {
  path: z.string().optional(),
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).optional(),
  count: z.int().min(1).optional(),
}
const when = z.enum(['before', 'after']).default('before')

/** Faults that spoil the answers to requests that match. */
export const requestFaultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('proxy-error'), status: z.literal([595, 596]), when, ...match }),
  z.object({ kind: z.literal('reset'), when, ...match }),
  /** Longer than the proxy waits: a 596 at that time, and carried out all the same. */
  z.object({ kind: z.literal('slow'), ms: z.int().min(0), ...match }),
  /** A 596 at once; carried out so many real milliseconds later. */
  z.object({
    kind: z.literal('late'),
    status: z.literal(596).default(596),
    afterMs: z.int().min(0),
    ...match,
  }),
  /** A share of all requests, hit by chance. */
  z.object({
    kind: z.literal('storm'),
    percent: z.number().min(0).max(100),
    seed: z.int(),
    kinds: z
      .array(z.enum(STORM_KINDS))
      .min(1)
      .default([...STORM_KINDS]),
    lateMs: z.int().min(0).default(200),
    slowMs: z.int().min(0).default(100),
    /** More than a list of resources may be. */
    oversizedBytes: z
      .int()
      .min(1)
      .default(70 * 1024 * 1024),
    ...match,
  }),
  z.object({ kind: z.literal('truncated'), ...match }),
  z.object({ kind: z.literal('html'), ...match }),
  z.object({ kind: z.literal('oversized'), bytes: z.int().min(1), ...match }),
  z.object({ kind: z.literal('wrong-content'), body: z.string().default('{"data":"surprise"}'), ...match }),
  z.object({ kind: z.literal('wrong-type'), type: z.string().default('text/plain'), ...match }),
  z.object({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    reason: z.string(),
    when,
    ...match,
  }),
])

const matchTask = {
  /** As in the UPID: `qmstart`, `hastop` … */
  type: z.string().optional(),
  vmid: vmid.optional(),
  count: z.int().min(1).optional(),
}

/** Faults of tasks that get to work from now on; what fails by itself is not touched. */
export const taskFaultSchema = z.discriminatedUnion('kind', [
  /** Ends with that error after its usual time, without any effect. */
  z.object({
    kind: z.literal('task-fails'),
    error: z.string().min(1),
    log: z.array(z.string()).default([]),
    ...matchTask,
  }),
  /** Ends with `WARNINGS: n`, its effect applied. */
  z.object({
    kind: z.literal('task-warns'),
    warnings: z.array(z.string()).min(1).default(['something is not as it should be']),
    ...matchTask,
  }),
  /** Takes so many simulated seconds. */
  z.object({ kind: z.literal('task-slow'), seconds: z.number().min(0), ...matchTask }),
  /** Somebody stops it half-way. */
  z.object({ kind: z.literal('task-killed'), ...matchTask }),
  /** A share of all tasks, hit by chance. */
  z.object({
    kind: z.literal('task-storm'),
    percent: z.number().min(0).max(100),
    seed: z.int(),
    kinds: z
      .array(z.enum(TASK_STORM_KINDS))
      .min(1)
      .default([...TASK_STORM_KINDS]),
    slowSeconds: z.number().min(0).default(20),
    /** Spares what the cluster begins itself, such as the start after a VM's reboot. */
    callsOnly: z.boolean().default(false),
    ...matchTask,
  }),
])
export type ParsedTaskFault = z.output<typeof taskFaultSchema>

/** Faults of the cluster itself, and rights taken from a token. */
const clusterFaultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('node-offline'), node }),
  /** With `rebooted` the node comes back as after a power loss: only its onboot guests run. */
  z.object({ kind: z.literal('node-online'), node, rebooted: z.boolean().default(false) }),
  z.object({ kind: z.literal('quorum-lost') }),
  z.object({ kind: z.literal('quorum-regained') }),
  /** Without a path the token itself stops working; without privileges it loses all at and below the path. */
  z.object({
    kind: z.literal('revoke'),
    token: z.string(),
    path: z.string().startsWith('/').optional(),
    privileges: z.array(z.string()).default([]),
  }),
  z.object({ kind: z.literal('restore'), token: z.string() }),
])

export const faultSchema = z.union([requestFaultSchema, taskFaultSchema, clusterFaultSchema])
export type FaultRequest = z.input<typeof faultSchema>
export type ParsedFault = z.output<typeof faultSchema>

/**
 * How a change was made: in the web interface, where PVE leaves a task of root@pam if it makes one, or by editing
 * the config file, which leaves no trace.
 */
const by = z.enum(['web-ui', 'config-file']).default('web-ui')

const newGuest = {
  guestKind: kind.default('qemu'),
  name: z.string().min(1),
  node: node.optional(),
  tags: z.string().optional(),
  pool: z.string().optional(),
  running: z.boolean().default(false),
  memoryMiB: z.int().min(16).default(1024),
  cores: z.int().min(1).default(1),
  diskGiB: z.int().min(1).default(8),
  /** Without one a container has nothing that tells it from another. */
  nic: z.boolean().default(true),
}

/** Changes made by someone else. */
export const changeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('rename'), vmid, name: z.string().min(1), by }),
  z.object({ kind: z.literal('tags'), vmid, tags: z.string(), by }),
  z.object({ kind: z.literal('pool'), vmid, pool: z.string().nullable() }),
  z.object({
    kind: z.literal('config'),
    vmid,
    set: z.record(z.string(), configValue).default({}),
    remove: z.array(z.string()).default([]),
    by,
  }),
  z.object({ kind: z.literal('power'), vmid, to: z.enum(['on', 'off', 'pause']) }),
  z.object({ kind: z.literal('migrate'), vmid, node }),
  z.object({ kind: z.literal('destroy'), vmid, by }),
  z.object({ kind: z.literal('create'), vmid, ...newGuest, by }),
  z.object({
    kind: z.literal('recreate'),
    vmid,
    guestKind: kind.optional(),
    name: z.string().optional(),
    by,
  }),
  /** A backup restored over the guest: a VM keeps its uuid and gets a new vmgenid, a container keeps its addresses. */
  z.object({ kind: z.literal('restore-over'), vmid, by }),
  /** Ends a running task as somebody does in the web interface: that one, or the newest of a guest. */
  z
    .object({ kind: z.literal('kill-task'), upid: z.string().optional(), vmid: vmid.optional() })
    .refine((asked) => (asked.upid === undefined) !== (asked.vmid === undefined), 'name an upid or a vmid'),
  z.object({
    kind: z.literal('snapshot-add'),
    vmid,
    name: z.string().min(2),
    description: z.string().default(''),
  }),
  z.object({ kind: z.literal('snapshot-remove'), vmid, name: z.string() }),
  z.object({ kind: z.literal('lock'), vmid, lock: z.string().nullable() }),
  z.object({ kind: z.literal('ha'), vmid, state: z.enum(['started', 'stopped']).nullable() }),
  /** Whether the guest ignores requests to shut down. */
  z.object({ kind: z.literal('stubborn'), vmid, stubborn: z.boolean() }),
  z.object({
    kind: z.literal('add-storage'),
    storage: z.string().min(2),
    type: z.enum(['dir', 'nfs', 'lvmthin', 'zfspool']).default('dir'),
    content: z.array(z.string()).default(['images']),
    shared: z.boolean().default(false),
    nodes: z.array(node).nullable().default(null),
    totalBytes: z.int().min(1).default(1_099_511_627_776),
  }),
  z.object({ kind: z.literal('random-changes'), percent: z.number().min(0).max(100), seed: z.int() }),
  /** A new certificate on the same key, as PVE renews it. */
  z.object({ kind: z.literal('renew-certificate'), node }),
  /** A new certificate on a new key, as `pvecm updatecerts --force` makes it. */
  z.object({ kind: z.literal('rekey-certificate'), node }),
])
export type ChangeRequest = z.input<typeof changeSchema>
export type ParsedChange = z.output<typeof changeSchema>

export const clockSchema = z.object({
  advanceSeconds: z.number().min(0).optional(),
  rate: z.number().min(0).max(10_000).optional(),
})
export type ClockRequest = z.input<typeof clockSchema>

export const callSchema = z.object({
  n: z.int(),
  at: z.string(),
  method: z.string(),
  path: z.string(),
  params: z.record(z.string(), z.string()),
  token: z.string(),
  executed: z.boolean(),
  status: z.int(),
  data: z.string().nullable(),
  fault: z.string().nullable().default(null),
})
export const callsSchema = z.array(callSchema)

/** How tasks stand; `status` is null while one runs. */
export const tasksSchema = z.array(z.object({ upid: z.string(), status: z.string().nullable() }))
export type TaskSummary = z.output<typeof tasksSchema>[number]
export type Call = z.output<typeof callSchema>

export const stateSchema = z.object({
  version: z.string(),
  seed: z.int(),
  now: z.string(),
  rate: z.number(),
  quorate: z.boolean(),
  nodes: z.array(
    z.object({ name: z.string(), online: z.boolean(), fingerprint: z.string(), guests: z.int() }),
  ),
  guests: z.int(),
  runningTasks: z.int(),
  /** Requests that wait somewhere in real time: slow ones, late ones, held answers. */
  waitingRequests: z.int().default(0),
  faults: z.array(
    z.object({
      id: z.int(),
      kind: z.string(),
      left: z.int().nullable(),
      /** How often a storm struck, by its kinds. */
      struck: z.record(z.string(), z.int()).optional(),
    }),
  ),
})
export type StateSummary = z.output<typeof stateSchema>

export const clientsSchema = z.object({ attached: z.int(), connections: z.record(z.string(), z.int()) })
export type Clients = z.output<typeof clientsSchema>

export const helloSchema = z.object({
  simulator: z.literal('proxmox-mpc'),
  endpoint: z.string(),
  fingerprint: z.string(),
  pid: z.int(),
})
export type Hello = z.output<typeof helloSchema>

export const changedSchema = z.object({ changed: z.array(z.object({ vmid: z.int(), what: z.string() })) })
export type Changed = z.output<typeof changedSchema>

export const problemSchema = z.object({ error: z.string() })
