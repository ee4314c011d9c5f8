import { type GuestRef, optional } from '../core/args.js'
import { type Card, card } from '../core/card.js'
import { type Answer, CHANGE_ARGS, commandName } from '../core/command.js'
import { canonical } from '../core/digest.js'
import type { Drafted, DraftTarget } from '../core/drafting.js'
import { newOperation, type Operation } from '../core/operation.js'
import { choicesOf, operationCard, type Shown } from '../core/operation-card.js'
import type { Place } from '../core/people.js'
import { type Plan, planDigest, typedPhrase } from '../core/plan.js'
import { judge, type PlanRisk, type Requirement, underSolo } from '../core/policy.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import { reportOf } from '../core/report.js'
import type { Workspace } from '../ports/query.js'
import type { Settings } from '../ports/settings.js'
import { confirmedAgain, ownArguments, waitingAlready } from './asked-again.js'
import { authoriseFor } from './authorise.js'
import { decidersOf } from './deciders.js'
import { frozen } from './freeze.js'
import type { Speaker } from './identify.js'
import { noteEdited } from './note.js'
import type { ChangeCommand } from './parse.js'
import { planContext } from './planning.js'
import type { RoadParts } from './road-parts.js'

const GUESTS = optional.guests({ label: 'guests', summary: '' }).schema

/** More targets than this belong in several plans. */
const MOST_TARGETS = 500

export type PlanRequest = {
  readonly command: ChangeCommand
  readonly values: Readonly<Record<string, unknown>>
  readonly speaker: Extract<Speaker, { readonly kind: 'known' }>
  readonly workspace: Workspace
  readonly signal: AbortSignal
  readonly after: Plan['after']
}

/** What every change may be told. */
export type Told = {
  readonly reason: string | null
  readonly confirm: string | null
  readonly typed: string | null
  readonly canary: number
  readonly parallel: number
  readonly keepGoing: boolean
}

/**
 * Makes the plan of a change and, where the rules allow it, an operation: ready at once, or waiting for people. Nothing
 * is sent. A plan that is refused, and a goal that is reached already, use up no number.
 */
export async function planChange(parts: RoadParts, request: PlanRequest): Promise<Answer> {
  const { command, speaker, workspace } = request
  const settings = parts.settings.current()
  if (isRefusal(settings)) return settings
  const edited = { action: 'policy.changed', subject: 'policy', hash: settings.policyHash } as const
  await noteEdited(parts.stores.audit, edited, parts.now())
  const stopped = await frozen(parts, workspace.name, commandName(command), speaker.person.grants)
  if (stopped !== null) return stopped
  const told = toldBy(request.values)
  const guests = guestsIn(request.values)
  const asked = await confirmedAgain(parts, request, told, guests)
  if (asked !== null) return asked
  const possible = targetsPossible(parts, guests)
  if (possible !== null) return possible
  const drafted = await command.plan(planContext(parts, request, settings.policy), request.values)
  if (isRefusal(drafted)) return drafted
  const sorted = sort(drafted)
  if (isRefusal(sorted) || sorted.kind === 'card') return sorted
  return decideOn(parts, request, settings, told, drafted, sorted)
}

type Sorted = {
  readonly kind: 'sorted'
  readonly targets: readonly Extract<DraftTarget, { readonly kind: 'target' }>[]
  readonly leftOut: Plan['leftOut']
}

