import type { WebClient } from '@slack/web-api'
import { type Refusal, refuse } from '../../core/refusal.js'
import type { Said } from '../places.js'
import { slackCode } from './errors.js'

export const isDirect = (channel: string): boolean => channel.startsWith('D')

/**
 * Refused where nobody would see what comes of a change. The app's own conversation with somebody cannot be told by its name
 * from one between two people; `own` asks Slack which one it is.
 */
export async function mayShow(
  client: WebClient,
  said: Said,
  own: () => Promise<string>,
): Promise<Refusal | null> {
  if (!isDirect(said.channel)) return mayPost(client, said)
  try {
    return (await own()) === said.channel ? null : between()
  } catch (error) {
    if (slackCode(error) === 'missing_scope') return mayNotAsk()
    throw error
  }
}

function between(): Refusal {
  return refuse(
    'channel_refused',
    'This conversation is between people: the app is not in it and could show nothing here.',
    'Type it in a channel that the app is in.',
  )
}

/** A conversation of several people, or an app that was installed before it needed a scope: nobody can tell, so no. */
function mayNotAsk(): Refusal {
  return refuse(
    'channel_refused',
    'This app may not ask Slack about this kind of conversation, so nobody knows whether it could show anything here.',
    'Type it in a channel that the app is in. `doctor slack` names a scope that is missing.',
  )
}

/** Refused where the bot may not post. */
export async function mayPost(client: WebClient, { channel, name }: Said): Promise<Refusal | null> {
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
    if (code === 'missing_scope') return mayNotAsk()
    if (code === 'channel_not_found' || code === 'not_in_channel')
      return refuse('channel_refused', `This app cannot see ${label}.`, invite)
    throw error
  }
}
