import { type Card, card, type Fact, type Row, type Section, type Table, type Tone } from './card.js'
import { SHORT_DIGEST } from './digest.js'
import type { ShownTarget } from './drafting.js'
import { column, count, fact, kindWord } from './facts.js'
import { missingDecisions, type Operation, operationName, type Step } from './operation.js'
import { actorText } from './people.js'
import type { Plan } from './plan.js'
import type { Choice } from './report.js'

/** What moves by itself and was shown with a plan, as read at `at`. */
export type Shown = { readonly at: string; readonly targets: readonly ShownTarget[] }

/** What belongs on the card besides the operation itself. */
export type CardExtras = {
  readonly plan: Plan | null
  readonly shown: Shown | null
  /** The newest lines of a running task, by step. */
  readonly tails?: ReadonlyMap<number, readonly string[]>
  /** For whom it waits: other operations that hold its guests. */
  readonly heldBy?: readonly { readonly guest: string; readonly operation: number }[]
  /** Who could approve it. */
  readonly approvers?: readonly string[]
  /** Why the rules ask for what they ask; only where somebody wants to know. */
  readonly withRules?: boolean
  /** Said first, for example that it is frozen. */
  readonly notice?: string
}

const TONES: Readonly<Record<Operation['state'], Tone>> = {
  waiting: 'warning',
  ready: 'neutral',
  running: 'neutral',
  unknown: 'danger',
  verified: 'good',
  unverified: 'warning',
  failed: 'danger',
  partial: 'danger',
  stale: 'warning',
  denied: 'warning',
  expired: 'muted',
  cancelled: 'muted',
}

/** An operation as everybody sees it: what it will do or did, what it waits for, how each guest fared. */
export function operationCard(operation: Operation, extras: CardExtras): Card {
  const name = operationName(operation.id)
  const texts = [extras.notice, whatNext(operation, extras)].filter(
    (text) => text !== undefined && text !== '',
  )
  return card({
    heading: `${name} ${operation.command} ${operation.asked}: ${operation.state}`,
    tone: TONES[operation.state],
    ...(texts.length === 0 ? {} : { text: texts.join('\n') }),
    facts: factsOf(operation, extras.shown),
    table: tableOf(operation, extras),
    sections: sectionsOf(operation, extras),
  })
}

/** What happens next, or what came of it, in a sentence or two. */
function whatNext(operation: Operation, extras: CardExtras): string {
  const name = operationName(operation.id)
  switch (operation.state) {
    case 'waiting':
      return waitsFor(operation, extras)
    case 'ready': {
      const held = extras.heldBy ?? []
      if (held.length === 0) return 'Decided; it is begun in a moment.'
      const whom = held.map(({ guest, operation: other }) => `${guest} is held by ${operationName(other)}`)
      return `Decided; it waits: ${whom.join(', ')}.`
    }
    case 'running':
      return operation.cancelAsked ? 'It is being stopped: what is running ends, nothing new is begun.' : ''
    case 'unknown':
      return `${operation.message ?? 'What came of it is not known.'} Its guests are held: \`continue ${name}\` looks again, \`cancel ${name}\` closes it; neither sends anything.`
    case 'partial':
      return `${operation.message ?? ''} \`continue ${name}\` goes on with the rest, as a new plan.`.trim()
    default:
      return operation.message ?? ''
  }
}

function waitsFor(operation: Operation, extras: CardExtras): string {
  const name = operationName(operation.id)
  const missing = missingDecisions(operation)
  const plan = operation.planDigest.slice(0, SHORT_DIGEST)
  const { requirement } = operation
  const typed = requirement.confirm === 'typed' ? ` --type '${operation.typed}'` : ''
  const reason = requirement.reason ? " --reason '…'" : ''
  const lines: string[] = []
  if (missing.confirm) {
    const own = operation.reason === null ? reason : ''
    const instead = requirement.solo ? ' (one person runs this home)' : ''
    lines.push(
      `It waits for the confirmation of ${operation.requester.person}${instead}: \`confirm ${name}${typed}${own}\`.`,
    )
  }
  if (missing.approvals > 0) {
    const whom = missing.approvals === 1 ? 'another person' : `${missing.approvals} other persons`
    const who =
      extras.approvers === undefined || extras.approvers.length === 0 ? '' : ` (${listed(extras.approvers)})`
    lines.push(`It waits for the approval of ${whom}${who}: \`approve ${name}${typed}${reason}\`.`)
  }
  lines.push(`Plan ${plan}; undecided, it expires.`)
  return lines.join('\n')
}

