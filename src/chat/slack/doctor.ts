import { WebClient, type WebClientOptions } from '@slack/web-api'
import type { CommandMeta } from '../../core/command.js'
import type { Refusal } from '../../core/refusal.js'
import type { Check } from '../../ports/checks.js'
import type { SlackSettings } from '../../ports/slack-settings.js'
import type { BindingStore } from '../../ports/store/bindings.js'
import type { CardMessageStore } from '../../ports/store/card-messages.js'
import type { OutboxStore } from '../../ports/store/outbox.js'
import { SCOPES } from '../derive/slack-manifest.js'
import { waitingCheck } from '../waiting-check.js'
import { mayPost } from './channels.js'
import { manifestCheck } from './doctor-manifest.js'
import { slackCode } from './errors.js'
import { NO_GROUP } from './people.js'

type Stores = {
  readonly bindings: Pick<BindingStore, 'list'>
  readonly outbox: Pick<OutboxStore, 'waiting'>
  readonly cards: Pick<CardMessageStore, 'stuck'>
}

/** The home that is looked at; without it, what belongs to it is not. */
export type Home = {
  readonly home: string
  readonly commands: readonly CommandMeta[]
  readonly workspaces: readonly string[]
}

const CALL_MS = 10_000
const APP_PAGE = 'api.slack.com/apps, then this app'

/** What `doctor slack` looks at: both tokens, what they may do, the channels, and what waits to be said. */
export async function slackChecks(
  settings: SlackSettings,
  stores: Stores,
  more: Home | null = null,
): Promise<readonly Check[]> {
  const options: WebClientOptions = {
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: CALL_MS,
    ...(settings.apiUrl === null ? {} : { slackApiUrl: settings.apiUrl }),
  }
  const client = new WebClient(settings.botToken, options)
  const bot = await botChecks(client)
  const connected = await connectionCheck(settings, options)
  const works = bot[0]?.state === 'ok'
  return [
    ...bot,
    connected,
    manifestCheck(settings, more),
    ...(works ? await groupChecks(client, settings) : []),
    ...(works ? await channelChecks(client, stores, more?.workspaces ?? []) : []),
    await waitingCheck('slack', 'Slack', stores),
  ]
}

async function botChecks(client: WebClient): Promise<readonly Check[]> {
  const subject = 'slack: bot token'
  try {
    const { team, user, response_metadata: metadata } = await client.auth.test()
    const scopes = metadata?.scopes ?? []
    const missing = SCOPES.filter(({ scope }) => !scopes.includes(scope))
    const known: Check = {
      subject,
      state: 'ok',
      finding: `it is ${user ?? '?'} in ${team ?? '?'}`,
      hint: '',
    }
    const allowed: Check =
      missing.length === 0
        ? { subject: 'slack: scopes', state: 'ok', finding: 'all there', hint: '' }
        : {
            subject: 'slack: scopes',
            state: 'failed',
            finding: `missing: ${missing.map(({ scope, why }) => `${scope} (${why})`).join('; ')}`,
            hint: `${APP_PAGE}: OAuth & Permissions, Bot Token Scopes, add them, then Reinstall to Workspace.`,
          }
    return [known, allowed]
  } catch (error) {
    const hint = `${APP_PAGE}: OAuth & Permissions shows the Bot User OAuth Token (xoxb-…).`
    return [{ subject, state: 'failed', finding: failure(error), hint }]
  }
}

async function connectionCheck(settings: SlackSettings, options: WebClientOptions): Promise<Check> {
  if (settings.mode === 'http')
    return {
      subject: 'slack: requests',
      state: 'skipped',
      finding: `taken on ${settings.host}:${settings.port}/slack/events while \`serve\` runs`,
      hint: `${APP_PAGE}: the address for commands, interactivity and events must lead there, over HTTPS.`,
    }
  const subject = 'slack: app token'
  try {
    await new WebClient(settings.appToken ?? '', options).apps.connections.open()
    return { subject, state: 'ok', finding: 'Socket Mode gives a connection', hint: '' }
  } catch (error) {
    return {
      subject,
      state: 'failed',
      finding: failure(error),
      hint: `${APP_PAGE}: Socket Mode on; Basic Information, App-Level Tokens, one with connections:write (xapp-…).`,
    }
  }
}

/** Groups that the config file names. Nobody is in one that is not there. */
async function groupChecks(
  client: WebClient,
  { groups, onlyGroups }: Pick<SlackSettings, 'groups' | 'onlyGroups'>,
): Promise<readonly Check[]> {
  const named = [...new Set([...Object.keys(groups), ...onlyGroups])]
  const checks = named.map(async (group): Promise<Check | null> => {
    const subject = `slack: group ${group}`
    try {
      await client.usergroups.users.list({ usergroup: group })
      return null
    } catch (error) {
      const finding = slackCode(error) === NO_GROUP ? 'there is no such user group' : failure(error)
      const hint =
        'In Slack: People & user groups, the group, Copy group ID; or take it out of the config file.'
      return { subject, state: 'failed', finding, hint }
    }
  })
  return (await Promise.all(checks)).filter((check) => check !== null)
}

async function channelChecks(
  client: WebClient,
  { bindings }: Stores,
  workspaces: readonly string[],
): Promise<readonly Check[]> {
  const everywhere = await bindings.list({})
  const bound = everywhere.filter(({ surface }) => surface === 'slack')
  if (bound.length === 0)
    return [
      {
        subject: 'slack: channels',
        state: 'warning',
        finding: 'none is bound to a workspace',
        hint: 'As admin, in a channel: `/pve workspace bind NAME`; with --approvals where plans are approved.',
      },
    ]
  // Any chat can have the channel in which a workspace's plans are approved.
  const without = [...new Set([...workspaces, ...bound.map(({ workspace }) => workspace)])].filter(
    (name) => !everywhere.some(({ workspace, approvals }) => approvals && workspace === name),
  )
  const checks = await Promise.all(
    bound.map(async ({ channel, name, workspace }): Promise<Check> => {
      const subject = `slack: #${name === '' ? channel : name}`
      const refused = await mayPost(client, { channel, name, thread: null }).catch(unknown)
      return refused === null
        ? { subject, state: 'ok', finding: `speaks of workspace ${workspace}`, hint: '' }
        : { subject, state: 'failed', finding: refused.message, hint: refused.hint }
    }),
  )
  const none: Check = {
    subject: 'slack: approvals',
    state: 'warning',
    finding: `no channel is bound for approvals of ${without.join(', ')}: plans are shown where they were asked for`,
    hint: 'As admin, in a channel: `/pve workspace bind NAME --approvals`.',
  }
  return without.length === 0 ? checks : [...checks, none]
}

function unknown(error: unknown): Pick<Refusal, 'message' | 'hint'> {
  return { message: failure(error), hint: 'Ask again in a moment.' }
}

function failure(error: unknown): string {
  const code = slackCode(error)
  return code === null ? `Slack cannot be reached: ${String(error)}` : `Slack refuses it: ${code}`
}
