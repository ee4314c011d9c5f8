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

export const CHAT_KEYS = [
  'slack',
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
