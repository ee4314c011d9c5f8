import type { WebClient } from '@slack/web-api'
import type { Grant } from '../../core/people.js'
import { type Refusal, refuse } from '../../core/refusal.js'
import type { Clock } from '../../ports/clock.js'
import type { Caller } from '../../ports/road.js'
import type { SlackSettings } from '../../ports/slack-settings.js'
import { slackCode } from './errors.js'

/** Who somebody in Slack is: a full member of this Slack, and in which of the configured groups. */

type Kept<T> = { readonly value: T; readonly at: number }

const USER_MS = 10 * 60_000
const GROUP_MS = 5 * 60_000
/** For what is more than reading; of a burst Slack is asked once. */
const FRESH_MS = 3000
/** It stays the same as long as there is one. */
const CONVERSATION_MS = 24 * 3_600_000
/** So many people are kept in mind. */
const MOST_KEPT = 5000

/** The Slack that the app is installed in, as it calls itself. */
export type OwnSlack = {
  readonly team: string
  /** The organisation that it belongs to, where it belongs to one. */
  readonly enterprise: string | null
}

export type SlackPeople = {
  /**
   * The account as the road knows it; refused for guests, bots and people of other workspaces. What was known for minutes does
   * for reading; where it is `fresh`, Slack is asked anew.
   */
  readonly caller: (
    user: string,
    fresh?: boolean,
  ) => Promise<{ readonly kind: 'caller'; readonly caller: Caller } | Refusal>
  /** The channel of the app's own conversation with somebody. */
  readonly conversation: (user: string) => Promise<string>
}

/** `own` is null until Slack has told it. */
export function slackPeople(
  client: WebClient,
  own: () => OwnSlack | null,
  settings: Pick<SlackSettings, 'groups' | 'onlyGroups'>,
  clock: Pick<Clock, 'monotonic'>,
): SlackPeople {
  const users = keeping(clock, (user: string) => outsideBecause(client, own, user))
  const groups = keeping(clock, (group: string) => membersOf(client, group))
  const conversation = keeping(clock, async (user: string) => {
    const { channel } = await client.conversations.open({ users: user })
    return channel?.id ?? ''
  })
  return {
    conversation: (user) => conversation(user, CONVERSATION_MS),
    caller: async (user, fresh = false) => {
      const isIn = async (group: string): Promise<boolean> =>
        (await groups(group, fresh ? FRESH_MS : GROUP_MS)).has(user)
      const why = await users(user, fresh ? FRESH_MS : USER_MS)
      if (why !== null)
        return refuse('outsider', why, 'Only full members of this Slack can use it. Ask an admin of Slack.')
      const { onlyGroups, groups: byGroup } = settings
      if (onlyGroups.length > 0 && !(await someOf(onlyGroups, isIn)))
        return refuse(
          'outsider',
          'You are in none of the user groups that may use this.',
          'An admin of this home names them in the config file (slack: only_groups).',
        )
      const granted: Grant[] = []
      for (const [group, role] of Object.entries(byGroup))
        if (await isIn(group)) granted.push({ role, scope: { kind: 'everything' } })
      return { kind: 'caller', caller: { surface: 'slack', account: user, as: null, granted } }
    },
  }
}

/** Nobody is in a group that is not there: `doctor` says so. */
export async function membersOf(client: WebClient, group: string): Promise<ReadonlySet<string>> {
  try {
    const { users } = await client.usergroups.users.list({ usergroup: group })
    return new Set(users ?? [])
  } catch (error) {
    if (slackCode(error) === NO_GROUP) return new Set()
    throw error
  }
}

export const NO_GROUP = 'no_such_subteam'

async function someOf<T>(list: readonly T[], is: (one: T) => Promise<boolean>): Promise<boolean> {
  for (const one of list) if (await is(one)) return true
  return false
}

/** Why somebody may do nothing here; null for a full member. Throws while it cannot be told. */
async function outsideBecause(
  client: WebClient,
  own: () => OwnSlack | null,
  user: string,
): Promise<string | null> {
  const { user: found } = await client.users.info({ user })
  const home = own()
  if (home === null) throw new Error('Slack has not told yet which Slack this is')
  if (found === undefined || found.deleted === true) return 'This account is not active any more.'
  if (found.is_bot === true || found.id === 'USLACKBOT') return 'Bots may do nothing here.'
  // Slack calls nobody a stranger with whom the app shares a channel; where they come from tells.
  const ours = found.team_id === home.team || (home.enterprise !== null && found.team_id === home.enterprise)
  if (found.is_stranger === true || !ours) return 'People of another Slack may do nothing here.'
  if (found.is_restricted === true || found.is_ultra_restricted === true)
    return 'Guests of this Slack may do nothing here.'
  return null
}

/** Keeps what was asked for a while; what is being asked for is not asked twice. Failures are not kept. */
function keeping<T>(
  clock: Pick<Clock, 'monotonic'>,
  ask: (key: string) => Promise<T>,
): (key: string, forMs: number) => Promise<T> {
  const kept = new Map<string, Kept<Promise<T>>>()
  return (key, forMs) => {
    const now = clock.monotonic()
    const known = kept.get(key)
    if (known !== undefined && now - known.at < forMs) return known.value
    if (kept.size >= MOST_KEPT) kept.clear()
    const value = ask(key)
    kept.set(key, { value, at: now })
    value.catch(() => {
      if (kept.get(key)?.value === value) kept.delete(key)
    })
    return value
  }
}
