import { describe, expect, it } from '@jest/globals'
import { missingDecisions, OPERATION_STATES, type Operation, type Step } from '../../../src/core/operation.js'
import { type Around, type OperationEvent, transition } from '../../../src/core/transition.js'
import { actor, inState, NOW, ONE_APPROVAL, operation, plan, target } from './operations.js'

const soon = new Date(NOW.getTime() + 60_000)
const late = new Date(NOW.getTime() + 3_600_000)

const decide = (verdict: 'confirm' | 'approve' | 'deny', who: string, more = {}): OperationEvent => ({
  kind: 'decide',
  verdict,
  actor: actor(who),
  digest: null,
  reason: null,
  typed: null,
  ...more,
})

const FROZEN: Around = {
  freeze: { workspace: 'lab', reason: 'audit', by: 'carol', at: NOW.toISOString(), until: null },
  grants: [],
}

type Case = {
  readonly event: OperationEvent
  readonly at?: Date
  readonly step?: Partial<Step>
  readonly around?: Around
}

/** Every event, with the time at which it comes, the step it meets, and what is going on around. */
const EVENTS: Readonly<Record<string, Case>> = {
  confirm: { event: decide('confirm', 'alice') },
  approve: { event: decide('approve', 'bob') },
  'approve too late': { event: decide('approve', 'bob'), at: late },
  'approve own': { event: decide('approve', 'alice') },
  deny: { event: decide('deny', 'bob') },
  cancel: { event: { kind: 'cancel', actor: actor('alice'), reason: null } },
  'expire early': { event: { kind: 'expire' } },
  expire: { event: { kind: 'expire' }, at: late },
  remind: { event: { kind: 'remind' } },
  retract: { event: { kind: 'retract', persons: [2], why: 'role lost' } },
  claim: { event: { kind: 'claim', holder: 'other', seen: null } },
  'take over': { event: { kind: 'claim', holder: 'other', seen: { holder: 'me', beat: 3 } } },
  'take over the living': { event: { kind: 'claim', holder: 'other', seen: { holder: 'me', beat: 2 } } },
  release: { event: { kind: 'release', holder: 'me' } },
  refuse: { event: { kind: 'refuse', holder: 'me', state: 'stale', code: 'plan_stale', message: 'moved' } },
  intend: { event: { kind: 'intend', holder: 'me', index: 0, node: 'pve1', nodeTime: 5 } },
  'intend by a stranger': { event: { kind: 'intend', holder: 'you', index: 0, node: 'pve1', nodeTime: 5 } },
  'intend while frozen': {
    event: { kind: 'intend', holder: 'me', index: 0, node: 'pve1', nodeTime: 5 },
    around: FROZEN,
  },
  'intend by a stranger while frozen': {
    event: { kind: 'intend', holder: 'you', index: 0, node: 'pve1', nodeTime: 5 },
    around: FROZEN,
  },
  'follow while frozen': {
    event: { kind: 'follow', holder: 'me', index: 0, upid: 'UPID:1' },
    step: { state: 'sent' },
    around: FROZEN,
  },
  follow: { event: { kind: 'follow', holder: 'me', index: 0, upid: 'UPID:1' }, step: { state: 'sent' } },
  end: {
    event: { kind: 'end', holder: 'me', index: 0, state: 'verified', code: null, message: null, log: [] },
    step: { state: 'following' },
  },
  finish: { event: { kind: 'finish', holder: 'me' }, step: { state: 'verified' } },
  settle: {
    event: {
      kind: 'settle',
      actor: actor('alice'),
      index: 0,
      state: 'verified',
      code: null,
      message: null,
      upid: 'UPID:1',
    },
  },
}

/** What comes of it: the new state, `=` for none, and the refusal if there is one. */
function cell(name: string, state: (typeof OPERATION_STATES)[number]): string {
  const { event, at = soon, step, around } = EVENTS[name] ?? {}
  if (event === undefined) throw new Error(name)
  const before = inState(state, state === 'running' || name === 'finish' ? step : {})
  const { operation: after, refusal, audit } = transition(before, event, at, around)
  const moved = JSON.stringify(after) === JSON.stringify(before) ? '=' : after.state
  // Nothing changes without an entry, but for what is no change of matter.
  if (moved !== '=' && !['remind', 'release'].includes(event.kind)) expect(audit.length).toBeGreaterThan(0)
  return refusal === null ? moved : `${moved} ${refusal.code}`
}

const over = {
  verified: '= already_decided',
  unverified: '= already_decided',
  failed: '= already_decided',
  partial: '= already_decided',
  stale: '= already_decided',
  denied: '= denied',
  expired: '= expired',
  cancelled: '= cancelled',
}
const lost = (more: Partial<Record<string, string>> = {}) => ({
  ...Object.fromEntries(OPERATION_STATES.map((state) => [state, '= lease_lost'])),
  ...more,
})
const nothing = (more: Partial<Record<string, string>> = {}) => ({
  ...Object.fromEntries(OPERATION_STATES.map((state) => [state, '='])),
  ...more,
})
const decided = {
  ready: '= already_decided',
  running: '= already_decided',
  unknown: '= outcome_unknown',
  ...over,
}

