import type { GuestRef } from '../core/args.js'
import { type Answer, CHANGE_ARGS, commandName } from '../core/command.js'
import { canonical, type Json } from '../core/digest.js'
import { isOver, type NewOperation, operationName } from '../core/operation.js'
import type { Plan } from '../core/plan.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import { deskFor } from './desk.js'
import type { PlanRequest, Told } from './plan.js'
import type { RoadParts } from './road-parts.js'
import { type ReadPlan, readPlan } from './stored-plan.js'

/** Words that were said before: what waits already, and what is confirmed by saying it again with its digest. */

/** So many plans of one person may wait: more would hide those of others. */
const MOST_WAITING = 100

/**
 * The same plan of the same person that waits, if it can still be decided: what was edited has to be asked for anew. Refused
 * where too many others of theirs wait.
 */
export async function waitingAlready(
  { stores, now }: Pick<RoadParts, 'stores' | 'now'>,
  asked: NewOperation,
): Promise<ReadPlan | Refusal | null> {
  const { workspace, planDigest, requester } = asked
  const newest = { workspaces: [workspace], states: ['waiting'] as const, limit: 2 * MOST_WAITING }
  const waiting = (await stores.operations.list(newest)).filter(
    (each) => each.requester.personId === requester.personId && !isOver(each, now()),
  )
  for (const each of waiting.filter((one) => one.planDigest === planDigest)) {
    const read = await readPlan(stores, each)
    if (!isRefusal(read)) return read
  }
  if (asked.state !== 'waiting' || waiting.length < MOST_WAITING) return null
  return refuse(
    'rate_limited',
    `${requester.person} has ${waiting.length} plans that wait to be decided.`,
    '`approvals` lists them; cancel those that are not wanted any more.',
  )
}

/**
 * The same words with `--confirm DIGEST` confirm the plan that waits with this digest; they make no second one. They must
 * be the same: the very guests, and every flag that the plan was made with.
 */
export async function confirmedAgain(
  parts: RoadParts,
  request: PlanRequest,
  told: Told,
  guests: readonly GuestRef[],
): Promise<Answer | null> {
  const { confirm } = told
  if (confirm === null) return null
  const hint = 'Ask without --confirm to see the plan as it is now, and its digest.'
  if (!/^[0-9a-f]{8,64}$/i.test(confirm))
    return refuse('wrong_digest', `\`${confirm}\` is not the digest of a plan.`, hint)
  const digest = confirm.toLowerCase()
  const { actor } = request.speaker
  const operations = await parts.stores.operations.list({ workspaces: [request.workspace.name], limit: 500 })
  const found = operations.find(
    (each) => each.planDigest.startsWith(digest) && each.requester.personId === actor.personId,
  )
  if (found === undefined) return refuse('wrong_digest', 'No plan of yours has that digest.', hint)
  const read = await readPlan(parts.stores, found)
  if (isRefusal(read)) return read
  const differences = saidOtherwise(read.plan, request, told, guests)
  if (differences.length > 0)
    return refuse(
      'wrong_digest',
      `${operationName(found.id)}, which has that digest, is not what these words say: ${differences.join('; ')}.`,
      hint,
    )
  return deskFor(parts, request.speaker, request.workspace).decide(found.id, 'confirm', {
    plan: digest,
    reason: told.reason,
    typed: told.typed,
  })
}

/** What the words say otherwise than the plan, each in a few words. */
function saidOtherwise(
  plan: Plan,
  request: PlanRequest,
  told: Told,
  guests: readonly GuestRef[],
): readonly string[] {
  const command = commandName(request.command)
  if (command !== plan.command) return [`it is \`${plan.command}\`, not \`${command}\``]
  const differ = (what: string, planned: Json | undefined, said: Json | undefined) =>
    canonical(planned ?? null) === canonical(said ?? null)
      ? []
      : [`${what} is ${word(planned)} in the plan, ${word(said)} here`]
  // Where the rules ask for a reason and the plan has none, this is where it is given.
  const late = plan.reason === null && plan.requirement.reason
  const args = ownArguments(request)
  return [
    ...guestsOtherwise(plan, guests),
    ...differ('--canary', plan.canary, told.canary),
    ...differ('--parallel', plan.parallel, told.parallel),
    ...differ('--keep-going', plan.keepGoing, told.keepGoing),
    ...(late ? [] : differ('--reason', plan.reason, told.reason)),
    ...[...new Set([...Object.keys(plan.args ?? {}), ...Object.keys(args)])].flatMap((name) =>
      differ(`--${name}`, plan.args?.[name], args[name]),
    ),
    ...(canonical(plan.after) === canonical(request.after)
      ? []
      : [`it ${plan.after?.kind === 'undo' ? 'takes back' : 'goes on with'} another operation`]),
  ]
}

function word(value: Json | undefined): string {
  if (value === null || value === undefined) return 'not given'
  return typeof value === 'string' ? `\`${value}\`` : JSON.stringify(value)
}

/** A bulk may have left some out, and said so: they are named as well. */
function guestsOtherwise({ targets, leftOut }: Plan, guests: readonly GuestRef[]): readonly string[] {
  const planned = new Map(targets.map(({ cluster, vmid, name }) => [`${cluster}/${vmid}`, name]))
  const named = new Map(guests.map((guest) => [`${guest.cluster}/${guest.vmid}`, guest]))
  const without = leftOut.map(({ guest }) => guest)
  const more = [...named].flatMap(([key, { name, vmid }]) => {
    if (planned.has(key)) return []
    const at = without.indexOf(`${name} (${vmid})`)
    if (at < 0) return [name]
    without.splice(at, 1)
    return []
  })
  const lacking = [...[...planned].flatMap(([key, name]) => (named.has(key) ? [] : [name])), ...without]
  return [
    ...(more.length === 0 ? [] : [`${listed(more)} is not in the plan`]),
    ...(lacking.length === 0 ? [] : [`${listed(lacking)} is not named here`]),
  ]
}

function listed(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`
}

/** What a command takes besides guests and what every change takes. */
export function ownArguments({
  command,
  values,
}: Pick<PlanRequest, 'command' | 'values'>): NonNullable<Plan['args']> {
  const own = Object.keys(command.args).filter((name) => name !== 'guests' && !(name in CHANGE_ARGS))
  const given = own.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]] as const]))
  return JSON.parse(JSON.stringify(Object.fromEntries(given)))
}
