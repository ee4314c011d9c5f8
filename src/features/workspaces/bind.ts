import { arg, optional } from '../../core/args.js'
import { card } from '../../core/card.js'
import { defineCommand, type Query } from '../../core/command.js'
import { fact } from '../../core/facts.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { QueryContext } from '../../ports/query.js'
import type { Channel } from '../../ports/road.js'
import type { Binding } from '../../ports/store/bindings.js'
import { approvalChannels, channelText, labelOf } from './channels.js'

const ADMIN = { group: 'workspace', risk: 'admin', role: 'admin', freshness: 'none' } as const

const WHERE = {
  channel: optional.text(
    { label: 'channel', summary: 'its ID, where it is not the one you type in: C0123ABCD', flag: true },
    100,
  ),
  surface: optional.choice({ label: 'surface', summary: 'where that channel is (slack)', flag: true }, [
    'slack',
    'discord',
  ]),
} as const

type Where = { readonly channel?: string | undefined; readonly surface?: Binding['surface'] | undefined }

const bind = defineCommand({
  ...ADMIN,
  path: ['workspace', 'bind'],
  summary: 'Says which workspace a channel speaks of, and whether plans are approved there',
  examples: ['workspace bind', 'workspace bind lab --approvals', 'workspace bind lab --channel C0123ABCD'],
  args: {
    name: optional.workspace({ label: 'workspace', summary: 'which (the one you are in)' }),
    ...WHERE,
    approvals: arg.flag({ label: 'approvals', summary: 'plans that need approval are shown there' }),
  },
  answer: async (context: QueryContext, args) => {
    const { actor, now, stores } = context
    if (actor === null) return nobody()
    const channel = channelOf(context, args)
    if (isRefusal(channel)) return channel
    const workspace = args.name ?? context.workspace.name
    const before = await stores.bindings.of(channel.surface, channel.id)
    const name = channel.name === '' ? (before?.name ?? channel.id) : channel.name
    const { approvals } = args
    const binding = { surface: channel.surface, channel: channel.id, name, workspace, approvals }
    const same = before?.workspace === workspace && before.approvals === approvals && before.name === name
    if (!same) await stores.bindings.bind(binding, actor, now)
    const elsewhere = approvals || (await approvalChannels(stores, workspace)).length > 0
    return card({
      ...(same ? { outcome: 'already' } : {}),
      heading: `${labelOf(binding)} ${same ? 'is bound already' : 'is bound now'}: it speaks of workspace ${workspace}`,
      tone: elsewhere ? 'good' : 'warning',
      text: sentences(binding, before, elsewhere).join('\n'),
      facts: [
        fact('channel', channelText(binding)),
        fact('workspace', workspace),
        fact('approvals', approvals ? 'shown there' : 'not shown there'),
      ],
      actions: [{ label: 'takes it back', words: `workspace unbind ${flagsOf(binding)}` }],
    })
  },
})

/** What has changed by a binding, and what is still missing. */
function sentences(
  { workspace, approvals }: Binding,
  before: Binding | null,
  elsewhere: boolean,
): readonly string[] {
  const moved = before !== null && before.workspace !== workspace
  const quiet = before?.approvals === true && !approvals
  return [
    ...(moved
      ? [`It had been bound to workspace ${before.workspace}, which is not spoken of there any more.`]
      : []),
    ...(quiet ? ['New plans are not shown there for approval any more; those that are shown stay.'] : []),
    ...(approvals
      ? [`Plans of ${workspace} that need approval are shown there, whoever asks, wherever.`]
      : []),
    ...(elsewhere
      ? []
      : [
          `No channel is bound for approvals of ${workspace}: plans are shown only where they are asked for. \`workspace bind ${workspace} --approvals\` binds one.`,
        ]),
  ]
}

