import type { ArgSpec, RawArgs } from '../core/args.js'
import { type Change, type Command, commandName, usage } from '../core/command.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import { splitWords, type Word } from '../core/words.js'
import type { PlanContext } from '../ports/planning.js'
import type { QueryContext } from '../ports/query.js'
import type { Reading } from '../ports/road.js'
import { nearest } from './nearest.js'

export type AnyCommand = Command<QueryContext, PlanContext>
export type ChangeCommand = Change<PlanContext>

export type Parsed = { readonly kind: 'parsed'; readonly command: AnyCommand; readonly raw: RawArgs }

/** First stage: words to a command of the registry and its arguments as typed. Touches nothing. */
export function parse(commands: readonly AnyCommand[], input: string | readonly string[]): Parsed | Refusal {
  const words = typeof input === 'string' ? splitWords(input) : input.map((text) => ({ text, quoted: false }))
  if (isRefusal(words)) return words
  const found = findCommand(commands, words)
  if (isRefusal(found)) return found
  const { command, rest } = found
  if (rest.some((word) => !word.quoted && (word.text === '--help' || word.text === '-h'))) {
    const help = commands.find((candidate) => commandName(candidate) === 'help')
    if (help !== undefined) return { kind: 'parsed', command: help, raw: { topic: [...command.path] } }
  }
  const raw = assign(command, rest)
  if (isRefusal(raw)) return raw
  const [missing] = missingIn(command, raw)
  return missing === undefined ? { kind: 'parsed', command, raw } : lacks(command, missing)
}

/** What words come to before anything is looked up: for surfaces that answer the incomplete ones with a form. Pure. */
export function read(commands: readonly AnyCommand[], input: string): Reading {
  const words = splitWords(input)
  if (isRefusal(words)) return words
  const family =
    words.length <= 1 ? commands.filter(({ path }) => path[0] === words[0]?.text.toLowerCase()) : []
  const [first] = family
  if (words.length === 0 || (first !== undefined && first.path.length === 2))
    return { kind: 'open', commands: words.length === 0 ? commands : family }
  const found = findCommand(commands, words)
  if (isRefusal(found)) return found
  const { command, rest } = found
  if (rest.some((word) => !word.quoted && (word.text === '--help' || word.text === '-h')))
    return { kind: 'whole', command }
  const raw = assign(command, rest)
  if (isRefusal(raw)) return raw
  const missing = missingIn(command, raw)
  return missing.length === 0 ? { kind: 'whole', command } : { kind: 'lacking', command, raw, missing }
}

type Found = { readonly command: AnyCommand; readonly rest: readonly Word[] }

function findCommand(commands: readonly AnyCommand[], words: readonly Word[]): Found | Refusal {
  const first = words[0]?.text.toLowerCase()
  if (first === undefined)
    return refuse('missing_argument', 'Nothing was typed.', 'Type `help` to see what there is.')
  const second = words[1]?.text.toLowerCase()
  const long = commands.find(({ path }) => path.length === 2 && path[0] === first && path[1] === second)
  if (long !== undefined) return { command: long, rest: words.slice(2) }
  const short = commands.find(({ path }) => path.length === 1 && path[0] === first)
  if (short !== undefined) return { command: short, rest: words.slice(1) }
  const family = commands.filter(({ path }) => path.length === 2 && path[0] === first)
  if (family.length > 0) return incomplete(first, second, family)
  return unknown(commands, words, first, second)
}

function incomplete(first: string, second: string | undefined, family: readonly AnyCommand[]): Refusal {
  const names = family.map(commandName)
  const close =
    second === undefined
      ? null
      : nearest(
          second,
          family.map(({ path }) => path[1] ?? ''),
        )
  const hint = close === null ? `Type one of: ${names.join(', ')}.` : `Did you mean \`${first} ${close}\`?`
  const what =
    second === undefined ? `\`${first}\` needs a second word.` : `There is no command \`${first} ${second}\`.`
  return refuse('incomplete_command', what, hint, names)
}