/** One guest that cannot be done refuses the plan; of several it is left out and said, unless it is guarded. */
function sort(drafted: Drafted): Sorted | Refusal | Card {
  const targets = drafted.targets.filter((each) => each.kind === 'target')
  const refused = drafted.targets.filter((each) => each.kind === 'refused')
  const already = drafted.targets.filter((each) => each.kind === 'already')
  const guarded = refused.find(({ refusal }) => refusal.code === 'protected')
  const [first] = refused
  const details = refused.slice(0, 20).map(({ refusal }) => refusal.message)
  if (guarded !== undefined)
    return drafted.targets.length === 1
      ? guarded.refusal
      : { ...guarded.refusal, details, hint: `Name the others without it. ${guarded.refusal.hint}` }
  if (targets.length === 0 && first !== undefined)
    return refused.length + already.length === 1
      ? first.refusal
      : { ...first.refusal, details: [...first.refusal.details, ...details] }
  if (targets.length === 0) return alreadyCard(already.map(({ sentence }) => sentence))
  return {
    kind: 'sorted',
    targets,
    leftOut: [
      ...refused.map(({ guest, refusal }) => ({ guest, code: refusal.code, why: refusal.message })),
      ...already.map(({ guest, sentence }) => ({ guest, code: 'already', why: sentence })),
    ],
  }
}

function alreadyCard(sentences: readonly string[]): Card {
  const [only] = sentences
  if (sentences.length === 1 && only !== undefined)
    return card({ heading: only, tone: 'good', text: 'Nothing was sent.', outcome: 'already' })
  return card({
    heading: `All ${sentences.length} guests are so already`,
    tone: 'good',
    text: ['Nothing was sent.', ...sentences].join('\n'),
    outcome: 'already',
  })
}

async function decideOn(
  parts: RoadParts,
  request: PlanRequest,
  settings: Settings,
  told: Told,
  drafted: Drafted,
  { targets, leftOut }: Sorted,
): Promise<Answer> {
  const { command, speaker, workspace } = request
  const places = targets.map(({ place }) => place)
  const allowed = authoriseFor('operator', speaker, places)
  if (isRefusal(allowed)) return allowed
  const risk = highest(targets.map((target) => target.risk))
  const name = commandName(command)
  const judged = judge(settings.policy, { workspace: workspace.name, command: name, risk, targets: places })
  if (judged.kind === 'refused')
    return refuse(
      'policy_refused',
      judged.sentence,
      `The rule \`${judged.rule}\` in the config file says so.`,
    )
  const { requirement } = judged
  const undecided = requirement.approvals === 0 && requirement.confirm === 'none'
  // Where somebody decides, the reason is asked for with the decision; here there is no later time for it.
  if (requirement.reason && undecided && told.reason === null)
    return refuse('needs_reason', `\`${name}\` needs a reason here.`, "Add --reason 'why'.")
  const decidable = await requirementFor(parts, request, settings, judged.requirement, places)
  if (isRefusal(decidable)) return decidable
  const args = ownArguments(request)
  const plan: Plan = {
    version: 1,
    workspace: workspace.name,
    command: name,
    asked: drafted.asked,
    ...(Object.keys(args).length === 0 ? {} : { args }),
    risk,
    policyHash: settings.policyHash,
    requirement: { ...decidable.requirement, roles: [...decidable.requirement.roles] },
    because: judged.because.map((each) => ({ ...each })),
    canary: told.canary,
    parallel: told.parallel,
    keepGoing: told.keepGoing,
    reason: told.reason,
    after: request.after,
    sentences: [],
    leftOut,
    targets: targets.map(({ target }) => target),
  }
  const shown: Shown = {
    at: parts.now().toISOString(),
    targets: targets.map((target) => target.shown),
  }
  return operationOf(parts, request, plan, shown, decidable.approvers)
}

/** The requirement after `solo`; refused where nobody could ever meet it. */
async function requirementFor(
  parts: RoadParts,
  { speaker }: PlanRequest,
  settings: Settings,
  requirement: Requirement,
  places: readonly Place[],
): Promise<{ readonly requirement: Requirement; readonly approvers: readonly string[] } | Refusal> {
  const people = await parts.stores.people.list()
  const { requester, others } = decidersOf(people, speaker.actor, requirement, places)
  const solo = underSolo(settings.policy, requirement, { requester, others: others.length })
  const names = others.map(({ name }) => name)
  if (solo.approvals <= others.length)
    return { requirement: solo, approvers: solo.approvals > 0 ? names : [] }
  const needs = solo.approvals === 1 ? 'another person' : `${solo.approvals} other persons`
  const there = names.length === 0 ? 'nobody could' : `only ${names.join(', ')} could`
  return refuse(
    'no_approvers',
    `This needs the approval of ${needs}, and ${there}.`,
    'Add approvers (`person add NAME`, `grant add NAME approver`); if one person runs this home, `policy: solo: true` in the config file.',
    solo.roles.length === 0 ? [] : [`they must hold: approver, ${solo.roles.join(', ')}`],
  )
}

