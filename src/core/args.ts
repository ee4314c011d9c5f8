import { z } from 'zod'
import type { Fit } from './fits.js'
import type { GuestKind, ResourceType } from './resource.js'

/** What a name resolved to, right now. `incarnation` tells a re-created guest from its predecessor. */
export type GuestRef = {
  readonly cluster: string
  readonly vmid: number
  readonly kind: GuestKind
  readonly name: string
  readonly node: string
  readonly incarnation: number
  /** What it was chosen by; nothing where it was named by its number, or by the program. */
  readonly fits?: readonly Fit[]
}

export type ResourceRef = {
  readonly cluster: string
  readonly type: ResourceType
  readonly key: string
  readonly name: string
  readonly guest: GuestRef | null
}

const guestRef = z.custom<GuestRef>((value) => typeof value === 'object' && value !== null && 'vmid' in value)
const resourceRef = z.custom<ResourceRef>(
  (value) => typeof value === 'object' && value !== null && 'key' in value,
)

/**
 * The closed vocabulary of arguments. Every surface is an exhaustive switch over `kind`, so a new kind does not
 * compile until all of them handle it. A spec is data for forms, completion and docs, plus the zod schema of the
 * *resolved* value. `flag: true` arguments are written `--name value`, the others by position.
 */
type Base<K extends string, S extends z.ZodType> = {
  readonly kind: K
  readonly label: string
  readonly summary: string
  readonly required: boolean
  readonly flag: boolean
  readonly schema: S
}

export type GuestArg = Base<'guest', z.ZodType<GuestRef | undefined>>
export type GuestsArg = Base<'guests', z.ZodType<readonly GuestRef[] | undefined>>
export type ResourceArg = Base<'resource', z.ZodType<ResourceRef | undefined>> & {
  readonly types: readonly ResourceType[]
  /** Whether names that only history knows are accepted. */
  readonly past: boolean
}
export type ChoiceArg = Base<'choice', z.ZodType<string | undefined>> & {
  readonly choices: readonly string[]
}
export type IntArg = Base<'int', z.ZodType<number | undefined>> & {
  readonly min: number
  readonly max: number
}
export type DurationArg = Base<'duration', z.ZodType<number | undefined>>
export type TaskArg = Base<'task', z.ZodType<string | undefined>>
export type WorkspaceArg = Base<'workspace', z.ZodType<string | undefined>>
/** An operation by its name, `op12`; resolved to its number. */
export type OperationArg = Base<'operation', z.ZodType<number | undefined>>
/** The name of a person of this home, as typed. */
export type PersonArg = Base<'person', z.ZodType<string | undefined>>
export type WordsArg = Base<'words', z.ZodType<readonly string[] | undefined>>
export type TextArg = Base<'text', z.ZodType<string | undefined>> & { readonly maxLength: number }
export type SwitchArg = Base<'switch', z.ZodType<boolean>>

export type ArgSpec =
  | GuestArg
  | GuestsArg
  | ResourceArg
  | ChoiceArg
  | IntArg
  | DurationArg
  | TaskArg
  | WorkspaceArg
  | OperationArg
  | PersonArg
  | WordsArg
  | TextArg
  | SwitchArg
export type ArgSpecs = { readonly [name: string]: ArgSpec }
export type ArgValues<A extends ArgSpecs> = { readonly [K in keyof A]: z.output<A[K]['schema']> }

/** Typed texts by argument name: one for most kinds, several for `words` and `guests`, `true` for a switch. */
export type RawArgs = Readonly<Record<string, readonly string[] | true>>

type Words = { readonly label: string; readonly summary: string; readonly flag?: boolean }

function base<K extends string, S extends z.ZodType>(
  kind: K,
  words: Words,
  required: boolean,
  schema: S,
): Base<K, S> {
  return { kind, label: words.label, summary: words.summary, required, flag: words.flag ?? false, schema }
}

/** Makers of argument specs; `arg.x` is required, `optional.x` may be left out. */
export const arg = {
  guest: (words: Words) => base('guest', words, true, guestRef),
  guests: (words: Words) => base('guests', words, true, z.array(guestRef)),
  resource: (words: Words, types: readonly ResourceType[], past = false) => ({
    ...base('resource', words, true, resourceRef),
    types,
    past,
  }),
  choice: <const C extends readonly string[]>(words: Words, choices: C) => ({
    ...base('choice', words, true, z.enum(choices)),
    choices,
  }),
  int: (words: Words, min: number, max: number) => ({
    ...base('int', words, true, z.int().min(min).max(max)),
    min,
    max,
  }),
  duration: (words: Words) => base('duration', words, true, z.number().positive()),
  task: (words: Words) => base('task', words, true, z.string()),
  workspace: (words: Words) => base('workspace', words, true, z.string()),
  operation: (words: Words) => base('operation', words, true, z.int().positive()),
  person: (words: Words) => base('person', words, true, z.string().max(64)),
  words: (words: Words) => base('words', words, true, z.array(z.string())),
  text: (words: Words, maxLength: number) => ({
    ...base('text', words, true, z.string().max(maxLength)),
    maxLength,
  }),
  flag: (words: Omit<Words, 'flag'>) => base('switch', { ...words, flag: true }, false, z.boolean()),
} as const

export const optional = {
  guest: (words: Words) => base('guest', words, false, guestRef.optional()),
  guests: (words: Words) => base('guests', words, false, z.array(guestRef).optional()),
  resource: (words: Words, types: readonly ResourceType[], past = false) => ({
    ...base('resource', words, false, resourceRef.optional()),
    types,
    past,
  }),
  choice: <const C extends readonly string[]>(words: Words, choices: C) => ({
    ...base('choice', words, false, z.enum(choices).optional()),
    choices,
  }),
  int: (words: Words, min: number, max: number) => ({
    ...base('int', words, false, z.int().min(min).max(max).optional()),
    min,
    max,
  }),
  /** Milliseconds, written `90s`, `15m`, `24h`, `7d`. */
  duration: (words: Words) => base('duration', words, false, z.number().positive().optional()),
  words: (words: Words) => base('words', words, false, z.array(z.string()).optional()),
  workspace: (words: Words) => base('workspace', words, false, z.string().optional()),
  person: (words: Words) => base('person', words, false, z.string().max(64).optional()),
  text: (words: Words, maxLength: number) => ({
    ...base('text', words, false, z.string().max(maxLength).optional()),
    maxLength,
  }),
} as const

const DURATION = /^(\d{1,6})(s|m|h|d|w)$/
const MILLISECONDS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** Reads `90s`, `15m`, `24h`, `7d`, `2w` as milliseconds; null for anything else, zero included. */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text)
  if (match === null) return null
  const unit = match[2]
  if (unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd' && unit !== 'w') return null
  const milliseconds = Number(match[1]) * MILLISECONDS[unit]
  return milliseconds > 0 ? milliseconds : null
}
