import { arg, optional } from '../../core/args.js'
import { type Command, defineCommand } from '../../core/command.js'
import { refusalOf } from '../../core/outage.js'
import { refuse } from '../../core/refusal.js'
import { PveError } from '../../ports/pve.js'
import type { QueryContext } from '../../ports/query.js'
import { listGuests, listNodes, listPools, listStorages } from './lists.js'
import { metricsCard } from './metrics.js'
import { guestLiveCard, guestStoredCard } from './show-guest.js'
import { nodeCard, poolCard, storageCard } from './show-others.js'

const KINDS = ['guests', 'vms', 'containers', 'nodes', 'storages', 'pools'] as const
const SORTS = ['id', 'name', 'node', 'state', 'cpu', 'memory'] as const

const ls = defineCommand({
  path: ['ls'],
  group: 'guest',
  summary: 'List guests, nodes, storages or pools',
  risk: 'read',
  examples: ['ls', 'ls nodes', 'ls tag=prod status=running', 'ls vms node=pve1 --sort memory'],
  args: {
    what: optional.choice({ label: 'what', summary: 'what to list (guests unless said)' }, KINDS),
    select: optional.guests({
      label: 'guests',
      summary: 'names, numbers, or filters like tag=prod node=pve1 status=running',
    }),
    sort: optional.choice({ label: 'column', summary: 'what to sort guests by', flag: true }, SORTS),
    limit: optional.int({ label: 'n', summary: 'show no more than so many', flag: true }, 1, 100_000),
  },
  answer: async (context: QueryContext, { what, select, sort, limit }) => {
    const pictures = await loadPictures(context)
    const kind = what ?? 'guests'
    const isGuests = kind === 'guests' || kind === 'vms' || kind === 'containers'
    if (!isGuests && select !== undefined)
      return refuse('wrong_argument', `Filters choose guests, not ${kind}.`, `Leave them out: \`ls ${kind}\``)
    switch (kind) {
      case 'nodes':
        return listNodes(context, pictures)
      case 'storages':
        return listStorages(context, pictures)
      case 'pools':
        return listPools(context, pictures)
      default:
        return listGuests(context, pictures, {
          kind,
          select: select ?? null,
          sort: sort ?? 'id',
          limit: limit ?? null,
        })
    }
  },
})

const show = defineCommand({
  path: ['show'],
  group: 'guest',
  summary: 'Everything about one guest, node, storage or pool',
  risk: 'read',
  examples: ['show web-01', 'show 101', 'show node/pve1', 'show pool/production'],
  args: {
    what: arg.resource({ label: 'name', summary: 'a guest, node, storage or pool' }, [
      'guest',
      'node',
      'storage',
      'pool',
    ]),
  },
  answer: async (context: QueryContext, { what }) => {
    const picture = (await loadPictures(context)).find((candidate) => candidate.cluster === what.cluster)
    if (picture === undefined)
      return refuse(
        'unknown_resource',
        `\`${what.name}\` is not known any more.`,
        '`ls` lists what there is.',
      )
    switch (what.type) {
      case 'node':
        return nodeCard(context, picture, what.name)
      case 'storage':
        return storageCard(context, picture, what.key)
      case 'pool':
        return poolCard(context, picture, what.name)
      case 'guest':
        break
    }
    if (what.guest === null)
      return refuse('unknown_guest', `\`${what.name}\` is gone.`, '`history` tells since when.')
    const guest = what.guest
    try {
      return guestLiveCard(picture, guest, await context.pve(what.cluster).guests.live(guest, context.signal))
    } catch (error) {
      if (!(error instanceof PveError) || context.signal.aborted) throw error
      return guestStoredCard(picture, guest, refusalOf(error.outage).message)
    }
  },
})

const metrics = defineCommand({
  path: ['metrics'],
  group: 'guest',
  summary: 'Load over time of a guest, node or storage',
  risk: 'read',
  examples: ['metrics web-01', 'metrics web-01 day', 'metrics node/pve1 week'],
  args: {
    what: arg.resource({ label: 'name', summary: 'a guest, node or storage' }, ['guest', 'node', 'storage']),
    span: optional.choice({ label: 'span', summary: 'how far back (hour unless said)' }, [
      'hour',
      'day',
      'week',
      'month',
      'year',
    ]),
  },
  answer: async (context: QueryContext, { what, span }) => {
    const picture = (await loadPictures(context)).find((candidate) => candidate.cluster === what.cluster)
    if (picture === undefined)
      return refuse(
        'unknown_resource',
        `\`${what.name}\` is not known any more.`,
        '`ls` lists what there is.',
      )
    return metricsCard(context, picture, what, span ?? 'hour')
  },
})

async function loadPictures(context: QueryContext) {
  const all = await Promise.all(
    context.workspace.clusters.map((cluster) => context.stores.inventory.picture(cluster)),
  )
  return all.filter((picture) => picture !== null)
}

export const inventoryCommands: readonly Command<QueryContext>[] = [ls, show, metrics]
