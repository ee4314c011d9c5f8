import type { ArgSpecs } from '../../core/args.js'
import { type Card, card, type Section } from '../../core/card.js'
import { type CommandMeta, type Group, usage } from '../../core/command.js'
import { column, fact } from '../../core/facts.js'

type Described = CommandMeta & { readonly args: ArgSpecs }

const GROUPS: readonly { readonly group: Group; readonly title: string }[] = [
  { group: 'pve', title: 'Overview' },
  { group: 'guest', title: 'Guests' },
  { group: 'cluster', title: 'Cluster' },
  { group: 'workspace', title: 'Workspace and session' },
]

/** Every command with its usage, by group. */
export function allCommandsCard(commands: readonly Described[]): Card {
  const sections = GROUPS.flatMap(({ group, title }): readonly Section[] => {
    const inGroup = commands.filter((command) => command.group === group)
    if (inGroup.length === 0) return []
    const rows = inGroup.map((command) => ({ command: usage(command), summary: command.summary }))
    const columns = [column('command', 'command', 'text', 0), column('summary', 'what it does', 'text', 0)]
    return [{ title, table: { columns, rows, empty: '' } }]
  })
  return card({
    heading: 'Commands',
    text: 'Type a command as it stands here; `help COMMAND` explains one. Guests go by name or number.',
    sections,
    actions: [
      { label: 'the whole cluster', words: 'status' },
      { label: 'all guests', words: 'ls' },
    ],
  })
}

/** One command: usage, arguments, examples. */
export function oneCommandCard(command: Described): Card {
  const rows = Object.entries(command.args).map(([name, spec]) => ({
    argument: spec.flag ? `--${name}` : spec.label,
    required: spec.required ? 'yes' : 'no',
    meaning: spec.kind === 'choice' ? `${spec.summary}: ${spec.choices.join(', ')}` : spec.summary,
  }))
  const columns = [
    column('argument', 'argument', 'text', 0),
    column('required', 'required', 'text', 2),
    column('meaning', 'meaning', 'text', 0),
  ]
  return card({
    heading: usage(command),
    text: `${command.summary}.`,
    facts: [fact('risk', command.risk)],
    ...(rows.length === 0 ? {} : { table: { columns, rows, empty: '' } }),
    actions: command.examples.map((words) => ({ label: 'example', words })),
  })
}
