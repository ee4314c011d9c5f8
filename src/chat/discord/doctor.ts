import { PermissionFlagsBits, Routes } from 'discord.js'
import { z } from 'zod'
import type { Check } from '../../ports/checks.js'
import type { DiscordSettings } from '../../ports/discord-settings.js'
import type { CommandForm } from '../../ports/road.js'
import type { BindingStore } from '../../ports/store/bindings.js'
import type { CardMessageStore } from '../../ports/store/card-messages.js'
import type { OutboxStore } from '../../ports/store/outbox.js'
import { waitingCheck } from '../waiting-check.js'
import { type DiscordApi, discordApi } from './api.js'
import { INTERACTIONS_PATH } from './endpoint.js'
import { discordCode, messageOf } from './errors.js'
import { permissionsIn, type Standing, standingOf } from './permissions.js'
import { lackingForThreads, lackingPermissions } from './places.js'
import { registeredDifferences } from './register.js'

type Stores = {
  readonly bindings: Pick<BindingStore, 'list'>
  readonly outbox: Pick<OutboxStore, 'waiting'>
  readonly cards: Pick<CardMessageStore, 'stuck'>
}
type Parts = {
  readonly settings: DiscordSettings
  readonly stores: Stores
  readonly commands: readonly CommandForm[]
  readonly workspaces: readonly string[]
}

const APP_PAGE = 'discord.com/developers/applications, then this app'
const MOST_DIFFERENCES = 10
const application = z.object({
  id: z.string(),
  name: z.string(),
  verify_key: z.string().nullish(),
  interactions_endpoint_url: z.string().nullish(),
})
type Application = z.infer<typeof application>

/** What `doctor discord` looks at: the token, how interactions come, the server, the commands, the channels, the outbox. */
export async function discordChecks(parts: Parts): Promise<readonly Check[]> {
  const { settings, stores } = parts
  const api = discordApi(settings)
  const app = await appOf(api)
  if ('state' in app) return [app, await waitingCheck('discord', 'Discord', stores)]
  const standing = await serverCheck(api, settings, app.id)
  return [
    { subject: 'discord: bot token', state: 'ok', finding: `it is ${app.name}`, hint: '' },
    wayCheck(settings, app),
    standing.check,
    await commandsCheck(api, parts, app.id),
    ...(standing.kind === 'there' ? await channelChecks(api, standing.standing, parts) : []),
    await waitingCheck('discord', 'Discord', stores),
  ]
}

async function appOf({ rest }: DiscordApi): Promise<Application | Check> {
  try {
    return application.parse(await rest.get(Routes.currentApplication()))
  } catch (error) {
    const hint = `${APP_PAGE}: Bot, Reset Token, and put the new one where the config file says.`
    return { subject: 'discord: bot token', state: 'failed', finding: failure(error), hint }
  }
}

/** Interactions come over the gateway or to an address, never both. No privileged intent is asked for. */
function wayCheck({ mode, publicKey, host, port }: DiscordSettings, app: Application): Check {
  const subject = 'discord: interactions'
  const address = app.interactions_endpoint_url ?? ''
  if (mode === 'gateway')
    return address === ''
      ? { subject, state: 'ok', finding: 'over the gateway; no privileged intent is needed', hint: '' }
      : {
          subject,
          state: 'failed',
          finding: `Discord sends them to ${address}, so none comes over the gateway`,
          hint: `${APP_PAGE}: General Information, empty the Interactions Endpoint URL; or use mode: http.`,
        }
  if (app.verify_key != null && app.verify_key.toLowerCase() !== publicKey?.toLowerCase())
    return {
      subject,
      state: 'failed',
      finding: 'the public key in the config file is not that of this app',
      hint: `${APP_PAGE}: General Information shows the Public Key.`,
    }
  return address.endsWith(INTERACTIONS_PATH)
    ? { subject, state: 'ok', finding: `sent to ${address}`, hint: '' }
    : {
        subject,
        state: 'failed',
        finding: `Discord sends them to ${address === '' ? 'no address' : address}`,
        hint: `${APP_PAGE}: General Information, Interactions Endpoint URL: https://HOST${INTERACTIONS_PATH}, leading to ${host}:${port} while \`serve\` runs.`,
      }
}

type Server =
  | { readonly kind: 'there'; readonly standing: Standing; readonly check: Check }
  | { readonly kind: 'missing'; readonly check: Check }

