import { PermissionFlagsBits } from 'discord.js'
import { type Refusal, refuse } from '../../core/refusal.js'
import type { Said } from '../places.js'
import type { Where } from './heard-schema.js'

/** Where it was said, as all chats know it. */
export function saidIn({ channel, channelName, thread }: Where): Said {
  return { channel, name: channelName, thread }
}

/** What the app needs in a channel to show cards there, by the names that Discord's settings have. */
const NEEDED: readonly (readonly [string, bigint])[] = [
  ['View Channel', PermissionFlagsBits.ViewChannel],
  ['Send Messages', PermissionFlagsBits.SendMessages],
  ['Embed Links', PermissionFlagsBits.EmbedLinks],
  ['Attach Files', PermissionFlagsBits.AttachFiles],
]

const IN_THREADS = ['Send Messages in Threads', PermissionFlagsBits.SendMessagesInThreads] as const
/** For the threads that hang on cards. */
const THREADS = [['Create Public Threads', PermissionFlagsBits.CreatePublicThreads], IN_THREADS] as const

/** The permissions that the app lacks in a channel; none where it may do all it needs. */
export function lackingPermissions(permissions: bigint, inThread: boolean): readonly string[] {
  const needed = NEEDED.map((each) =>
    inThread && each[1] === PermissionFlagsBits.SendMessages ? IN_THREADS : each,
  )
  return lacking(permissions, needed)
}

/** What it lacks to put ends of logs and files into threads; without it they stand in the channel. */
export function lackingForThreads(permissions: bigint): readonly string[] {
  return lacking(permissions, THREADS)
}

function lacking(permissions: bigint, needed: typeof NEEDED): readonly string[] {
  if ((permissions & PermissionFlagsBits.Administrator) !== 0n) return []
  return needed.filter(([, bit]) => (permissions & bit) === 0n).map(([name]) => name)
}

/** Refused where the app may not post: what comes of a change would be seen by nobody. */
export function mayShow({ permissions, thread, channelName, guild }: Where): Refusal | null {
  if (guild === null)
    return refuse(
      'channel_refused',
      'In a direct conversation nobody else sees what happens.',
      'Type it in a channel of the server.',
    )
  const lacking = lackingPermissions(permissions, thread !== null)
  if (lacking.length === 0) return null
  const label = channelName === '' ? 'this channel' : `#${channelName}`
  return refuse(
    'channel_refused',
    `This app may not show anything in ${label}: it lacks ${lacking.join(', ')}.`,
    'Channel settings, Permissions: add the role of this app and allow these, then say it again.',
  )
}
