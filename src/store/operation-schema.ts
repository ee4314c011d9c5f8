import { z } from 'zod'
import type { AuditEntry } from '../core/audit.js'
import {
  type Decision,
  type NewOperation,
  OPERATION_STATES,
  type Operation,
  operationName,
  STEP_STATES,
  type Step,
} from '../core/operation.js'
import { type Actor, type Grant, type Person, ROLES } from '../core/people.js'
import { Plan } from '../core/plan.js'
import { POWER_VERBS } from '../core/power.js'
import { RefusalError, refuse } from '../core/refusal.js'
import { sqlJson } from './row-schema.js'

/** Rows of operations, people and the audit log to the types of core. */

type Num = bigint | number

export type OperationRow = {
  readonly id: Num
  readonly workspace: string
  readonly state: string
  readonly planDigest: string
  readonly expiresAt: string
  readonly leaseHolder: string | null
  readonly leaseBeat: Num
  readonly head: string
  /** JSON of `[index, state, upid, body, cluster, vmid]`. */
  readonly steps: string
  /** JSON of `[index, body, personId, verdict]`. */
  readonly decisions: string
}

/** What has a column of its own is not repeated in the JSON. */
type Head = Omit<
  NewOperation,
  'workspace' | 'state' | 'planDigest' | 'expiresAt' | 'lease' | 'steps' | 'decisions'
>
type StepBody = Omit<Step, 'index' | 'state' | 'upid'>

/** A value without half characters, which no text of the database may hold: as it will be read again. */
export function cleaned<T>(value: T): T {
  return JSON.parse(sqlJson(value)) as T
}

const Scope = z.union([
  z.object({ kind: z.literal('everything') }),
  z.object({ kind: z.enum(['pool', 'tag', 'node']), name: z.string() }),
  z.object({ kind: z.literal('guest'), cluster: z.string(), vmid: z.number() }),
])

const actor = z.object({
  personId: z.number(),
  person: z.string(),
  account: z.string(),
  realPersonId: z.number().nullable(),
  realPerson: z.string().nullable(),
  granted: z.array(z.object({ role: z.enum(ROLES), scope: Scope })).optional(),
}) satisfies z.ZodType<Actor>

const text = z.string().nullable()

const Head = z.object({
  command: z.string(),
  asked: z.string(),
  risk: Plan.shape.risk,
  requester: actor,
  requirement: Plan.shape.requirement,
  typed: z.string(),
  reason: text,
  code: text,
  message: text,
  createdAt: z.string(),
  remindedAt: text,
  clockAhead: z.number().min(0).default(0),
  decidedAt: text,
  endedAt: text,
  cancelAsked: z.boolean(),
  canary: z.number(),
  parallel: z.number(),
  keepGoing: z.boolean(),
  after: Plan.shape.after,
}) satisfies z.ZodType<Head>

const StepBody = z.object({
  cluster: z.string(),
  vmid: z.number(),
  kind: z.enum(['qemu', 'lxc']),
  name: z.string(),
  verb: z.enum(POWER_VERBS),
  code: text,
  message: text,
  node: text,
  intentAt: text,
  intentNodeTime: z.number().nullable(),
  endedAt: text,
  log: z.array(z.string()),
}) satisfies z.ZodType<StepBody>

const Decided = z.object({
  actor,
  verdict: z.enum(['confirm', 'approve', 'deny']),
  reason: text,
  at: z.string(),
  planDigest: z.string(),
  counts: z.boolean(),
}) satisfies z.ZodType<Decision>

const Steps = z.array(z.tuple([z.number(), z.enum(STEP_STATES), text, z.string(), z.string(), z.number()]))
const Decisions = z.array(z.tuple([z.number(), z.string(), z.number(), z.string()]))
const State = z.enum(OPERATION_STATES)

