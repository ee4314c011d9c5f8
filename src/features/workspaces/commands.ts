import { arg } from '../../core/args.js'
import { card } from '../../core/card.js'
import { type Command, defineCommand } from '../../core/command.js'
import { column, count, fact } from '../../core/facts.js'
import type { QueryContext } from '../../ports/query.js'

const workspaceLs = defineCommand({
  path: ['workspace', 'ls'],
  group: 'workspace',
  summary: 'The workspaces of this home',
  risk: 'read',
  examples: ['workspace ls'],
  freshness: 'none',
  args: {},
  answer: async (context: QueryContext) => {
    const rows = await Promise.all(
      context.workspaces.map(async ({ name, clusters, timeZone }) => {
        const runs = await Promise.all(clusters.map((cluster) => context.stores.inventory.runs(cluster, 1)))
        const oldest = runs.map(([run]) => run?.finishedAt ?? null).sort()[0] ?? null
        return {
          name,
          here: name === context.workspace.name ? 'yes' : 'no',
          clusters: clusters.join(', '),
          zone: timeZone,
          synced: oldest,
        }
      }),
    )
    const columns = [
      column('name', 'name', 'text', 0),
      column('here', 'here', 'text', 1),
      column('clusters', 'clusters', 'text', 0),
      column('zone', 'time zone', 'text', 2),
      column('synced', 'last read', 'time', 1),
    ]
    return card({ heading: count(rows.length, 'workspace'), table: { columns, rows, empty: '' } })
  },
})

const use = defineCommand({
  path: ['use'],
  group: 'workspace',
  summary: 'Go to another workspace',
  risk: 'read',
  examples: ['use lab'],
  freshness: 'none',
  surfaces: 'console',
  args: { name: arg.workspace({ label: 'workspace', summary: 'where to go' }) },
  answer: (context: QueryContext, { name }) => {
    const clusters = context.workspaces.find((workspace) => workspace.name === name)?.clusters ?? []
    return {
      kind: 'session',
      effect: { kind: 'use', workspace: name },
      card: card({ heading: `Now in workspace ${name}`, facts: [fact('clusters', clusters.join(', '))] }),
    }
  },
})

const init = defineCommand({
  path: ['init'],
  group: 'workspace',
  summary: 'Connect a Proxmox VE cluster, in a workspace of its own',
  risk: 'admin',
  examples: ['init'],
  freshness: 'none',
  surfaces: 'console',
  args: {},
  answer: (_context: QueryContext) => ({
    kind: 'session',
    effect: { kind: 'init' },
    card: card({ heading: 'Connect a cluster' }),
  }),
})

const exit = defineCommand({
  path: ['exit'],
  group: 'workspace',
  summary: 'Leave the console',
  risk: 'read',
  examples: ['exit'],
  freshness: 'none',
  surfaces: 'console',
  args: {},
  answer: (_context: QueryContext) => ({
    kind: 'session',
    effect: { kind: 'exit' },
    card: card({ heading: 'Bye' }),
  }),
})

export const workspaceCommands: readonly Command<QueryContext>[] = [workspaceLs, use, init, exit]
