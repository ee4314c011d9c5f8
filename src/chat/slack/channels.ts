import type { WebClient } from '@slack/web-api'
import { type Refusal, refuse } from '../../core/refusal.js'
import type { Said } from '../places.js'
import { slackCode } from './errors.js'

export const isDirect = (channel: string): boolean => channel.startsWith('D')

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
