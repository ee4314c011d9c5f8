import { optional } from '../../core/args.js'
import { commandName, defineCommand, type Query } from '../../core/command.js'
import { refuse } from '../../core/refusal.js'
import type { QueryContext } from '../../ports/query.js'
import { commandsCard, oneCommandCard } from './view.js'

const help = defineCommand({
  path: ['help'],
  group: 'pve',
  summary: 'What can be typed, or how one command is used',
  risk: 'read',
  role: 'anyone',
  examples: ['help', 'help ls', 'help task show'],
  freshness: 'none',
  args: { topic: optional.words({ label: 'command', summary: 'the command to explain' }) },
  answer: (context: QueryContext, { topic }) => {
    const standing = { surface: context.caller.surface, grants: context.person?.grants ?? null }
    if (topic === undefined || topic.length === 0) return commandsCard(context.commands, standing)
    const words = topic.map((word) => word.toLowerCase())
    const wanted = words.join(' ')
    const exact = context.commands.find((command) => commandName(command) === wanted)
    if (exact !== undefined) return oneCommandCard(exact)
    const family = context.commands.filter((command) => command.path[0] === words[0] && words.length === 1)
    if (family.length > 0) return commandsCard(family, standing)
    const near = context.nearest(wanted, context.commands.map(commandName))
    const hint = near === null ? '`help` shows all commands.' : `Did you mean \`help ${near}\`?`
    return refuse('unknown_command', `There is no command \`${topic.join(' ')}\`.`, hint)
  },
})

export const helpCommands: readonly Query<QueryContext>[] = [help]
