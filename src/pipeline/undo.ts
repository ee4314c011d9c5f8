import type { GuestRef } from '../core/args.js'
import type { Sighting } from '../core/births.js'
import { type Answer, commandName } from '../core/command.js'
import { compareMarks } from '../core/identity.js'
import { ENDED, type Operation, operationName, type Step } from '../core/operation.js'
import type { PlanTarget } from '../core/plan.js'
import { POWER_TASKS } from '../core/power.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import type { GuestNow } from '../ports/planning.js'
import type { Workspace } from '../ports/query.js'
import { authorise } from './authorise.js'
import { mayBeAnother, sightingOf } from './births.js'
import type { Speaker } from './identify.js'
import { operatorOfAll } from './operator-of-all.js'
import type { ChangeCommand } from './parse.js'
import { planChange } from './plan.js'
import { readGuests } from './planning.js'
import type { RoadParts } from './road-parts.js'
import { type ReadPlan, readPlan } from './stored-plan.js'

type At = {
  readonly parts: RoadParts
  readonly speaker: Extract<Speaker, { readonly kind: 'known' }>
  readonly workspace: Workspace
}

/**
 * Takes an operation back as a new plan under policy: the inverse command on the guests that it really changed. Three-way:
 * what would be put back must still be what we left, otherwise `undo_conflict` names what is different and who did it.
 */
export async function undo(at: At, operation: Operation, reason: string | null): Promise<Answer> {
  const { parts, speaker } = at
  const name = operationName(operation.id)
  if (!ENDED.has(operation.state))
    return refuse(
      'not_undoable',
      `${name} is not over yet: it is ${operation.state}.`,
      `\`cancel ${name}\` stops it.`,
    )
  const command = parts.commands.find((each) => commandName(each) === operation.command)
  const inverse = command?.kind === 'change' ? command.inverse : { none: 'its command is gone' }
  if ('none' in inverse)
    return refuse(
      'not_undoable',
      `${name} cannot be taken back: ${inverse.none}.`,
      '`help` tells of each command what takes it back.',
    )
  const back = parts.commands.find((each) => commandName(each) === inverse.command)
  if (back?.kind !== 'change') throw new Error(`the inverse ${inverse.command} is no change`)
  const allowed = authorise(back, { surface: 'console', account: '', as: null }, speaker)
  if (isRefusal(allowed)) return allowed
  const read = await readPlan(parts.stores, operation, { steps: true })
  if (isRefusal(read)) return read
  const done = operation.steps.filter(({ state }) => state === 'verified' || state === 'unverified')
  if (done.length === 0)
    return refuse(
      'not_undoable',
      `${name} changed nothing: it was ${operation.state}.`,
      'There is nothing to take back.',
    )
  return checked(at, read, back, done, reason)
}

async function checked(
  at: At,
  read: ReadPlan,
  back: ChangeCommand,
  done: readonly Step[],
  reason: string | null,
): Promise<Answer> {
  const { parts, speaker, workspace } = at
  const { operation } = read
  const outside = await operatorOfAll(parts, speaker, operation)
  if (outside !== null) return outside
  const signal = new AbortController().signal
  const guests = await guestsOf(parts, done)
  const readings = await readGuests(parts, guests, signal)
  const conflicts = await Promise.all(
    done.map((step) => {
      const now = readings.find(({ guest }) => guest.cluster === step.cluster && guest.vmid === step.vmid)
      const target = read.plan.targets[step.index]
      const before = sightingOf(operation, read.shown, step.index)
      return now === undefined || target === undefined ? null : conflict(parts, { step, target, before, now })
    }),
  )
  const found = conflicts.filter((each) => each !== null)
  if (found.length > 0)
    return refuse(
      'undo_conflict',
      found.length === 1 && found[0] !== undefined
        ? `${operationName(operation.id)} cannot be taken back: ${found[0]}.`
        : `${operationName(operation.id)} cannot be taken back: ${found.length} guests were changed since.`,
      'Somebody else has changed what would be put back; look at it and decide anew.',
      found.length === 1 ? [] : found,
    )
  return planChange(parts, {
    command: back,
    values: { guests, reason: reason ?? undefined, 'keep-going': operation.keepGoing },
    speaker,
    workspace,
    signal,
    after: { kind: 'undo', operation: operation.id },
  })
}

