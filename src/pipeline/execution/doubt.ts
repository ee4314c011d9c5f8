import type { Operation } from '../../core/operation.js'
import { OPEN_STEPS } from '../../core/operation.js'
import { isRefusal } from '../../core/refusal.js'
import { readPlan } from '../stored-plan.js'
import type { ExecutionParts } from './parts.js'

/**
 * Ends an operation of which all is said to be done, where the log does not bear that out: rows that were edited leave
 * nothing to carry out, and it must not be called verified by them. Gives whether it was so.
 */
export async function endedInDoubt(
  { stores, holder, clock, onChange }: Pick<ExecutionParts, 'stores' | 'holder' | 'clock' | 'onChange'>,
  operation: Operation,
): Promise<boolean> {
  if (operation.steps.some(({ state }) => state === 'pending' || OPEN_STEPS.has(state))) return false
  const read = await readPlan(stores, operation, { steps: true })
  if (!isRefusal(read)) return false
  const { code, message } = read
  await stores.operations.apply(
    operation.id,
    { kind: 'finish', holder, doubt: { code, message } },
    clock.now(),
  )
  onChange(operation.id)
  return true
}
