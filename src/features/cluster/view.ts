import { type Card, card, type Row, type Section, type Tone } from '../../core/card.js'
import type { Picture } from '../../core/change.js'
import {
  column,
  count,
  guestState,
  isoTime,
  neverSynced,
  pictureSources,
  syncedSource,
} from '../../core/facts.js'
import { nodeKey } from '../../core/resource.js'
import type { Check } from '../../ports/checks.js'
import type { QueryContext } from '../../ports/query.js'
import type { StoredTask } from '../../ports/store/tasks.js'
import type { SyncOutcome } from '../../ports/sync.js'
import type { Diagnosis } from './doctor.js'

const NODE_COLUMNS = [
  column('node', 'node', 'text', 0),
  column('state', 'state', 'state', 0),
  column('guests', 'running', 'text', 1),
  column('cpu', 'cpu', 'ratio', 1),
  column('memory', 'memory', 'ratio', 1),
  column('disk', 'disk', 'ratio', 3),
  column('uptime', 'uptime', 'seconds', 2),
]

/** The workspace at a glance. The heading alone tells quorum and the counts. */
export function statusCard(
  context: Pick<QueryContext, 'workspace' | 'staleBecause'>,
  pictures: readonly Picture[],
  running: readonly StoredTask[],
): Card {
  const sections = pictures.flatMap((picture) => [
    nodeSection(picture, pictures.length > 1),
    ...troubleSection(picture),
  ])
  const unseen = context.workspace.clusters.length - pictures.length
  return card({
    heading: [
      ...pictures.map(headline),
      ...(unseen === 0 ? [] : [`${count(unseen, 'cluster')} never read`]),
    ].join(' | '),
    tone: pictures.map(tone).reduce(worse, unseen === 0 ? 'good' : 'danger'),
    sections: [...sections, ...taskSection(running)],
    sources: pictureSources(context.workspace.clusters, pictures, context.staleBecause),
  })
}

function headline(picture: Picture): string {
  const guests = picture.inventory.guests.filter((guest) => !guest.hidden)
  const runningGuests = guests.filter((guest) => guest.status === 'running').length
  const nodes = picture.inventory.nodes.filter((node) => !node.hidden)
  const online = nodes.filter((node) => node.status === 'online').length
  const quorum = picture.quorate ? 'quorate' : 'no quorum'
  return `${picture.cluster}: ${quorum}, ${online} of ${count(nodes.length, 'node')} online, ${count(guests.length, 'guest')} (${runningGuests} running)`
}

function tone(picture: Picture): Tone {
  if (!picture.quorate) return 'danger'
  return picture.inventory.nodes.every((node) => node.status === 'online') ? 'good' : 'warning'
}

function worse(a: Tone, b: Tone): Tone {
  const order: readonly Tone[] = ['good', 'neutral', 'muted', 'warning', 'danger']
  return order.indexOf(a) >= order.indexOf(b) ? a : b
}

function nodeSection(picture: Picture, named: boolean): Section {
  const rows = [...picture.inventory.nodes]
    .filter((node) => !node.hidden)
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    .map((node): Row => {
      const used = picture.usage[nodeKey(node.name)]
      const guests = picture.inventory.guests.filter((guest) => guest.node === node.name && !guest.hidden)
      const up = node.status === 'online'
      return {
        node: node.name,
        state: node.status,
        guests: up
          ? `${guests.filter((guest) => guest.status === 'running').length} of ${guests.length}`
          : `? of ${guests.length}`,
        cpu: up ? (used?.cpu ?? null) : null,
        memory: up ? share(used?.mem, node.maxmem) : null,
        disk: up ? share(used?.disk, node.maxdisk) : null,
        uptime: up ? (used?.uptime ?? null) : null,
      }
    })
  const title = named ? `Nodes of ${picture.cluster}` : 'Nodes'
  return { title, table: { columns: NODE_COLUMNS, rows, empty: 'No node is visible.' } }
}

/** What a person would want to know before anything else: paused, locked and hidden guests, storages out of reach. */
function troubleSection(picture: Picture): readonly Section[] {
  const guests = picture.inventory.guests
  const lines = [
    ...guests
      .filter((guest) => !guest.hidden && (guest.status === 'paused' || guest.lock !== null))
      .map((guest) => ({
        what: `${guest.vmid} ${guest.name}`,
        state: guestState(guest),
        note: guest.lock === null ? '' : `locked: ${guest.lock}`,
      })),
    ...picture.inventory.storages
      .filter((storage) => storage.status === 'unknown' && !storage.hidden)
      .map((storage) => ({
        what: storage.node === null ? storage.name : `${storage.name} on ${storage.node}`,
        state: 'unknown',
        note: 'storage out of reach',
      })),
    ...guests
      .filter((guest) => guest.hidden)
      .map((guest) => ({
        what: `${guest.vmid} ${guest.name}`,
        state: 'hidden',
        note: 'the token may not see it any more',
      })),
  ]
  if (lines.length === 0) return []
  const columns = [
    column('what', 'what', 'text', 0),
    column('state', 'state', 'state', 0),
    column('note', 'note', 'text', 1),
  ]
  return [{ title: 'Worth a look', table: { columns, rows: lines.slice(0, 20), empty: '' } }]
}

