import { z } from 'zod'
import type { ArgSpec } from '../../core/args.js'
import { type Refusal, refuse } from '../../core/refusal.js'
import type { CommandForm } from '../../ports/road.js'
import { type GivenValues, isOffered, slashName } from '../derive/discord-commands.js'
import { filledWords } from '../filled.js'

/** Discord's kinds of options; the others do not occur in what we register. */
const SUBCOMMAND = 1
const GROUP = 2

const value = z.object({
  type: z.int().min(3).max(5),
  name: z.string().min(1).max(32),
  value: z.union([z.string().max(6000), z.number(), z.boolean()]),
  focused: z.boolean().optional(),
})
const leaf = z.object({
  type: z.literal(SUBCOMMAND),
  name: z.string().min(1).max(32),
  options: z.array(value).max(25).optional(),
})
const family = z.object({
  type: z.literal(GROUP),
  name: z.string().min(1).max(32),
  options: z.tuple([leaf]),
})
/** `data` of an interaction, of a command or of an autocompletion. It comes from outside. */
const commandData = z.object({
  type: z.literal(1).optional(),
  name: z.string().min(1).max(32),
  options: z.tuple([z.union([leaf, family])]),
})

export type Invoked = {
  readonly command: CommandForm
  /** By the names of arguments; of an autocompletion it has what was typed so far, as text. */
  readonly given: GivenValues
  /** The option in which somebody types; null unless it is an autocompletion. */
  readonly focused: string | null
}

/**
 * Which command an interaction calls, and with what. `data` is the raw JSON. Gives a refusal for what is none of ours: Discord
 * shows commands of an older version until they are registered anew.
 */
export function commandOf(commands: readonly CommandForm[], data: unknown): Invoked | Refusal {
  const read = commandData.safeParse(data)
  if (!read.success)
    return refuse('wrong_argument', 'This command from Discord cannot be read.', `Type it again. ${OLD}`)
  const [entry] = read.data.options
  const below = entry.type === GROUP ? entry.options[0] : entry
  const path = entry.type === GROUP ? `${entry.name} ${below.name}` : entry.name
  const called = `/${read.data.name} ${path}`
  const command = commands.find((each) => each.surfaces === 'all' && slashName(each) === called)
  if (command === undefined)
    return refuse('unknown_command', `There is no command \`${called}\` any more.`, OLD)
  const options = below.options ?? []
  const odd = options.find(
    ({ name }, at) => !isOffered(command, name) || options.findIndex((option) => option.name === name) !== at,
  )
  if (odd !== undefined)
    return refuse('unknown_flag', `\`${called}\` has no option \`${odd.name}\` any more.`, OLD)
  return {
    command,
    given: Object.fromEntries(options.map((option) => [option.name, option.value])),
    focused: options.find(({ focused }) => focused === true)?.name ?? null,
  }
}

const OLD = 'If Discord still shows commands of an older version, reload it; `doctor discord` compares them.'

/**
 * The words of the one grammar for what was given, as `Road.ask` takes them; values of a modal may be in it as text. Gives a
 * refusal for what the grammar could only misread.
 */
export function wordsOf(command: CommandForm, given: GivenValues): readonly string[] | Refusal {
  const fields = Object.entries(command.args).map(([name, spec]) => ({
    name,
    spec,
    words: wordsIn(spec, Object.hasOwn(given, name) ? given[name] : undefined),
  }))
  return filledWords(command, fields)
}

function wordsIn(spec: ArgSpec, given: string | number | boolean | undefined): readonly string[] {
  const text = given === undefined ? '' : String(given).trim()
  if (text === '') return []
  switch (spec.kind) {
    // Lists and selectors are typed in one option, as they would be on the console.
    case 'guests':
    case 'words':
      return text.split(/\s+/)
    case 'choice':
      return [text.toLowerCase()]
    case 'guest':
    case 'resource':
    case 'operation':
    case 'person':
    case 'task':
    case 'workspace':
    case 'int':
    case 'duration':
    case 'text':
      return [text]
    case 'switch':
      return given === true || text.toLowerCase() === 'true' ? ['on'] : []
  }
}
