import type { ArgSpec } from '../core/args.js'
import type { Picture } from '../core/change.js'
import { commandName } from '../core/command.js'
import { operationName } from '../core/operation.js'
import { includes, keptFrom, type Standing } from '../core/people.js'
import { nodeKey, poolKey, storageKey, taskOutcome } from '../core/resource.js'
import { splitWords } from '../core/words.js'
import type { Workspace } from '../ports/query.js'
import type { Completion } from '../ports/road.js'
import type { Stores } from '../ports/store/stores.js'
import type { AnyCommand } from './parse.js'
import { pictures } from './pictures.js'
import { scopedStores } from './scope.js'

/** How many candidates are offered; more would help nobody. */
const MOST = 100
/** Of what keeps growing only the newest are. */
const NEWEST = 20

/** For whom it is completed, and from what; the stores as they are, whoever looks. */
export type CompletingFor = Standing & { readonly stores: Stores }

type From = {
  /** Null where there is no home. */
  readonly by: CompletingFor | null
  readonly commands: readonly AnyCommand[]
  readonly workspaces: readonly Workspace[]
}

/** From what the values of one argument come: what this person may give the command for. */
type Source = Omit<From, 'by'> & {
  readonly stores: Pick<Stores, 'inventory' | 'operations' | 'people' | 'tasks'> | null
}

/**
 * What may stand where the line ends: commands, flags, or values of the argument that is due. From the store alone.
 * `fitting` gives those that begin with the last word, each text once; `all` gives every one, also those that share a text.
 */
export async function complete(
  from: From,
  line: string,
  workspace: Workspace | null,
  wanted: 'fitting' | 'all' = 'fitting',
): Promise<readonly Completion[]> {
  const split = splitWords(line)
  if ('kind' in split) return []
  const words = split.map((word) => word.text)
  const last = /\s$/.test(line) || line === '' ? '' : (words.pop() ?? '')
  const { by } = from
  const commands = by === null ? from.commands : from.commands.filter((each) => keptFrom(each, by) === null)
  const command = commandOf(commands, words)
  const source: Source = { ...from, commands, stores: command === null ? null : storesFor(command, by) }
  const offers =
    command === null
      ? commandOffers(commands, words)
      : await argumentOffers(source, command, words, last, workspace)
  if (wanted === 'all') return offers
  const typed = last.toLowerCase()
  return unique(offers)
    .filter((offer) => offer.text.toLowerCase().startsWith(typed))
    .slice(0, MOST)
}

/** What is offered is what the command may be given for; a stranger is offered nothing of it. */
function storesFor({ role }: AnyCommand, by: CompletingFor | null): Stores | null {
  if (by === null || by.grants === null) return null
  return scopedStores(
    by.stores,
    by.grants.filter((grant) => role === 'anyone' || includes(grant.role, role)),
  )
}

function commandOf(commands: readonly AnyCommand[], words: readonly string[]): AnyCommand | null {
  const fits = ({ path }: AnyCommand) => path.every((part, i) => words[i]?.toLowerCase() === part)
  return commands.find((command) => command.path.length === 2 && fits(command)) ?? commands.find(fits) ?? null
}

function commandOffers(commands: readonly AnyCommand[], words: readonly string[]): readonly Completion[] {
  if (words.length > 1) return []
  const offers = new Map<string, string>()
  for (const { path, summary } of commands) {
    if (words.length === 0) offers.set(path[0], path.length === 1 ? summary : `${path[0]} …`)
    else if (path[0] === words[0]?.toLowerCase() && path[1] !== undefined) offers.set(path[1], summary)
  }
  return [...offers].map(([text, note]) => ({ text, note }))
}

async function argumentOffers(
  from: Source,
  command: AnyCommand,
  words: readonly string[],
  last: string,
  workspace: Workspace | null,
): Promise<readonly Completion[]> {
  const typed = words.slice(command.path.length)
  const previous = typed.at(-1)
  const flags = Object.entries(command.args).filter(([, spec]) => spec.flag)
  const awaited = flags.find(([name, spec]) => previous === `--${name}` && spec.kind !== 'switch')
  if (awaited !== undefined) return valuesOf(from, awaited[1], workspace)
  if (last.startsWith('-')) return flags.map(([name, spec]) => ({ text: `--${name}`, note: spec.summary }))
  const places = Object.values(command.args).filter((spec) => !spec.flag)
  const at = Math.min(looseCount(typed, command), places.length - 1)
  const spec = places[at]
  if (spec === undefined) return flags.map(([name, flag]) => ({ text: `--${name}`, note: flag.summary }))
  const next = spec.kind === 'choice' && !spec.required ? places[at + 1] : undefined
  const offers = await valuesOf(from, spec, workspace)
  return next === undefined ? offers : [...offers, ...(await valuesOf(from, next, workspace))]
}

