import { optional } from '../../core/args.js'
import { defineCommand, type Query } from '../../core/command.js'
import { type Refusal, refuse } from '../../core/refusal.js'
import type { QueryContext } from '../../ports/query.js'
import { diagnose } from './doctor.js'
import { standingChecks } from './doctor-people.js'
import { doctorCard, statusCard, syncCard } from './view.js'

const status = defineCommand({
  path: ['status'],
  group: 'pve',
  summary: 'Quorum, nodes and guests at a glance',
  risk: 'read',
  examples: ['status'],
  args: {},
  answer: async (context: QueryContext) => {
    const { clusters } = context.workspace
    const pictures = await Promise.all(clusters.map((cluster) => context.stores.inventory.picture(cluster)))
    const running = await Promise.all(
      clusters.map((cluster) => context.stores.tasks.list(cluster, { outcome: 'running', limit: 10 })),
    )
    return statusCard(
      context,
      pictures.filter((picture) => picture !== null),
      running.flat(),
    )
  },
})

const sync = defineCommand({
  path: ['sync'],
  group: 'cluster',
  summary: 'Read the clusters of this workspace now',
  risk: 'routine',
  examples: ['sync'],
  freshness: 'none',
  args: {},
  answer: async (context: QueryContext) => {
    const { clusters } = context.workspace
    const outcomes = await Promise.all(
      clusters.map((cluster) =>
        context.syncer.sync(cluster, { signal: context.signal, progress: context.progress }),
      ),
    )
    const [only] = outcomes
    if (outcomes.length === 1 && only?.kind === 'failed') return only.refusal
    return syncCard(outcomes)
  },
})

const PLATFORMS = { slack: 'Slack', discord: 'Discord' } as const

function noChat(chat: keyof typeof PLATFORMS): Refusal {
  return refuse(
    'surface_off',
    `${PLATFORMS[chat]} is not configured in this home.`,
    `The README tells how, from nothing, in ten steps: the block \`${chat}:\` in the config file.`,
  )
}

const doctor = defineCommand({
  path: ['doctor'],
  group: 'pve',
  summary: 'Check this home and its clusters, and say what to do',
  risk: 'read',
  examples: ['doctor', 'doctor pve', 'doctor slack', 'doctor discord'],
  freshness: 'none',
  args: {
    target: optional.choice({ label: 'target', summary: 'what to check' }, ['pve', 'slack', 'discord']),
  },
  answer: async (context: QueryContext, { target }) => {
    const home =
      target === undefined ? [...(await context.homeChecks()), ...(await standingChecks(context))] : []
    const chat = target === 'pve' ? [] : await context.chatChecks(target)
    const onlyChat = target === 'slack' || target === 'discord'
    if (onlyChat && chat.length === 0) return noChat(target)
    const clusters = onlyChat ? [] : context.workspace.clusters
    const diagnoses = await Promise.all(clusters.map((cluster) => diagnose(context, cluster)))
    return doctorCard([...home, ...chat], diagnoses)
  },
})

export const clusterCommands: readonly Query<QueryContext>[] = [status, sync, doctor]
