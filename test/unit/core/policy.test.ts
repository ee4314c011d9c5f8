import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { missingDecisions } from '../../../src/core/operation.js'
import {
  covers,
  guardOf,
  judge,
  Policy,
  type PolicyFacts,
  policyHash,
  underSolo,
} from '../../../src/core/policy.js'

const WEB = { vmid: 101, name: 'web-01', node: 'pve1', pool: 'production', tags: ['prod', 'web'] }
const LAB = { vmid: 105, name: 'ci-runner', node: 'pve3', pool: 'lab', tags: ['test'] }
const facts = (more: Partial<PolicyFacts> = {}): PolicyFacts => ({
  workspace: 'main',
  command: 'stop',
  risk: 'destructive',
  targets: [WEB],
  ...more,
})

const judged = (policy: unknown, of: PolicyFacts = facts()) => judge(Policy.parse(policy), of)
const requirement = (policy: unknown, of?: PolicyFacts) => {
  const judgement = judged(policy, of)
  if (judgement.kind !== 'judged') throw new Error(judgement.sentence)
  return judgement.requirement
}

describe('the shipped policy', () => {
  it.each([
    ['routine', { confirm: 'none', approvals: 0 }],
    ['disruptive', { confirm: 'plain', approvals: 0 }],
    ['destructive', { confirm: 'none', approvals: 1 }],
  ] as const)('%s', (risk, asks) => {
    expect(requirement({}, facts({ risk }))).toMatchObject(asks)
  })
})