/** The new operation, or the one that is waiting with the very same plan. */
async function operationOf(
  parts: RoadParts,
  request: PlanRequest,
  plan: Plan,
  shown: Shown,
  approvers: readonly string[],
): Promise<Answer> {
  const { stores } = parts
  const { actor } = request.speaker
  const digest = planDigest(plan)
  const now = parts.now()
  const made = newOperation(plan, digest, { by: actor, at: now, typed: typedPhrase(plan) })
  const same = await waitingAlready(parts, made)
  if (same !== null && isRefusal(same)) return same
  if (same !== null)
    return shownAs(
      same.operation,
      plan,
      same.shown ?? shown,
      approvers,
      'It was asked for already and waits.',
    )
  const operation = await stores.operations.create({
    operation: made,
    plan: canonical(plan),
    shown: JSON.stringify(shown),
    at: now,
  })
  await stores.marks.put(
    plan.targets.map(({ cluster, vmid, name, mark }) => ({ cluster, vmid, name, mark })),
    now,
  )
  if (operation.state === 'ready') parts.runner.kick(operation.id)
  return shownAs(operation, plan, shown, approvers)
}

function shownAs(
  operation: Operation,
  plan: Plan,
  shown: Shown,
  approvers: readonly string[],
  notice?: string,
): Answer {
  return {
    kind: 'operation',
    report: reportOf(operation),
    card: operationCard(operation, { plan, shown, approvers, ...(notice === undefined ? {} : { notice }) }),
    choices: choicesOf(operation, { requester: true, approver: false }),
  }
}

function targetsPossible(parts: RoadParts, guests: readonly GuestRef[]): Refusal | null {
  if (guests.length === 0)
    return refuse('nothing_selected', 'No guest fits that.', '`ls` with the same filters shows what does.')
  if (guests.length > MOST_TARGETS)
    return refuse(
      'too_many_targets',
      `That are ${guests.length} guests.`,
      `At most ${MOST_TARGETS} go into one plan; name fewer.`,
    )
  for (const cluster of new Set(guests.map((guest) => guest.cluster))) {
    const problem = parts.operateProblem(cluster)
    if (problem !== null) return problem
  }
  return null
}

function guestsIn(values: Readonly<Record<string, unknown>>): readonly GuestRef[] {
  const parsed = GUESTS.safeParse(values.guests)
  return parsed.success ? (parsed.data ?? []) : []
}

function toldBy(values: Readonly<Record<string, unknown>>): Told {
  const text = (name: 'reason' | 'confirm' | 'type') => CHANGE_ARGS[name].schema.parse(values[name]) ?? null
  const number = (name: 'canary' | 'parallel') => CHANGE_ARGS[name].schema.parse(values[name])
  return {
    reason: text('reason'),
    confirm: text('confirm'),
    typed: text('type'),
    canary: number('canary') ?? 0,
    parallel: number('parallel') ?? 4,
    keepGoing: CHANGE_ARGS['keep-going'].schema.parse(values['keep-going'] ?? false),
  }
}

const ORDER = ['routine', 'disruptive', 'destructive'] as const satisfies readonly PlanRisk[]

function highest(risks: readonly PlanRisk[]): PlanRisk {
  return ORDER[Math.max(0, ...risks.map((risk) => ORDER.indexOf(risk)))] ?? 'destructive'
}
