import { type Card, card, type Fact, type Section } from '../../core/card.js'
import { CHANGE_ARGS, type Command, type Group, type Inverse, type Risk, usage } from '../../core/command.js'
import { column, fact } from '../../core/facts.js'
import { keptFrom, ROLES, type Standing } from '../../core/people.js'
import type { PlanContext } from '../../ports/planning.js'
import type { QueryContext } from '../../ports/query.js'

type AnyCommand = Command<QueryContext, PlanContext>

const TITLES = {
  pve: 'Overview and decisions',
  guest: 'Guests',
  cluster: 'Cluster',
  workspace: 'Workspace, people and session',
} as const satisfies Record<Group, string>

const GROUPS: readonly Group[] = ['pve', 'guest', 'cluster', 'workspace']

const RISKS = {
  read: 'reads only',
  routine: 'easily put right',
  disruptive: 'interrupts something that runs',
  destructive: 'may lose something',
  admin: 'changes how this installation works',
} as const satisfies Record<Risk, string>

/** The commands that somebody may give, with their usage, by group; of the others it is said which roles they need. */
export function commandsCard(all: readonly AnyCommand[], standing: Standing): Card {
  const commands = all.filter((command) => keptFrom(command, standing) === null)
  const sections = GROUPS.flatMap((group): readonly Section[] => {
    const rows = commands
      .filter((command) => command.group === group)
      .map((command) => ({ command: shortUsage(command), summary: command.summary }))
    if (rows.length === 0) return []
    const columns = [column('command', 'command', 'text', 0), column('summary', 'what it does', 'text', 0)]
    return [{ title: TITLES[group], table: { columns, rows, empty: '' } }]
  })
  const changes = commands.some(({ kind }) => kind === 'change')
  return card({
    heading: 'Commands',
    text: [
      'Type a command as it stands here; `help COMMAND` explains one. Guests go by name or number.',
      ...(changes ? [`Every change also takes ${changeFlags()}.`] : []),
      ...withheld(all, standing),
    ].join('\n'),
    sections,
    actions: [
      { label: 'the whole cluster', words: 'status' },
      { label: 'all guests', words: 'ls' },
    ],
  })
}

function withheld(all: readonly AnyCommand[], standing: Standing): readonly string[] {
  const roles = all.flatMap((command) => {
    const kept = keptFrom(command, standing)
    return kept === null || kept === 'surface' ? [] : [kept]
  })
  if (roles.length === 0) return []
  const named = ROLES.filter((role) => roles.includes(role)).join(', ')
  return [`Not shown: ${roles.length} that need a role which you do not have (${named}).`]
}

/** In a list the flags that all changes share would hide the few that tell them apart. */
function shortUsage(command: AnyCommand): string {
  if (command.kind === 'query') return usage(command)
  const own = Object.entries(command.args).filter(([name]) => !(name in CHANGE_ARGS))
  return usage({ path: command.path, args: Object.fromEntries(own) })
}

function changeFlags(): string {
  const names = Object.keys(CHANGE_ARGS).map((name) => `--${name}`)
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
}

/** One command: usage, who may use it, what it can do, arguments, examples. */
export function oneCommandCard(command: AnyCommand): Card {
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
    facts: factsOf(command),
    ...(rows.length === 0 ? {} : { table: { columns, rows, empty: '' } }),
    actions: command.examples.map((words) => ({ label: 'example', words })),
  })
}

function factsOf(command: AnyCommand): readonly Fact[] {
  const change = command.kind === 'change'
  return [
    fact('risk', command.risk, 'text', {
      note: `${RISKS[command.risk]}${change ? '; the least it can be' : ''}`,
    }),
    command.role === 'anyone'
      ? fact('who', 'anyone')
      : fact('role', command.role, 'text', change ? { note: 'for every guest that is named' } : {}),
    ...(change ? [fact('taken back by', inverseText(command.inverse))] : []),
    ...(command.surfaces === 'console' ? [fact('where', 'in the console only')] : []),
  ]
}

function inverseText(inverse: Inverse): string {
  return 'command' in inverse ? `${inverse.command}, or undo` : `nothing: ${inverse.none}`
}