function looseCount(typed: readonly string[], command: AnyCommand): number {
  return typed.filter((word, i) => {
    const before = typed[i - 1]
    const isValue = before?.startsWith('--') === true && command.args[before.slice(2)]?.kind !== 'switch'
    return !word.startsWith('--') && !isValue
  }).length
}

async function valuesOf(
  from: Source,
  spec: ArgSpec,
  workspace: Workspace | null,
): Promise<readonly Completion[]> {
  const load = async () =>
    workspace === null || from.stores === null
      ? []
      : pictures(from.stores.inventory, workspace.clusters).all()
  switch (spec.kind) {
    case 'guest':
      return guestOffers(await load())
    case 'guests':
      return [...guestOffers(await load()), ...filterOffers(await load())]
    case 'resource': {
      const loaded = await load()
      const others = loaded.flatMap(({ inventory }) => [
        ...(spec.types.includes('node')
          ? inventory.nodes.map(({ name }) => ({ text: name, note: 'node', exact: nodeKey(name) }))
          : []),
        ...(spec.types.includes('storage')
          ? inventory.storages.map((storage) => ({
              text: storage.name,
              note: storage.node === null ? 'storage' : `storage on ${storage.node}`,
              exact: storageKey(storage),
            }))
          : []),
        ...(spec.types.includes('pool')
          ? inventory.pools.map(({ name }) => ({ text: name, note: 'pool', exact: poolKey(name) }))
          : []),
      ])
      return [...(spec.types.includes('guest') ? guestOffers(loaded) : []), ...others]
    }
    case 'choice':
      return spec.choices.map((text) => ({ text, note: spec.label }))
    case 'workspace':
      return from.workspaces.map(({ name }) => ({ text: name, note: 'workspace' }))
    case 'words':
      return from.commands.map((command) => ({ text: commandName(command), note: command.summary }))
    case 'duration':
      return ['1h', '24h', '7d'].map((text) => ({ text, note: 'time span' }))
    case 'operation':
      return operationOffers(from, workspace)
    case 'person':
      return ((await from.stores?.people.list()) ?? []).map(({ name }) => ({ text: name, note: 'person' }))
    case 'task':
      return taskOffers(from, workspace)
    case 'int':
    case 'text':
    case 'switch':
      return []
  }
}

/** Operations of which something may still come, newest first. */
async function operationOffers(from: Source, workspace: Workspace | null): Promise<readonly Completion[]> {
  if (workspace === null || from.stores === null) return []
  const operations = await from.stores.operations.list({ workspaces: [workspace.name], limit: NEWEST })
  return operations.map(({ id, command, asked, state }) => ({
    text: operationName(id),
    note: `${command} ${asked} (${state})`,
  }))
}

/** The newest tasks of each cluster by their short names. */
async function taskOffers(from: Source, workspace: Workspace | null): Promise<readonly Completion[]> {
  const { stores } = from
  if (workspace === null || stores === null) return []
  const lists = await Promise.all(
    workspace.clusters.map((cluster) => stores.tasks.list(cluster, { limit: NEWEST })),
  )
  return lists.flat().map(({ handle, type, id, node, status }) => ({
    text: handle,
    note: `${type}${id === '' ? '' : ` ${id}`} (${node}, ${taskOutcome(status)})`,
  }))
}

function guestOffers(loaded: readonly Picture[]): readonly Completion[] {
  return loaded.flatMap(({ cluster, inventory }) =>
    inventory.guests
      .filter((guest) => !guest.hidden)
      .map((guest) => ({
        text: guest.name,
        note: `${guest.vmid} (${guest.node}, ${guest.status})`,
        exact: loaded.length > 1 ? `${cluster}/${guest.vmid}` : String(guest.vmid),
      })),
  )
}

function filterOffers(loaded: readonly Picture[]): readonly Completion[] {
  const guests = loaded.flatMap(({ inventory }) => inventory.guests)
  return unique([
    ...guests.flatMap((guest) => guest.tags.map((tag) => ({ text: `tag=${tag}`, note: 'tag' }))),
    ...guests.map((guest) => ({ text: `node=${guest.node}`, note: 'node' })),
    ...guests.flatMap((guest) => (guest.pool === null ? [] : [{ text: `pool=${guest.pool}`, note: 'pool' }])),
    ...['running', 'stopped', 'paused'].map((status) => ({ text: `status=${status}`, note: 'state' })),
  ])
}

function unique(offers: readonly Completion[]): readonly Completion[] {
  return [...new Map(offers.map((offer) => [offer.text, offer])).values()]
}
