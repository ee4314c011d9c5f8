import type { GuestFacts } from '../../core/guest-facts.js'
import type { Operation } from '../../core/operation.js'
import { grantsOf, holdsFor } from '../../core/people.js'
import type { Plan, PlanTarget } from '../../core/plan.js'
import { covers, guardOf, judge } from '../../core/policy.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import { mayDecide } from '../deciders.js'
import type { ExecutionParts } from './parts.js'

/**
 * Whether what was decided on is enough for a target where it is right now: guests move between nodes, and rules and
 * scopes may name those. Null when it is; a refusal that says what is missing otherwise.
 */
export async function beyondDecided(
  { stores, settings }: Pick<ExecutionParts, 'stores' | 'settings'>,
  {
    operation,
    plan,
    target,
  }: { readonly operation: Operation; readonly plan: Plan; readonly target: PlanTarget },
  facts: GuestFacts,
): Promise<Refusal | null> {
  const current = settings.current()
  if (isRefusal(current)) return current
  const { cluster, vmid, name } = target
  const { node, pool, tags } = facts
  const judged = judge(current.policy, {
    workspace: operation.workspace,
    command: plan.command,
    risk: plan.risk,
    targets: [{ vmid, name, node, pool, tags }],
  })
  const guest = `${name} (${cluster}/${vmid}) is on ${node} now`
  const hint = 'Ask anew, so that it is judged where it is.'
  const guarded = plan.risk === 'routine' ? null : guardOf(current.policy, { vmid, name, node, pool, tags })
  if (guarded !== null)
    return refuse('plan_stale', `${name} (${cluster}/${vmid}) is guarded by ${guarded} now.`, hint)
  if (judged.kind === 'refused')
    return refuse('plan_stale', `${guest}, and the rule \`${judged.rule}\` refuses this there.`, hint)
  if (!covers(plan.requirement, judged.requirement))
    return refuse('plan_stale', `${guest}, and the rules ask for more there than was decided.`, hint)
  const place = { cluster, vmid, node, pool, tags }
  const people = await stores.people.list()
  const holder = (id: number) => people.find((person) => person.id === id)
  if (!holdsFor(grantsOf(holder(operation.requester.personId), operation.requester), 'operator', place))
    return refuse('plan_stale', `${guest}, where ${operation.requester.person} is no operator.`, hint)
  const outside = operation.decisions.find(({ counts, verdict, actor }) => {
    const person = holder(actor.personId)
    const may = person !== undefined && mayDecide(person, plan.requirement, [place])
    return counts && verdict === 'approve' && !may
  })
  return outside === undefined
    ? null
    : refuse('plan_stale', `${guest}, where ${outside.actor.person} may not approve this.`, hint)
}
