import { z } from 'zod'
import { parseDuration } from './args.js'
import { canonical, sha256 } from './digest.js'
import { ROLES, type Role } from './people.js'

/** What may stand in the `policy:` block of the config file, and what it means for a plan. */

const duration = z
  .string()
  .refine((text) => parseDuration(text) !== null, 'a time span like 90s, 15m, 24h or 7d')
  .transform((text) => parseDuration(text) ?? 0)

const words = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value))

const guest = z.union([z.string().min(1), z.int()])
const guests = z
  .union([guest, z.array(guest).min(1)])
  .transform((value) => (Array.isArray(value) ? value : [value]).map(String))

const require = z.strictObject({
  /** `true`: the requester's own confirmation; `typed`: whoever decides types the guest's name. */
  confirm: z.union([z.boolean(), z.literal('typed')]).optional(),
  approvals: z.int().min(0).max(20).optional(),
  /** A role that those who approve must hold as well. */
  role: z.enum(ROLES).optional(),
  reason: z.boolean().optional(),
  ttl: duration.optional(),
})

const when = z.strictObject({
  command: words.optional(),
  risk: z
    .union([
      z.enum(['routine', 'disruptive', 'destructive']),
      z.array(z.enum(['routine', 'disruptive', 'destructive'])).min(1),
    ])
    .transform((value) => (typeof value === 'string' ? [value] : value))
    .optional(),
  tag: words.optional(),
  pool: words.optional(),
  node: words.optional(),
  guest: guests.optional(),
  workspace: words.optional(),
})

const rule = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9 _.-]{0,63}$/, 'letters, digits, blanks and dashes, at most 64'),
    when: when.default({}),
    require: require.optional(),
    refuse: z.string().min(1).max(300).optional(),
  })
  .refine((value) => (value.require === undefined) !== (value.refuse === undefined), {
    message: 'a rule has either `require` or `refuse`',
  })

const defaults = z.strictObject({
  routine: require.default({}),
  disruptive: require.default({ confirm: true }),
  destructive: require.default({ approvals: 1 }),
})

const guards = z.strictObject({
  /** Guests with one of these tags are left alone, but for what is routine. */
  tags: z.array(z.string().min(1)).default([]),
  /** Names or numbers of such guests. */
  guests: z.array(guest).default([]),
})

export const Policy = z.strictObject({
  /** One person runs this home: what needs another person's approval asks for the guest's name instead. */
  solo: z.boolean().default(false),
  /** How long an undecided plan lives. */
  ttl: duration.default(30 * 60_000),
  defaults: defaults.prefault({}),
  rules: z.array(rule).default([]),
  guards: guards.prefault({}),
})
export type Policy = z.infer<typeof Policy>
export type PolicyRule = Policy['rules'][number]
type Require = z.infer<typeof require>

/** The keys of the block, for suggesting the right one. */
export const POLICY_KEYS = [
  'policy',
  ...['solo', 'ttl', 'defaults', 'rules', 'guards', 'routine', 'disruptive', 'destructive'],
  ...['name', 'when', 'require', 'refuse', 'confirm', 'approvals', 'role', 'reason'],
  ...['command', 'risk', 'tag', 'pool', 'node', 'guest', 'workspace', 'tags', 'guests'],
] as const

export const SHIPPED_POLICY: Policy = Policy.parse({})

export type PlanRisk = 'routine' | 'disruptive' | 'destructive'

/** What must be decided before a plan may be carried out. */
export type Requirement = {
  /**
   * `plain`: the requester's own word; `typed`: whoever decides types the name, which is the requester where nobody else
   * is asked.
   */
  readonly confirm: 'none' | 'plain' | 'typed'
  /** Beside `typed`: a rule asks for the requester's own word as well, whoever else decides. */
  readonly own?: boolean | undefined
  readonly approvals: number
  /** Every one of these must be held by each who approves, for all targets. */
  readonly roles: readonly Role[]
  readonly reason: boolean
  /** Milliseconds. */
  readonly ttl: number
  /** `solo` stands in for another person. */
  readonly solo: boolean
}

/** What one rule contributed, in plain words. */
export type Because = { readonly rule: string; readonly asks: string }

export type Judgement =
  | { readonly kind: 'judged'; readonly requirement: Requirement; readonly because: readonly Because[] }
  | { readonly kind: 'refused'; readonly rule: string; readonly sentence: string }

export type PolicyTarget = {
  readonly vmid: number
  readonly name: string
  readonly node: string
  readonly pool: string | null
  readonly tags: readonly string[]
}

export type PolicyFacts = {
  readonly workspace: string
  readonly command: string
  readonly risk: PlanRisk
  readonly targets: readonly PolicyTarget[]
}

/** Identifies a policy: a plan made under another one is stale. */
export function policyHash(policy: Policy): string {
  return sha256(canonical(policy))
}

/**
 * What a policy asks of a plan. The order of the rules does not matter: refusal beats all, then the highest number, every
 * role, a reason if any asks for one, the shortest time to live. Pure.
 */
