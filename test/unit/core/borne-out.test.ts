import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type AuditEntry, chained, type NewAudit } from '../../../src/core/audit.js'
import { unborne, unfit } from '../../../src/core/borne-out.js'
import { newOperation, type Operation } from '../../../src/core/operation.js'
import { planDigest, typedPhrase } from '../../../src/core/plan.js'
import { askedFor, type OperationEvent, transition } from '../../../src/core/transition.js'
import { actor, NOW, ONE_APPROVAL, plan, target } from './operations.js'

/** An operation and the log that it left, as the store would keep them. */

type Kept = { readonly operation: Operation; readonly entries: readonly AuditEntry[] }

const requirement = { ...ONE_APPROVAL, roles: [], approvals: 2, confirm: 'plain' as const }
const MADE = plan({ requirement, targets: [target(101), target(102)] })

function appended(entries: readonly AuditEntry[], audit: readonly NewAudit[], at: Date) {
  const all = [...entries]
  for (const entry of audit) {
    const head = { seq: all.length, hash: all.at(-1)?.hash ?? '' }
    all.push(chained(head, entry, at.toISOString()))
  }
  return all
}

function asked(made = MADE): Kept {
  const by = { by: actor('alice'), at: NOW, typed: typedPhrase(made) }
  const operation = { id: 1, ...newOperation(made, planDigest(made), by) }
  return { operation, entries: appended([], [askedFor(operation, '{}')], NOW) }
}

function went({ operation, entries }: Kept, event: OperationEvent, at: Date): Kept {
  const next = transition(operation, event, at)
  return { operation: next.operation, entries: appended(entries, next.audit, at) }
}

const odd = ({ operation, entries }: Kept) => unborne(operation, entries.toReversed(), { steps: true })

