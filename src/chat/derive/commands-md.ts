import type { ArgSpec, ArgSpecs } from '../../core/args.js'
import {
  type CommandMeta,
  commandName,
  type Group,
  type Inverse,
  type Risk,
  usage,
} from '../../core/command.js'

export type DocumentedCommand = CommandMeta & { readonly args: ArgSpecs; readonly inverse?: Inverse }

const GROUPS: readonly { readonly group: Group; readonly title: string }[] = [
  { group: 'pve', title: 'Overview' },
  { group: 'guest', title: 'Guests' },
  { group: 'cluster', title: 'Cluster' },
  { group: 'workspace', title: 'Workspace and session' },
]

const RISKS = {
  read: 'reads only',
  routine: 'changes something, easily put right',
  disruptive: 'interrupts or rebuilds something that runs',
  destructive: 'destroys something',
  admin: 'changes how this installation works',
} as const satisfies Record<Risk, string>

/** The reference of all commands as Markdown; the same registry always gives the same text. */
export function commandsMarkdown(commands: readonly DocumentedCommand[]): string {
  const parts = GROUPS.flatMap(({ group, title }) => {
    const inGroup = commands
      .filter((command) => command.group === group)
      .toSorted((a, b) => (commandName(a) < commandName(b) ? -1 : 1))
    return inGroup.length === 0 ? [] : [`## ${title}`, ...inGroup.map(commandPart)]
  })
  const intro = [
    '# Commands',
    'Made from the registry of commands by a script; edit the commands, not this page.',
    'Words in capitals stand for a value, `[…]` may be left out, `a|b` is a choice. Guests go by name or number.',
  ]
  return `${[...intro, ...parts].join('\n\n')}\n`
}

function commandPart(command: DocumentedCommand): string {
  const args = Object.entries(command.args)
  return [
    `### ${text(commandName(command))}`,
    sentence(command.summary),
    fenced([usage(command)]),
    [
      `Risk: **${command.risk}** (${RISKS[command.risk]}).`,
      ...(command.role === 'reader' || command.role === 'anyone' ? [] : [`Role: ${command.role}.`]),
      ...(command.surfaces === 'console' ? ['In the console only.'] : []),
      ...(command.inverse === undefined ? [] : [inverse(command.inverse)]),
    ].join(' '),
    ...(args.length === 0 ? [] : [argumentTable(args)]),
    ...(command.examples.length === 0
      ? []
      : [`Example${command.examples.length === 1 ? '' : 's'}:`, fenced(command.examples)]),
  ].join('\n\n')
}

function inverse(how: Inverse): string {
  return 'none' in how ? sentence(how.none) : `${code('undo')} takes it back by ${code(how.command)}.`
}

function argumentTable(args: readonly (readonly [string, ArgSpec])[]): string {
  const rows = args.map(([name, spec]) => {
    const called = spec.flag ? code(`--${name}`) : text(spec.label)
    return `| ${called} | ${values(spec)} | ${spec.required ? 'yes' : 'no'} | ${text(spec.summary)} |`
  })
  return ['| argument | value | required | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function values(spec: ArgSpec): string {
  switch (spec.kind) {
    case 'guest':
      return 'name or number of a guest'
    case 'guests':
      return `names, numbers or filters such as ${code('tag=prod')}`
    case 'resource':
      return text(`name of a ${spec.types.join(' or ')}`)
    case 'choice':
      return spec.choices.map(code).join(', ')
    case 'int':
      return `whole number, ${spec.min} to ${spec.max}`
    case 'duration':
      return `${code('90s')}, ${code('15m')}, ${code('24h')}, ${code('7d')}`
    case 'task':
      return 'handle or UPID of a task'
    case 'workspace':
      return 'name of a workspace'
    case 'operation':
      return `name of an operation, ${code('op12')}`
    case 'person':
      return 'name of a person'
    case 'words':
      return 'words'
    case 'text':
      return `text, at most ${spec.maxLength} characters`
    case 'switch':
      return 'none'
  }
}

function sentence(summary: string): string {
  return /[.!?]$/.test(summary) ? text(summary) : `${text(summary)}.`
}

/** Text that Markdown must not take for anything else, also within a table. Code spans of ours stay. */
function text(plain: string): string {
  return plain
    .replace(/\s+/g, ' ')
    .split(/(`[^`]*`)/)
    .map((part, at) => (at % 2 === 1 ? code(part.slice(1, -1)) : part.replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&')))
    .join('')
}

function code(plain: string): string {
  const line = plain.replace(/\s+/g, ' ').replaceAll('|', '\\|')
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((ticks) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return longest === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`
}

function fenced(lines: readonly string[]): string {
  const body = lines.map((line) => line.replace(/[\r\n]+/g, ' ')).join('\n')
  const longest = Math.max(2, ...(body.match(/`+/g) ?? []).map((ticks) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${body}\n${fence}`
}
