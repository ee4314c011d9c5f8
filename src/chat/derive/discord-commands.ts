import type {
  APIApplicationCommandOption,
  APIApplicationCommandSubcommandOption,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js'
import { type CommandMeta, commandName, type Group } from '../../core/command.js'
import type { CommandForm } from '../../ports/road.js'
import { MOST_DESCRIPTION, offeredArgs, optionOf, shortened } from './discord-options.js'

export { type GivenValues, isOffered, missingFor, offeredArgs } from './discord-options.js'

export type DiscordCommand = RESTPostAPIChatInputApplicationCommandsJSONBody

/** All names, descriptions and choices of one top-level command together. */
export const MOST_CHARACTERS = 8000

const GROUPS: Readonly<Record<Group, string>> = {
  pve: 'Ask, decide what waits, and get help',
  guest: 'Look at guests and what they run on, and change them',
  cluster: 'The cluster as a whole: tasks, and what changed',
  workspace: 'Workspaces, persons, roles and the audit log',
}

/** What works in direct messages. It belongs to the one top-level command that exists there, whatever its group. */
export const IN_DIRECT_MESSAGES: readonly string[] = ['link']

/**
 * USE_APPLICATION_COMMANDS, as Discord writes permissions. A hint of what to show to whom, which the admins of a server
 * change as they like. It never is the authorization: every command is authorised by who the person is, each time.
 */
const SHOWN_TO = '2147483648'

/** How long descriptions of options and of subcommands may be where not all fits; the first pair that does is taken. */
const SHORTER: readonly (readonly [number, number])[] = [
  [80, MOST_DESCRIPTION],
  [60, MOST_DESCRIPTION],
  [45, 80],
  [30, 60],
  [20, 40],
]

/**
 * The commands of this registry as Discord has them: a top-level command for each group, every path a leaf below it. The
 * same registry always gives the same. Where there is too much for Discord, descriptions get shorter, as far as that goes;
 * that it goes far enough is checked by a test, which says how much room is left.
 */
export function discordCommands(commands: readonly CommandForm[]): readonly DiscordCommand[] {
  return groupNames.flatMap((group) => {
    const inGroup = commands.filter((command) => command.surfaces === 'all' && topOf(command) === group)
    return inGroup.length === 0 ? [] : [fitting(group, inGroup, commands)]
  })
}

const groupNames: readonly Group[] = ['pve', 'guest', 'cluster', 'workspace']

/** The top-level command under which Discord has it. */
export function topOf(command: Pick<CommandMeta, 'path' | 'group'>): Group {
  return IN_DIRECT_MESSAGES.includes(commandName(command)) ? 'pve' : command.group
}

/** A command as it is typed on Discord, without its options: `/cluster task ls`. */
export function slashName(command: Pick<CommandMeta, 'path' | 'group'>): string {
  return `/${topOf(command)} ${commandName(command)}`
}

function fitting(group: Group, inGroup: readonly CommandForm[], all: readonly CommandForm[]): DiscordCommand {
  let made = topLevel(group, inGroup, all, [MOST_DESCRIPTION, MOST_DESCRIPTION])
  for (const lengths of SHORTER) {
    if (charactersOf(made) <= MOST_CHARACTERS) break
    made = topLevel(group, inGroup, all, lengths)
  }
  return made
}

function topLevel(
  group: Group,
  inGroup: readonly CommandForm[],
  all: readonly CommandForm[],
  [mostOption, mostCommand]: readonly [number, number],
): DiscordCommand {
  const told = (text: string, most: number) => shortened(plainly(text, all), most)
  const leaf = (command: CommandForm, name: string): APIApplicationCommandSubcommandOption => {
    const options = offeredArgs(command).map(([key, spec]) =>
      optionOf(key, spec, told(spec.summary, mostOption)),
    )
    return {
      type: 1,
      name,
      description: told(command.summary, mostCommand),
      ...(options.length === 0 ? {} : { options }),
    }
  }
  const firsts = [...new Set(inGroup.map(({ path }) => path[0]))]
  const options = firsts.flatMap((first): APIApplicationCommandOption[] => {
    const below = inGroup.filter(({ path }) => path[0] === first)
    const alone = below.find(({ path }) => path.length === 1)
    if (alone !== undefined) return [leaf(alone, first)]
    const names = below.map(commandName).join(', ')
    return [
      {
        type: 2,
        name: first,
        description: shortened(names, mostCommand),
        options: below.map((command) => leaf(command, command.path[1] ?? '')),
      },
    ]
  })
  return {
    type: 1,
    name: group,
    description: GROUPS[group],
    options,
    // Where it exists: in servers alone, or in direct messages with the bot as well.
    contexts: group === 'pve' ? [0, 1] : [0],
    // The bot is added to servers, never to an account.
    integration_types: [0],
    default_member_permissions: group === 'pve' ? null : SHOWN_TO,
  }
}

/** Descriptions know no formatting: code is put in quotes, and commands read as they are typed on Discord. */
function plainly(text: string, commands: readonly CommandForm[]): string {
  return text.replace(/`([^`]*)`/g, (_, span: string) => {
    const named = commands.find((command) => command.surfaces === 'all' && commandName(command) === span)
    return named === undefined ? `“${span}”` : slashName(named)
  })
}

type Counted = {
  readonly name: string
  readonly description?: string | undefined
  readonly options?: readonly Counted[] | undefined
  readonly choices?: readonly { readonly name: string; readonly value: string | number }[] | undefined
}

/** What Discord counts of a command: names, descriptions and values of everything in it. */
export function charactersOf(command: Counted): number {
  const choices = (command.choices ?? []).reduce(
    (sum, { name, value }) => sum + name.length + String(value).length,
    0,
  )
  const nested = (command.options ?? []).reduce((sum, option) => sum + charactersOf(option), 0)
  return command.name.length + (command.description?.length ?? 0) + choices + nested
}

/** The commands as a JSON file, the way the formatter of this repository writes it. */
export function commandsJson(commands: readonly DiscordCommand[]): string {
  const text = JSON.stringify(commands, null, 2)
  return `${text.replace(/\[\s+(\d+(?:,\s+\d+)*)\s+\]/g, (_, list: string) => `[${list.replace(/\s+/g, ' ')}]`)}\n`
}
