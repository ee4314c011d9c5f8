import { z } from 'zod'

/**
 * What we read of PVE's answers, and nothing else: unknown fields are ignored, an absent field is null. Perl's types
 * drift (a number may come as text, a boolean as 0, "0", false or not at all), so scalars are taken in any of these
 * forms. Plain unions without refinements: a list of ten thousand guests is decoded on every sync.
 */
const numeric = z.union([z.number(), z.string().regex(/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/)])
const num = numeric.nullish()
const flag = z.literal([0, 1, '0', '1', '', true, false, 'true', 'false']).nullish()
const name = z.string().min(1)
const text = z.union([z.string(), z.number()]).nullish()

type Numeric = string | number | null | undefined
type Flag = 0 | 1 | '0' | '1' | '' | 'true' | 'false' | boolean | null | undefined

/** A number, whatever form it came in; null when it is absent. */
export function toNumber(value: Numeric): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  return value === null || value === undefined ? null : Number(value)
}

/** PVE's booleans; absent is false. */
export function toBoolean(value: Flag): boolean {
  return value === 1 || value === '1' || value === true || value === 'true'
}

/** A text; numbers become text, absent and empty become null. */
export function toText(value: string | number | null | undefined): string | null {
  return value === null || value === undefined || value === '' ? null : wellFormed(String(value))
}

/** Half a character (a lone surrogate) cannot be stored; what is compared with what is stored must not have one either. */
function wellFormed(text: string): string {
  if (!/[\ud800-\udfff]/.test(text)) return text
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
}

/** A list that PVE writes as one text, split on `;`, `,` or blanks. */
export function toList(value: string | number | null | undefined): readonly string[] {
  const whole = toText(value)
  return whole === null ? [] : [...new Set(whole.split(/[;,\s]+/).filter((part) => part !== ''))]
}

export const Version = z.object({ version: name })

export const GuestRow = z.object({
  id: text,
  type: z.enum(['qemu', 'lxc']),
  vmid: numeric,
  node: name,
  name: text,
  status: text,
  template: flag,
  tags: text,
  pool: text,
  lock: text,
  hastate: text,
  cpu: num,
  maxcpu: num,
  mem: num,
  maxmem: num,
  disk: num,
  maxdisk: num,
  uptime: num,
})
export type GuestRow = z.infer<typeof GuestRow>

export const NodeRow = z.object({
  id: text,
  node: name,
  status: text,
  cpu: num,
  maxcpu: num,
  mem: num,
  maxmem: num,
  disk: num,
  maxdisk: num,
  uptime: num,
  ssl_fingerprint: text,
})
export type NodeRow = z.infer<typeof NodeRow>

export const StorageRow = z.object({
  id: text,
  storage: name,
  node: name,
  plugintype: text,
  content: text,
  shared: flag,
  status: text,
  disk: num,
  maxdisk: num,
})
export type StorageRow = z.infer<typeof StorageRow>

export const StorageConfig = z.object({
  storage: name,
  type: name,
  content: text,
  shared: flag,
  disable: flag,
})
export type StorageConfig = z.infer<typeof StorageConfig>

export const PoolRow = z.object({ id: text, pool: name })
export type PoolRow = z.infer<typeof PoolRow>
export const PoolConfig = z.object({ poolid: name, comment: text })
export type PoolConfig = z.infer<typeof PoolConfig>

export const StatusRow = z.object({
  id: text,
  type: text,
  name: text,
  ip: text,
  local: flag,
  online: flag,
  quorate: flag,
})
export type StatusRow = z.infer<typeof StatusRow>

export const TaskRow = z.object({
  upid: name,
  node: name,
  type: name,
  id: text,
  user: name,
  tokenid: text,
  starttime: numeric,
  endtime: num,
  status: text,
})
export type TaskRow = z.infer<typeof TaskRow>

const privileges = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
export const PermissionsAnswer = z.record(z.string(), privileges)

/** Of a config only when the VM was made; everything else is read as it stands. */
export const ConfigMeta = z.object({ meta: z.string().nullish() })

export const GuestStatus = z.object({
  status: text,
  qmpstatus: text,
  name: text,
  cpu: num,
  cpus: num,
  mem: num,
  maxmem: num,
  disk: num,
  maxdisk: num,
  uptime: num,
  lock: text,
  tags: text,
  template: flag,
  ha: z.object({ managed: flag, state: text }).nullish(),
})
export type GuestStatus = z.infer<typeof GuestStatus>

export const SnapshotRow = z.object({
  name,
  parent: text,
  snaptime: num,
  description: text,
  vmstate: flag,
})

export const PendingRow = z.object({
  key: name,
  value: text,
  pending: text,
  /** 1 when it goes with the next start, 2 when it is forced. */
  delete: num,
})

const address = z.object({ 'ip-address': text })
export const InterfaceRow = z.object({
  name: text,
  'ip-addresses': z.array(address).nullish(),
  inet: text,
  inet6: text,
})
export const AgentInterfaces = z.object({ result: z.array(z.unknown()) })

export const TaskStatus = z.object({ status: name, exitstatus: text, endtime: num })
export const LogLine = z.object({ n: numeric, t: text })

export const RrdRow = z.record(z.string(), z.unknown())

/** The rows of a list that could be read, and for each of the others a sentence. */
export type Rows<T> = { readonly rows: readonly T[]; readonly left: readonly LeftOut[] }
export type LeftOut = { readonly id: string; readonly why: string }

/**
 * Decodes a list row by row: one that cannot be read is left out and named, with the field at fault. Null when it is
 * no list at all.
 */
export function decodeRows<T>(schema: z.ZodType<T>, data: unknown): Rows<T> | null {
  if (!Array.isArray(data)) return null
  const rows: T[] = []
  const left: LeftOut[] = []
  for (const row of data) {
    const decoded = schema.safeParse(row)
    if (decoded.success) rows.push(decoded.data)
    else left.push({ id: idOf(row), why: problemOf(decoded.error) })
  }
  return { rows, left }
}

/** Decodes one object; null when it cannot be. */
export function decode<T>(schema: z.ZodType<T>, data: unknown): T | null {
  const decoded = schema.safeParse(data)
  return decoded.success ? decoded.data : null
}

/** The rows of a mixed listing by their `type`; null when it is no list at all. */
export function groupByType(data: unknown): ReadonlyMap<string, readonly unknown[]> | null {
  if (!Array.isArray(data)) return null
  const groups = new Map<string, unknown[]>()
  for (const row of data) {
    const type = typeof row === 'object' && row !== null && 'type' in row ? String(row.type) : ''
    const group = groups.get(type)
    if (group === undefined) groups.set(type, [row])
    else group.push(row)
  }
  return groups
}

const ID_FIELDS = ['id', 'upid', 'vmid', 'node', 'storage', 'poolid', 'pool', 'name', 'key']

function idOf(row: unknown): string {
  if (typeof row !== 'object' || row === null) return 'a row'
  const fields: ReadonlyMap<string, unknown> = new Map(Object.entries(row))
  const found = ID_FIELDS.map((field) => fields.get(field)).find(
    (value) => typeof value === 'number' || (typeof value === 'string' && value !== ''),
  )
  return found === undefined ? 'a row without id' : String(found)
}

function problemOf(error: z.ZodError): string {
  const [issue] = error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  return field === '' ? 'it is not an object' : `its ${field} cannot be read`
}
