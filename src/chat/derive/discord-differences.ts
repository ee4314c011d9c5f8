import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { DiscordCommand } from './discord-commands.js'

/** Commands as Discord gives them back: with identifiers, and what is as usual left out, `null` or filled in. */
type Option = {
  readonly type: number
  readonly name: string
  readonly description: string
  readonly required?: boolean | null | undefined
  readonly autocomplete?: boolean | null | undefined
  readonly choices?: readonly { readonly name: string; readonly value: string | number }[] | null | undefined
  readonly min_value?: number | null | undefined
  readonly max_value?: number | null | undefined
  readonly min_length?: number | null | undefined
  readonly max_length?: number | null | undefined
  readonly options?: readonly Option[] | null | undefined
}

const choice = z.object({ name: z.string(), value: z.union([z.string(), z.number()]) })
const option: z.ZodType<Option> = z.lazy(() =>
  z.object({
    type: z.number(),
    name: z.string(),
    description: z.string(),
    required: z.boolean().nullish(),
    autocomplete: z.boolean().nullish(),
    choices: z.array(choice).nullish(),
    min_value: z.number().nullish(),
    max_value: z.number().nullish(),
    min_length: z.number().nullish(),
    max_length: z.number().nullish(),
    options: z.array(option).nullish(),
  }),
)
const command = z.object({
  type: z.number().nullish(),
  name: z.string(),
  description: z.string().nullish(),
  options: z.array(option).nullish(),
  contexts: z.array(z.number()).nullish(),
  integration_types: z.array(z.number()).nullish(),
  default_member_permissions: z.union([z.string(), z.number()]).nullish(),
  nsfw: z.boolean().nullish(),
})
type Command = z.output<typeof command>
const commands = z.array(command)

const SUBCOMMAND = 1
const GROUP = 2

/**
 * In what the registered commands (Discord's answer, or the content of a file) differ from those derived, one sentence each.
 * What Discord adds of its own is none; of commands of one server it does not say where else they are.
 */
export function commandDifferences(
  registered: unknown,
  derived: readonly DiscordCommand[],
  scope: 'guild' | 'global',
): readonly string[] {
  const read = commands.safeParse(registered)
  if (!read.success) return ['what is registered cannot be read']
  // The same eyes for both.
  const wanted = commands.parse(derived)
  const ours = wanted.flatMap((mine) => {
    const there = read.data.find((each) => each.name === mine.name && isSlash(each))
    if (there === undefined) return [`/${mine.name} is not registered`]
    return [...ofCommand(there, mine, scope), ...ofOptions(there.options, mine.options, `/${mine.name}`)]
  })
  const others = read.data.flatMap((there) => {
    if (!isSlash(there)) return [`“${there.name}”, a command of another kind, is registered and none of ours`]
    return wanted.some(({ name }) => name === there.name)
      ? []
      : [`/${there.name} is registered and none of ours`]
  })
  return [...ours, ...others]
}

function isSlash({ type }: Command): boolean {
  return (type ?? 1) === 1
}

function ofCommand(there: Command, mine: Command, scope: 'guild' | 'global'): readonly string[] {
  const permissions = (each: Command) => String(each.default_member_permissions ?? 'everybody')
  const sorted = (list: readonly number[] | null | undefined) => list?.toSorted((a, b) => a - b) ?? null
  const places = scope === 'global' && !isDeepStrictEqual(sorted(there.contexts), sorted(mine.contexts))
  // Where it is not said, it is as the app is set up.
  const installed =
    scope === 'global' &&
    sorted(there.integration_types) !== null &&
    !isDeepStrictEqual(sorted(there.integration_types), sorted(mine.integration_types))
  return [
    ...((there.description ?? '') === (mine.description ?? '') ? [] : ['has another description']),
    ...(places ? ['is in other places than it should be (servers, direct messages)'] : []),
    ...(installed ? ['can be installed otherwise than it should (servers, accounts)'] : []),
    ...(permissions(there) === permissions(mine) ? [] : ['is shown to others than it should be']),
    ...((there.nsfw ?? false) === (mine.nsfw ?? false) ? [] : ['is marked as age-restricted']),
  ].map((what) => `/${mine.name} ${what}`)
}

type Options = readonly Option[] | null | undefined

function ofOptions(there: Options, mine: Options, at: string): readonly string[] {
  const registered = there ?? []
  const wanted = mine ?? []
  const missing = wanted.filter(({ name }) => !registered.some((each) => each.name === name))
  const other = registered.filter(({ name }) => !wanted.some((each) => each.name === name))
  const both = wanted.flatMap((each) => {
    const found = registered.find(({ name }) => name === each.name)
    return found === undefined ? [] : [{ found, each }]
  })
  const order = (list: readonly Option[]) =>
    list.map(({ name }) => name).filter((name) => both.some(({ each }) => each.name === name))
  return [
    ...missing.map((each) => `${called(each, at)} is not registered`),
    ...other.map((each) => `${called(each, at)} is registered and none of ours`),
    ...both.flatMap(({ found, each }) => ofOption(found, each, at)),
    ...(isDeepStrictEqual(order(registered), order(wanted))
      ? []
      : [`${at}: what is in it is in another order`]),
  ]
}

function ofOption(there: Option, mine: Option, at: string): readonly string[] {
  const name = called(mine, at)
  if (there.type !== mine.type) return [`${name} is of another kind`]
  const bounds = ({ min_value, max_value, min_length, max_length }: Option) =>
    [min_value, max_value, min_length, max_length].map((bound) => bound ?? null)
  const own = [
    ...(there.description === mine.description ? [] : ['has another description']),
    ...((there.required ?? false) === (mine.required ?? false)
      ? []
      : [mine.required === true ? 'is not required there' : 'is required there']),
    ...((there.autocomplete ?? false) === (mine.autocomplete ?? false)
      ? []
      : [mine.autocomplete === true ? 'is not completed there' : 'is completed there']),
    ...(isDeepStrictEqual(there.choices ?? [], mine.choices ?? []) ? [] : ['has other choices']),
    ...(isDeepStrictEqual(bounds(there), bounds(mine)) ? [] : ['has other bounds']),
  ].map((what) => `${name} ${what}`)
  return [...own, ...ofOptions(there.options, mine.options, `${at} ${mine.name}`)]
}

/** `/guest stop`, or `/guest stop: option `reason``. */
function called({ type, name }: Option, at: string): string {
  return type === SUBCOMMAND || type === GROUP ? `${at} ${name}` : `${at}: option \`${name}\``
}
