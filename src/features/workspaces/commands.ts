import { arg } from '../../core/args.js'
import { card } from '../../core/card.js'
import { defineCommand, type Query } from '../../core/command.js'
import { column, count, fact } from '../../core/facts.js'
import type { QueryContext } from '../../ports/query.js'
import { freezeCommands } from './freeze.js'

const workspaceLs = defineCommand({
  path: ['workspace', 'ls'],
  group: 'workspace',
  summary: 'The workspaces of this home',
  risk: 'read',
  role: 'reader',
  examples: ['workspace ls'],
  freshness: 'none',
  args: {},
  answer: async (context: QueryContext) => {
    const rows = await Promise.all(
      context.workspaces.map(async ({ name, clusters, timeZone }) => {
        const runs = await Promise.all(clusters.map((cluster) => context.stores.inventory.runs(cluster, 1)))
        const oldest = runs.map(([run]) => run?.finishedAt ?? null).sort()[0] ?? null
        const freeze = await context.stores.freezes.current(name, context.now)
        return {
          name,
          here: name === context.workspace.name ? 'yes' : 'no',
          clusters: clusters.join(', '),
          zone: timeZone,
          synced: oldest,
          changes: freeze === null ? 'allowed' : `stopped by ${freeze.by}: ${freeze.reason}`,
          frozen: freeze !== null,
          until: freeze?.until ?? null,
        }
      }),
    )
    const frozen = rows.filter((row) => row.frozen).length
    const columns = [
      column('name', 'name', 'text', 0),
      column('here', 'here', 'text', 1),
      column('clusters', 'clusters', 'text', 0),
      column('zone', 'time zone', 'text', 2),
      column('synced', 'last read', 'time', 1),
      ...(frozen === 0 ? [] : [column('changes', 'changes', 'text', 0), column('until', 'until', 'time', 1)]),
    ]
    return card({
      heading: `${count(rows.length, 'workspace')}${frozen === 0 ? '' : `, ${frozen} frozen`}`,
      ...(frozen === 0 ? {} : { tone: 'warning' }),
      table: { columns, rows, empty: '' },
    })
  },
})

const use = defineCommand({
  path: ['use'],
  group: 'workspace',
  summary: 'Go to another workspace',
  risk: 'read',
  role: 'reader',
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
  // Whoever may write the home directory owns it, known here or not; everybody else fails at the file system.
  role: 'anyone',
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
  role: 'anyone',
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

export const workspaceCommands: readonly Query<QueryContext>[] = [
  workspaceLs,
  use,
  ...freezeCommands,
  init,
  exit,
]
