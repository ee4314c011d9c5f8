import type { APIApplicationCommandBasicOption, APIApplicationCommandOption } from 'discord.js'
import type { DiscordCommand } from '../../../src/chat/derive/discord-commands.js'

/** Discord's limits on commands, written down a second time, apart from the code that keeps them. */

type Node = DiscordCommand | APIApplicationCommandOption

const NAME = /^[-_\p{Ll}\p{N}]{1,32}$/u

const below = (node: Node): readonly APIApplicationCommandOption[] =>
  'options' in node ? (node.options ?? []) : []
const choicesOf = (node: Node): readonly { readonly name: string; readonly value: string | number }[] =>
  'choices' in node ? (node.choices ?? []) : []

/** Names, descriptions and values, of a command and of all that is in it. */
export function charactersIn(node: Node): number {
  const own = `${node.name}${node.description ?? ''}`.length
  const choices = choicesOf(node).map(({ name, value }) => `${name}${value}`.length)
  return [own, ...choices, ...below(node).map(charactersIn)].reduce((sum, each) => sum + each, 0)
}

export type Leaf = {
  /** As it is typed: `/cluster task ls`. */
  readonly called: string
  readonly options: readonly APIApplicationCommandBasicOption[]
}

/** What can be called; throws where an option stands in the place of a subcommand. */
export function leavesOf(commands: readonly DiscordCommand[]): readonly Leaf[] {
  const walk = (node: APIApplicationCommandOption, path: string): readonly Leaf[] => {
    const called = `${path} ${node.name}`
    if (node.type === 2) return (node.options ?? []).flatMap((each) => walk(each, called))
    if (node.type !== 1) throw new Error(`${called} is an option beside subcommands`)
    return [{ called, options: node.options ?? [] }]
  }
  return commands.flatMap((command) => below(command).flatMap((node) => walk(node, `/${command.name}`)))
}

/** One line for each limit that is broken. */
export function violations(commands: readonly DiscordCommand[]): readonly string[] {
  return [
    ...(commands.length > 100 ? [`${commands.length} commands`] : []),
    ...twice('commands', commands),
    ...commands.flatMap((command) => {
      const characters = charactersIn(command)
      return [
        ...(characters > 8000 ? [`/${command.name}: ${characters} characters`] : []),
        ...faults(command, `/${command.name}`),
      ]
    }),
  ]
}

function faults(node: Node, at: string): readonly string[] {
  const options = below(node)
  const description = node.description ?? ''
  const demanded = options.map((each) => 'required' in each && each.required === true)
  return [
    ...(NAME.test(node.name) ? [] : [`${at}: no name`]),
    ...(description.length < 1 || description.length > 100
      ? [`${at}: description of ${description.length}`]
      : []),
    ...(options.length > 25 ? [`${at}: ${options.length} entries`] : []),
    ...(demanded.lastIndexOf(true) > demanded.indexOf(false) && demanded.includes(false)
      ? [`${at}: required after optional`]
      : []),
    ...twice(at, options),
    ...valueFaults(node, at),
    ...options.flatMap((each) => faults(each, `${at} ${each.name}`)),
  ]
}

function valueFaults(node: Node, at: string): readonly string[] {
  const choices = choicesOf(node)
  const odd = choices.filter(
    ({ name, value }) => name.length < 1 || name.length > 100 || `${value}`.length > 100,
  )
  return [
    ...(choices.length > 25 ? [`${at}: ${choices.length} choices`] : []),
    ...(choices.length > 0 && 'autocomplete' in node && node.autocomplete === true
      ? [`${at}: choices and autocompletion`]
      : []),
    ...odd.map(({ name }) => `${at}: choice ${name}`),
    ...('max_length' in node && ((node.max_length ?? 1) < 1 || (node.max_length ?? 1) > 6000)
      ? [`${at}: max_length`]
      : []),
  ]
}

function twice(at: string, named: readonly { readonly name: string }[]): readonly string[] {
  const names = named.map(({ name }) => name)
  return new Set(names).size === names.length ? [] : [`${at}: a name twice`]
}
