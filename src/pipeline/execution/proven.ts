import { type AuditEntry, entryHash } from '../../core/audit.js'
import { canonical, type Json } from '../../core/digest.js'
import { type Decision, missingDecisions, type Operation, operationName } from '../../core/operation.js'
import { sameHuman } from '../../core/people.js'
import type { Plan } from '../../core/plan.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import { decidersOf } from '../deciders.js'
import { placesOfOperation } from '../present.js'
import { readPlan } from '../stored-plan.js'
import type { ExecutionParts } from './parts.js'

/** What the log may hold of an operation that is still to be carried out. */
const ASKED = 'operation.asked'
const DECIDED = ['decision.approve', 'decision.confirm'] as const
const RETRACTED = 'decision.retracted'
const CANCELLED = 'operation.cancel'
const INTENDED = 'effect.intended'
const ENDED = ['operation.ended', 'operation.expired', 'decision.deny'] as const
/** Far more than come of the largest plan: one of asking, some of deciding, one of each target. */
const MOST_ENTRIES = 10_000

/**
 * The plan of an operation, proved once more before anything is sent: by its own digest, by every decision's, and by the
 * audit log, whose entries must be whole and tell of its asking, of each decision that counts, of no end, and of no effect
 * on a target that is said to be untouched. Where nothing was sent yet, it must be in time by the log and made under the
 * policy as it is now: `plan_edited`, `expired`, `plan_stale`.
 */
export async function provenPlan(
  parts: Pick<ExecutionParts, 'stores' | 'settings' | 'clock'>,
  operation: Operation,
): Promise<Plan | Refusal> {
  const read = await readPlan(parts.stores, operation)
  if (isRefusal(read)) return read
  const name = operationName(operation.id)
  const entries = await parts.stores.audit.list({
    operation: operation.id,
    actions: [ASKED, ...DECIDED, RETRACTED, CANCELLED, INTENDED, ...ENDED],
    limit: MOST_ENTRIES,
  })
  const lacking = unproven(operation, entries, read.plan.requirement.ttl)
  if (lacking !== null)
    return refuse(
      'plan_edited',
      `The audit log does not bear out ${name}: ${lacking}. It is not carried out.`,
      'Somebody edited the database. Ask anew, and look at `audit verify`.',
    )
  // What is under way already, by the log, is brought to its end, whatever the config file says by now.
  if (entries.some(({ action }) => action === INTENDED)) return read.plan
  if (parts.clock.now().getTime() >= decidedAt(entries) + read.plan.requirement.ttl)
    return refuse('expired', `${name} was decided, but not begun in time.`, 'It can be asked for again.')
  const settings = parts.settings.current()
  if (isRefusal(settings)) return settings
  if (settings.policyHash !== read.plan.policyHash)
    return refuse(
      'plan_stale',
      `The policy was changed since ${name} was asked for.`,
      'Ask anew, so that it is judged by the policy as it is now.',
    )
  if (read.plan.requirement.solo && (await othersCanApprove(parts, operation)))
    return refuse(
      'plan_stale',
      `${name} was to be decided by one person alone, and by now somebody else could approve it.`,
      'Ask anew; then somebody else decides.',
    )
  return read.plan
}

async function othersCanApprove(
  { stores }: Pick<ExecutionParts, 'stores'>,
  operation: Operation,
): Promise<boolean> {
  const places = await placesOfOperation({ stores }, operation)
  const people = await stores.people.list()
  return decidersOf(people, operation.requester, operation.requirement, places).others.length > 0
}

function unproven(operation: Operation, entries: readonly AuditEntry[], ttl: number): string | null {
  if (entries.length >= MOST_ENTRIES) return 'it holds more of it than can be'
  const damaged = entries.find((entry) => entryHash(entry) !== entry.hash)
  if (damaged !== undefined) return `its entry ${damaged.seq} was changed`
  const foreign = entries.find(({ data }) => of(data, 'planDigest') !== operation.planDigest)
  if (foreign !== undefined) return `its entry ${foreign.seq} tells of another plan`
  const asked = entries.find(({ action, actor }) => action === ASKED && isSame(actor, operation.requester))
  if (asked === undefined) return `it does not tell that ${operation.requester.person} asked for it`
  const over = entries.find(({ action }) => ENDED.some((ended) => ended === action))
  if (over !== undefined) return `it is over by entry ${over.seq}`
  const cancelled = entries.find(({ action }) => action === CANCELLED)
  if (cancelled !== undefined && !operation.cancelAsked) return `it was cancelled by entry ${cancelled.seq}`
  const untouched = operation.steps.filter(({ state }) => state === 'pending').map(({ index }) => index)
  const sent = entries.find(
    ({ action, data }) => action === INTENDED && untouched.includes(Number(of(data, 'index'))),
  )
  if (sent !== undefined) return `what it says is still to be sent was sent by entry ${sent.seq}`
  const open = missingDecisions(operation)
  if (open.confirm || open.approvals > 0) return 'it was never decided in full'
  const until = Date.parse(asked.at) + ttl
  const deciders = [asked.actor]
  for (const made of operation.decisions.filter(({ counts }) => counts)) {
    const entry = logged(made, entries)
    if (entry === null) return `it does not tell of the decision of ${made.actor.person}`
    if (Date.parse(entry.at) >= until) return `the decision of entry ${entry.seq} came too late`
    if (made.verdict !== 'approve') continue
    // By the log's own word on who they are: nobody approves what is theirs, or twice.
    if (deciders.some((each) => each !== null && entry.actor !== null && sameHuman(each, entry.actor)))
      return `the approval of entry ${entry.seq} is by somebody who has had their word`
    deciders.push(entry.actor)
  }
  return null
}

/** The entry of a decision; null where there is none, or a later one takes it back. */
function logged({ verdict, actor }: Decision, entries: readonly AuditEntry[]): AuditEntry | null {
  // The newest counts: who was retracted may have decided anew.
  const made = entries.find((entry) => entry.action === `decision.${verdict}` && isSame(entry.actor, actor))
  const takenBack = ({ action, data, seq }: AuditEntry): boolean => {
    const persons = of(data, 'persons')
    return (
      action === RETRACTED &&
      seq > (made?.seq ?? 0) &&
      Array.isArray(persons) &&
      persons.includes(actor.personId)
    )
  }
  return made === undefined || entries.some(takenBack) ? null : made
}

/** When the last decision was taken by the log, or, where none was asked for, when it was asked for. Unix milliseconds. */
function decidedAt(entries: readonly AuditEntry[]): number {
  const deciding = entries.filter(({ action }) => action === ASKED || DECIDED.some((each) => each === action))
  return Math.max(...deciding.map(({ at }) => Date.parse(at)))
}

/** The very same, down to who it really was and what they were given. */
function isSame(one: AuditEntry['actor'], other: Operation['requester']): boolean {
  return one !== null && canonical(one) === canonical(other)
}

function of(data: Json, key: string): Json | undefined {
  return typeof data === 'object' && data !== null && !Array.isArray(data) && key in data
    ? Object.entries(data).find(([name]) => name === key)?.[1]
    : undefined
}