export function judge(policy: Policy, facts: PolicyFacts): Judgement {
  const matching = policy.rules.filter(({ when: wanted }) => matches(wanted, facts))
  const refusing = matching.filter(({ refuse }) => refuse !== undefined).sort(byName)[0]
  if (refusing?.refuse !== undefined)
    return { kind: 'refused', rule: refusing.name, sentence: refusing.refuse }
  const asked = [
    { rule: `defaults: ${facts.risk}`, require: policy.defaults[facts.risk] },
    ...matching
      .flatMap(({ name, require: wanted }) => (wanted === undefined ? [] : [{ rule: name, require: wanted }]))
      .sort((a, b) => (a.rule < b.rule ? -1 : 1)),
  ]
  return {
    kind: 'judged',
    requirement: joined(
      asked.map((each) => each.require),
      policy.ttl,
    ),
    because: asked.map((each) => ({ rule: each.rule, asks: asksText(each.require) })),
  }
}

const byName = (a: PolicyRule, b: PolicyRule): number => (a.name < b.name ? -1 : 1)

function matches(wanted: PolicyRule['when'], facts: PolicyFacts): boolean {
  const one = (values: readonly string[] | undefined, actual: string) =>
    values === undefined || values.some((value) => value.toLowerCase() === actual.toLowerCase())
  if (!one(wanted.command, facts.command) || !one(wanted.workspace, facts.workspace)) return false
  if (wanted.risk !== undefined && !wanted.risk.includes(facts.risk)) return false
  const { tag, pool, node, guest } = wanted
  if (tag === undefined && pool === undefined && node === undefined && guest === undefined) return true
  // One target is enough, but all conditions must hold for that same one.
  return facts.targets.some(
    (target) =>
      (tag === undefined || tag.some((name) => hasTag(target, name))) &&
      one(pool, target.pool ?? '') &&
      one(node, target.node) &&
      (guest === undefined || guest.some((name) => isGuest(name, target))),
  )
}

/** Proxmox VE can be set to tell upper from lower case in tags; a guard must not be missed for that. */
function hasTag(target: Pick<PolicyTarget, 'tags'>, name: string): boolean {
  return target.tags.some((tag) => tag.toLowerCase() === name.toLowerCase())
}

/** A guest as a config file names it: by number or by name. */
export function isGuest(name: string | number, target: Pick<PolicyTarget, 'vmid' | 'name'>): boolean {
  const text = String(name)
  return text === String(target.vmid) || text.toLowerCase() === target.name.toLowerCase()
}

function joined(asked: readonly Require[], ttl: number): Requirement {
  const confirms = asked.map(({ confirm }) => confirm)
  const [typed, own] = [confirms.includes('typed'), confirms.includes(true)]
  return {
    confirm: typed ? 'typed' : own ? 'plain' : 'none',
    // One does not stand in for the other: who types may be somebody else.
    ...(typed && own ? { own } : {}),
    approvals: Math.max(0, ...asked.map(approvalsOf)),
    roles: [...new Set(asked.flatMap(({ role }) => (role === undefined ? [] : [role])))].sort(),
    reason: asked.some(({ reason }) => reason === true),
    ttl: Math.min(ttl, ...asked.flatMap((each) => (each.ttl === undefined ? [] : [each.ttl]))),
    solo: false,
  }
}

/** Whether a rule asks for the requester's own word. */
function asksOwn({ confirm, own }: Requirement): boolean {
  return confirm === 'plain' || own === true
}

/** Whether the requester's own word has to be given: also where nobody else is there to type the name. */
export function needsOwn(requirement: Pick<Requirement, 'confirm' | 'own' | 'approvals'>): boolean {
  const { confirm, own, approvals } = requirement
  return confirm === 'plain' || own === true || (confirm === 'typed' && approvals === 0)
}

/** Whether whoever met `decided` has met `asked` as well. `solo` stands for any number of other persons. */
export function covers(decided: Requirement, asked: Requirement): boolean {
  return (
    (needsOwn(decided) || !asksOwn(asked)) &&
    (decided.confirm === 'typed' || asked.confirm !== 'typed') &&
    (asked.approvals <= decided.approvals || decided.solo) &&
    asked.roles.every((role) => decided.roles.includes(role)) &&
    (decided.reason || !asked.reason)
  )
}

/** Who asks for a role asks for somebody who has it. */
function approvalsOf({ approvals, role }: Require): number {
  return Math.max(approvals ?? 0, role === undefined ? 0 : 1)
}

function asksText(asks: Require): string {
  const approvals = approvalsOf(asks)
  const parts = [
    asks.confirm === 'typed' ? 'the name typed' : asks.confirm === true ? 'your own confirmation' : '',
    approvals === 0
      ? ''
      : approvals === 1
        ? "another person's approval"
        : `the approval of ${approvals} other persons`,
    asks.role === undefined ? '' : `each with the role ${asks.role}`,
    asks.reason === true ? 'a reason' : '',
    asks.ttl === undefined ? '' : `within ${Math.round(asks.ttl / 1000)} s`,
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}

/**
 * What `solo` makes of a requirement: where the requester is the only one who could approve, the name is typed in place
 * of another person's approval. It has no effect while somebody else could decide.
 */
export function underSolo(
  policy: Policy,
  requirement: Requirement,
  deciders: { readonly requester: boolean; readonly others: number },
): Requirement {
  if (!policy.solo || requirement.approvals === 0 || deciders.others > 0 || !deciders.requester)
    return requirement
  return { ...requirement, approvals: 0, confirm: 'typed', solo: true }
}

/** Why a guest is guarded by this config; null when it is not. */
export function guardOf(policy: Policy, target: PolicyTarget): string | null {
  const tag = policy.guards.tags.find((name) => hasTag(target, name))
  if (tag !== undefined) return `the tag ${tag}`
  return policy.guards.guests.some((name) => isGuest(name, target)) ? 'the list of guarded guests' : null
}
