import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'yaml'
import { type CommandMeta, commandName, type Group } from '../../core/command.js'

export type ManifestOptions = {
  /** `socket` needs no public address. */
  readonly mode: 'socket' | 'http'
  /** Where Slack reaches `serve` over HTTPS; only in mode `http`. */
  readonly url?: string
  /** What the app is called in Slack, at most 35 characters. */
  readonly name?: string
}

export const LONGEST_APP_NAME = 35
const USUAL_NAME = 'Proxmox-MPC'

/** Where Bolt listens for everything that Slack sends over HTTP. */
const EVENTS_PATH = '/slack/events'

type Explained = { readonly scope: string; readonly why: string }

/** What the bot token may do, and what for. Nothing else is asked of a Slack workspace. */
export const SCOPES: readonly Explained[] = [
  { scope: 'commands', why: 'to have `/pve`' },
  {
    scope: 'chat:write',
    why: 'to post cards, edit them in place and write into their threads, in channels that it was invited to',
  },
  { scope: 'files:write', why: 'to attach what does not fit in a message, charts and exports' },
  {
    scope: 'users:read',
    why: 'to tell members of this Slack workspace from guests, members of others and bots, who may do nothing',
  },
  {
    scope: 'usergroups:read',
    why: 'to see who is in the user groups that the configuration names; they can only narrow, or let linked people read or operate',
  },
  {
    scope: 'channels:read',
    why: 'to see before a change whether its card can be shown in the channel where it is typed',
  },
  { scope: 'groups:read', why: 'the same in private channels that the app was invited to' },
  {
    scope: 'im:write',
    why: 'to open its own conversation with somebody: files and charts of private answers come there, and it is told from conversations between two people, where nobody would see a card',
  },
  { scope: 'app_mentions:read', why: 'to be asked in threads, where Slack has no slash commands' },
]

/** What the app-level token may do; Socket Mode alone needs one. It is made by hand, no manifest can hold it. */
export const APP_TOKEN_SCOPES: readonly Explained[] = [
  { scope: 'connections:write', why: 'to open the connection over which Slack sends everything' },
]

type ExplainedEvent = { readonly event: string; readonly scope: string | null; readonly why: string }

/** What Slack tells the bot without being asked, and what for. */
export const EVENTS: readonly ExplainedEvent[] = [
  { event: 'app_home_opened', scope: null, why: 'to draw the Home tab for whoever opens it' },
  { event: 'app_mention', scope: 'app_mentions:read', why: 'to be asked by `@mention`' },
  {
    event: 'app_uninstalled',
    scope: null,
    why: 'to say in the log and in `doctor` that the app was removed',
  },
  { event: 'tokens_revoked', scope: null, why: 'to say in the log and in `doctor` that the token is dead' },
]

const GROUPS: readonly Group[] = ['pve', 'guest', 'cluster', 'workspace']
/** So many commands of each group are hinted at; `/pve help` has them all. */
const MOST_HINTED = 4

/**
 * Slack's app manifest (version 2) for these commands. There is one slash command, because the grammar is the same on
 * every surface. Its text comes unescaped: names are of Proxmox VE, never Slack's people or channels, and escaping would
 * turn a host name into a link. Throws a TypeError for a `url` that is none.
 */
export function slackManifest(commands: readonly CommandMeta[], options: ManifestOptions): object {
  const name = options.name ?? USUAL_NAME
  const endpoint = options.mode === 'http' ? endpointOf(options.url ?? '') : null
  return {
    _metadata: { major_version: 2, minor_version: 1 },
    display_information: {
      name,
      description: 'Ask about a Proxmox VE cluster, change it with approval, and prove who did what.',
      long_description: LONG_DESCRIPTION,
      background_color: '#1f2a36',
    },
    features: {
      app_home: {
        home_tab_enabled: true,
        // Files and charts of private answers come there: without it Slack refuses them (`messages_tab_disabled`).
        messages_tab_enabled: true,
        messages_tab_read_only_enabled: true,
      },
      bot_user: { display_name: name, always_online: false },
      slash_commands: [
        {
          command: '/pve',
          ...(endpoint === null ? {} : { url: endpoint }),
          description: 'Ask or change the Proxmox VE cluster of this channel; alone it opens a form',
          usage_hint: usageHint(commands),
          should_escape: false,
        },
      ],
    },
    oauth_config: { scopes: { bot: SCOPES.map(({ scope }) => scope) } },
    settings: {
      event_subscriptions: {
        ...(endpoint === null ? {} : { request_url: endpoint }),
        bot_events: EVENTS.map(({ event }) => event),
      },
      interactivity: {
        is_enabled: true,
        // Lists that are filled while somebody types are asked for at an address of their own.
        ...(endpoint === null ? {} : { request_url: endpoint, message_menu_options_url: endpoint }),
      },
      org_deploy_enabled: false,
      socket_mode_enabled: options.mode === 'socket',
      token_rotation_enabled: false,
    },
  }
}