/** Null for a row that was damaged by hand: it is no operation any more. */
export function operationOf(row: OperationRow): Operation | null {
  try {
    const steps = Steps.parse(JSON.parse(row.steps)).sort(([a], [b]) => a - b)
    if (steps.some(([index], at) => index !== at)) return null
    const decisions = Decisions.parse(JSON.parse(row.decisions)).sort(([a], [b]) => a - b)
    if (decisions.some(([index], at) => index !== at)) return null
    return {
      ...Head.parse(JSON.parse(row.head)),
      id: Number(row.id),
      workspace: row.workspace,
      state: State.parse(row.state),
      planDigest: row.planDigest,
      expiresAt: row.expiresAt,
      lease: row.leaseHolder === null ? null : { holder: row.leaseHolder, beat: Number(row.leaseBeat) },
      steps: steps.map(stepOf),
      decisions: decisions.map(decisionOf),
    }
  } catch {
    return null
  }
}

/** By their columns guests are found and held, so column and body must say the same. */
function stepOf([index, state, upid, body, cluster, vmid]: z.infer<typeof Steps>[number]): Step {
  const step = StepBody.parse(JSON.parse(body))
  if (step.cluster !== cluster || step.vmid !== vmid) throw new Error('a step says two things')
  return { ...step, index, state, upid }
}

function decisionOf([, body, personId, verdict]: z.infer<typeof Decisions>[number]): Decision {
  const made = Decided.parse(JSON.parse(body))
  if (made.actor.personId !== personId || made.verdict !== verdict)
    throw new Error('a decision says two things')
  return made
}

/** What is said of such a row to whoever asks for it by its number. */
export function damaged(id: number): RefusalError {
  const name = operationName(id)
  return new RefusalError(
    refuse(
      'plan_edited',
      `${name} cannot be read: it was changed in the database. It is not carried out.`,
      'Somebody edited the database. `db check` lists what is damaged; `db restore` puts a backup in place.',
    ),
  )
}

export function headOf(operation: NewOperation): string {
  const { workspace, state, planDigest, expiresAt, lease, steps, decisions, ...head } = operation
  const { id: _, ...rest } = { id: 0, ...head }
  return sqlJson(rest)
}

export function stepBody({ index: _, state: __, upid: ___, ...body }: Step): string {
  return sqlJson(body)
}

export type AuditRow = {
  readonly seq: Num
  readonly at: string
  readonly action: string
  readonly actor: string
  readonly workspace: string | null
  readonly operation: Num | null
  readonly subject: string
  readonly code: string | null
  readonly data: string
  readonly prev: string
  readonly hash: string
}

/** A row whose JSON was damaged by hand still comes out as an entry: one whose hash does not fit. */
export function auditEntryOf(row: AuditRow): AuditEntry {
  return {
    seq: whole(row.seq),
    at: row.at,
    action: row.action,
    actor: parsed(row.actor) as Actor | null,
    workspace: row.workspace,
    operation: row.operation === null ? null : whole(row.operation),
    subject: String(parsed(row.subject)),
    code: row.code,
    data: parsed(row.data) as AuditEntry['data'],
    prev: row.prev,
    hash: row.hash,
  }
}

/** What was made no number by hand is none that fits either. */
function whole(value: Num): number {
  const number = Number(value)
  return Number.isFinite(number) ? number : -1
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    // Blanks in the JSON would come out the same and still be an edit.
    return sqlJson(value) === text ? value : `damaged: ${text}`
  } catch {
    return `damaged: ${text}`
  }
}

export type PersonRow = {
  readonly id: Num
  readonly name: string
  /** JSON of `[surface, id]`. */
  readonly accounts: string
  /** JSON of `[role, scope]`. */
  readonly grants: string
}

export function personOf(row: PersonRow): Person {
  const accounts = JSON.parse(row.accounts) as readonly (readonly [
    Person['accounts'][number]['surface'],
    string,
  ])[]
  const grants = JSON.parse(row.grants) as readonly (readonly [Grant['role'], string])[]
  return {
    id: Number(row.id),
    name: row.name,
    accounts: accounts.map(([surface, id]) => ({ surface, id })),
    grants: grants.map(([role, scope]) => ({ role, scope: Scope.parse(JSON.parse(scope)) })),
  }
}
