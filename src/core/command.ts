import { z } from 'zod'
import type { ArgSpec, ArgSpecs, ArgValues } from './args.js'
import type { Card } from './card.js'
import type { Refusal } from './refusal.js'

/** What can happen to the machines when the command is carried out. */
export type Risk = 'read' | 'routine' | 'disruptive' | 'destructive' | 'admin'

/** Which top-level entry a surface with few of them (Discord) puts the command under. */
export type Group = 'pve' | 'guest' | 'cluster' | 'workspace'

/** What the console does after the answer; other surfaces never see these commands. */
export type SessionEffect =
  | { readonly kind: 'exit' }
  | { readonly kind: 'use'; readonly workspace: string }
  | { readonly kind: 'init' }

export type Answer =
  | Card
  | Refusal
  | { readonly kind: 'session'; readonly effect: SessionEffect; readonly card: Card }

/** Whether the answer is drawn from the synced picture, and so wants it fresh first. */
export type Freshness = 'none' | 'picture'

export type CommandMeta = {
  /** One or two words: every path is a leaf. */
  readonly path: readonly [string] | readonly [string, string]
  readonly group: Group
  readonly summary: string
  readonly risk: Risk
  readonly examples: readonly string[]
  readonly freshness: Freshness
  /** `console` commands steer the terminal session and exist on no other surface. */
  readonly surfaces: 'all' | 'console'
}

/** A registry entry, with the types of its arguments erased: values are parsed again by the specs' schemas. */
export type Command<Context> = CommandMeta & {
  readonly args: ArgSpecs
  readonly answer: (context: Context, values: Readonly<Record<string, unknown>>) => Promise<Answer>
}

type Definition<Context, A extends ArgSpecs> = Omit<CommandMeta, 'freshness' | 'surfaces'> &
  Partial<Pick<CommandMeta, 'freshness' | 'surfaces'>> & {
    readonly args: A
    readonly answer: (context: Context, args: ArgValues<A>) => Promise<Answer> | Answer
  }

/**
 * A command is a value. `answer` gets the arguments as their specs resolved them.
 * Throws a ZodError when called with values that do not fit the specs, which would be a bug of the pipeline.
 */
export function defineCommand<Context, const A extends ArgSpecs>(
  definition: Definition<Context, A>,
): Command<Context> {
  const { answer, ...meta } = definition
  const schema = argsSchema(definition.args)
  return {
    freshness: 'picture',
    surfaces: 'all',
    ...meta,
    answer: async (context, values) => answer(context, schema.parse(values)),
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