const LONG_DESCRIPTION = [
  'Type /pve and what you want to know or do: status, ls, show web-01, start web-01, stop web-01.',
  'Questions are answered to you alone. Changes become a plan that is shown before anything happens; what may destroy',
  'something waits for a second person, who approves exactly that plan. Everything is kept in an audit log.',
  'The bot acts only in channels that it was invited to, for people whose account was linked to a person it knows.',
].join(' ')

/** The first words of some commands of each group, as a reminder of what there is. */
function usageHint(commands: readonly CommandMeta[]): string {
  const hints = GROUPS.flatMap((group) => {
    const inGroup = commands.filter((command) => command.group === group && command.surfaces === 'all')
    const names = [...new Set(inGroup.map(commandName))]
    if (names.length === 0) return []
    return [[...names.slice(0, MOST_HINTED), ...(names.length > MOST_HINTED ? ['…'] : [])].join(', ')]
  })
  return hints.join(' | ')
}

/** A bare address gets the path that the bot listens at; one with a path is taken as it is. */
function endpointOf(url: string): string {
  const parsed = new URL(url)
  return parsed.pathname === '/' ? new URL(EVENTS_PATH, parsed).href : parsed.href
}

/** What it is called where it is written. */
export const MANIFEST_FILE = 'manifest.yml'

const HEADER = [
  'The Slack app, for https://api.slack.com/apps ("From a manifest"). Made from the registry of commands by',
  '`proxmox-mpc manifest slack --write`; docs/slack-scopes.md says what each scope is for.',
]

/** The manifest as a YAML file; the same registry always gives the same text. */
export function manifestYaml(manifest: object): string {
  return `${HEADER.map((line) => `# ${line}\n`).join('')}${stringify(manifest, { lineWidth: 0 })}`
}

/** Throws for what is no YAML. */
export function readManifest(text: string): unknown {
  return parse(text, { maxAliasCount: 100 })
}

/** The places in which a manifest that was written differs from a derived one, as paths. */
export function manifestDifferences(written: unknown, derived: unknown, at = ''): readonly string[] {
  if (isDeepStrictEqual(written, derived)) return []
  if (!isTable(written) || !isTable(derived)) return [at === '' ? 'all of it' : at]
  const keys = [...new Set([...Object.keys(derived), ...Object.keys(written)])]
  return keys.flatMap((key) =>
    manifestDifferences(entry(written, key), entry(derived, key), at === '' ? key : `${at}.${key}`),
  )
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function entry(table: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

/** The page about what the app may do in Slack, and why. */
export function scopesMarkdown(): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
    [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
  const scopes = (list: readonly Explained[]) =>
    table(
      ['scope', 'what for'],
      list.map(({ scope, why }) => [`\`${scope}\``, why]),
    )
  return `${[
    '# What the Slack app may do',
    'Made by a script from the same list as `manifest.yml`; edit `src/chat/derive/slack-manifest.ts`, not this page.',
    '`proxmox-mpc doctor slack` compares these with what the token was given.',
    '## Bot token',
    scopes(SCOPES),
    'It reads no message but those that mention it, and no file; it cannot list channels or join them. Invite it where it shall speak: `/invite @Proxmox-MPC`.',
    '## App-level token (Socket Mode)',
    scopes(APP_TOKEN_SCOPES),
    'It is made under *Basic Information*, *App-Level Tokens*. With HTTP (`--mode http`) there is none: the signing secret takes its place.',
    '## Events',
    table(
      ['event', 'scope', 'what for'],
      EVENTS.map(({ event, scope, why }) => [`\`${event}\``, scope === null ? 'none' : `\`${scope}\``, why]),
    ),
  ].join('\n\n')}\n`
}
