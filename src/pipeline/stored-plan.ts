import { z } from 'zod'
import type { AuditEntry } from '../core/audit.js'
import { EFFECT_LOG, MOST_ENTRIES, unborne, unfit } from '../core/borne-out.js'
import { canonical, field, sha256 } from '../core/digest.js'
import { ENDED, type Operation, operationName } from '../core/operation.js'
import type { Shown } from '../core/operation-card.js'
import { Plan, planDigest } from '../core/plan.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import { OPERATION_LOG } from '../core/standing.js'
import type { Stores } from '../ports/store/stores.js'

/**
 * The plan of an operation as it lies in the store, if everything is as it was decided on and shown: `plan_edited`
 * otherwise. Whoever shows an operation, decides on it or carries it out comes by here.
 */

const ShownSchema = z.object({
  at: z.string(),
  targets: z.array(
    z.object({
      guest: z.string(),
      node: z.string(),
      state: z.string(),
      uptime: z.number().nullable(),
      tags: z.array(z.string()),
      notes: z.array(z.string()),
      sighting: z.object({ node: z.string(), time: z.number(), births: z.array(z.string()) }).optional(),
    }),
  ),
}) satisfies z.ZodType<Shown>

export type ReadPlan = {
  readonly kind: 'plan'
  /** As it is in the store by now, if it went on since it was read. */
  readonly operation: Operation
  readonly plan: Plan
  readonly shown: Shown | null
  /** Its entries in the log; those of the steps only where they were asked for. Newest first. */
  readonly entries: readonly AuditEntry[]
}

type Reading = Pick<Stores, 'operations' | 'audit'>

/** `steps`: also what is told of the steps is held against the log; for whoever goes by them. */
type Depth = { readonly steps: boolean }

export async function readPlan(
  stores: Reading,
  operation: Operation,
  depth: Depth = { steps: false },
): Promise<ReadPlan | Refusal> {
  const read = await readOnce(stores, operation, depth)
  if (!isRefusal(read)) return read
  // Operation and log are two readings: something may have happened in between. Then the newer one is looked at.
  const now = await stores.operations.get(operation.id)
  return now === null || canonical(now) === canonical(operation) ? read : readOnce(stores, now, depth)
}

/** What was shown with the plan of an operation, and no more, for whoever knows that the rest is proved. */
export async function readShown(stores: Reading, operation: Operation): Promise<Shown | null | Refusal> {
  const { id } = operation
  const [stored, entries] = await Promise.all([
    stores.operations.plan(id),
    stores.audit.list({ operation: id, actions: ['operation.asked'], limit: 1 }),
  ])
  if (stored === null) return edited(operation, 'its plan cannot be read')
  return shownOtherwise(operation, stored, entries, { steps: false }) ?? parsedShown(stored.shown)
}

async function readOnce(stores: Reading, operation: Operation, depth: Depth): Promise<ReadPlan | Refusal> {
  const stored = await stores.operations.plan(operation.id)
  const plan = stored === null ? null : parsedPlan(stored.json)
  if (stored === null || plan === null) return edited(operation, 'its plan cannot be read')
  if (planDigest(plan) !== operation.planDigest)
    return edited(operation, 'its plan is not the one that its digest was taken from')
  const odd = unfit(operation, plan)
  if (odd !== null) return edited(operation, `it does not fit its plan (${odd})`)
  const entries = await stores.audit.list({
    operation: operation.id,
    actions: depth.steps ? [...OPERATION_LOG, ...EFFECT_LOG] : OPERATION_LOG,
    limit: MOST_ENTRIES,
  })
  const lacking = unborne(operation, entries, depth)
  if (lacking !== null) return edited(operation, `the audit log does not bear it out: ${lacking}`)
  const otherwise = shownOtherwise(operation, stored, entries, depth)
  if (otherwise !== null) return otherwise
  return { kind: 'plan', operation, plan, shown: parsedShown(stored.shown), entries }
}

/**
 * What was shown is bound by its hash in the entry that tells of the asking. Earlier versions wrote none: what they left
 * behind undecided, or decided and not begun, has to be asked for anew; what is under way or over goes by its plan alone.
 */
function shownOtherwise(
  operation: Operation,
  { shown }: { readonly shown: string },
  entries: readonly AuditEntry[],
  depth: Depth,
): Refusal | null {
  const bound = field(entries.at(-1)?.data, 'shown')
  if (bound === sha256(shown)) return null
  if (bound !== undefined) return edited(operation, 'what was shown with its plan was changed')
  return isUnderWay(operation, entries, depth)
    ? null
    : refuse(
        'plan_edited',
        `${operationName(operation.id)} was asked for with an earlier version, which did not bind what was shown with the plan. It is not carried out.`,
        'Ask anew.',
      )
}

/** Or over. Without the entries of the steps one that runs may have begun them. */
function isUnderWay({ state }: Operation, entries: readonly AuditEntry[], { steps }: Depth): boolean {
  if (state === 'running') return !steps || entries.some(({ action }) => action === 'effect.intended')
  return state === 'unknown' || ENDED.has(state)
}

function edited({ id }: Operation, why: string): Refusal {
  return refuse(
    'plan_edited',
    `${operationName(id)} was changed in the database: ${why}. It is not carried out.`,
    'Somebody edited the database. Ask anew, and look at `audit verify`.',
  )
}

function parsedPlan(json: string): Plan | null {
  try {
    const parsed = Plan.safeParse(JSON.parse(json))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

function parsedShown(json: string): Shown | null {
  try {
    const parsed = ShownSchema.safeParse(JSON.parse(json))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
