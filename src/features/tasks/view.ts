import { type Card, card, type Source, stateTone } from '../../core/card.js'
import type { Picture } from '../../core/change.js'
import { column, count, fact, isoTime, pictureSources, taskState } from '../../core/facts.js'
import type { QueryContext } from '../../ports/query.js'
import type { StoredTask } from '../../ports/store/tasks.js'

type From = Pick<QueryContext, 'workspace' | 'staleBecause'>

export function tasksCard(from: From, pictures: readonly Picture[], tasks: readonly StoredTask[]): Card {
  const failed = tasks.filter((task) => taskState(task) === 'failed').length
  const running = tasks.filter((task) => taskState(task) === 'running').length
  const rows = tasks.map((task) => ({
    task: task.handle,
    state: taskState(task),
    type: task.type,
    id: task.id,
    started: isoTime(task.startTime),
    took: task.endTime === null ? null : task.endTime - task.startTime,
    node: task.node,
    user: task.user,
    result: taskState(task) === 'failed' || taskState(task) === 'warnings' ? task.status : null,
    cluster: task.cluster,
  }))
  const columns = [
    column('task', 'task', 'text', 0),
    column('state', 'state', 'state', 0),
    column('type', 'type', 'text', 0),
    column('id', 'guest', 'text', 0),
    column('started', 'started', 'time', 1),
    column('took', 'took', 'seconds', 4),
    column('node', 'node', 'text', 2),
    column('user', 'by', 'text', 3),
    ...(rows.some((row) => row.result !== null) ? [column('result', 'result', 'text', 2)] : []),
    ...(pictures.length > 1 ? [column('cluster', 'cluster', 'text', 5)] : []),
  ]
  const parts = [
    count(tasks.length, 'task'),
    ...(running > 0 ? [`${running} running`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ]
  return card({
    heading: parts.join(', '),
    table: { columns, rows, empty: 'No task was seen.' },
    sources: pictureSources(from.workspace.clusters, pictures, from.staleBecause),
  })
}

/** One task with the end of its log. */
export function taskCard(
  task: StoredTask,
  log: readonly string[],
  source: Source,
  unread: string | null,
): Card {
  const state = taskState(task)
  return card({
    heading: `${task.type}${task.id === '' ? '' : ` of ${task.id}`} on ${task.node}: ${state}`,
    tone: stateTone(state),
    ...(unread === null ? {} : { text: `${unread} This is what was stored.` }),
    facts: [
      fact('state', state, 'state'),
      fact('result', task.status),
      fact('started', isoTime(task.startTime), 'time'),
      fact('ended', task.endTime === null ? null : isoTime(task.endTime), 'time'),
      fact('took', task.endTime === null ? null : task.endTime - task.startTime, 'seconds'),
      fact('by', task.user),
      fact('UPID', task.upid),
    ],
    ...(log.length === 0 ? {} : { code: { language: 'log', text: log.join('\n') } }),
    sources: [source],
  })
}