const TABLE: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  confirm: { waiting: '= nothing_to_decide', ...decided },
  approve: { waiting: 'ready', ...decided },
  'approve too late': { waiting: 'expired expired', ...decided, ready: 'expired expired' },
  'approve own': { waiting: '= own_plan', ...decided },
  deny: { waiting: 'denied', ...decided },
  cancel: { waiting: 'cancelled', ready: 'cancelled', running: 'running', unknown: 'unverified', ...over },
  'expire early': nothing(),
  expire: nothing({ waiting: 'expired', ready: 'expired' }),
  remind: nothing({ waiting: 'waiting' }),
  retract: nothing({ ready: 'waiting' }),
  claim: lost({ ready: 'running' }),
  'take over': lost({ ready: 'running', running: 'running' }),
  'take over the living': lost({ ready: 'running' }),
  release: lost({ running: 'running' }),
  refuse: lost({ running: 'stale' }),
  intend: lost({ running: 'running' }),
  'intend by a stranger': lost(),
  'intend while frozen': lost({ running: '= frozen' }),
  'intend by a stranger while frozen': lost(),
  'follow while frozen': lost({ running: 'running' }),
  follow: lost({ running: 'running' }),
  end: lost({ running: 'running' }),
  finish: lost({ running: 'verified' }),
  settle: lost({ unknown: 'verified' }),
}

describe('the state machine of operations', () => {
  it('has a row for every event', () => {
    expect(Object.keys(TABLE)).toEqual(Object.keys(EVENTS))
  })

  it.each(Object.keys(EVENTS).flatMap((name) => OPERATION_STATES.map((state) => [name, state] as const)))(
    '%s in %s',
    (name, state) => {
      expect(cell(name, state)).toBe(TABLE[name]?.[state])
    },
  )
})

describe('steps', () => {
  const STEP_EVENTS: Readonly<Record<string, OperationEvent>> = {
    intend: { kind: 'intend', holder: 'me', index: 0, node: 'pve1', nodeTime: 5 },
    follow: { kind: 'follow', holder: 'me', index: 0, upid: 'UPID:1' },
    ...Object.fromEntries(
      (
        ['verified', 'unverified', 'failed', 'unknown', 'stale', 'already', 'skipped', 'cancelled'] as const
      ).map((state) => [
        state,
        { kind: 'end', holder: 'me', index: 0, state, code: null, message: null, log: [] } as OperationEvent,
      ]),
    ),
  }
  const FROM: Readonly<Record<string, readonly Step['state'][]>> = {
    intend: ['pending'],
    follow: ['sent'],
    verified: ['sent', 'following'],
    unverified: ['sent', 'following'],
    failed: ['pending', 'sent', 'following'],
    unknown: ['sent', 'following'],
    stale: ['pending'],
    already: ['pending'],
    skipped: ['pending'],
    cancelled: ['pending'],
  }
  const STATES = [
    ...['pending', 'sent', 'following', 'unknown', 'verified', 'unverified'],
    ...['failed', 'stale', 'already', 'skipped', 'cancelled'],
  ] as const

  it.each(
    Object.keys(STEP_EVENTS).flatMap((name) =>
      STATES.map((state) => [name, state as Step['state']] as const),
    ),
  )('%s from %s', (name, state) => {
    const event = STEP_EVENTS[name]
    if (event === undefined) throw new Error(name)
    const { refusal } = transition(inState('running', { state }), event, soon)

    expect(refusal === null).toBe(FROM[name]?.includes(state))
  })

  it('an intent is not stored once a cancel was asked for', () => {
    const running = { ...inState('running'), cancelAsked: true }

    const { refusal } = transition(running, STEP_EVENTS.intend as OperationEvent, soon)

    expect(refusal?.code).toBe('lease_lost')
  })
})

describe('a freeze', () => {
  const intend: OperationEvent = { kind: 'intend', holder: 'me', index: 0, node: 'pve1', nodeTime: 5 }
  const everything = { kind: 'everything' } as const
  const CASES: readonly (readonly [string, Around['grants'], string | undefined])[] = [
    ['start', [], 'frozen'],
    ['start', [{ role: 'operator', scope: everything }], 'frozen'],
    ['start', [{ role: 'admin', scope: { kind: 'pool', name: 'web' } }], 'frozen'],
    ['start', [{ role: 'admin', scope: everything }], undefined],
    ['resume', [{ role: 'admin', scope: everything }], undefined],
    ['stop', [{ role: 'admin', scope: everything }], 'frozen'],
    ['reboot', [{ role: 'admin', scope: everything }], 'frozen'],
  ]

  it.each(CASES)('an intent to %s of who holds %j: %s', (command, grants, code) => {
    const { refusal } = transition({ ...inState('running'), command }, intend, soon, { ...FROZEN, grants })

    expect(refusal?.code).toBe(code)
  })

  it('leaves the step as it was, without a word in the log', () => {
    const before = inState('running')

    expect(transition(before, intend, soon, FROZEN)).toMatchObject({ operation: before, audit: [] })
  })
})

