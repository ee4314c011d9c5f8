import { z } from 'zod'
import type { Operation } from '../core/operation.js'
import { operationName } from '../core/operation.js'
import type { Shown } from '../core/operation-card.js'
import { Plan, planDigest, typedPhrase } from '../core/plan.js'
import { type Refusal, refuse } from '../core/refusal.js'
import type { Stores } from '../ports/store/stores.js'

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
    }),
  ),
}) satisfies z.ZodType<Shown>

export type ReadPlan = { readonly kind: 'plan'; readonly plan: Plan; readonly shown: Shown | null }

/**
 * The plan of an operation as it lies in the store, if it is the one that was decided on: its digest is computed anew and
 * compared with the operation's and with every decision's, and its targets with the steps. `plan_edited` otherwise.
 */
export async function readPlan(
  stores: Pick<Stores, 'operations'>,
  operation: Operation,
): Promise<ReadPlan | Refusal> {
  const stored = await stores.operations.plan(operation.id)
  const plan = stored === null ? null : parsedPlan(stored.json)
  if (stored === null || plan === null) return edited(operation, 'it cannot be read')
  const digest = planDigest(plan)
  if (digest !== operation.planDigest || digest !== stored.planDigest)
    return edited(operation, 'it is not the one that its digest was taken from')
  if (operation.decisions.some((decision) => decision.planDigest !== digest))
    return edited(operation, 'a decision was taken on another one')
  const fits =
    operation.steps.length === plan.targets.length &&
    operation.command === plan.command &&
    operation.workspace === plan.workspace &&
    operation.typed === typedPhrase(plan) &&
    JSON.stringify(operation.requirement) === JSON.stringify(plan.requirement) &&
    operation.steps.every(({ index, cluster, vmid, kind, verb }) => {
      const target = plan.targets[index]
      return (
        target?.cluster === cluster &&
        target.vmid === vmid &&
        target.kind === kind &&
        target.call.verb === verb
      )
    })
  if (!fits) return edited(operation, 'the operation does not fit it')
  return { kind: 'plan', plan, shown: parsedShown(stored.shown) }
}

function edited(operation: Operation, why: string): Refusal {
  return refuse(
    'plan_edited',
    `The stored plan of ${operationName(operation.id)} was changed: ${why}. It is not carried out.`,
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
