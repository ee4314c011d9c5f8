import { z } from 'zod'
import type { AuditEntry } from '../core/audit.js'
import type { Decision, NewOperation, Operation, Step } from '../core/operation.js'
import type { Actor, Grant, Person } from '../core/people.js'
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
  /** JSON of `[index, state, upid, body]`. */
  readonly steps: string
  /** JSON of `[index, body]`. */
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

export function operationOf(row: OperationRow): Operation {
  const head = JSON.parse(row.head) as Head
  const steps = JSON.parse(row.steps) as readonly (readonly [number, Step['state'], string | null, string])[]
  const decisions = JSON.parse(row.decisions) as readonly (readonly [number, string])[]
  return {
    ...head,
    id: Number(row.id),
    workspace: row.workspace,
    state: row.state as Operation['state'],
    planDigest: row.planDigest,
    expiresAt: row.expiresAt,
    lease: row.leaseHolder === null ? null : { holder: row.leaseHolder, beat: Number(row.leaseBeat) },
    steps: steps
      .map(([index, state, upid, body]) => ({ ...(JSON.parse(body) as StepBody), index, state, upid }))
      .sort((a, b) => a.index - b.index),
    decisions: [...decisions].sort(([a], [b]) => a - b).map(([, body]) => JSON.parse(body) as Decision),
  }
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

const Scope = z.union([
  z.object({ kind: z.literal('everything') }),
  z.object({ kind: z.enum(['pool', 'tag', 'node']), name: z.string() }),
  z.object({ kind: z.literal('guest'), cluster: z.string(), vmid: z.number() }),
])

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