function unknown(
  commands: readonly AnyCommand[],
  words: readonly Word[],
  first: string,
  second: string | undefined,
): Refusal {
  const names = commands.map(commandName)
  const pair =
    second === undefined
      ? null
      : nearest(
          `${first} ${second}`,
          names.filter((name) => name.includes(' ')),
        )
  const firsts = [...new Set(commands.map(({ path }) => path[0]))]
  const close = pair ?? nearest(first, firsts)
  const hint =
    close === null ? 'Type `help` to see what there is.' : `Did you mean \`${close}\`? \`help\` shows all.`
  return refuse('unknown_command', `There is no command \`${words[0]?.text ?? ''}\`.`, hint)
}

/** Gives each word its argument: flags by name, the rest by position. */
function assign(command: AnyCommand, words: readonly Word[]): RawArgs | Refusal {
  const raw: Record<string, readonly string[] | true> = {}
  const loose: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word === undefined) continue
    if (word.quoted || !word.text.startsWith('--')) {
      loose.push(word.text)
      continue
    }
    const [name, inline] = splitFlag(word.text)
    const spec = command.args[name]
    if (spec === undefined || !(spec.flag || spec.kind === 'switch')) return unknownFlag(command, name)
    if (spec.kind === 'switch') {
      if (inline !== null) return wrong(command, `\`--${name}\` takes no value.`)
      raw[name] = true
      continue
    }
    const value = inline ?? words[i + 1]?.text
    if (value === undefined) return wrong(command, `\`--${name}\` needs a value.`, 'missing_argument')
    if (inline === null) i += 1
    raw[name] = [value]
  }
  const placed = place(command, loose)
  return isRefusal(placed) ? placed : { ...raw, ...placed }
}

function splitFlag(text: string): readonly [string, string | null] {
  const cut = text.indexOf('=')
  return cut < 0 ? [text.slice(2), null] : [text.slice(2, cut), text.slice(cut + 1)]
}

function place(command: AnyCommand, loose: readonly string[]): RawArgs | Refusal {
  const raw: Record<string, readonly string[]> = {}
  const queue = [...loose]
  for (const [name, spec] of positional(command)) {
    const next = queue[0]
    if (next === undefined) break
    if (spec.kind === 'words' || spec.kind === 'guests') {
      raw[name] = queue.splice(0)
    } else if (!(spec.kind === 'choice' && !spec.required && !spec.choices.includes(next.toLowerCase()))) {
      raw[name] = [next]
      queue.shift()
    }
  }
  const extra = queue[0]
  if (extra === undefined) return raw
  const choices = positional(command).flatMap(([, spec]) => (spec.kind === 'choice' ? spec.choices : []))
  const close = nearest(extra, choices)
  return wrong(
    command,
    `\`${extra}\` is not expected here${close === null ? '' : `; did you mean \`${close}\`?`}`,
  )
}

function positional(command: AnyCommand): readonly (readonly [string, ArgSpec])[] {
  return Object.entries(command.args).filter(([, spec]) => !spec.flag)
}

/** Names of required arguments that were not given, in their order. */
function missingIn(command: AnyCommand, raw: RawArgs): readonly string[] {
  return Object.entries(command.args)
    .filter(([name, spec]) => spec.required && raw[name] === undefined)
    .map(([name]) => name)
}

function lacks(command: AnyCommand, name: string): Refusal {
  const spec = command.args[name]
  return wrong(
    command,
    `\`${commandName(command)}\` needs ${spec?.label ?? name}: ${spec?.summary ?? ''}.`,
    'missing_argument',
  )
}

function unknownFlag(command: AnyCommand, name: string): Refusal {
  const flags = Object.entries(command.args).flatMap(([key, spec]) => (spec.flag ? [key] : []))
  const close = nearest(name, flags)
  const hint =
    close === null
      ? `Usage: \`${usage(command)}\``
      : `Did you mean \`--${close}\`? Usage: \`${usage(command)}\``
  return refuse('unknown_flag', `\`${commandName(command)}\` has no flag \`--${name}\`.`, hint)
}

function wrong(
  command: AnyCommand,
  message: string,
  code: 'wrong_argument' | 'missing_argument' = 'wrong_argument',
): Refusal {
  return refuse(code, message, `Usage: \`${usage(command)}\``)
}