function taskSection(running: readonly StoredTask[]): readonly Section[] {
  if (running.length === 0) return []
  const columns = [
    column('task', 'task', 'text', 0),
    column('type', 'type', 'text', 0),
    column('id', 'guest', 'text', 1),
    column('node', 'node', 'text', 2),
    column('user', 'by', 'text', 2),
    column('started', 'started', 'time', 1),
  ]
  const rows = running.map((task) => ({
    task: task.handle,
    type: task.type,
    id: task.id,
    node: task.node,
    user: task.user,
    started: isoTime(task.startTime),
  }))
  return [{ title: 'Running tasks', table: { columns, rows, empty: '' } }]
}

function share(used: number | null | undefined, limit: number | null): number | null {
  return used === null || used === undefined || limit === null || limit === 0 ? null : used / limit
}

/** What a sync found, cluster by cluster. */
export function syncCard(outcomes: readonly SyncOutcome[]): Card {
  const failed = outcomes.filter((outcome) => outcome.kind === 'failed').length
  const rows = outcomes.map(
    (outcome): Row =>
      outcome.kind === 'failed'
        ? { cluster: outcome.cluster, state: 'failed', note: outcome.refusal.message }
        : {
            cluster: outcome.cluster,
            state: 'ok',
            guests: outcome.guests,
            nodes: outcome.nodes,
            storages: outcome.storages,
            pools: outcome.pools,
            tasks: outcome.tasks,
            changes: outcome.first ? null : outcome.changes,
            note: outcome.first ? 'first reading' : outcome.warnings.join('; '),
          },
  )
  const columns = [
    column('cluster', 'cluster', 'text', 0),
    column('state', 'state', 'state', 0),
    column('guests', 'guests', 'count', 1),
    column('nodes', 'nodes', 'count', 1),
    column('storages', 'storages', 'count', 2),
    column('pools', 'pools', 'count', 2),
    column('tasks', 'new tasks', 'count', 3),
    column('changes', 'changes', 'count', 1),
    column('note', 'note', 'text', 1),
  ]
  return card({
    heading:
      failed === 0
        ? `Synced ${count(outcomes.length, 'cluster')}`
        : `${failed} of ${count(outcomes.length, 'cluster')} could not be read`,
    tone: failed === 0 ? 'good' : 'danger',
    table: { columns, rows, empty: 'This workspace has no cluster.' },
    sources: outcomes.map((outcome) =>
      outcome.kind === 'synced'
        ? syncedSource(outcome)
        : neverSynced(outcome.cluster, outcome.refusal.message),
    ),
  })
}

/** What `doctor` found, with the commands that mend it. */
export function doctorCard(home: readonly Check[], diagnoses: readonly Diagnosis[]): Card {
  const checks = [...home, ...diagnoses.flatMap((diagnosis) => diagnosis.checks)]
  const bad = checks.filter((check) => check.state === 'failed').length
  const warnings = checks.filter((check) => check.state === 'warning').length
  const columns = [
    column('subject', 'check', 'text', 0),
    column('state', 'state', 'state', 0),
    column('finding', 'finding', 'text', 0),
  ]
  const advice = checks.filter((check) => check.hint !== '').map((check) => `${check.subject}: ${check.hint}`)
  const scripts = diagnoses.filter((diagnosis) => diagnosis.script !== '')
  return card({
    heading:
      bad > 0
        ? `${count(bad, 'check')} failed`
        : warnings > 0
          ? `All works, with ${count(warnings, 'warning')}`
          : 'All is well',
    tone: bad > 0 ? 'danger' : warnings > 0 ? 'warning' : 'good',
    table: {
      columns,
      rows: checks.map(({ subject, state, finding }) => ({ subject, state, finding })),
      empty: '',
    },
    sections: advice.length === 0 ? [] : [{ title: 'What to do', text: advice.join('\n') }],
    ...(scripts.length === 0
      ? {}
      : { code: { language: 'sh', text: scripts.map(({ script }) => script).join('\n') } }),
    sources: diagnoses.map((diagnosis) => diagnosis.source),
  })
}
