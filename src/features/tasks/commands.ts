import { arg, optional } from '../../core/args.js'
import { type Command, defineCommand } from '../../core/command.js'
import { isoTime, liveSource } from '../../core/facts.js'
import { refusalOf } from '../../core/outage.js'
import { refuse } from '../../core/refusal.js'
import { PveError } from '../../ports/pve.js'
import type { QueryContext } from '../../ports/query.js'
import { taskCard, tasksCard } from './view.js'

const LOG_LINES = 40

const taskLs = defineCommand({
  path: ['task', 'ls'],
  group: 'cluster',
  summary: 'Recent Proxmox VE tasks',
  risk: 'read',
  examples: ['task ls', 'task ls --failed', 'task ls --node pve1 --limit 10'],
  args: {
    of: optional.guest({ label: 'guest', summary: 'only tasks of this guest' }),
    node: optional.text({ label: 'node', summary: 'only tasks of this node', flag: true }, 64),
    type: optional.text({ label: 'type', summary: 'only this type, as qmstart or vzdump', flag: true }, 64),
    running: arg.flag({ label: 'running', summary: 'only tasks that have not ended' }),
    failed: arg.flag({ label: 'failed', summary: 'only tasks that failed' }),
    limit: optional.int({ label: 'n', summary: 'no more than so many (20 unless said)', flag: true }, 1, 500),
  },
  answer: async (context: QueryContext, args) => {
    const filter = {
      limit: args.limit ?? 20,
      ...(args.of === undefined ? {} : { id: String(args.of.vmid) }),
      ...(args.node === undefined ? {} : { node: args.node }),
      ...(args.type === undefined ? {} : { type: args.type }),
      ...(args.running ? { outcome: 'running' as const } : args.failed ? { outcome: 'failed' as const } : {}),
    }
    const clusters = args.of === undefined ? context.workspace.clusters : [args.of.cluster]
    const found = await Promise.all(clusters.map((cluster) => context.stores.tasks.list(cluster, filter)))
    const newest = found
      .flat()
      .sort((a, b) => b.startTime - a.startTime)
      .slice(0, filter.limit)
    const pictures = await Promise.all(clusters.map((cluster) => context.stores.inventory.base(cluster)))
    return tasksCard(
      context,
      pictures.filter((picture) => picture !== null),
      newest,
    )
  },
})

const taskShow = defineCommand({
  path: ['task', 'show'],
  group: 'cluster',
  summary: 'One task, its state and the end of its log',
  risk: 'read',
  examples: ['task show t17', 'task show UPID:pve1:…'],
  args: { task: arg.task({ label: 'task', summary: 'its short name from `task ls`, or its UPID' }) },
  answer: async (context: QueryContext, { task: reference }) => {
    const found = await context.stores.tasks.find(context.workspace.clusters, reference)
    const [task] = found
    if (task === undefined)
      return refuse('unknown_task', `There is no task \`${reference}\`.`, '`task ls` lists the recent ones.')
    if (found.length > 1)
      return refuse(
        'ambiguous_task',
        `${found.length} tasks begin like that.`,
        'Type more of the UPID.',
        found.map(({ handle, upid }) => `${handle} ${upid}`),
      )
    const tasks = context.pve(task.cluster).tasks
    try {
      const state = await tasks.status(task.upid, context.signal)
      const log = await tasks.logTail(task.upid, LOG_LINES, context.signal)
      return taskCard(
        { ...task, status: state.status, endTime: state.endTime ?? task.endTime },
        log,
        liveSource(task.cluster, context.now.toISOString()),
        null,
      )
    } catch (error) {
      if (!(error instanceof PveError) || context.signal.aborted) throw error
      const picture = await context.stores.inventory.base(task.cluster)
      const why = refusalOf(error.outage).message
      const at = picture?.at ?? isoTime(task.startTime)
      return taskCard(task, [], { cluster: task.cluster, kind: 'synced', at, note: why }, why)
    }
  },
})

export const taskCommands: readonly Command<QueryContext>[] = [taskLs, taskShow]
