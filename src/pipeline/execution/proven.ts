import type { AuditEntry } from '../../core/audit.js'
import { type Operation, operationName } from '../../core/operation.js'
import type { Plan } from '../../core/plan.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import { decidersOf } from '../deciders.js'
import { placesOfOperation } from '../present.js'
import { readPlan } from '../stored-plan.js'
import type { ExecutionParts } from './parts.js'

type Parts = Pick<ExecutionParts, 'stores' | 'settings' | 'clock'>

/**
 * The plan of an operation, proved once more before anything is sent: plan, rows and log must bear each other out, down
 * to what was done to each target (`plan_edited`). Where nothing was sent yet, it must be in time by the log and made
 * under the policy as it is now: `expired`, `plan_stale`.
 */
export async function provenPlan(parts: Parts, operation: Operation): Promise<Plan | Refusal> {
  const read = await readPlan(parts.stores, operation, { steps: true })
  if (isRefusal(read)) return read
  const { plan, entries } = read
  const name = operationName(operation.id)
  // What is under way already, by the log, is brought to its end, whatever the config file says by now.
  if (entries.some(({ action }) => action === 'effect.intended')) return plan
  if (await isLate(parts, decidedAt(entries) + plan.requirement.ttl))
    return refuse('expired', `${name} was decided, but not begun in time.`, 'It can be asked for again.')
  const settings = parts.settings.current()
  if (isRefusal(settings)) return settings
  if (settings.policyHash !== plan.policyHash)
    return refuse(
      'plan_stale',
      `The policy was changed since ${name} was asked for.`,
      'Ask anew, so that it is judged by the policy as it is now.',
    )
  if (plan.requirement.solo && (await othersCanApprove(parts, operation)))
    return refuse(
      'plan_stale',
      `${name} was to be decided by one person alone, and by now somebody else could approve it.`,
      'Ask anew; then somebody else decides.',
    )
  return plan
}

async function othersCanApprove({ stores }: Pick<Parts, 'stores'>, operation: Operation): Promise<boolean> {
  const places = await placesOfOperation({ stores }, operation)
  const people = await stores.people.list()
  return decidersOf(people, operation.requester, operation.requirement, places).others.length > 0
}

/** When the last decision was taken by the log, or, where none was asked for, when it was asked for. Unix milliseconds. */
function decidedAt(entries: readonly AuditEntry[]): number {
  const deciding = entries.filter(({ action }) => DECIDING.includes(action))
  return Math.max(...deciding.map(({ at }) => Date.parse(at)))
}

const DECIDING = ['operation.asked', 'decision.approve', 'decision.confirm']

/** By the later of the clock and the newest time in the log: a clock that was set back makes nothing live longer. */
async function isLate({ clock, stores }: Parts, until: number): Promise<boolean> {
  if (clock.now().getTime() >= until) return true
  return (await stores.audit.list({ since: new Date(until), limit: 1 })).length > 0
}