const unbind = defineCommand({
  ...ADMIN,
  path: ['workspace', 'unbind'],
  summary: 'Parts a channel from its workspace',
  examples: ['workspace unbind', 'workspace unbind --channel C0123ABCD'],
  args: WHERE,
  answer: async (context: QueryContext, args) => {
    const { actor, now, stores } = context
    if (actor === null) return nobody()
    const channel = channelOf(context, args)
    if (isRefusal(channel)) return channel
    const before = await stores.bindings.of(channel.surface, channel.id)
    // Somebody else may have been faster.
    const parted = before !== null && (await stores.bindings.unbind(channel.surface, channel.id, actor, now))
    if (!parted)
      return refuse(
        'not_bound',
        `${labelOf({ surface: channel.surface, channel: channel.id, name: channel.name })} is bound to no workspace.`,
        '`workspace show` lists the channels that are.',
      )
    const last = before.approvals && (await approvalChannels(stores, before.workspace)).length === 0
    return card({
      heading: `${labelOf(before)} does not speak of workspace ${before.workspace} any more`,
      tone: last ? 'warning' : 'good',
      text: [
        'Cards that are shown there already go on being kept true.',
        ...(last
          ? [`No channel shows plans of ${before.workspace} for approval now, but where they are asked for.`]
          : []),
      ].join('\n'),
      facts: [fact('channel', channelText(before))],
    })
  },
})

/** The channel that is named, or else the one in which it is typed. */
function channelOf(context: QueryContext, { channel: typed, surface }: Where): Channel | Refusal {
  const here = context.channel === null || context.channel.id === '' ? null : context.channel
  if (typed === undefined) {
    if (here === null || (surface !== undefined && surface !== here.surface))
      return refuse(
        'no_channel',
        'Which channel is meant?',
        'Type it in that channel, or name it by its ID: `--channel C0123ABCD` (in Slack at the end of the channel’s details).',
      )
    return isDirect(here) ? direct() : here
  }
  const where = surface ?? here?.surface ?? 'slack'
  const read = readChannel(typed.trim(), where)
  if (isRefusal(read)) return read
  return read.name === '' && here?.surface === where && here.id === read.id ? here : read
}

/** An ID, or a channel as Slack hands it over where it was picked by name: `<#C0123ABCD|ops>`. */
function readChannel(typed: string, surface: Binding['surface']): Channel | Refusal {
  const picked = /^<#([A-Z0-9]{2,30})(?:\|([^>]{0,80}))?>$/.exec(typed)
  const id = picked?.[1] ?? typed
  const channel = { surface, id, name: picked?.[2] ?? '' }
  if (surface === 'slack' && isDirect(channel)) return direct()
  if ((surface === 'slack' ? /^[CG][A-Z0-9]{1,29}$/ : /^\d{15,20}$/).test(id)) return channel
  return refuse('wrong_argument', `\`${typed}\` is not the ID of a channel.`, whereIds(surface, typed))
}

function whereIds(surface: Binding['surface'], typed: string): string {
  if (surface === 'discord')
    return 'It is a long number: with developer mode on, Discord offers it in the channel’s menu.'
  // What follows `/pve` comes as it was typed; a message that mentions the app carries the channel itself.
  const named = typed.startsWith('#')
    ? ' A channel can be picked by its name in a message that mentions the app, in place of `/pve`.'
    : ''
  return `It looks like \`C0123ABCD\` and stands at the end of the channel’s details in Slack.${named}`
}

/** What is said to the app alone has no others who could approve, or see what happens. */
const isDirect = ({ surface, id }: Channel): boolean => surface === 'slack' && /^D[A-Z0-9]+$/.test(id)

function direct(): Refusal {
  return refuse(
    'channel_refused',
    'A direct conversation is bound to no workspace.',
    'Type it in a channel, or name one: `--channel C0123ABCD`.',
  )
}

function flagsOf({ surface, channel }: Binding): string {
  return `--channel ${channel}${surface === 'slack' ? '' : ` --surface ${surface}`}`
}

function nobody(): Refusal {
  return refuse('no_role', 'Only an admin can do that.', '`whoami` tells how to be let in.')
}

export const bindCommands: readonly Query<QueryContext>[] = [bind, unbind]