function listed(names: readonly string[]): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}

function factsOf(operation: Operation, shown: Shown | null): readonly Fact[] {
  const waiting = operation.state === 'waiting'
  return [
    fact('asked by', actorText(operation.requester), 'text'),
    fact('asked', operation.createdAt, 'time'),
    ...(operation.reason === null ? [] : [fact('reason', operation.reason)]),
    fact('risk', operation.risk, 'text', operation.risk === 'destructive' ? { tone: 'danger' } : {}),
    fact('plan digest', operation.planDigest),
    ...(waiting && shown !== null ? [fact('guests read', shown.at, 'time')] : []),
    ...(waiting ? [fact('expires', operation.expiresAt, 'time')] : []),
    ...(operation.endedAt === null ? [] : [fact('ended', operation.endedAt, 'time')]),
    ...(operation.code === null ? [] : [fact('code', operation.code)]),
    ...(operation.after === null
      ? []
      : [
          fact(
            operation.after.kind === 'undo' ? 'takes back' : 'goes on with',
            operationName(operation.after.operation),
          ),
        ]),
  ]
}

const PAST = { confirm: 'confirmed', approve: 'approved', deny: 'denied' } as const

/** Who decided what, when and why. */
function decisionsOf({ decisions }: Operation): readonly Section[] {
  if (decisions.length === 0) return []
  const rows = decisions.map(({ actor, verdict, reason, counts, at }) => ({
    who: actorText(actor),
    what: counts ? PAST[verdict] : `${PAST[verdict]} (does not count any more)`,
    at,
    reason,
  }))
  const columns = [
    column('who', 'who', 'text', 0),
    column('what', 'decided', 'text', 0),
    column('at', 'when', 'time', 1),
    ...(decisions.some(({ reason }) => reason !== null) ? [column('reason', 'reason', 'text', 0)] : []),
  ]
  return [{ title: 'decisions', table: { columns, rows, empty: '' } }]
}

function tableOf(operation: Operation, { plan, shown, tails }: CardExtras): Table {
  const undecided = operation.state === 'waiting'
  const rows = operation.steps.map((step): Row => {
    const seen = shown?.targets[step.index]
    const tail = tails?.get(step.index)?.at(-1) ?? ''
    return {
      guest: labelOf(plan?.targets[step.index] ?? step, seen !== undefined),
      cluster: step.cluster,
      node: step.node ?? seen?.node ?? null,
      now: seen?.state ?? null,
      uptime: seen?.uptime ?? null,
      tags: seen?.tags.join(' ') ?? null,
      state: step.state,
      says: step.message ?? tail,
      task: step.upid,
    }
  })
  const columns = undecided
    ? [
        column('guest', 'guest', 'text', 0),
        column('now', 'state', 'state', 1),
        column('node', 'node', 'text', 2),
        column('uptime', 'up', 'seconds', 3),
        column('tags', 'tags', 'tags', 4),
      ]
    : [
        column('guest', 'guest', 'text', 0),
        column('state', 'state', 'state', 0),
        column('node', 'node', 'text', 3),
        column('says', 'what happened', 'text', 0),
        column('task', 'task', 'text', 5),
      ]
  return { columns, rows, empty: 'no guests' }
}

/** Named by the plan, which is what is decided on; where more of it is told, with its kind. */
function labelOf({ name, kind, vmid }: Pick<Step, 'name' | 'kind' | 'vmid'>, more: boolean): string {
  return `${name} (${more ? `${kindWord(kind)} ` : ''}${vmid})`
}

/** So many targets are told one by one; of more only how many. */
const MOST_TOLD = 8

