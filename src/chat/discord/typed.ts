import type { ArgSpec } from '../../core/args.js'
import { CHANGE_ARGS, usage } from '../../core/command.js'
import { isRefusal } from '../../core/refusal.js'
import { splitWords, type Word } from '../../core/words.js'
import type { CommandForm } from '../../ports/road.js'
import { isOffered, offeredArgs, slashName } from '../derive/discord-commands.js'
import { wordsOf } from './words.js'

/** What people type on Discord in place of words of the one grammar. */

/**
 * Words of the grammar as they are typed on Discord: `stop web-01` is `/guest stop guests:web-01`. A usage line and a flag alone
 * are told as well. What cannot be typed there stays as it is, after `/pve`. Never throws.
 */
export function typedOnDiscord(commands: readonly CommandForm[]): (words: string) => string {
  const inChat = commands.filter(({ surfaces }) => surfaces === 'all')
  const usages = new Map(inChat.flatMap(usageLines))
  return (words) =>
    usages.get(words) ??
    flagAlone(inChat, words) ??
    call(inChat, words) ??
    (words.startsWith('/') ? words : `/pve ${words}`)
}

/** `stop GUESTS [--reason TEXT]` is `/guest stop guests:GUESTS [reason:TEXT]`; also without what all changes take. */
function usageLines(command: CommandForm): readonly (readonly [string, string])[] {
  const own = Object.entries(command.args).filter(
    ([name]) => command.kind === 'query' || !(name in CHANGE_ARGS),
  )
  const short: CommandForm = { ...command, args: Object.fromEntries(own) }
  return [command, short].map((each) => [usage(each), usageThere(each)] as const)
}

function usageThere(command: CommandForm): string {
  const parts = offeredArgs(command).map(([name, spec]) => {
    const value = spec.kind === 'choice' ? spec.choices.join('|') : spec.label.toUpperCase()
    const shown = spec.kind === 'switch' ? `${name}:True` : `${name}:${value}`
    return spec.required ? shown : `[${shown}]`
  })
  return [slashName(command), ...parts].join(' ')
}

/** `--reason TEXT` is `reason:TEXT`, of whichever command. */
function flagAlone(commands: readonly CommandForm[], words: string): string | null {
  const [, name, value] = /^--([a-z][a-z0-9-]*)(?:[ =](\S+))?$/.exec(words) ?? []
  if (name === undefined) return null
  const specs = commands.flatMap((command) => (isOffered(command, name) ? [command.args[name]] : []))
  if (specs.length === 0) return null
  const on = value === undefined && specs.every((spec) => spec?.kind === 'switch')
  return `${name}:${on ? 'True' : (value ?? '')}`
}

/** A whole command, or one that lacks something; null where it is none, or Discord would take it for another. */
function call(commands: readonly CommandForm[], line: string): string | null {
  const words = splitWords(line)
  if (isRefusal(words)) return null
  const [first, second] = words.map(({ text }) => text.toLowerCase())
  const command =
    commands.find(({ path }) => path.length === 2 && path[0] === first && path[1] === second) ??
    commands.find(({ path }) => path.length === 1 && path[0] === first)
  if (command === undefined) return null
  const rest = words.slice(command.path.length)
  const given = rest.some(asksHelp) ? null : assigned(command, rest)
  if (given === null || isRefusal(wordsOf(command, Object.fromEntries(given)))) return null
  const options = offeredArgs(command).flatMap(([name]) => {
    const value = given.get(name)
    return value === undefined ? [] : [`${name}:${value}`]
  })
  return [slashName(command), ...options].join(' ')
}

/** Each argument as it is put into its option. As the grammar reads them: flags by name, the rest by position. */
function assigned(command: CommandForm, words: readonly Word[]): ReadonlyMap<string, string> | null {
  const given = new Map<string, string>()
  const loose: string[] = []
  for (let at = 0; at < words.length; at++) {
    const { text, quoted } = words[at] ?? { text: '', quoted: false }
    if (quoted || !text.startsWith('--')) {
      loose.push(text)
      continue
    }
    const [, name = '', inline] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(text) ?? []
    const spec = isOffered(command, name) ? command.args[name] : undefined
    if (spec === undefined || !spec.flag) return null
    if (spec.kind === 'switch') {
      if (inline !== undefined) return null
      given.set(name, 'True')
      continue
    }
    const value = inline ?? words[at + 1]?.text
    if (value === undefined) return null
    if (inline === undefined) at += 1
    given.set(name, value)
  }
  const whole = place(command, loose, given)
  return whole && [...given].every(([, value]) => canBeTyped(command, value)) ? given : null
}

/** Anywhere in a line, it asks for help instead. */
function asksHelp({ text, quoted }: Word): boolean {
  return !quoted && (text === '--help' || text === '-h')
}

/** Gives each loose word its argument; false where one has none. */
function place(command: CommandForm, loose: readonly string[], given: Map<string, string>): boolean {
  let rest = loose
  for (const [name, spec] of Object.entries(command.args).filter(([, { flag }]) => !flag)) {
    const [next] = rest
    if (next === undefined) return true
    if (isLeftOut(spec, next)) continue
    const greedy = spec.kind === 'words' || spec.kind === 'guests'
    const taken = greedy ? rest : [next]
    rest = rest.slice(taken.length)
    // In one option, blanks part guests.
    if (spec.kind === 'guests' && taken.some((word) => /\s/.test(word))) return false
    given.set(name, taken.join(' '))
  }
  return rest.length === 0
}

function isLeftOut(spec: ArgSpec, next: string): boolean {
  return spec.kind === 'choice' && !spec.required && !spec.choices.includes(next.toLowerCase())
}

/** A line break or the name of another option would end the value. */
function canBeTyped(command: CommandForm, value: string): boolean {
  const names = offeredArgs(command).map(([name]) => `${name}:`)
  return (
    value.trim() !== '' &&
    !/[\r\n]/.test(value) &&
    !value.split(/\s+/).some((word) => names.some((name) => word.toLowerCase().startsWith(name)))
  )
}
