import { arg, optional } from '../../core/args.js'
import { card } from '../../core/card.js'
import { defineCommand, type Query } from '../../core/command.js'
import { column, count, fact } from '../../core/facts.js'
import { refuse } from '../../core/refusal.js'
import type { QueryContext } from '../../ports/query.js'
import { bindCommands } from './bind.js'
import { labelOf } from './channels.js'
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
    const bindings = await context.stores.bindings.list({})
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
          channels: bindings
            .filter(({ workspace }) => workspace === name)
            .map((binding) => `${labelOf(binding)}${binding.approvals ? ' (approvals)' : ''}`)
            .join(', '),
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
      ...(bindings.length === 0 ? [] : [column('channels', 'channels', 'text', 1)]),
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

const workspaceShow = defineCommand({
  path: ['workspace', 'show'],
  group: 'workspace',
  summary: 'One workspace: its clusters, channels and whether changes are stopped',
  risk: 'read',
  role: 'reader',
  examples: ['workspace show', 'workspace show lab'],
  freshness: 'none',
  args: { name: optional.workspace({ label: 'workspace', summary: 'which (the one you are in)' }) },
  answer: async (context: QueryContext, args) => {
    const name = args.name ?? context.workspace.name
    const workspace = context.workspaces.find((each) => each.name === name)
    if (workspace === undefined)
      return refuse('unknown_workspace', `There is no workspace \`${name}\`.`, '`workspace ls` lists them.')
    const bindings = await context.stores.bindings.list({ workspace: name })
    const freeze = await context.stores.freezes.current(name, context.now)
    return card({
      heading: `Workspace ${name}`,
      ...(freeze === null ? {} : { tone: 'warning' }),
      facts: [
        fact('clusters', workspace.clusters.join(', ')),
        fact('time zone', workspace.timeZone),
        fact('changes', freeze === null ? 'allowed' : `stopped by ${freeze.by}: ${freeze.reason}`),
        ...(freeze === null || freeze.until === null ? [] : [fact('until', freeze.until, 'time')]),
      ],
      table: {
        columns: [
          column('channel', 'channel', 'text', 0),
          column('approvals', 'approvals', 'text', 0),
          column('surface', 'surface', 'text', 1),
          column('id', 'id', 'text', 1),
        ],
        rows: bindings.map((binding) => ({
          channel: labelOf(binding),
          approvals: binding.approvals ? 'shown there' : 'no',
          surface: binding.surface,
          id: binding.channel,
        })),
        empty: 'No channel is bound to it. In one: workspace bind',
      },
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
  workspaceShow,
  ...bindCommands,
  use,
  ...freezeCommands,
  init,
  exit,
]
