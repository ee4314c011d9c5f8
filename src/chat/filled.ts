import type { ArgSpec } from '../core/args.js'
import { commandName, usage } from '../core/command.js'
import { isRefusal, type Refusal, type RefusalCode, refuse } from '../core/refusal.js'
import { MAX_LINE } from '../core/words.js'
import type { CommandForm } from '../ports/road.js'

/** An argument of a command that a surface showed a field for, and the words in it; none where it was left empty. */
export type Filled = {
  readonly name: string
  readonly spec: ArgSpec
  /** A switch that is on has one, whatever it is. */
  readonly words: readonly string[]
}

/**
 * The words of the one grammar for what was filled in, as `Road.ask` takes them; the fields come in the order of the
 * command's arguments. Gives a refusal for what the grammar could only misread: a value that looks like a flag, a gap
 * between two values, a choice that is none.
 */
export function filledWords(command: CommandForm, fields: readonly Filled[]): readonly string[] | Refusal {
  for (const { spec, words } of fields) {
    const odd = spec.kind === 'choice' ? words.find((word) => !spec.choices.includes(word)) : undefined
    if (odd !== undefined) return wrong(command, `\`${odd}\` is none of the choices (${spec.label}).`)
  }
  const places = positionalWords(command, fields)
  if (isRefusal(places)) return places
  // `--name=value` in one word: whatever the value looks like, it is read as nothing else.
  const flags = fields
    .filter(({ spec, words }) => spec.flag && words.length > 0)
    .map(({ name, spec, words }) => (spec.kind === 'switch' ? `--${name}` : `--${name}=${words.join(' ')}`))
  const all = [...command.path, ...places, ...flags]
  const length = all.reduce((sum, word) => sum + word.length + 1, -1)
  if (length <= MAX_LINE) return all
  return refuse(
    'too_long',
    `That is ${length} characters long.`,
    `Keep a command under ${MAX_LINE} characters.`,
  )
}

function positionalWords(command: CommandForm, fields: readonly Filled[]): readonly string[] | Refusal {
  const words: string[] = []
  let gaps: readonly Filled[] = []
  for (const field of fields.filter(({ spec }) => !spec.flag)) {
    const [first] = field.words
    if (first === undefined) {
      gaps = [...gaps, field]
      continue
    }
    const odd = field.words.find((word) => word.startsWith('--') || word === '-h')
    if (odd !== undefined) return wrong(command, `\`${odd}\` looks like a flag (${field.spec.label}).`)
    const gap = gaps.find(({ spec }) => !leavesPlace(spec, first))
    if (gap !== undefined)
      return refuse(
        'missing_argument',
        `\`${commandName(command)}\` needs ${gap.spec.label} before ${field.spec.label}.`,
        `Usage: \`${usage(command)}\``,
      )
    words.push(...field.words)
    gaps = []
  }
  return words
}

/** Whether the grammar sees that a choice was left out, by the word that stands in its place. */
function leavesPlace(gap: ArgSpec, next: string): boolean {
  return gap.kind === 'choice' && !gap.required && !gap.choices.includes(next.toLowerCase())
}

/** A refusal of what was filled in, with how the command is written. */
function wrong(command: CommandForm, message: string): Refusal {
  return refuse('wrong_argument', message, `Usage: \`${usage(command)}\``)
}

/** Which kinds of argument a refusal is about, where its code alone tells. */
const ABOUT: Partial<Record<RefusalCode, readonly ArgSpec['kind'][]>> = {
  unknown_guest: ['guest', 'guests', 'resource'],
  ambiguous_guest: ['guest', 'guests', 'resource'],
  nothing_selected: ['guests'],
  too_many_targets: ['guests'],
  is_template: ['guests', 'guest'],
  wrong_state: ['guests', 'guest'],
  protected: ['guests', 'guest'],
  unknown_resource: ['resource'],
  ambiguous_resource: ['resource'],
  no_history: ['resource'],
  unknown_task: ['task'],
  ambiguous_task: ['task'],
  unknown_workspace: ['workspace'],
  unknown_person: ['person'],
  last_admin: ['person'],
  unknown_operation: ['operation'],
  own_plan: ['operation'],
  nothing_to_decide: ['operation'],
}

/** And which argument by its name. */
const NAMED: Partial<Record<RefusalCode, string>> = {
  needs_reason: 'reason',
  typed_wrong: 'type',
  wrong_digest: 'plan',
  link_wrong: 'code',
  link_locked: 'code',
  unknown_account: 'account',
  account_taken: 'os-user',
  person_exists: 'name',
}

/**
 * The field that a refusal is about, where that can be told by its code or its words; else the first. Undefined where
 * there is no field.
 */
export function filledAbout<F extends Filled>(refusal: Refusal, fields: readonly F[]): F | undefined {
  const { code, message } = refusal
  const kinds = ABOUT[code] ?? []
  const about = (field: F) => kinds.includes(field.spec.kind)
  const typed = fields.filter(({ spec }) => spec.kind !== 'switch')
  const quoted = typed.filter(({ words }) => pieces(words).some((word) => message.includes(`\`${word}\``)))
  const held = typed.filter(({ words }) =>
    pieces(words).some((word) => word.length > 1 && message.includes(word)),
  )
  const lacking = fields.find(
    ({ spec, words }) => words.length === 0 && message.includes(`needs ${spec.label}`),
  )
  return (
    fields.find(({ name }) => name === NAMED[code]) ??
    lacking ??
    quoted.find(({ spec }) => message.includes(`(${spec.label})`)) ??
    fields.find(({ name, spec }) => spec.flag && message.includes(`--${name}\``)) ??
    quoted.find(about) ??
    quoted[0] ??
    held.find(about) ??
    fields.find(about) ??
    fields.find(({ spec, words }) => words.length > 0 && message.includes(`(${spec.label})`)) ??
    held[0] ??
    fields[0]
  )
}

/** A list of names is refused by the one that is wrong. */
function pieces(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => [word, ...word.split(',')]).filter((word) => word !== '')
}
