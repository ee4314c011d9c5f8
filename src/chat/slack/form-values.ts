import { z } from 'zod'
import type { ArgSpec } from '../../core/args.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { CommandForm } from '../../ports/road.js'
import { type Filled, filledAbout, filledWords } from '../filled.js'
import { clip, sanitise } from '../text.js'

const option = z.object({ value: z.string().max(150) })
const element = z.object({
  value: z.string().max(3000).nullish(),
  selected_option: option.nullish(),
  selected_options: z.array(option).max(100).nullish(),
})
/** `view.state.values` by block and action. It comes from outside. */
const stateValues = z.record(z.string().max(255), z.record(z.string().max(255), element))

type Element = z.output<typeof element>
type Field = Filled & { readonly block: string }

/** What Slack shows below a field. */
const MOST_ERROR = 300

/**
 * The words of the one grammar for what was filled in, as `Road.ask` takes them. Gives a refusal for what the grammar
 * could only misread: a value that looks like a flag, a gap between two values, a form that is none of ours.
 */
export function wordsOf(command: CommandForm, values: unknown): readonly string[] | Refusal {
  const fields = fieldsOf(command, values)
  if (isRefusal(fields)) return fields
  return filledWords(command, fields)
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
  const field = filledAbout(refusal, known)
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

/** Fields know no formatting: code is put in quotes, and everything is one line. */
function errorText({ message, hint, details }: Refusal): string {
  const some = details.slice(0, 5).join('; ')
  const parts = [message, ...(some === '' ? [] : [`${some}${details.length > 5 ? ' …' : ''}.`]), hint]
  return clip(sanitise(parts.join(' ').replaceAll('`', '"')), MOST_ERROR)
}
