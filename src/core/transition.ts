import type { NewAudit } from './audit.js'
import { type DecideEvent, decide } from './deciding.js'
import { type Json, sha256 } from './digest.js'
import { type ExecuteEvent, execute } from './executing.js'
import type { Freeze } from './freeze.js'
import type { Operation } from './operation.js'
import type { Grant } from './people.js'
import type { Refusal } from './refusal.js'

/** Everything that can happen to an operation. Nothing else changes one. */
export type OperationEvent = DecideEvent | ExecuteEvent

/**
 * What an event makes of an operation. `refusal` tells whoever caused it that it was not taken; even then the operation
 * may have changed (a decision that comes too late finds it expired), and `audit` is to be written.
 */
export type Transition = {
  readonly operation: Operation
  readonly audit: readonly NewAudit[]
  readonly refusal: Refusal | null
}

/** What an event meets besides the operation, as the transaction sees it that applies it. Only an intent asks. */
export type Around = {
  readonly freeze: Freeze | null
  /** What who asked for the operation holds by now. */
  readonly grants: readonly Grant[]
}

const QUIET: Around = { freeze: null, grants: [] }

/** The state machine of operations. Pure; `at` is the later of the clock's time, `now`, and the newest time in the store. */
export function transition(
  operation: Operation,
  event: OperationEvent,
  at: Date,
  around: Around = QUIET,
  now: Date = at,
): Transition {
  switch (event.kind) {
    case 'decide':
    case 'cancel':
    case 'expire':
    case 'remind':
    case 'retract':
      return decide(operation, event, at, now)
    default:
      return execute(operation, event, at, around)
  }
}

/** The entry with which an operation comes to be: it binds what was shown with it, which is in no digest. */
export function askedFor(operation: Operation, shown: string): NewAudit {
  const { requester, risk, reason, steps } = operation
  const guests = steps.map(({ cluster, vmid }) => `${cluster}/${vmid}`)
  return noted(operation, 'operation.asked', {
    actor: requester,
    data: { risk, reason, guests, shown: sha256(shown) },
  })
}

/** The audit entry of something that happened to an operation. */
export function noted(
  operation: Operation,
  action: string,
  more: {
    readonly actor?: NewAudit['actor']
    readonly code?: string | null
    readonly subject?: string
    readonly data?: Readonly<Record<string, Json | undefined>>
  } = {},
): NewAudit {
  return {
    action,
    actor: more.actor ?? null,
    workspace: operation.workspace,
    operation: operation.id,
    subject: more.subject ?? `${operation.command} ${operation.asked}`,
    code: more.code ?? null,
    data: { planDigest: operation.planDigest, ...more.data },
  }
}
