import type { FactsReading, GuestFacts } from './guest-facts.js'
import { compareMarks } from './identity.js'
import { orNull } from './known.js'
import { refusalOf } from './outage.js'
import type { PlanTarget } from './plan.js'
import { REFUSAL_CODES, type RefusalCode } from './refusal.js'

/** What reading a target again, just before the call, comes to. */
export type Rechecked =
  | { readonly kind: 'same'; readonly facts: GuestFacts }
  | { readonly kind: 'already'; readonly sentence: string }
  /** It is not what was decided on: skipped, a new plan may be asked for. */
  | { readonly kind: 'stale'; readonly code: RefusalCode; readonly sentence: string }
  /** It cannot be done. */
  | { readonly kind: 'failed'; readonly code: RefusalCode; readonly sentence: string }

/** Compares a target with its guest as it is now. Nothing that the digest covers may have moved. */
export function recheck(target: PlanTarget, reading: FactsReading): Rechecked {
  const guest = `${target.name} (${target.cluster}/${target.vmid})`
  if (reading.kind === 'gone')
    return { kind: 'failed', code: 'guest_gone', sentence: `${guest} does not exist any more.` }
  if (reading.kind === 'unreadable') {
    const code = reading.nodeOnline ? refusalOf(reading.outage).code : 'node_unreachable'
    const sentence = reading.nodeOnline
      ? `${guest} could not be read: ${refusalOf(reading.outage).message}`
      : `The node ${reading.place.node}, on which ${guest} is, is offline.`
    return { kind: 'failed', code: isFailure(code) ? code : 'node_unreachable', sentence }
  }
  return recheckFacts(target, reading.facts, guest)
}

const isFailure = (code: RefusalCode): boolean => REFUSAL_CODES[code] === 'failed'

function recheckFacts(target: PlanTarget, facts: GuestFacts, guest: string): Rechecked {
  if (target.kind !== facts.kind || compareMarks(target.mark, facts.mark) === 'different')
    return {
      kind: 'stale',
      code: 'identity_changed',
      sentence: `${guest} is not the guest that was decided on: it was made anew under the same number.`,
    }
  if (!facts.nodeOnline)
    return {
      kind: 'failed',
      code: 'node_unreachable',
      sentence: `The node ${facts.node}, on which ${guest} is, is offline.`,
    }
  if (facts.quorate.kind === 'known' && !facts.quorate.value)
    return {
      kind: 'failed',
      code: 'cluster_no_quorum',
      sentence: `Cluster ${target.cluster} has lost its quorum; nothing is changed until it is back.`,
    }
  if (target.mark.kind !== 'unknown' && facts.mark.kind === 'unknown')
    return {
      kind: 'stale',
      code: 'identity_unknown',
      sentence: `Whether ${guest} is still the guest that was decided on cannot be told: ${facts.mark.why}.`,
    }
  // A restart has no goal that could be reached already.
  const restarts = target.call.verb === 'reboot' || target.call.verb === 'reset'
  if (!restarts && facts.power === target.goal && target.power !== target.goal)
    return { kind: 'already', sentence: `${guest} is ${target.goal} already.` }
  const moved = movedFacts(target, facts)
  if (moved.length === 0) return { kind: 'same', facts }
  return {
    kind: 'stale',
    code: 'plan_stale',
    sentence: `${guest} has changed since the plan was made: ${moved.join('; ')}.`,
  }
}

/** What the digest covers and is different now, in words. */
export function movedFacts(target: PlanTarget, facts: GuestFacts): readonly string[] {
  const moved = (what: string, before: unknown, now: unknown): readonly string[] =>
    same(before, now) ? [] : [`${what} was ${word(before)}, is ${word(now)}`]
  return [
    ...moved('its name', target.name, facts.name),
    ...moved('its state', target.power, facts.power),
    ...moved('its lock', target.lock, facts.lock),
    ...moved('its protection', target.protection, orNull(facts.protection)),
    ...moved('its HA state', target.ha, facts.ha),
    ...moved('its pool', target.pool, facts.pool),
    ...moved('its snapshots', target.snapshots, orNull(facts.snapshots)),
    ...(same(target.configDigest, orNull(facts.configDigest)) ? [] : ['its configuration was edited']),
  ]
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function word(value: unknown): string {
  if (value === null) return 'none'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return String(value)
}
