import type { AuditEntry } from './audit.js'
import { field, type Json } from './digest.js'
import { type Decision, missingDecisions, OPERATION_STATES, type Operation } from './operation.js'
import type { Requirement } from './policy.js'

/** Where an operation stands, told by the log alone. */

/** What the log holds of an operation itself, beside what it holds of its steps. */
export const OPERATION_LOG = [
  'operation.asked',
  'decision.approve',
  'decision.confirm',
  'decision.deny',
  'decision.retracted',
  'operation.begun',
  'operation.cancel',
  'operation.ended',
  'operation.expired',
  'operation.settled',
  'operation.closed',
] as const

export type Standing = {
  /** Null where it cannot be told. */
  readonly state: Operation['state'] | null
  readonly decisions: readonly Decision[]
  readonly decidedAt: string | null
  readonly cancelAsked: boolean
  /** What is told of its end; what is not in there is not told. */
  readonly end: Partial<Pick<Operation, 'code' | 'message' | 'endedAt'>>
}

type Bound = { readonly requirement: Requirement; readonly planDigest: string }

/** Follows the entries of one operation, oldest first. */
export function standingOf(bound: Bound, entries: readonly AuditEntry[]): Standing {
  return entries.reduce((before, entry) => after(bound, before, entry), NOWHERE)
}

const OPEN = { code: null, message: null, endedAt: null } as const
const NOWHERE: Standing = { state: null, decisions: [], decidedAt: null, cancelAsked: false, end: OPEN }

function after(bound: Bound, before: Standing, entry: AuditEntry): Standing {
  const { action, at, code, data } = entry
  switch (action) {
    case 'operation.asked': {
      const { confirm, approvals } = bound.requirement
      const decided = confirm === 'none' && approvals === 0
      return { ...before, state: decided ? 'ready' : 'waiting', decidedAt: decided ? at : null }
    }
    case 'decision.approve':
    case 'decision.confirm':
    case 'decision.deny':
      return decided(bound, before, entry)
    case 'decision.retracted':
      return retracted(bound, before, field(data, 'persons'))
    case 'operation.begun':
      return { ...before, state: 'running' }
    case 'operation.cancel':
      return cancelled(before, { at, message: field(data, 'message') })
    case 'operation.ended':
      return ended(before, stateIn(field(data, 'state')), { code, at, message: field(data, 'message') })
    case 'operation.settled':
      return settled(before, at, field(data, 'outcome'))
    case 'operation.expired':
      return ended(before, 'expired', { code, at, message: field(data, 'message') })
    case 'operation.closed':
      return { ...before, state: 'unverified', end: {} }
    default:
      return before
  }
}

function decided(bound: Bound, before: Standing, { action, actor, at, code, data }: AuditEntry): Standing {
  if (actor === null) return before
  const verdict = action === 'decision.deny' ? 'deny' : action === 'decision.confirm' ? 'confirm' : 'approve'
  const reason = field(data, 'reason')
  const made: Decision = {
    actor,
    verdict,
    reason: typeof reason === 'string' ? reason : null,
    at,
    planDigest: bound.planDigest,
    counts: true,
  }
  const next = { ...before, decisions: [...before.decisions, made] }
  if (verdict === 'deny') return ended(next, 'denied', { code, at, message: field(data, 'message') })
  return isDecided(bound, next) ? { ...next, state: 'ready', decidedAt: at } : next
}

function retracted(bound: Bound, before: Standing, persons: Json | undefined): Standing {
  const gone = Array.isArray(persons) ? persons : []
  const decisions = before.decisions.map((made) =>
    gone.includes(made.actor.personId) ? { ...made, counts: false } : made,
  )
  const next = { ...before, decisions }
  return isDecided(bound, next) ? next : { ...next, state: 'waiting', decidedAt: null }
}

function isDecided(bound: Bound, { decisions }: Pick<Standing, 'decisions'>): boolean {
  const missing = missingDecisions({ ...bound, decisions })
  return !missing.confirm && missing.approvals === 0
}

/** What a person's second look made of it; earlier versions did not tell. */
function settled(before: Standing, at: string, outcome: Json | undefined): Standing {
  const [state, code] = [stateIn(field(outcome, 'state')), field(outcome, 'code')]
  if (state === null || (code !== null && typeof code !== 'string'))
    return { ...before, state: null, end: {} }
  return ended(before, state, { code, at, message: field(outcome, 'message') })
}

function cancelled(before: Standing, by: Omit<End, 'code'>): Standing {
  switch (before.state) {
    case 'running':
      return { ...before, cancelAsked: true }
    case 'unknown':
    case null:
      return ended(before, 'unverified', { code: 'outcome_unknown', ...by })
    default:
      return ended(before, 'cancelled', { code: 'cancelled', ...by })
  }
}

type End = { readonly code: string | null; readonly at: string; readonly message?: Json | undefined }

function ended(before: Standing, state: Standing['state'], { code, at, message }: End): Standing {
  const said = message === null || typeof message === 'string' ? { message } : {}
  return { ...before, state, end: { code, endedAt: state === 'unknown' ? null : at, ...said } }
}

function stateIn(value: Json | undefined): Standing['state'] {
  return OPERATION_STATES.find((state) => state === value) ?? null
}