describe('how steps make an outcome', () => {
  const CASES: readonly (readonly [readonly Step['state'][], Operation['state']])[] = [
    [['verified'], 'verified'],
    [['already'], 'verified'],
    [['verified', 'already'], 'verified'],
    [['failed'], 'failed'],
    [['verified', 'failed'], 'partial'],
    [['verified', 'failed', 'skipped'], 'partial'],
    [['failed', 'skipped'], 'failed'],
    [['stale'], 'stale'],
    [['stale', 'verified'], 'partial'],
    [['stale', 'failed'], 'failed'],
    [['unverified'], 'unverified'],
    [['verified', 'unverified'], 'unverified'],
    [['stale', 'unverified'], 'partial'],
    [['unknown', 'verified', 'failed'], 'unknown'],
    [['cancelled'], 'cancelled'],
    [['cancelled', 'verified'], 'partial'],
  ]

  it.each(CASES)('%j is %s', (states, outcome) => {
    const made = plan({ targets: states.map((_, at) => target(101 + at)) })
    const running = operation({ state: 'running', lease: { holder: 'me', beat: 1 } }, made)
    const steps = running.steps.map((step, at) => ({ ...step, state: states[at] ?? ('pending' as const) }))

    const after = transition({ ...running, steps }, { kind: 'finish', holder: 'me' }, soon).operation

    expect(after.state).toBe(outcome)
  })
})

describe('decisions', () => {
  it('a quorum counts different persons', () => {
    const made = plan({ requirement: { ...ONE_APPROVAL, roles: [], approvals: 2 } })
    const first = transition(operation({}, made), decide('approve', 'bob'), soon)
    const again = transition(first.operation, decide('approve', 'bob'), soon)
    const second = transition(first.operation, decide('approve', 'carol'), soon)

    expect(first.operation.state).toBe('waiting')
    expect(again.refusal?.code).toBe('already_decided')
    expect(second.operation.state).toBe('ready')
  })

  it('the same person through another account is not another person', () => {
    const event = decide('approve', 'alice', { actor: actor('alice', { account: 'slack:U1' }) })

    expect(transition(operation(), event, soon).refusal?.code).toBe('same_person')
  })

  it('nor is who speaks as somebody else', () => {
    const assumed = actor('bob', { realPersonId: 1, realPerson: 'alice' })

    expect(transition(operation(), decide('approve', 'bob', { actor: assumed }), soon).refusal?.code).toBe(
      'same_person',
    )
  })

  it('another digest than the one in view is refused', () => {
    const event = decide('approve', 'bob', { digest: '00000000' })

    expect(transition(operation(), event, soon).refusal?.code).toBe('wrong_digest')
  })

  it('a reason and the typed name are asked of who approves', () => {
    const made = plan({ requirement: { ...ONE_APPROVAL, roles: [], reason: true, confirm: 'typed' } })
    const waiting = operation({ reason: 'because I said so' }, made)

    expect(transition(waiting, decide('approve', 'bob'), soon).refusal?.code).toBe('typed_wrong')
    expect(transition(waiting, decide('approve', 'bob', { typed: 'vm-101' }), soon).refusal?.code).toBe(
      'needs_reason',
    )
    const done = transition(waiting, decide('approve', 'bob', { typed: 'vm-101', reason: 'seen' }), soon)
    expect(done.operation.state).toBe('ready')
  })

  it('only who asked confirms', () => {
    const made = plan({ requirement: { ...ONE_APPROVAL, roles: [], approvals: 0, confirm: 'plain' } })
    const waiting = operation({}, made)

    expect(missingDecisions(waiting)).toEqual({ confirm: true, approvals: 0 })
    expect(transition(waiting, decide('confirm', 'bob'), soon).refusal?.code).toBe('not_yours')
    expect(transition(waiting, decide('confirm', 'alice'), soon).operation.state).toBe('ready')
  })

  it('a decision that does not count any more opens the plan again', () => {
    const ready = transition(operation(), decide('approve', 'bob'), soon).operation
    const open = transition(ready, { kind: 'retract', persons: [2], why: 'role lost' }, soon).operation

    expect(open.state).toBe('waiting')
    expect(transition(open, decide('approve', 'carol'), soon).operation.state).toBe('ready')
  })

  it('a decided plan that nobody began expires as well', () => {
    const ready = transition(operation(), decide('approve', 'bob'), soon).operation
    const claimed = transition(ready, { kind: 'claim', holder: 'me', seen: null }, late)

    expect(claimed.operation.state).toBe('expired')
    expect(claimed.refusal?.code).toBe('expired')
  })
})

it("what the program itself takes back is nobody's act", () => {
  const event = { kind: 'cancel', actor: null, reason: 'its requester lost the role' } as const
  const { operation: after, audit } = transition(operation(), event, soon)

  expect(after).toMatchObject({
    state: 'cancelled',
    message: 'It was withdrawn: its requester lost the role',
  })
  expect(audit).toMatchObject([{ action: 'operation.cancel', actor: null }])
})