async function serverCheck(api: DiscordApi, { guild }: DiscordSettings, appId: string): Promise<Server> {
  const subject = 'discord: server'
  try {
    const standing = await standingOf(api.rest, guild)
    const check: Check = { subject, state: 'ok', finding: `the app is in ${standing.guildName}`, hint: '' }
    return { kind: 'there', standing, check }
  } catch (error) {
    const hint = `Somebody who may manage the server opens ${inviteUrl(appId)}; or \`guild\` in the config file is another server's id.`
    return { kind: 'missing', check: { subject, state: 'failed', finding: failure(error), hint } }
  }
}

/** What the app is invited with: to show cards, and threads below them. */
export function inviteUrl(appId: string): string {
  const permissions =
    PermissionFlagsBits.ViewChannel |
    PermissionFlagsBits.SendMessages |
    PermissionFlagsBits.SendMessagesInThreads |
    PermissionFlagsBits.CreatePublicThreads |
    PermissionFlagsBits.EmbedLinks |
    PermissionFlagsBits.AttachFiles
  return `https://discord.com/oauth2/authorize?client_id=${appId}&scope=bot+applications.commands&permissions=${permissions}`
}

async function commandsCheck(
  { rest }: DiscordApi,
  { settings, commands }: Parts,
  applicationId: string,
): Promise<Check> {
  const subject = 'discord: commands'
  try {
    const guildId = settings.commands === 'guild' ? settings.guild : null
    const differences = await registeredDifferences({ rest, applicationId, guildId, commands })
    if (differences.length === 0)
      return { subject, state: 'ok', finding: 'registered as they are here', hint: '' }
    const more = differences.length - MOST_DIFFERENCES
    const told = differences.slice(0, MOST_DIFFERENCES).join('; ')
    return {
      subject,
      state: 'warning',
      finding: more > 0 ? `${told}; and ${more} more` : told,
      hint: '`proxmox-mpc serve` registers them when it starts.',
    }
  } catch (error) {
    const hint = 'The app must be invited with the scope applications.commands.'
    return { subject, state: 'failed', finding: failure(error), hint }
  }
}

async function channelChecks(
  { rest }: DiscordApi,
  standing: Standing,
  { stores: { bindings }, workspaces }: Parts,
): Promise<readonly Check[]> {
  const everywhere = await bindings.list({})
  const bound = everywhere.filter(({ surface }) => surface === 'discord')
  if (bound.length === 0)
    return [
      {
        subject: 'discord: channels',
        state: 'warning',
        finding: 'none is bound to a workspace',
        hint: 'As admin, in a channel: `/workspace workspace bind`; with approvals where plans are approved.',
      },
    ]
  const checks = await Promise.all(
    bound.map(async ({ channel, name, workspace }): Promise<Check> => {
      const subject = `discord: #${name === '' ? channel : name}`
      try {
        const permissions = await permissionsIn(rest, standing, channel)
        const lacking = lackingPermissions(permissions, false)
        const hint = 'Channel settings, Permissions: add the role of this app and allow these.'
        if (lacking.length > 0)
          return { subject, state: 'failed', finding: `the app lacks ${lacking.join(', ')}`, hint }
        const threads = lackingForThreads(permissions)
        return threads.length === 0
          ? { subject, state: 'ok', finding: `speaks of workspace ${workspace}`, hint: '' }
          : {
              subject,
              state: 'warning',
              finding: `the app lacks ${threads.join(', ')}: what belongs in threads stands in the channel`,
              hint,
            }
      } catch (error) {
        const hint = 'Let the app see the channel, or unbind it with `workspace unbind`.'
        return { subject, state: 'failed', finding: failure(error), hint }
      }
    }),
  )
  // Any chat can have the channel in which a workspace's plans are approved.
  const without = workspaces.filter(
    (name) => !everywhere.some(({ workspace, approvals }) => approvals && workspace === name),
  )
  const none = without.map(
    (name): Check => ({
      subject: 'discord: approvals',
      state: 'warning',
      finding: `no channel is bound for approvals of ${name}: its plans are shown where they were asked for`,
      hint: 'As admin, in a channel: `/workspace workspace bind` with approvals.',
    }),
  )
  return [...checks, ...none]
}

function failure(error: unknown): string {
  const code = discordCode(error)
  return code === null
    ? `Discord cannot be reached: ${messageOf(error)}`
    : `Discord refuses it: ${messageOf(error)} (${code})`
}
