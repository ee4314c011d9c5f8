import { z } from 'zod'
import { POLICY_KEYS, Policy } from '../core/policy.js'
import { CHAT_KEYS, DiscordConfig, SlackConfig, secret } from './chat.js'
import { TimingConfig } from './timing.js'

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'use lower-case letters, digits and dashes, at most 32')

/** `https://host:port`, nothing more. */
const endpoint = z.string().refine(isEndpoint, 'write it as https://HOST:8006')

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const bare = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  return url.protocol === 'https:' && bare && (url.pathname === '/' || url.pathname === '')
}

const token = z.strictObject({
  id: z.string().regex(/^[^\s:/@!=]+@[^\s:/@!=]+![A-Za-z][A-Za-z0-9._-]+$/, 'write it as user@realm!name'),
  secret,
})

const tls = z
  .strictObject({
    ca_file: z.string().min(1).optional(),
    fingerprint: z
      .string()
      .regex(
        /^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/,
        'a SHA-256 fingerprint is 32 pairs of hex digits with colons',
      )
      .optional(),
    public_key: z
      .string()
      .regex(/^sha256\/[A-Za-z0-9+/]{43}=$/, 'written by init as sha256/…')
      .optional(),
  })
  .refine(
    (value) =>
      value.ca_file === undefined || (value.fingerprint === undefined && value.public_key === undefined),
    {
      message: 'trust either a CA file or a fingerprint, not both',
    },
  )
  // Alone it would pin nothing: trust would fall to the authorities of the system.
  .refine((value) => value.public_key === undefined || value.fingerprint !== undefined, {
    message: 'a public_key stands beside the fingerprint that it belongs to',
  })

const cluster = z.strictObject({
  endpoints: z.array(endpoint).min(1, 'name at least one endpoint'),
  tls: tls.optional(),
  tokens: z.strictObject({
    read: token,
    /** Sends changes. Without one the cluster can only be read. */
    operate: token.optional(),
  }),
})

const timezone = z.string().refine(isTimeZone, 'not a time zone; write it as Europe/Vienna or UTC')

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return true
  } catch {
    return false
  }
}

const workspace = z.strictObject({
  timezone: timezone.default('UTC'),
  clusters: z.record(name, cluster),
})

/** `.proxmox/config.yml`. Unknown keys are errors: a typo must not silently mean "default". */
export const Config = z
  .strictObject({
    version: z.literal(1),
    demo: z.boolean().default(false),
    default: name,
    workspaces: z.record(name, workspace),
    policy: Policy.prefault({}),
    /** Names of persons who may speak as another one outside a demo. */
    assume: z.array(z.string().min(1).max(64)).default([]),
    timing: TimingConfig.prefault({}),
    slack: SlackConfig.optional(),
    discord: DiscordConfig.optional(),
  })
  .superRefine((config, context) => {
    for (const [index, { name: ruleName }] of config.policy.rules.entries()) {
      const same = config.policy.rules.findIndex((rule) => sameName(rule.name, ruleName))
      if (same < index)
        context.addIssue({
          code: 'custom',
          path: ['policy', 'rules', index, 'name'],
          message: `there is another rule \`${ruleName}\`; \`why\` tells rules by their names`,
        })
    }
    if (config.workspaces[config.default] === undefined)
      context.addIssue({
        code: 'custom',
        path: ['default'],
        message: `there is no workspace ${config.default}`,
      })
    const seen = new Map<string, string>()
    for (const [workspaceName, { clusters }] of Object.entries(config.workspaces)) {
      if (Object.keys(clusters).length === 0)
        context.addIssue({
          code: 'custom',
          path: ['workspaces', workspaceName, 'clusters'],
          message: 'name a cluster',
        })
      for (const clusterName of Object.keys(clusters)) {
        const other = seen.get(clusterName)
        if (other !== undefined)
          context.addIssue({
            code: 'custom',
            path: ['workspaces', workspaceName, 'clusters', clusterName],
            message: `workspace ${other} has a cluster of that name; names are unique in a home`,
          })
        seen.set(clusterName, workspaceName)
      }
    }
  })

const sameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

export type Config = z.infer<typeof Config>
export type ClusterConfig = z.infer<typeof cluster>

/** Every key that may stand in the file, for suggesting the right one. */
export const CONFIG_KEYS = [
  'version',
  'demo',
  'default',
  'workspaces',
  'timezone',
  'clusters',
  'endpoints',
  'tls',
  'ca_file',
  'fingerprint',
  'public_key',
  'tokens',
  'read',
  'operate',
  'id',
  'secret',
  'assume',
  'timing',
  'proxy_timeout',
  'lease',
  ...POLICY_KEYS,
  ...CHAT_KEYS,
] as const
