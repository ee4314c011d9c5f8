import { newOperation, type Operation, type OperationState, type Step } from '../../../src/core/operation.js'
import type { Actor } from '../../../src/core/people.js'
import { type Plan, type PlanTarget, planDigest, typedPhrase } from '../../../src/core/plan.js'
import type { Requirement } from '../../../src/core/policy.js'

/** Operations for tests of the core. */

export const NOW = new Date('2026-11-01T12:00:00.000Z')

export function actor(person: string, more: Partial<Actor> = {}): Actor {
  const personId = { alice: 1, bob: 2, carol: 3, dave: 4 }[person] ?? 9
  return { personId, person, account: `console:${person}`, realPersonId: null, realPerson: null, ...more }
}

export function target(vmid: number, more: Partial<PlanTarget> = {}): PlanTarget {
  return {
    cluster: 'lab',
    vmid,
    kind: 'qemu',
    name: `vm-${vmid}`,
    mark: { kind: 'vm', created: 1_700_000_000 + vmid, uuid: `uuid-${vmid}`, vmgenid: `gen-${vmid}` },
    configDigest: `digest-${vmid}`,
    power: 'running',
    lock: null,
    protection: false,
    ha: null,
    pool: null,
    snapshots: [],
    call: { verb: 'stop', timeout: null, overruleShutdown: false },
    goal: 'stopped',
    sentences: ['Cuts its power.'],
    ...more,
  }
}

export const ONE_APPROVAL: Requirement = {
  confirm: 'none',
  approvals: 1,
  roles: [],
  reason: false,
  ttl: 1_800_000,
  solo: false,
}

export function plan(more: Partial<Plan> = {}): Plan {
  return {
    version: 1,
    workspace: 'lab',
    command: 'stop',
    asked: 'vm-101',
    risk: 'destructive',
    policyHash: 'policy',
    requirement: { ...ONE_APPROVAL, roles: [] },
    because: [],
    canary: 0,
    parallel: 4,
    keepGoing: false,
    reason: null,
    after: null,
    sentences: [],
    leftOut: [],
    targets: [target(101)],
    ...more,
  }
}

export function operation(more: Partial<Operation> = {}, made: Plan = plan()): Operation {
  const fresh = newOperation(made, planDigest(made), {
    by: actor('alice'),
    at: NOW,
    typed: typedPhrase(made),
  })
  return { id: 1, ...fresh, ...more }
}

/** An operation in a state, with the step that fits it. */
export function inState(state: OperationState, step: Partial<Step> = {}): Operation {
  const base = operation()
  const approved = {
    actor: actor('bob'),
    verdict: 'approve',
    reason: null,
    at: NOW.toISOString(),
    planDigest: base.planDigest,
    counts: true,
  } as const
  const decided = state !== 'waiting' && state !== 'denied' && state !== 'expired'
  return {
    ...base,
    state,
    decisions: decided ? [approved] : [],
    decidedAt: decided ? NOW.toISOString() : null,
    lease: state === 'running' ? { holder: 'me', beat: 3 } : null,
    steps: base.steps.map((each) => ({
      ...each,
      ...(state === 'unknown' ? { state: 'unknown' as const } : {}),
      ...step,
    })),
  }
}