const person = fc.constantFrom('alice', 'bob', 'carol', 'dave')
const index = fc.constantFrom(0, 1)
const holder = fc.constantFrom('one', 'one', 'two')
const said = { code: 'task_failed', message: 'It failed.' } as const
const deciding = fc.record({ person, verdict: fc.constantFrom('approve', 'confirm', 'approve', 'deny') })
const events: fc.Arbitrary<OperationEvent> = fc.oneof(
  { weight: 6, arbitrary: deciding.map(({ person: who, verdict }) => decide(who, verdict)) },
  person.map((who) => ({ kind: 'cancel' as const, actor: actor(who), reason: null })),
  fc.constantFrom({ kind: 'expire' as const }, { kind: 'remind' as const }),
  fc.constantFrom(2, 3).map((id) => ({ kind: 'retract' as const, persons: [id], why: 'gone' })),
  { weight: 4, arbitrary: holder.map((by) => ({ kind: 'claim' as const, holder: by, seen: null })) },
  holder.map((by) => ({ kind: 'release' as const, holder: by })),
  holder.map((by) => ({ kind: 'refuse' as const, holder: by, state: 'stale' as const, ...said })),
  {
    weight: 4,
    arbitrary: fc
      .tuple(holder, index)
      .map(([by, at]) => ({ kind: 'intend' as const, holder: by, index: at, node: 'pve1', nodeTime: 77 })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(holder, index)
      .map(([by, at]) => ({ kind: 'follow' as const, holder: by, index: at, upid: `UPID:${at}` })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(holder, index, fc.constantFrom('verified', 'failed', 'unknown', 'stale', 'skipped'))
      .map(([by, at, state]) => ({
        kind: 'end' as const,
        holder: by,
        index: at,
        state,
        ...said,
        log: ['x'],
      })),
  },
  { weight: 2, arbitrary: holder.map((by) => ({ kind: 'finish' as const, holder: by })) },
  index.map((at) => ({
    kind: 'settle' as const,
    actor: actor('alice'),
    index: at,
    state: 'verified' as const,
    code: null,
    message: null,
    upid: null,
  })),
)

function decide(who: string, verdict: string): OperationEvent {
  const given = verdict === 'confirm' || verdict === 'deny' ? verdict : 'approve'
  return { kind: 'decide', verdict: given, actor: actor(who), digest: null, reason: 'so', typed: null }
}

describe('what the log bears out', () => {
  it('is every operation, whatever happened to it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(events, fc.nat(400_000)), { maxLength: 30 }), (list) => {
        let [kept, at] = [asked(), NOW]
        for (const [event, later] of list) {
          at = new Date(at.getTime() + later)
          kept = went(kept, event, at)
          expect([event.kind, odd(kept)]).toEqual([event.kind, null])
          expect(unfit(kept.operation, MADE)).toBeNull()
        }
      }),
      { numRuns: 400 },
    )
  })

  it('goes through all there is: to its end, by steps that ended in every way', () => {
    const way: readonly OperationEvent[] = [
      decide('alice', 'confirm'),
      decide('bob', 'approve'),
      decide('carol', 'approve'),
      { kind: 'claim', holder: 'one', seen: null },
      { kind: 'intend', holder: 'one', index: 0, node: 'pve1', nodeTime: 77 },
      { kind: 'follow', holder: 'one', index: 0, upid: 'UPID:0' },
      { kind: 'end', holder: 'one', index: 0, state: 'unknown', ...said, log: [] },
      { kind: 'end', holder: 'one', index: 1, state: 'stale', ...said, log: [] },
      { kind: 'finish', holder: 'one' },
      { kind: 'settle', actor: actor('bob'), index: 0, state: 'failed', ...said, upid: null },
    ]
    const states = way.map((_, at) => {
      const kept = way.slice(0, at + 1).reduce((before, event) => went(before, event, NOW), asked())
      return [kept.operation.state, odd(kept)]
    })

    expect(states.map(([, why]) => why)).toEqual(way.map(() => null))
    expect(states.at(-1)).toEqual(['failed', null])
  })

  it.each([
    ['an entry is missing', (kept: Kept) => ({ ...kept, entries: kept.entries.slice(1) })],
    ['the newest decision is', (kept: Kept) => ({ ...kept, entries: kept.entries.slice(0, -1) })],
    [
      'it is said to have ended',
      (kept: Kept) => changedTo(kept, { state: 'verified', endedAt: kept.operation.createdAt }),
    ],
    ['it is said to be cancelled', (kept: Kept) => changedTo(kept, { cancelAsked: true })],
    ['another is said to have asked', (kept: Kept) => changedTo(kept, { requester: actor('dave') })],
    ['it is said to live longer', (kept: Kept) => changedTo(kept, { expiresAt: '2030-01-01T00:00:00.000Z' })],
    ['a decision counts no more', (kept: Kept) => withDecision(kept, { counts: false })],
    ['a decision was for other reasons', (kept: Kept) => withDecision(kept, { reason: 'other' })],
    ['a decision was by another', (kept: Kept) => withDecision(kept, { actor: actor('carol') })],
    ['a step is said to be done', (kept: Kept) => withStep(kept, { state: 'verified' })],
    ['a step is said to be elsewhere', (kept: Kept) => withStep(kept, { node: 'pve9' })],
    ['a step has a task', (kept: Kept) => withStep(kept, { upid: 'UPID:x' })],
  ])('is not one of which %s', (_, edit) => {
    const kept = went(went(asked(), decide('alice', 'confirm'), NOW), decide('bob', 'approve'), NOW)

    expect(odd(kept)).toBeNull()
    expect(odd(edit(kept))).not.toBeNull()
  })

  it('half a character, which the store turns into another, is no edit', () => {
    const made = plan({ asked: 'half \ud800', reason: '\udfff' })
    const { operation } = asked(made)
    const stored = JSON.parse(JSON.stringify(operation).replace(/\\ud800|\\udfff/g, '\ufffd'))

    expect(unfit(stored, made)).toBeNull()
    expect(unfit({ ...stored, asked: 'half' }, made)).toBe('asked')
  })
})

const changedTo = ({ operation, entries }: Kept, edit: Partial<Operation>): Kept => ({
  entries,
  operation: { ...operation, ...edit },
})
const withDecision = (kept: Kept, edit: Partial<Operation['decisions'][number]>): Kept =>
  changedTo(kept, {
    decisions: kept.operation.decisions.map((made, at) => (at === 1 ? { ...made, ...edit } : made)),
  })
const withStep = (kept: Kept, edit: Partial<Operation['steps'][number]>): Kept =>
  changedTo(kept, { steps: kept.operation.steps.map((step, at) => (at === 1 ? { ...step, ...edit } : step)) })
