import { SHORT_DIGEST } from '../core/digest.js'
import { missingDecisions, type Operation, operationName } from '../core/operation.js'
import { clip, sanitise } from './text.js'

/**
 * Buttons on the card of an operation. One carries nothing but a verb, the operation and the beginning of the plan digest
 * that was shown; who may do it is asked when it is pressed. The verb says whether a form comes first.
 */

export const BUTTON_VERBS = [
  'approve',
  'approve_reason',
  'approve_typed',
  'approve_typed_reason',
  'confirm',
  'confirm_reason',
  'confirm_typed',
  'confirm_typed_reason',
  'deny',
  'cancel',
  'continue',
] as const
export type ButtonVerb = (typeof BUTTON_VERBS)[number]

export type CardButton = {
  readonly verb: ButtonVerb
  readonly label: string
  /** `v1:<verb>:<operation>:<planDigest8>` */
  readonly value: string
  readonly style: 'primary' | 'danger' | 'plain'
  /** Asked once more before it counts, naming what it is about; null where a form does that, or nothing can break. */
  readonly sure: { readonly title: string; readonly text: string } | null
}

export type Pressed = {
  readonly verb: ButtonVerb
  readonly operation: number
  readonly digest: string
}

/** What a confirming question takes: of all chats Slack takes the least, 300, and invisible marks that keep names apart count. */
const MOST_SURE = 280

/** What may be pressed on an operation's card, by whoever it is up to. */
export function buttonsOf(
  operation: Operation,
  nodeOf: (index: number) => string | null,
): readonly CardButton[] {
  const name = operationName(operation.id)
  const value = (verb: ButtonVerb): string =>
    `v1:${verb}:${operation.id}:${operation.planDigest.slice(0, SHORT_DIGEST)}`
  const plain = (verb: ButtonVerb, label: string): CardButton => ({
    verb,
    label,
    value: value(verb),
    style: 'plain',
    sure: null,
  })
  const sure = (what: string) => ({
    title: `${what} ${name}?`,
    text: aboutText(operation, nodeOf, MOST_SURE),
  })
  const cancel = (label: string, what = label): CardButton => ({
    ...plain('cancel', label),
    sure: sure(what),
  })
  if (operation.state === 'unknown') return [plain('continue', 'Look again'), cancel('Close it', 'Close')]
  if (operation.state === 'running' || operation.state === 'ready')
    return operation.cancelAsked ? [] : [cancel(operation.state === 'ready' ? 'Cancel' : 'Stop')]
  if (operation.state !== 'waiting') return []
  const missing = missingDecisions(operation)
  const { requirement } = operation
  const typed = requirement.confirm === 'typed' ? '_typed' : ''
  const decide = (base: 'approve' | 'confirm', label: string, reason: boolean): CardButton => {
    const verb = formVerb(base, typed !== '', reason)
    const danger = operation.risk === 'destructive'
    return {
      verb,
      label,
      value: value(verb),
      style: danger ? 'danger' : 'primary',
      sure: verb === base ? sure(label) : null,
    }
  }
  return [
    ...(missing.confirm
      ? [decide('confirm', 'Confirm', requirement.reason && operation.reason === null)]
      : []),
    ...(missing.approvals > 0
      ? [decide('approve', 'Approve', requirement.reason), plain('deny', 'Deny')]
      : []),
    cancel('Cancel'),
  ]
}

function formVerb(base: 'approve' | 'confirm', typed: boolean, reason: boolean): ButtonVerb {
  if (typed) return reason ? `${base}_typed_reason` : `${base}_typed`
  return reason ? `${base}_reason` : base
}

/** Of a name, which may be long; the number beside it tells guests apart. */
const MOST_NAME = 60

/**
 * What an operation is about: how many guests first, then as many of them, with number and node, as fit into so many
 * characters. None is cut in half.
 */
export function aboutText(
  { command, steps }: Pick<Operation, 'command' | 'steps'>,
  nodeOf: (index: number) => string | null,
  most: number,
): string {
  const names = steps.map(({ index, name, cluster, vmid, node }) => {
    const on = node ?? nodeOf(index)
    return sanitise(
      `${clip(name, MOST_NAME)} (${cluster}/${vmid}${on === null ? '' : ` on ${clip(on, MOST_NAME)}`})`,
    )
  })
  const [only] = names
  if (names.length === 1) return clip(`${command}: ${only}`, most)
  const said = (shown: number): string => {
    const more = names.length - shown
    const listed = `${names.slice(0, shown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
    return `${command} ${names.length} guests${shown === 0 ? '' : `: ${listed}`}`
  }
  let shown = 0
  while (shown < names.length && said(shown + 1).length <= most) shown += 1
  return said(shown)
}

/** Reads what a button carried; null for anything else. It comes from outside. */
export function parseButton(value: string): Pressed | null {
  const match = /^v1:([a-z_]{1,32}):([1-9]\d{0,9}):([0-9a-f]{8,64})$/.exec(value)
  const verb = BUTTON_VERBS.find((each) => each === match?.[1])
  if (match === null || verb === undefined) return null
  return { verb, operation: Number(match[2]), digest: match[3] ?? '' }
}

export type ButtonForm = { readonly reason: 'none' | 'optional' | 'required'; readonly typed: boolean }

/** What is asked for before a button counts; null where nothing is. */
export function formOfButton(verb: ButtonVerb): ButtonForm | null {
  if (verb === 'deny') return { reason: 'optional', typed: false }
  const typed = verb.includes('_typed')
  const reason = verb.endsWith('_reason')
  return typed || reason ? { reason: reason ? 'required' : 'none', typed } : null
}

/** The words of the one grammar that a button, with what was filled in, stands for. */
export function wordsOfButton(
  { verb, operation, digest }: Pressed,
  filled: { readonly reason: string | null; readonly typed: string | null },
): readonly string[] {
  const [command = ''] = verb.split('_')
  const bound = command === 'approve' || command === 'confirm' ? ['--plan', digest] : []
  // In one word each: whatever was filled in, it is read as nothing else.
  const reason = filled.reason === null ? [] : [`--reason=${filled.reason}`]
  const typed = filled.typed === null ? [] : [`--type=${filled.typed}`]
  return [command, operationName(operation), ...bound, ...reason, ...typed]
}
