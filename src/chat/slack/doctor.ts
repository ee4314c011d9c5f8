import { WebClient, type WebClientOptions } from '@slack/web-api'
import type { Refusal } from '../../core/refusal.js'
import type { Check } from '../../ports/checks.js'
import type { SlackSettings } from '../../ports/slack-settings.js'
import type { BindingStore } from '../../ports/store/bindings.js'
import type { OutboxStore } from '../../ports/store/outbox.js'
import { SCOPES } from '../derive/slack-manifest.js'
import { mayPost } from './channels.js'
import { slackCode } from './errors.js'

type Stores = { readonly bindings: Pick<BindingStore, 'list'>; readonly outbox: Pick<OutboxStore, 'waiting'> }

const CALL_MS = 10_000
const APP_PAGE = 'api.slack.com/apps, then this app'

/** What `doctor slack` looks at: both tokens, what they may do, the channels, and what waits to be said. */
export async function slackChecks(settings: SlackSettings, stores: Stores): Promise<readonly Check[]> {
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
    manifestCheck(),
    ...(works ? await channelChecks(client, stores) : []),
    await outboxCheck(stores),
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

/** Slack shows an app's manifest to people only. */
function manifestCheck(): Check {
  return {
    subject: 'slack: manifest',
    state: 'skipped',
    finding: 'Slack does not tell it to the app itself',
    hint: `Compare it with \`proxmox-mpc manifest slack\`: ${APP_PAGE}, App Manifest.`,
  }
}

async function channelChecks(client: WebClient, { bindings }: Stores): Promise<readonly Check[]> {
  const bound = await bindings.list({ surface: 'slack' })
  if (bound.length === 0)
    return [
      {
        subject: 'slack: channels',
        state: 'warning',
        finding: 'none is bound to a workspace',
        hint: 'As admin, in a channel: `/pve workspace bind NAME`; with --approvals where plans are approved.',
      },
    ]
  const approvals = bound.some((binding) => binding.approvals)
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
    finding: 'no channel is bound for approvals: plans are shown where they were asked for',
    hint: 'As admin, in a channel: `/pve workspace bind NAME --approvals`.',
  }
  return approvals ? checks : [...checks, none]
}

function unknown(error: unknown): Pick<Refusal, 'message' | 'hint'> {
  return { message: failure(error), hint: 'Ask again in a moment.' }
}

async function outboxCheck({ outbox }: Stores): Promise<Check> {
  const { waiting, givenUp } = await outbox.waiting('slack')
  const finding = `${waiting} wait to be said, ${givenUp} were given up in the last 7 days`
  const fine = waiting === 0 && givenUp === 0
  return {
    subject: 'slack: outbox',
    state: fine ? 'ok' : 'warning',
    finding: fine ? 'nothing waits' : finding,
    hint: fine ? '' : 'They are said once Slack takes them and `serve` runs; the log tells why it did not.',
  }
}

function failure(error: unknown): string {
  const code = slackCode(error)
  return code === null ? `Slack cannot be reached: ${String(error)}` : `Slack refuses it: ${code}`
}
