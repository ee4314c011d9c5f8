import { z } from 'zod'
import { canonical, sha256 } from './digest.js'
import type { IdentityMark } from './identity.js'
import { ROLES } from './people.js'
import { POWER_VERBS } from './power.js'

/**
 * A frozen description of a change. Everything in here is bound by its digest; what moves by itself (uptime, the node a
 * guest is on) is shown beside it and is not part of it.
 */

const power = z.enum(['running', 'stopped', 'paused', 'unknown'])

const Mark = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('vm'),
    created: z.number().nullable(),
    uuid: z.string().nullable(),
    vmgenid: z.string().nullable(),
  }),
  z.object({ kind: z.literal('ct'), addresses: z.array(z.string()) }),
  z.object({ kind: z.literal('unknown'), why: z.string() }),
]) satisfies z.ZodType<IdentityMark>

/** One call for one target. Seconds. */
const PlanCall = z.object({
  verb: z.enum(POWER_VERBS),
  timeout: z.number().nullable(),
  overruleShutdown: z.boolean(),
})

const PlanTarget = z.object({
  cluster: z.string(),
  vmid: z.number(),
  kind: z.enum(['qemu', 'lxc']),
  name: z.string(),
  mark: Mark,
  configDigest: z.string().nullable(),
  power,
  lock: z.string().nullable(),
  /** Null where it could not be read. */
  protection: z.boolean().nullable(),
  ha: z.string().nullable(),
  pool: z.string().nullable(),
  snapshots: z.array(z.string()).nullable(),
  call: PlanCall,
  /** What the guest's power state is when all went well. */
  goal: z.enum(['running', 'stopped', 'paused']),
  /** What will happen to it, in sentences without moving values. */
  sentences: z.array(z.string()),
})
export type PlanTarget = z.infer<typeof PlanTarget>

const Requires = z.object({
  confirm: z.enum(['none', 'plain', 'typed']),
  own: z.boolean().optional(),
  approvals: z.number(),
  roles: z.array(z.enum(ROLES)),
  reason: z.boolean(),
  ttl: z.number(),
  solo: z.boolean(),
})

export const Plan = z.object({
  version: z.literal(1),
  workspace: z.string(),
  command: z.string(),
  /** The guests as they were asked for, `web-01` or `tag=prod`. */
  asked: z.string(),
  /** What the command was told besides, as `timeout`; not there where it was told nothing. */
  args: z.record(z.string(), z.json()).optional(),
  risk: z.enum(['routine', 'disruptive', 'destructive']),
  policyHash: z.string(),
  requirement: Requires,
  because: z.array(z.object({ rule: z.string(), asks: z.string() })),
  /** How many first and alone; 0 for no canary. */
  canary: z.number(),
  parallel: z.number(),
  keepGoing: z.boolean(),
  reason: z.string().nullable(),
  /** The operation that this one undoes or goes on with. */
  after: z.object({ kind: z.enum(['undo', 'continue']), operation: z.number() }).nullable(),
  sentences: z.array(z.string()),
  /** Guests that were asked for and are not touched, and why. */
  leftOut: z.array(z.object({ guest: z.string(), code: z.string(), why: z.string() })),
  targets: z.array(PlanTarget).min(1),
})
export type Plan = z.infer<typeof Plan>

/** SHA-256 over the header and one digest per target. */
export function planDigest(plan: Plan): string {
  const { targets, ...header } = plan
  return sha256(canonical({ header, targets: targets.map((target) => sha256(canonical(target))) }))
}

/** What must be typed where the name is asked for: the guest's, or `stop 12` for several. */
export function typedPhrase(plan: Pick<Plan, 'command' | 'targets'>): string {
  const [only] = plan.targets
  return plan.targets.length === 1 && only !== undefined
    ? only.name
    : `${plan.command} ${plan.targets.length}`
}

/** `web-01`, or `12 guests`. */
export function targetsText(targets: readonly { readonly name: string }[]): string {
  return targets.length === 1 ? (targets[0]?.name ?? '') : `${targets.length} guests`
}
