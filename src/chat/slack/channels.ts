import type { WebClient } from '@slack/web-api'
import { type Refusal, refuse } from '../../core/refusal.js'
import type { Workspace } from '../../ports/query.js'
import type { BindingStore } from '../../ports/store/bindings.js'
import { slackCode } from './errors.js'

/** Where something was said. */
export type Said = {
  readonly channel: string
  readonly name: string
  /** The thread it was said in; null for the channel itself. */
  readonly thread: string | null
}

/** The workspace that a channel speaks of; a direct conversation speaks of the home's first. */
export async function workspaceOf(
  { channel, name }: Said,
  home: {
    readonly bindings: Pick<BindingStore, 'of'>
    readonly first: string | null
    readonly workspaces: readonly Workspace[]
  },
): Promise<{ readonly kind: 'workspace'; readonly name: string | null } | Refusal> {
  const binding = await home.bindings.of('slack', channel)
  if (binding !== null && home.workspaces.some((workspace) => workspace.name === binding.workspace))
    return { kind: 'workspace', name: binding.workspace }
  if (isDirect(channel)) return { kind: 'workspace', name: home.first }
  const label = name === '' ? 'This channel' : `The channel #${name}`
  return refuse(
    'not_bound',
    `${label} is bound to no workspace.`,
    'An admin types here: `/pve workspace bind NAME`, and with --approvals where plans are to be approved.',
    home.workspaces.map((workspace) => `workspace: ${workspace.name}`),
  )
}

export const isDirect = (channel: string): boolean => channel.startsWith('D')

/** Commands that mean the same wherever they are typed. */
const ANYWHERE = [
  'help',
  'link',
  'unlink',
  'whoami',
  'workspace bind',
  'workspace unbind',
  'workspace ls',
  'workspace show',
]

export function worksAnywhere(command: string): boolean {
  return ANYWHERE.includes(command)
}

/** Refused where the bot may not post: what comes of a change would be seen by nobody. */
export async function mayPost(client: WebClient, { channel, name }: Said): Promise<Refusal | null> {
  if (isDirect(channel)) return null
  const label = name === '' ? 'this channel' : `#${name}`
  const invite = 'Type `/invite @` and the name of this app there, then say it again.'
  try {
    const { channel: found } = await client.conversations.info({ channel })
    if (found?.is_archived === true)
      return refuse('channel_refused', `${label} is archived.`, 'Type it in a channel that is in use.')
    return found?.is_member === true
      ? null
      : refuse(
          'channel_refused',
          `This app is not in ${label}, so nobody there would see what happens.`,
          invite,
        )
  } catch (error) {
    const code = slackCode(error)
    // Without the scope for it, Slack cannot be asked; posting tells.
    if (code === 'missing_scope') return null
    if (code === 'channel_not_found' || code === 'not_in_channel')
      return refuse('channel_refused', `This app cannot see ${label}.`, invite)
    throw error
  }
}
