import { type ArgSpec, parseDuration, type ResourceArg, type ResourceRef } from '../core/args.js'
import { usage } from '../core/command.js'
import { parseOperationName } from '../core/operation.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import type { HistoryStore, PastResource } from '../ports/store/history.js'
import { nearest } from './nearest.js'
import type { AnyCommand, Parsed } from './parse.js'
import type { Pictures } from './pictures.js'
import { namedResources, selectGuest, selectGuests } from './select.js'

export type Values = Readonly<Record<string, unknown>>

export type ResolveFrom = {
  readonly pictures: Pictures
  readonly history: HistoryStore
  readonly workspaces: readonly string[]
}

/** Second stage: typed texts to values. Names become the resources they mean right now. */
export async function resolve(
  parsed: Parsed,
  from: ResolveFrom,
): Promise<{ kind: 'values'; values: Values } | Refusal> {
  const values: Record<string, unknown> = {}
  for (const [name, spec] of Object.entries(parsed.command.args)) {
    const raw = parsed.raw[name]
    if (spec.kind === 'switch') {
      values[name] = raw === true
      continue
    }
    if (raw === undefined || raw === true) continue
    const value = await readValue(parsed.command, name, spec, raw, from)
    if (isRefusal(value)) return value
    values[name] = value
  }
  return { kind: 'values', values }
}

async function readValue(
  command: AnyCommand,
  name: string,
  spec: Exclude<ArgSpec, { kind: 'switch' }>,
  words: readonly string[],
  from: ResolveFrom,
): Promise<unknown> {
  const text = words[0] ?? ''
  const wrong = (expected: string) =>
    refuse(
      'wrong_argument',
      `\`${text}\` is not ${expected} (${spec.label}).`,
      `Usage: \`${usage(command)}\``,
    )
  switch (spec.kind) {
    case 'guest':
      return selectGuest(await from.pictures.all(), text)
    case 'guests':
      return selectGuests(await from.pictures.all(), words)
    case 'resource':
      return selectResource(spec, text, from)
    case 'choice': {
      const choice = spec.choices.find((candidate) => candidate === text.toLowerCase())
      if (choice !== undefined) return choice
      const near = nearest(text, spec.choices)
      return wrong(
        near === null
          ? `one of ${spec.choices.join(', ')}`
          : `one of ${spec.choices.join(', ')}; did you mean \`${near}\`?`,
      )
    }
    case 'int': {
      const number = /^-?\d{1,9}$/.test(text) ? Number(text) : Number.NaN
      return number >= spec.min && number <= spec.max
        ? number
        : wrong(`a number from ${spec.min} to ${spec.max}`)
    }
    case 'duration':
      return parseDuration(text) ?? wrong('a time span like 90s, 15m, 24h, 7d or 2w')
    case 'text':
      return text.length <= spec.maxLength ? text : wrong(`at most ${spec.maxLength} characters long`)
    case 'task':
    case 'person':
      return text
    case 'operation':
      return parseOperationName(text) ?? wrong('an operation like op12')
    case 'words':
      return words
    case 'workspace':
      return selectWorkspace(text, from.workspaces)
    default:
      return unreachable(name, spec)
  }
}

function unreachable(name: string, spec: never): never {
  throw new Error(`argument ${name} is of an unknown kind: ${JSON.stringify(spec)}`)
}

function selectWorkspace(text: string, workspaces: readonly string[]): string | Refusal {
  const found =
    workspaces.find((name) => name === text) ?? workspaces.find((name) => name === text.toLowerCase())
  if (found !== undefined) return found
  const near = nearest(text, workspaces)
  const hint = near === null ? `Workspaces: ${workspaces.join(', ')}.` : `Did you mean \`${near}\`?`
  return refuse('unknown_workspace', `There is no workspace \`${text}\`.`, hint, workspaces)
}

async function selectResource(
  spec: ResourceArg,
  text: string,
  from: ResolveFrom,
): Promise<ResourceRef | Refusal> {
  const pictures = await from.pictures.all()
  const found = namedResources(pictures, spec.types, text)
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  if (found.length > 1) return ambiguous(text, found)
  if (spec.past) {
    const past = await pastResources(spec, text, from)
    const [gone] = past
    if (gone !== undefined && past.length === 1) return gone
    if (past.length > 1) return ambiguous(text, past)
  }
  const names = pictures.flatMap(({ inventory }) => [
    ...inventory.guests.filter((guest) => !guest.hidden).map((guest) => guest.name),
    ...inventory.nodes.map((node) => node.name),
    ...inventory.storages.map((storage) => storage.name),
    ...inventory.pools.map((pool) => pool.name),
  ])
  const near = nearest(text, names)
  const what = spec.types.length === 1 && spec.types[0] === 'guest' ? 'guest' : 'guest, node, storage or pool'
  const hint =
    near === null
      ? '`ls`, `ls nodes`, `ls storages` and `ls pools` list what there is.'
      : `Did you mean \`${near}\`?`
  const code = spec.types.length === 1 && spec.types[0] === 'guest' ? 'unknown_guest' : 'unknown_resource'
  return refuse(code, `There is no ${what} \`${text}\`.`, hint)
}

async function pastResources(
  spec: ResourceArg,
  text: string,
  from: ResolveFrom,
): Promise<readonly ResourceRef[]> {
  const [prefix, ...rest] = text.split('/')
  const typed = spec.types.find((type) => type === prefix && rest.length > 0)
  const name = typed === undefined ? text : rest.join('/')
  const found = await Promise.all(from.pictures.clusters.map((cluster) => from.history.find(cluster, name)))
  const wanted = (past: PastResource) =>
    typed === undefined ? spec.types.includes(past.type) : past.type === typed
  return found
    .flat()
    .filter(wanted)
    .map((past) => ({ ...past, guest: null }))
}

function ambiguous(text: string, found: readonly ResourceRef[]): Refusal {
  const clusters = new Set(found.map((ref) => ref.cluster)).size
  const lines = found.slice(0, 10).map((ref) => {
    const where = ref.guest === null ? '' : ` on ${ref.guest.node}`
    return `${ref.key} ${ref.key.endsWith(`/${ref.name}`) ? '' : `${ref.name} `}${clusters > 1 ? `(${ref.cluster})` : ''}${where}`.trim()
  })
  return refuse(
    'ambiguous_resource',
    `\`${text}\` names ${found.length} things.`,
    'Name it as one of these.',
    lines,
  )
}
