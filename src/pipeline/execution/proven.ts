import type { AuditEntry } from '../../core/audit.js'
import { missingDecisions, type Operation, operationName } from '../../core/operation.js'
import type { Plan } from '../../core/plan.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import { readPlan } from '../stored-plan.js'
import type { ExecutionParts } from './parts.js'

/**
 * The plan of an operation, proved once more before anything is sent: by its own digest, by every decision's, and by the
 * audit log, which must tell of its asking and of each decision that counts. Made under the policy as it is now.
 */
export async function provenPlan(
  parts: Pick<ExecutionParts, 'stores' | 'settings'>,
  operation: Operation,
): Promise<Plan | Refusal> {
  const read = await readPlan(parts.stores, operation)
  if (isRefusal(read)) return read
  const entries = await parts.stores.audit.list({ operation: operation.id, limit: 1000 })
  const lacking = unproven(operation, entries)
  if (lacking !== null)
    return refuse(
      'plan_edited',
      `The audit log does not bear out ${operationName(operation.id)}: ${lacking}. It is not carried out.`,
      'Somebody edited the database. Ask anew, and look at `audit verify`.',
    )
  const settings = parts.settings.current()
  if (isRefusal(settings)) return settings
  const begun = operation.steps.some(({ state }) => state !== 'pending')
  if (!begun && settings.policyHash !== read.plan.policyHash)
    return refuse(
      'plan_stale',
      `The policy was changed since ${operationName(operation.id)} was asked for.`,
      'Ask anew, so that it is judged by the policy as it is now.',
    )
  return read.plan
}

function unproven(operation: Operation, entries: readonly AuditEntry[]): string | null {
  const { planDigest } = operation
  const bound = entries.filter(({ data }) => digestIn(data) === planDigest)
  if (!bound.some(({ action }) => action === 'operation.asked')) return 'it does not tell of this plan'
  const open = missingDecisions(operation)
  if (open.confirm || open.approvals > 0) return 'it was never decided in full'
  const missing = operation.decisions.find(
    ({ verdict, actor, counts }) =>
      counts &&
      !bound.some(
        (entry) => entry.action === `decision.${verdict}` && entry.actor?.personId === actor.personId,
      ),
  )
  return missing === undefined ? null : `it does not tell of the decision of ${missing.actor.person}`
}

function digestIn(data: AuditEntry['data']): unknown {
  return typeof data === 'object' && data !== null && 'planDigest' in data ? data.planDigest : null
}