describe('rules', () => {
  const TWO = {
    name: 'production',
    when: { tag: 'prod' },
    require: { approvals: 2, reason: true, ttl: '10m' },
  }

  it('with an empty list, which would match nothing, are refused', () => {
    for (const field of ['risk', 'tag', 'pool', 'node', 'command', 'workspace'])
      expect(Policy.safeParse({ rules: [{ name: 'r', when: { [field]: [] }, refuse: 'no' }] }).success).toBe(
        false,
      )
  })

  it('are joined: highest number, every role, a reason if any asks, shortest time', () => {
    const more = {
      name: 'web',
      when: { pool: 'production' },
      require: { approvals: 1, role: 'admin', confirm: 'typed' },
    }

    expect(requirement({ rules: [TWO, more] })).toEqual({
      confirm: 'typed',
      approvals: 2,
      roles: ['admin'],
      reason: true,
      ttl: 600_000,
      solo: false,
    })
  })

  it('only add to the defaults', () => {
    const fewer = { name: 'fewer', when: {}, require: { approvals: 0, confirm: false } }

    expect(requirement({ rules: [fewer] }).approvals).toBe(1)
    expect(requirement({ defaults: { destructive: { approvals: 0 } } }).approvals).toBe(0)
  })

  it('a refusal beats all, and names its rule', () => {
    const never = {
      name: 'never',
      when: { command: 'stop', guest: ['101'] },
      refuse: 'Web servers are shut down.',
    }

    expect(judged({ rules: [TWO, never] })).toEqual({
      kind: 'refused',
      rule: 'never',
      sentence: 'Web servers are shut down.',
    })
    expect(judged({ rules: [never] }, facts({ command: 'start', risk: 'routine' })).kind).toBe('judged')
  })

  it.each([
    [{ tag: 'prod' }, true],
    [{ tag: ['db', 'web'] }, true],
    [{ tag: 'db' }, false],
    [{ pool: 'Production' }, true],
    [{ node: 'pve2' }, false],
    [{ guest: 'WEB-01' }, true],
    [{ guest: 101 }, true],
    [{ guest: [102, 'web-02'] }, false],
    [{ tag: 'PROD' }, true],
    [{ guest: 'web-0' }, false],
    [{ workspace: 'other' }, false],
    [{ command: ['start', 'stop'] }, true],
    [{ risk: 'disruptive' }, false],
    [{ tag: 'prod', node: 'pve3' }, false],
  ])('%j matches: %s', (when, matches) => {
    const rule = { name: 'rule', when, require: { approvals: 3 } }

    expect(requirement({ rules: [rule] }).approvals === 3).toBe(matches)
  })

  it('one target of several is enough, but it has to meet all conditions itself', () => {
    const rule = { name: 'rule', when: { tag: 'prod', node: 'pve3' }, require: { approvals: 3 } }
    const both = facts({ targets: [WEB, LAB] })

    expect(requirement({ rules: [rule] }, both).approvals).toBe(1)
    expect(requirement({ rules: [{ ...rule, when: { tag: 'test', node: 'pve3' } }] }, both).approvals).toBe(3)
  })

  const asks = fc.record({
    confirm: fc.constantFrom(true, false, 'typed' as const),
    approvals: fc.integer({ min: 0, max: 5 }),
    reason: fc.boolean(),
    role: fc.constantFrom('admin' as const, 'auditor' as const),
  })

  it('the name typed by whoever decides does not stand in for the word of whoever asked', () => {
    const typed = { name: 'typed', require: { confirm: 'typed', approvals: 1 } }
    const disruptive = facts({ command: 'shutdown', risk: 'disruptive' })
    const asked = requirement({ rules: [typed] }, disruptive)

    const missing = missingDecisions({ requirement: asked, decisions: [], planDigest: '' })
    expect(missing).toEqual({ confirm: true, approvals: 1 })
    expect(requirement({ rules: [typed] })).not.toHaveProperty('own')
  })

  it('whatever a rule adds, what was asked for without it still is', () => {
    fc.assert(
      fc.property(
        fc.array(asks, { maxLength: 4 }),
        asks,
        fc.constantFrom('routine', 'disruptive', 'destructive'),
        (list, one, risk) => {
          const named = [...list, one].map((require, at) => ({ name: `rule ${at}`, require }))
          const of = facts({ risk })
          expect(
            covers(requirement({ rules: named }, of), requirement({ rules: named.slice(0, -1) }, of)),
          ).toBe(true)
        },
      ),
    )
  })

  it.each([
    ['the name typed by another', { confirm: 'typed', approvals: 1 }, { confirm: true, approvals: 1 }, false],
    ['the name typed by the requester', { confirm: 'typed' }, { confirm: true }, true],
    ['the own word', { confirm: true, approvals: 1 }, { confirm: 'typed' }, false],
    ['two approvals', { approvals: 2 }, { approvals: 1, confirm: true }, false],
  ] as const)(
    '%s is enough for what is asked elsewhere only where it is as much',
    (_, one, other, enough) => {
      const of = (routine: object) => requirement({ defaults: { routine } }, facts({ risk: 'routine' }))

      expect(covers(of(one), of(other))).toBe(enough)
    },
  )

  it('their order does not matter', () => {
    fc.assert(
      fc.property(fc.array(asks, { maxLength: 5 }), fc.integer(), (list, seed) => {
        const rules = list.map((require, at) => ({ name: `rule ${at}`, when: {}, require }))
        const turned = [...rules].sort(
          (a, b) => ((a.name.length * 7 + seed) % 5) - ((b.name.length * 3 + seed) % 5),
        )
        expect(judged({ rules: turned.reverse() })).toEqual(judged({ rules }))
      }),
    )
  })
})

describe('solo', () => {
  const policy = Policy.parse({ solo: true })
  const needs = requirement({ solo: true })

  it('asks for the name where nobody else could approve', () => {
    const solo = underSolo(policy, needs, { requester: true, others: 0 })
    expect(solo).toMatchObject({ approvals: 0, confirm: 'typed', solo: true })
  })

  it.each([[{ requester: true, others: 1 }], [{ requester: false, others: 0 }]])(
    'has no effect with %j',
    (deciders) => {
      expect(underSolo(policy, needs, deciders)).toEqual(needs)
    },
  )
})

describe('guards', () => {
  const policy = Policy.parse({ guards: { tags: ['keep'], guests: ['db-01', 105] } })

  it.each([
    [{ ...WEB, tags: ['keep'] }, 'the tag keep'],
    [{ ...WEB, tags: ['Keep'] }, 'the tag keep'],
    [{ ...WEB, name: 'DB-01' }, 'the list of guarded guests'],
    [LAB, 'the list of guarded guests'],
    [WEB, null],
  ])('%j', (target, why) => {
    expect(guardOf(policy, target)).toBe(why)
  })
})

it('every difference of a policy changes its hash', () => {
  expect(policyHash(Policy.parse({}))).toBe(policyHash(Policy.parse({ ttl: '30m' })))
  expect(policyHash(Policy.parse({}))).not.toBe(policyHash(Policy.parse({ ttl: '31m' })))
})