function sectionsOf(operation: Operation, extras: CardExtras): readonly Section[] {
  const { plan, shown } = extras
  const open = operation.state === 'waiting' || operation.state === 'ready'
  const logs = operation.steps
    .filter(({ log }) => log.length > 0)
    .slice(0, MOST_TOLD)
    .map(({ name, log }) => ({ title: `last lines of the task on ${name}`, text: log.join('\n') }))
  const decided = decisionsOf(operation)
  if (plan === null) return [...decided, ...logs]
  const will = open || extras.withRules === true ? [willHappen(plan)] : []
  const notes = open ? notesOf(shown) : []
  const left =
    plan.leftOut.length === 0
      ? []
      : [
          {
            title: `left out: ${count(plan.leftOut.length, 'guest')}`,
            text: plan.leftOut.map(({ guest, why }) => `${guest}: ${why}`).join('\n'),
          },
        ]
  const rules =
    extras.withRules === true
      ? [{ title: 'why', text: plan.because.map(({ rule, asks }) => `${rule} asks for ${asks}.`).join('\n') }]
      : []
  return [...will, ...notes, ...left, ...rules, ...decided, ...logs]
}

function willHappen(plan: Plan): Section {
  const groups = new Map<string, string[]>()
  for (const { name, sentences } of plan.targets) {
    const text = sentences.join(' ')
    groups.set(text, [...(groups.get(text) ?? []), name])
  }
  const lines = [...groups].map(([text, names]) => (groups.size === 1 ? text : `${listed(names)}: ${text}`))
  const how =
    plan.targets.length === 1
      ? []
      : [
          [
            plan.canary > 0 ? `First ${count(plan.canary, 'guest')} alone.` : '',
            `At most ${plan.parallel} at a time.`,
            plan.keepGoing ? 'It goes on when one fails.' : 'It stops at the first failure.',
          ]
            .filter((part) => part !== '')
            .join(' '),
        ]
  return { title: 'what happens', text: [...plan.sentences, ...lines, ...how].join('\n') }
}

function notesOf(shown: Shown | null): readonly Section[] {
  const told = (shown?.targets ?? []).filter(({ notes }) => notes.length > 0)
  if (told.length === 0) return []
  const lines = told
    .slice(0, MOST_TOLD)
    .flatMap(({ guest, notes }) => notes.map((note) => `${guest}: ${note}`))
  const more = told.length > MOST_TOLD ? [`and notes on ${told.length - MOST_TOLD} more guests`] : []
  return [{ title: 'to know', text: [...lines, ...more].join('\n') }]
}

/** What may be chosen from a waiting operation's card by somebody who may decide it (`approver`) or who asked for it. */
export function choicesOf(
  operation: Operation,
  who: { readonly requester: boolean; readonly approver: boolean },
): readonly Choice[] {
  if (operation.state !== 'waiting') return []
  const name = operationName(operation.id)
  const bound = `--plan ${operation.planDigest.slice(0, SHORT_DIGEST)}`
  const missing = missingDecisions(operation)
  const { requirement } = operation
  const typed = requirement.confirm === 'typed' ? operation.typed : null
  const what = `${operation.command} ${operation.asked}`
  const confirm: Choice[] =
    missing.confirm && who.requester
      ? [
          {
            label: `Confirm ${name}: ${what}`,
            words: `confirm ${name} ${bound}`,
            typed,
            reason: requirement.reason && operation.reason === null,
          },
        ]
      : []
  const decide: Choice[] =
    missing.approvals > 0 && who.approver && !who.requester
      ? [
          {
            label: `Approve ${name}: ${what}`,
            words: `approve ${name} ${bound}`,
            typed,
            reason: requirement.reason,
          },
          { label: `Deny ${name}: ${what}`, words: `deny ${name}`, typed: null, reason: true },
        ]
      : []
  const cancel: Choice[] = who.requester
    ? [{ label: `Cancel ${name}`, words: `cancel ${name}`, typed: null, reason: false }]
    : []
  return [...confirm, ...decide, ...cancel]
}
