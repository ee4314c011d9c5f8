import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  type AuditEntry,
  ChainCheck,
  chained,
  headText,
  type NewAudit,
  parseHead,
} from '../../../src/core/audit.js'
import { canonical } from '../../../src/core/digest.js'
import type { GuestFacts } from '../../../src/core/guest-facts.js'
import { compareMarks } from '../../../src/core/identity.js'
import { known, unknown } from '../../../src/core/known.js'
import { type Plan, planDigest, typedPhrase } from '../../../src/core/plan.js'
import { recheck } from '../../../src/core/recheck.js'
import { plan, target } from './operations.js'

describe('the canonical text', () => {
  it('does not depend on the order of keys, and is JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse())
        expect(canonical(turned)).toBe(canonical(value))
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})

describe('a plan digest', () => {
  const base = plan()
  const first = base.targets[0] ?? target(101)
  const CHANGES: Readonly<Record<string, Plan>> = {
    workspace: { ...base, workspace: 'other' },
    command: { ...base, command: 'shutdown' },
    asked: { ...base, asked: 'other' },
    arguments: { ...base, args: { timeout: 60_000 } },
    policy: { ...base, policyHash: 'other' },
    requirement: { ...base, requirement: { ...base.requirement, approvals: 0 } },
    parallel: { ...base, parallel: 5 },
    reason: { ...base, reason: 'because' },
    vmid: { ...base, targets: [{ ...first, vmid: 102 }] },
    cluster: { ...base, targets: [{ ...first, cluster: 'other' }] },
    mark: { ...base, targets: [{ ...first, mark: { kind: 'ct', addresses: ['AA'] } }] },
    config: { ...base, targets: [{ ...first, configDigest: 'other' }] },
    power: { ...base, targets: [{ ...first, power: 'paused' }] },
    lock: { ...base, targets: [{ ...first, lock: 'backup' }] },
    ha: { ...base, targets: [{ ...first, ha: 'started' }] },
    protection: { ...base, targets: [{ ...first, protection: true }] },
    snapshots: { ...base, targets: [{ ...first, snapshots: ['a'] }] },
    verb: { ...base, targets: [{ ...first, call: { ...first.call, verb: 'reset' } }] },
    timeout: { ...base, targets: [{ ...first, call: { ...first.call, timeout: 60 } }] },
    sentences: { ...base, targets: [{ ...first, sentences: ['Something else.'] }] },
    'one more': { ...base, targets: [first, target(102)] },
  }

  it.each(Object.keys(CHANGES))('binds %s', (name) => {
    expect(planDigest(CHANGES[name] ?? base)).not.toBe(planDigest(base))
  })

  it('is the same for the same plan', () => {
    expect(planDigest(JSON.parse(canonical(base)))).toBe(planDigest(base))
  })

  it('several guests are typed as their number', () => {
    expect(typedPhrase(base)).toBe('vm-101')
    expect(typedPhrase({ command: 'stop', targets: [first, first] })).toBe('stop 2')
  })
})

describe('marks', () => {
  const vm = { kind: 'vm', created: 5, uuid: 'u', vmgenid: 'g' } as const
  const ct = (...addresses: string[]) => ({ kind: 'ct', addresses }) as const

  it.each([
    [vm, vm, 'same'],
    [vm, { ...vm, vmgenid: 'other' }, 'different'],
    [vm, { ...vm, created: 6 }, 'different'],
    [ct('AA', 'BB'), ct('BB', 'CC'), 'same'],
    [ct('AA'), ct('CC'), 'different'],
    [vm, ct('AA'), 'different'],
    [vm, { kind: 'unknown', why: 'unreadable' } as const, 'unknown'],
  ] as const)('%j and %j: %s', (one, other, match) => {
    expect(compareMarks(one, other)).toBe(match)
  })
})

describe('reading again before the call', () => {
  const made = target(101)
  const facts = (more: Partial<GuestFacts> = {}): GuestFacts => ({
    at: '2026-11-01T12:00:00.000Z',
    nodeTime: 1,
    kind: 'qemu',
    vmid: 101,
    node: 'pve1',
    name: 'vm-101',
    power: 'running',
    uptime: 10,
    template: false,
    lock: null,
    tags: [],
    pool: null,
    ha: null,
    nodeOnline: true,
    quorate: known(true),
    protection: known(false),
    configDigest: known('digest-101'),
    mark: made.mark,
    snapshots: known([]),
    pending: known([]),
    agent: true,
    downSeconds: null,
    activeTasks: known([]),
    ...more,
  })
  const CASES: readonly (readonly [string, Partial<GuestFacts>, string])[] = [
    ['nothing moved', {}, 'same'],
    ['it runs on another node', { node: 'pve2', uptime: 99 }, 'same'],
    ['it is there already', { power: 'stopped' }, 'already'],
    ['its state moved elsewhere', { power: 'paused' }, 'plan_stale'],
    ['its config was edited', { configDigest: known('other') }, 'plan_stale'],
    ['its config cannot be read any more', { configDigest: unknown('403') }, 'plan_stale'],
    ['it was locked', { lock: 'backup' }, 'plan_stale'],
    ['it was renamed', { name: 'other' }, 'plan_stale'],
    ['it came under HA', { ha: 'started' }, 'plan_stale'],
    ['it has a snapshot more', { snapshots: known(['new']) }, 'plan_stale'],
    ['it is protected now', { protection: known(true) }, 'plan_stale'],
    ['it was made anew', { mark: { kind: 'vm', created: 1, uuid: 'x', vmgenid: 'y' } }, 'identity_changed'],
    [
      'made anew, and stopped',
      { mark: { kind: 'vm', created: 1, uuid: 'x', vmgenid: 'y' }, power: 'stopped' },
      'identity_changed',
    ],
    ['its mark cannot be read', { mark: { kind: 'unknown', why: '403' } }, 'identity_unknown'],
    ['its node went offline', { nodeOnline: false }, 'node_unreachable'],
    ['the quorum is lost', { quorate: known(false) }, 'cluster_no_quorum'],
  ]

  it.each(CASES)('%s', (_, more, comes) => {
    const found = recheck(made, { kind: 'facts', facts: facts(more) })

    expect(found.kind === 'stale' || found.kind === 'failed' ? found.code : found.kind).toBe(comes)
  })

  it('says what moved', () => {
    const found = recheck(made, {
      kind: 'facts',
      facts: facts({ lock: 'backup', snapshots: known(['new']) }),
    })

    expect(found).toMatchObject({
      sentence:
        'vm-101 (lab/101) has changed since the plan was made: its lock was none, is backup; its snapshots was none, is new.',
    })
  })

  it('a guest that is gone fails', () => {
    const gone = recheck(made, { kind: 'gone', place: { kind: 'qemu', vmid: 101, node: 'pve1' } })
    expect(gone).toMatchObject({ kind: 'failed', code: 'guest_gone' })
  })
})

describe('the audit chain', () => {
  const entry = (n: number): NewAudit => ({
    action: 'test',
    actor: null,
    workspace: 'lab',
    operation: n,
    subject: `entry ${n}`,
    code: null,
    data: { n },
  })
  const chain = (): AuditEntry[] => {
    const entries: AuditEntry[] = []
    for (let n = 1; n <= 5; n++) {
      const last = entries.at(-1)
      const head = { seq: last?.seq ?? 0, hash: last?.hash ?? '' }
      entries.push(chained(head, entry(n), `2026-11-01T12:00:0${n}.000Z`))
    }
    return entries
  }
  const headOf = (entries: readonly AuditEntry[]) => ({
    seq: entries.at(-1)?.seq ?? 0,
    hash: entries.at(-1)?.hash ?? '',
  })
  const verified = (entries: readonly AuditEntry[], head = headOf(entries), against = headOf([])) => {
    const check = new ChainCheck(against)
    for (const each of entries) check.add(each)
    return check.end(head)
  }
  const rechained = (entries: readonly AuditEntry[]): AuditEntry[] => {
    const anew: AuditEntry[] = []
    for (const { seq: _, prev: __, hash: ___, at, ...rest } of entries)
      anew.push(chained(headOf(anew), rest, at))
    return anew
  }

  it('is sound as it was written', () => {
    expect(verified(chain())).toMatchObject({ kind: 'sound', head: { seq: 5 } })
  })

  it.each([
    [
      'a changed subject',
      (e: AuditEntry[]) => e.map((x) => (x.seq === 3 ? { ...x, subject: 'entry 4' } : x)),
      3,
    ],
    [
      'a changed time',
      (e: AuditEntry[]) => e.map((x) => (x.seq === 2 ? { ...x, at: '2026-11-01T12:00:09.000Z' } : x)),
      2,
    ],
    ['a deleted entry', (e: AuditEntry[]) => e.filter((x) => x.seq !== 3), 3],
    ['a deleted first entry', (e: AuditEntry[]) => e.slice(1), 1],
    ['a swapped pair', (e: AuditEntry[]) => [e[0], e[2], e[1], e[3], e[4]].filter((x) => x !== undefined), 2],
    [
      'a swapped pair with its numbers put right',
      (e: AuditEntry[]) =>
        e.map((x) =>
          x.seq === 2 ? { ...e[2], seq: 2 } : x.seq === 3 ? { ...e[1], seq: 3 } : x,
        ) as AuditEntry[],
      2,
    ],
  ] as const)('%s is found and named', (_, tamper, seq) => {
    const entries = tamper(chain())
    expect(verified(entries, headOf(chain()))).toMatchObject({ kind: 'broken', seq })
  })

  it('a cut tail is found by a head that was kept elsewhere, and only so', () => {
    const kept = headOf(chain())
    const cut = chain().slice(0, 3)

    expect(verified(cut).kind).toBe('sound')
    expect(verified(cut, headOf(cut), kept)).toMatchObject({ kind: 'broken', seq: 4 })
  })

  it('so is a chain that was computed anew', () => {
    const kept = headOf(chain())
    const anew = rechained(chain().map((each) => (each.seq === 2 ? { ...each, subject: 'nothing' } : each)))

    expect(verified(anew).kind).toBe('sound')
    expect(verified(anew, headOf(anew), kept)).toMatchObject({ kind: 'broken', seq: 5 })
  })

  it('a head reads as it is printed', () => {
    const head = headOf(chain())
    expect(parseHead(headText(head))).toEqual(head)
    expect(parseHead('5-abc')).toBeNull()
  })
})
