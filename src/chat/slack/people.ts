import type { WebClient } from '@slack/web-api'
import type { Grant } from '../../core/people.js'
import { type Refusal, refuse } from '../../core/refusal.js'
import type { Clock } from '../../ports/clock.js'
import type { Caller } from '../../ports/road.js'
import type { SlackSettings } from '../../ports/slack-settings.js'

/** Who somebody in Slack is: a full member of this Slack, and in which of the configured groups. */

type Kept<T> = { readonly value: T; readonly until: number }

const USER_MS = 10 * 60_000
const GROUP_MS = 5 * 60_000
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
  /** The account as the road knows it; refused for guests, bots and people of other workspaces. */
  readonly caller: (user: string) => Promise<{ readonly kind: 'caller'; readonly caller: Caller } | Refusal>
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
  const users = keeping(clock, USER_MS, (user: string) => outsideBecause(client, own, user))
  const groups = keeping(clock, GROUP_MS, async (group: string) => {
    const { users: members } = await client.usergroups.users.list({ usergroup: group })
    return new Set(members ?? [])
  })
  const conversation = keeping(clock, CONVERSATION_MS, async (user: string) => {
    const { channel } = await client.conversations.open({ users: user })
    return channel?.id ?? ''
  })
  const isIn = async (user: string, group: string): Promise<boolean> => (await groups(group)).has(user)
  return {
    conversation,
    caller: async (user) => {
      const why = await users(user)
      if (why !== null)
        return refuse('outsider', why, 'Only full members of this Slack can use it. Ask an admin of Slack.')
      const { onlyGroups, groups: byGroup } = settings
      if (onlyGroups.length > 0 && !(await someOf(onlyGroups, (group) => isIn(user, group))))
        return refuse(
          'outsider',
          'You are in none of the user groups that may use this.',
          'An admin of this home names them in the config file (slack: only_groups).',
        )
      const granted: Grant[] = []
      for (const [group, role] of Object.entries(byGroup))
        if (await isIn(user, group)) granted.push({ role, scope: { kind: 'everything' } })
      return { kind: 'caller', caller: { surface: 'slack', account: user, as: null, granted } }
    },
  }
}

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
  forMs: number,
  ask: (key: string) => Promise<T>,
): (key: string) => Promise<T> {
  const kept = new Map<string, Kept<Promise<T>>>()
  return (key) => {
    const now = clock.monotonic()
    const known = kept.get(key)
    if (known !== undefined && now < known.until) return known.value
    if (kept.size >= MOST_KEPT) kept.clear()
    const value = ask(key)
    kept.set(key, { value, until: now + forMs })
    value.catch(() => {
      if (kept.get(key)?.value === value) kept.delete(key)
    })
    return value
  }
}
