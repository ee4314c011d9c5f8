import { z } from 'zod'

/** What may stand in the config file about chat. */

export const secret = z
  .string()
  .regex(
    /^\$\{(env:[A-Za-z_][A-Za-z0-9_]*|file:[^}]+)\}$/,
    'a secret is a reference: $' + '{env:NAME} or $' + '{file:PATH}',
  )

const group = z.string().regex(/^S[A-Z0-9]{2,20}$/, 'the id of a user group, as S0123ABCD')

export const SlackConfig = z
  .strictObject({
    bot_token: secret,
    /** For Socket Mode, the default: no public address is needed. */
    app_token: secret.optional(),
    /** For HTTP: what Slack signs its requests with. */
    signing_secret: secret.optional(),
    mode: z.enum(['socket', 'http']).default('socket'),
    /** Where requests are taken in HTTP mode; a proxy with TLS stands in front. */
    port: z.int().min(0).max(65_535).default(8808),
    host: z.string().min(1).default('127.0.0.1'),
    /** What members of a user group may do besides; for persons whose account is linked. */
    groups: z.record(group, z.enum(['reader', 'operator'])).default({}),
    /** Where any stand here, whoever is in none of them may do nothing. */
    only_groups: z.array(group).default([]),
    /** Of one person; a third of them may come at once. */
    commands_per_minute: z.int().min(3).max(100_000).default(30),
  })
  .superRefine((config, context) => {
    const lacks = (key: 'app_token' | 'signing_secret', why: string) =>
      context.addIssue({ code: 'custom', path: [key], message: why })
    if (config.mode === 'socket' && config.app_token === undefined)
      lacks('app_token', 'Socket Mode needs the app-level token (xapp-…)')
    if (config.mode === 'http' && config.signing_secret === undefined)
      lacks('signing_secret', 'HTTP mode needs the signing secret')
  })
export type SlackConfig = z.infer<typeof SlackConfig>

/** An id of Discord's, copied with developer mode on; written in quotes, since as a number it would be rounded. */
const snowflake = z
  .string('an id in quotes')
  .regex(/^\d{15,20}$/, 'an id of Discord, in quotes: "123456789012345678"')

export const DiscordConfig = z
  .strictObject({
    bot_token: secret,
    /** The one server whose people may use it. */
    guild: snowflake,
    /** `gateway`, the default, needs no public address; `http` is an interactions endpoint. */
    mode: z.enum(['gateway', 'http']).default('gateway'),
    /** For HTTP: what Discord's signatures are checked with. It is no secret. */
    public_key: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, '64 hex digits, from General Information')
      .optional(),
    /** Where requests are taken in HTTP mode; a proxy with TLS stands in front. */
    port: z.int().min(0).max(65_535).default(8809),
    host: z.string().min(1).default('127.0.0.1'),
    /** `guild` shows changed commands at once and has none in direct messages; for trying things out. */
    commands: z.enum(['global', 'guild']).default('global'),
    /** What members with a role may do besides; for persons whose account is linked. */
    roles: z.record(snowflake, z.enum(['reader', 'operator'])).default({}),
    /** Where any stand here, whoever has none of them may do nothing. */
    only_roles: z.array(snowflake).default([]),
    /** Of one person; a third of them may come at once. */
    commands_per_minute: z.int().min(3).max(100_000).default(30),
  })
  .superRefine((config, context) => {
    if (config.mode === 'http' && config.public_key === undefined)
      context.addIssue({
        code: 'custom',
        path: ['public_key'],
        message: 'HTTP mode needs the public key of the app',
      })
  })
export type DiscordConfig = z.infer<typeof DiscordConfig>

export const CHAT_KEYS = [
  'slack',
  'discord',
  ...['guild', 'commands', 'roles', 'only_roles'],
  ...[
    'bot_token',
    'app_token',
    'signing_secret',
    'mode',
    'port',
    'host',
    'groups',
    'only_groups',
    'commands_per_minute',
  ],
] as const
