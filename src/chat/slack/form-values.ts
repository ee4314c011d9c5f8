import { z } from 'zod'
import type { ArgSpec } from '../../core/args.js'
import { commandName, usage } from '../../core/command.js'
import { isRefusal, type Refusal, type RefusalCode, refuse } from '../../core/refusal.js'
import { MAX_LINE } from '../../core/words.js'
import type { CommandForm } from '../../ports/road.js'
import { sanitise } from '../text.js'
import { clip } from './options.js'

const option = z.object({ value: z.string().max(150) })
const element = z.object({
  value: z.string().max(3000).nullish(),
  selected_option: option.nullish(),
  selected_options: z.array(option).max(100).nullish(),
})
/** `view.state.values` by block and action. It comes from outside. */
const stateValues = z.record(z.string().max(255), z.record(z.string().max(255), element))

type Element = z.output<typeof element>
type Field = {
  readonly name: string
  readonly spec: ArgSpec
  readonly block: string
  readonly words: readonly string[]
}

/** What Slack shows below a field. */
const MOST_ERROR = 300

/**
 * The words of the one grammar for what was filled in, as `Road.ask` takes them. Gives a refusal for what the grammar
 * could only misread: a value that looks like a flag, a gap between two values, a form that is none of ours.
 */
export function wordsOf(command: CommandForm, values: unknown): readonly string[] | Refusal {
  const fields = fieldsOf(command, values)
  if (isRefusal(fields)) return fields
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

function positionalWords(command: CommandForm, fields: readonly Field[]): readonly string[] | Refusal {
  const words: string[] = []
  let gap: Field | null = null
  for (const field of fields.filter(({ spec }) => !spec.flag)) {
    const [first] = field.words
    if (first === undefined) {
      gap ??= field
      continue
    }
    const odd = field.words.find((word) => word.startsWith('--') || word === '-h')
    if (odd !== undefined) return wrong(command, `\`${odd}\` looks like a flag (${field.spec.label}).`)
    if (gap !== null && !leavesPlace(gap.spec, first))
      return refuse(
        'missing_argument',
        `\`${commandName(command)}\` needs ${gap.spec.label} before ${field.spec.label}.`,
        `Usage: \`${usage(command)}\``,
      )
    words.push(...field.words)
  }
  return words
}

/** Whether the grammar sees that a choice was left out, by the word that stands in its place. */
function leavesPlace(gap: ArgSpec, next: string): boolean {
  return gap.kind === 'choice' && !gap.required && !gap.choices.includes(next.toLowerCase())
}

/** Fields in the order of the command's arguments; those that the form did not have are empty and left out. */
function fieldsOf(command: CommandForm, values: unknown): readonly Field[] | Refusal {
  const read = stateValues.safeParse(values)
  if (!read.success)
    return refuse('wrong_argument', 'The form cannot be read.', 'Close it and type the command.')
  const byName = new Map<string, readonly [string, Element]>()
  for (const [block, actions] of Object.entries(read.data)) {
    const name = block.slice(block.indexOf(':') + 1)
    const filled = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (filled !== undefined) byName.set(name, [block, filled])
  }
  const fields: Field[] = []
  for (const [name, spec] of Object.entries(command.args)) {
    const found = byName.get(name)
    if (found === undefined) continue
    const [block, filled] = found
    const words = wordsIn(name, spec, filled)
    fields.push({ name, spec, block, words })
  }
  return fields
}

function wordsIn(name: string, spec: ArgSpec, filled: Element): readonly string[] {
  const selected = filled.selected_option?.value.trim() ?? ''
  const value = filled.value?.trim() ?? ''
  switch (spec.kind) {
    case 'guests':
      return (filled.selected_options ?? []).map((each) => each.value.trim()).filter((word) => word !== '')
    case 'guest':
    case 'resource':
    case 'operation':
    case 'person':
    case 'task':
    case 'workspace':
    case 'choice':
      return selected === '' ? [] : [selected]
    case 'int':
    case 'duration':
    case 'text':
      return value === '' ? [] : [value]
    case 'words':
      return value.split(/\s+/).filter((word) => word !== '')
    case 'switch':
      return (filled.selected_options ?? []).some((each) => each.value === name) ? ['on'] : []
  }
}

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
 * A refusal as errors of the form, by block: at the field that it is about where that can be told, else at the first.
 * `values` is what came with the form. Empty where the form has no field, and somebody has to say it elsewhere.
 */
export function errorsOf(
  refusal: Refusal,
  command: CommandForm,
  values: unknown,
): Readonly<Record<string, string>> {
  const fields = fieldsOf(command, values)
  const known = isRefusal(fields) ? blocksOf(command, values) : fields
  const field = fieldOf(refusal, known)
  return field === undefined ? {} : { [field.block]: errorText(refusal) }
}

/** Fields of a form whose values make no sense, to have a place for saying so. */
function blocksOf(command: CommandForm, values: unknown): readonly Field[] {
  const blocks = typeof values === 'object' && values !== null ? Object.keys(values) : []
  return Object.entries(command.args).flatMap(([name, spec]) => {
    const block = blocks.find((each) => each.slice(each.indexOf(':') + 1) === name)
    return block === undefined ? [] : [{ name, spec, block, words: [] }]
  })
}

function fieldOf(refusal: Refusal, fields: readonly Field[]): Field | undefined {
  const { code, message } = refusal
  const kinds = ABOUT[code] ?? []
  const about = (field: Field) => kinds.includes(field.spec.kind)
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

/** Fields know no formatting: code is put in quotes, and everything is one line. */
function errorText({ message, hint, details }: Refusal): string {
  const some = details.slice(0, 5).join('; ')
  const parts = [message, ...(some === '' ? [] : [`${some}${details.length > 5 ? ' …' : ''}.`]), hint]
  return clip(sanitise(parts.join(' ').replaceAll('`', '"')), MOST_ERROR)
}
