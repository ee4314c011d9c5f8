import { z } from 'zod'
import { type ArgSpec, type ArgSpecs, type ArgValues, arg, optional } from './args.js'
import type { Card } from './card.js'
import type { Drafted } from './drafting.js'
import type { Role } from './people.js'
import type { Refusal } from './refusal.js'
import type { Choice, OperationReport } from './report.js'

/** What can happen to the machines when the command is carried out. */
export type Risk = 'read' | 'routine' | 'disruptive' | 'destructive' | 'admin'

/** Which top-level entry a surface with few of them (Discord) puts the command under. */
export type Group = 'pve' | 'guest' | 'cluster' | 'workspace'

/** What the console does after the answer; other surfaces never see these commands. */
export type SessionEffect =
  | { readonly kind: 'exit' }
  | { readonly kind: 'use'; readonly workspace: string }
  | { readonly kind: 'init' }
  /** From now on this person speaks. */
  | { readonly kind: 'as'; readonly person: string }

export type Answer =
  | Card
  | Refusal
  | { readonly kind: 'session'; readonly effect: SessionEffect; readonly card: Card }
  /** A card and what may be chosen from it; a surface without choices shows the card alone. */
  | { readonly kind: 'choice'; readonly card: Card; readonly choices: readonly Choice[] }
  /** A change that became an operation, or a decision on one. One that runs can be followed. */
  | {
      readonly kind: 'operation'
      readonly report: OperationReport
      readonly card: Card
      readonly choices: readonly Choice[]
    }

/** Whether the answer is drawn from the synced picture, and so wants it fresh first. */
export type Freshness = 'none' | 'picture'

export type CommandMeta = {
  /** One or two words: every path is a leaf. */
  readonly path: readonly [string] | readonly [string, string]
  readonly group: Group
  readonly summary: string
  /** Of a change the least it can be; its plan may raise it. */
  readonly risk: Risk
  /** The role that the caller must hold, for what is named or at all; `anyone` needs no person. */
  readonly role: Role | 'anyone'
  readonly examples: readonly string[]
  readonly freshness: Freshness
  /** `console` commands steer the terminal session and exist on no other surface. */
  readonly surfaces: 'all' | 'console'
}

/** The command that takes a change back, or a sentence that says why none does. */
export type Inverse = { readonly command: string } | { readonly none: string }

type Values = Readonly<Record<string, unknown>>

/** Answers with a card, or decides something by rules of its own. */
export type Query<Context> = CommandMeta & {
  readonly kind: 'query'
  readonly args: ArgSpecs
  readonly answer: (context: Context, values: Values) => Promise<Answer>
}

/** Makes a plan, which goes the whole road. */
export type Change<Planning> = CommandMeta & {
  readonly kind: 'change'
  readonly args: ArgSpecs
  readonly inverse: Inverse
  readonly plan: (context: Planning, values: Values) => Promise<Drafted | Refusal>
}

/** A registry entry, with the types of its arguments erased: values are parsed again by the specs' schemas. */
export type Command<Context, Planning = unknown> = Query<Context> | Change<Planning>

type Optional = 'freshness' | 'surfaces' | 'role'
type Definition<A extends ArgSpecs> = Omit<CommandMeta, Optional> &
  Partial<Pick<CommandMeta, Optional>> & { readonly args: A }

type QueryDefinition<Context, A extends ArgSpecs> = Definition<A> & {
  readonly answer: (context: Context, args: ArgValues<A>) => Promise<Answer> | Answer
}

type ChangeDefinition<Planning, A extends ArgSpecs> = Definition<A> & {
  readonly inverse: Inverse
  readonly plan: (context: Planning, args: ArgValues<A>) => Promise<Drafted | Refusal>
}

/**
 * A command is a value. `answer` gets the arguments as their specs resolved them.
 * Throws a ZodError when called with values that do not fit the specs, which would be a bug of the pipeline.
 */
export function defineCommand<Context, const A extends ArgSpecs>(
  definition: QueryDefinition<Context, A>,
): Query<Context> {
  const { answer, ...meta } = definition
  const schema = argsSchema(definition.args)
  return {
    freshness: 'picture',
    surfaces: 'all',
    role: 'reader',
    ...meta,
    kind: 'query',
    answer: async (context, values) => answer(context, schema.parse(values)),
  }
}

/** What every change can be told besides what it is about. */
export const CHANGE_ARGS = {
  reason: optional.text(
    { label: 'text', summary: 'why, for those who decide and for the log', flag: true },
    500,
  ),
  confirm: optional.text(
    { label: 'digest', summary: 'confirm the waiting plan that has this digest', flag: true },
    64,
  ),
  type: optional.text({ label: 'name', summary: 'the name, where it has to be typed', flag: true }, 300),
  canary: optional.int(
    { label: 'n', summary: 'so many first; go on only if all is well', flag: true },
    1,
    1000,
  ),
  parallel: optional.int({ label: 'n', summary: 'so many at a time (4 unless given)', flag: true }, 1, 50),
  'keep-going': arg.flag({ label: 'keep going', summary: 'go on with the others when one fails' }),
} as const

/** A change; it takes the arguments of `CHANGE_ARGS` besides its own. */
export function defineChange<Planning, const A extends ArgSpecs>(
  definition: ChangeDefinition<Planning, A>,
): Change<Planning> {
  const { plan, ...meta } = definition
  const schema = argsSchema(definition.args)
  return {
    freshness: 'picture',
    surfaces: 'all',
    role: 'operator',
    ...meta,
    args: { ...definition.args, ...CHANGE_ARGS },
    kind: 'change',
    plan: async (context, values) => plan(context, schema.parse(values)),
  }
}

/** The one place where the specs' schemas become the type of their values. */
function argsSchema<A extends ArgSpecs>(specs: A): z.ZodType<ArgValues<A>> {
  const shape: Record<string, ArgSpec['schema']> = {}
  for (const [name, spec] of Object.entries(specs)) shape[name] = spec.schema
  const values = z.object(shape)
  return z.custom<ArgValues<A>>((value) => values.safeParse(value).success)
}

/** The words that call a command, as typed. */
export function commandName(command: Pick<CommandMeta, 'path'>): string {
  return command.path.join(' ')
}

/** The usage line: `task ls [--node NODE] [--failed]`. */
export function usage(command: Pick<CommandMeta, 'path'> & { readonly args: ArgSpecs }): string {
  const parts = Object.entries(command.args).map(([name, spec]) => {
    const value = spec.kind === 'choice' ? spec.choices.join('|') : spec.label.toUpperCase()
    if (spec.kind === 'switch') return `[--${name}]`
    const shown = spec.flag ? `--${name} ${value}` : spec.kind === 'words' ? `${value}…` : value
    return spec.required ? shown : `[${shown}]`
  })
  return [commandName(command), ...parts].join(' ')
}