/** Steps as guests that can be planned for, where the picture has them now. */
export async function guestsOf(
  parts: Pick<RoadParts, 'stores'>,
  steps: readonly Step[],
): Promise<readonly GuestRef[]> {
  const pictures = new Map(
    await Promise.all(
      [...new Set(steps.map(({ cluster }) => cluster))].map(
        async (cluster) => [cluster, await parts.stores.inventory.base(cluster)] as const,
      ),
    ),
  )
  return steps.map(({ cluster, vmid, kind, name, node }) => {
    const row = pictures.get(cluster)?.inventory.guests.find((guest) => guest.vmid === vmid)
    return {
      cluster,
      vmid,
      kind,
      name: row?.name ?? name,
      node: row?.node ?? node ?? '',
      incarnation: row?.incarnation ?? 1,
    }
  })
}

/** What of one guest is not as we left it, and who did that; null when all is. Unrelated edits do not count. */
async function conflict(
  parts: RoadParts,
  {
    step,
    target,
    before,
    now,
  }: {
    readonly step: Step
    readonly target: PlanTarget
    readonly before: Sighting
    readonly now: GuestNow
  },
): Promise<string | null> {
  const guest = `${step.name} (${step.vmid})`
  if (now.reading.kind === 'gone') return `${guest} does not exist any more`
  if (now.reading.kind === 'unreadable') return `${guest} cannot be read right now`
  const { facts } = now.reading
  if (compareMarks(target.mark, facts.mark) === 'different')
    return `${guest} was made anew under the same number`
  const another =
    target.mark.kind === 'ct'
      ? await mayBeAnother(parts.pve(step.cluster), step.vmid, before, facts.node)
      : null
  if (another !== null) return `${guest} may be another one by now: ${another}`
  const others = await otherTasks(parts, step, facts.node)
  if (isRefusal(others)) return others.message
  const [last] = others
  if (last !== undefined) return `${guest}: ${last}`
  if (facts.power === target.goal) return null
  return `${guest} was left ${target.goal} and is ${facts.power}; no task seen`
}

/** Power tasks on a guest since our step that are not the step's own doing, newest first. */
async function otherTasks(parts: RoadParts, step: Step, node: string): Promise<readonly string[] | Refusal> {
  const since = step.intentNodeTime ?? 0
  const place = { kind: step.kind, vmid: step.vmid, node }
  const searched = [await parts.pve(step.cluster).tasks.onGuest(place, since)]
  if (step.node !== null && step.node !== node)
    searched.push(await parts.pve(step.cluster).tasks.onGuest({ ...place, node: step.node }, since))
  const tasks = searched
    .flatMap((search) => search.tasks)
    .filter((task) => POWER_TASKS.has(task.type) && task.upid !== step.upid)
    .filter((task) => !isConsequence(step, task))
    .sort((a, b) => b.startTime - a.startTime)
  const own = await parts.stores.operations.ownUpids(
    step.cluster,
    tasks.map(({ upid }) => upid),
  )
  if (tasks.length === 0 && searched.some(({ complete }) => !complete))
    return refuse('undo_conflict', `the tasks on ${step.name} since then cannot be told`, '')
  return tasks.map(({ upid, type, user }) => {
    const ours = own.get(upid)
    const who = ours === undefined ? user : `${ours.requester.person} in ${operationName(ours.operation)}`
    return `${type} by ${who} came after it`
  })
}

/** What the HA manager, or PVE's own restart, does because of our request runs as root@pam. */
function isConsequence(step: Step, task: { readonly type: string; readonly user: string }): boolean {
  if (task.user !== 'root@pam') return false
  const managed = step.upid !== null && /:ha(?:start|stop):/.test(step.upid)
  const verbs = step.verb === 'shutdown' ? ['shutdown', 'stop'] : [step.verb]
  if (managed && verbs.some((verb) => task.type === `qm${verb}` || task.type === `vz${verb}`)) return true
  return step.verb === 'reboot' && (task.type === 'qmstart' || task.type === 'vzstart')
}
