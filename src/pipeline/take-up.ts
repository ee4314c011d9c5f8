import type { GuestRef } from '../core/args.js'
import { canariesLeft } from '../core/canary.js'
import { type Answer, commandName } from '../core/command.js'
import { compareMarks } from '../core/identity.js'
import { type Operation, operationName, type Step } from '../core/operation.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import type { Workspace } from '../ports/query.js'
import { mayBeAnother, sightingOf } from './births.js'
import { settleUnknown } from './execution/settle-unknown.js'
import type { Speaker } from './identify.js'
import { operatorOfAll } from './operator-of-all.js'
import { planChange } from './plan.js'
import { readGuests } from './planning.js'
import { answerOf } from './present.js'
import type { RoadParts } from './road-parts.js'
import { type ReadPlan, readPlan } from './stored-plan.js'
import { guestsOf } from './undo.js'

type At = {
  readonly parts: RoadParts
  readonly speaker: Extract<Speaker, { readonly kind: 'known' }>
  readonly workspace: Workspace
}

/** Targets of a stopped bulk with which `continue` goes on. */
const LEFT = ['skipped', 'cancelled', 'failed', 'stale']

/**
 * `continue`: an `unknown` is looked at again and ended by what is found, nothing is sent; what a stopped bulk has left
 * becomes a new plan under policy.
 */
export async function takeUp(at: At, operation: Operation, reason: string | null): Promise<Answer> {
  const { parts, speaker, workspace } = at
  const name = operationName(operation.id)
  const outside = await operatorOfAll(parts, speaker, operation)
  if (outside !== null) return outside
  if (operation.state === 'unknown') {
    const settled = await settleUnknown(parts, operation, speaker.actor)
    return isRefusal(settled) ? settled : answerOf(at, settled)
  }
  const left = operation.steps.filter(({ state }) => LEFT.includes(state))
  const resumable = ['partial', 'failed', 'stale', 'cancelled'].includes(operation.state)
  const begun = operation.decidedAt !== null
  const command = parts.commands.find((each) => commandName(each) === operation.command)
  if (!resumable || !begun || left.length === 0 || command?.kind !== 'change')
    return refuse(
      'nothing_to_continue',
      `${name} has nothing left to go on with: it is ${operation.state}.`,
      `\`why ${name}\` shows how each guest fared.`,
    )
  const read = await readPlan(parts.stores, operation, { steps: true })
  if (isRefusal(read)) return read
  // As long as was asked for; where each guest has its own time, it is read from each again.
  const waits = new Set(left.map(({ index }) => read.plan.targets[index]?.call.timeout ?? null))
  const [seconds = null] = waits.size === 1 ? waits : []
  const guests = await guestsOf(parts, left)
  const other = await anotherOf(parts, guests, left, read)
  if (other !== null) return other
  return planChange(parts, {
    command,
    values: {
      guests,
      reason: reason ?? operation.reason ?? undefined,
      canary: canariesLeft(operation.canary, operation.steps) || undefined,
      parallel: operation.parallel,
      'keep-going': operation.keepGoing,
      ...(seconds === null ? {} : { timeout: seconds * 1000 }),
    },
    speaker,
    workspace,
    signal: new AbortController().signal,
    after: { kind: 'continue', operation: operation.id },
  })
}

/** Refused where a guest of the rest is another one by now, or may be; null when all are who they were. */
async function anotherOf(
  parts: RoadParts,
  guests: readonly GuestRef[],
  left: readonly Step[],
  read: ReadPlan,
): Promise<Refusal | null> {
  const name = operationName(read.operation.id)
  const hint = 'Ask anew for the guests that are meant.'
  const readings = await readGuests(parts, guests)
  for (const step of left) {
    const now = readings.find(({ guest }) => guest.cluster === step.cluster && guest.vmid === step.vmid)
    const before = read.plan.targets[step.index]
    if (before === undefined || now?.reading.kind !== 'facts') continue
    const { mark, node } = now.reading.facts
    const guest = `${step.name} (${step.vmid})`
    if (compareMarks(before.mark, mark) === 'different')
      return refuse(
        'identity_changed',
        `${name} cannot be gone on with: ${guest} was made anew under the same number.`,
        hint,
      )
    if (before.mark.kind !== 'ct') continue
    const seen = sightingOf(read.operation, read.shown, step.index)
    const why = await mayBeAnother(parts.pve(step.cluster), step.vmid, seen, node)
    if (why !== null)
      return refuse(
        'identity_unknown',
        `${name} cannot be gone on with: ${guest} may be another one by now: ${why}.`,
        hint,
      )
  }
  return null
}
