import { optional } from '../../core/args.js'
import type { Change, DatedChange, StoredInventory } from '../../core/change.js'
import { type Command, defineCommand } from '../../core/command.js'
import { difference } from '../../core/diff.js'
import { refuse } from '../../core/refusal.js'
import type { QueryContext } from '../../ports/query.js'
import { diffCard, historyCard } from './view.js'

const DAY_MS = 86_400_000

const history = defineCommand({
  path: ['history'],
  group: 'guest',
  summary: 'What changed, when: of one thing, or of everything',
  risk: 'read',
  examples: ['history web-01', 'history', 'history node/pve1 --limit 20', 'history --since 7d'],
  args: {
    what: optional.resource(
      { label: 'name', summary: 'a guest, node, storage or pool, also one that is gone' },
      ['guest', 'node', 'storage', 'pool'],
      true,
    ),
    since: optional.duration({ label: 'span', summary: 'how far back, as 24h or 7d', flag: true }),
    limit: optional.int(
      { label: 'n', summary: 'no more than so many lines (50 unless said)', flag: true },
      1,
      1000,
    ),
  },
  answer: async (context: QueryContext, { what, since, limit }) => {
    const most = limit ?? 50
    const oldest = since === undefined ? new Date(0) : new Date(context.now.getTime() - since)
    const store = context.stores.history
    const lines: readonly DatedChange[] =
      what === undefined
        ? (
            await Promise.all(
              context.workspace.clusters.map((cluster) =>
                store.since(cluster, oldest.toISOString(), most + 1),
              ),
            )
          ).flat()
        : await store.of(what.cluster, what.key, most + 1)
    const kept = lines
      .filter((line) => Date.parse(line.at) >= oldest.getTime())
      .sort((a, b) => b.at.localeCompare(a.at) || b.id - a.id)
    const shown = { what: what ?? null, lines: kept.slice(0, most), more: kept.length > most }
    return historyCard(context, await bases(context), shown)
  },
})

const diff = defineCommand({
  path: ['diff'],
  group: 'cluster',
  summary: 'The difference between then and now, without what changed back',
  risk: 'read',
  examples: ['diff', 'diff 1h', 'diff 7d'],
  args: {
    since: optional.duration({ label: 'span', summary: 'how far back, as 1h or 7d (24h unless said)' }),
  },
  answer: async (context: QueryContext, { since }) => {
    const from = new Date(context.now.getTime() - (since ?? DAY_MS)).toISOString()
    const found = await Promise.all(
      context.workspace.clusters.map(async (cluster) => {
        const now = await context.stores.inventory.base(cluster)
        const past = await context.stores.history.stateAt(cluster, from)
        if (now === null || past === null) return null
        return { cluster, from: past.at, now, changes: net(past.inventory, now.inventory) }
      }),
    )
    const known = found.filter((entry) => entry !== null)
    if (known.length === 0)
      return refuse('no_history', 'Nothing was ever read here.', '`sync` reads the cluster.')
    return diffCard(known, context)
  },
})

/** Two stored states compared by the rules that sync uses; a guest's incarnation tells a re-created one. */
function net(then: StoredInventory, now: StoredInventory): readonly Change[] {
  const lives = new Map(then.guests.map((guest) => [guest.vmid, guest.incarnation]))
  const recreated = now.guests
    .filter((guest) => lives.has(guest.vmid) && lives.get(guest.vmid) !== guest.incarnation)
    .map((guest) => guest.vmid)
  const visible = <Row extends { readonly hidden: boolean }>(rows: readonly Row[]) =>
    rows.filter((row) => !row.hidden)
  const seen = {
    guests: visible(now.guests).map(({ incarnation: _, hidden: __, ...guest }) => ({
      ...guest,
      fresh: true,
    })),
    nodes: visible(now.nodes),
    storages: visible(now.storages),
    pools: visible(now.pools),
  }
  return difference(then, seen, {
    destroyed: new Set(recreated),
    createdSince: new Set(),
    wouldSee: () => true,
    unread: new Set(),
  }).changes
}

async function bases(context: QueryContext) {
  const all = await Promise.all(
    context.workspace.clusters.map((cluster) => context.stores.inventory.base(cluster)),
  )
  return all.filter((picture) => picture !== null)
}

export const stateCommands: readonly Command<QueryContext>[] = [history, diff]
