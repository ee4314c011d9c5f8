import { describe, expect, it } from '@jest/globals'
import { arg } from '../../../src/core/args.js'
import { defineChange } from '../../../src/core/command.js'
import type { Person } from '../../../src/core/people.js'
import { Policy } from '../../../src/core/policy.js'
import { refuse } from '../../../src/core/refusal.js'
import { clusterCommands } from '../../../src/features/cluster/commands.js'
import { diagnose } from '../../../src/features/cluster/doctor.js'
import { standingChecks } from '../../../src/features/cluster/doctor-people.js'
import type { PlanContext } from '../../../src/ports/planning.js'
import { type PveCluster, PveError, type PveOperate } from '../../../src/ports/pve.js'
import {
  ALICE,
  BOB,
  CAROL,
  cardOf,
  contextOf,
  DAVE,
  everything,
  fakeAudit,
  fakePeople,
  NOW,
  person,
  say,
  type World,
} from './support.js'

const stop = defineChange({
  path: ['stop'],
  group: 'guest',
  summary: 'Cuts the power of guests',
  risk: 'destructive',
  examples: ['stop web-01'],
  inverse: { command: 'start' },
  args: { guests: arg.guests({ label: 'guests', summary: 'which' }) },
  plan: async (_context: PlanContext) => refuse('internal', 'x', 'x'),
})

async function checks(people: readonly Person[], policy: unknown = {}, more: World = {}) {
  const context = contextOf({
    people: fakePeople(people),
    settings: { policy: Policy.parse(policy) },
    commands: [stop],
    ...more,
  })
  return standingChecks(context)
}

const ONE_ADMIN = person(1, 'one', everything('admin'))
const OPERATOR = person(5, 'olga', everything('operator'))
const pool = (id: number, name: string, role: 'approver' | 'operator') =>
  person(id, name, [{ role, scope: { kind: 'pool', name: 'Production' } }])

/** The check of a subject. */
async function check(subject: string, people: readonly Person[], policy: unknown = {}, more: World = {}) {
  return (await checks(people, policy, more)).find((each) => each.subject === subject)
}

describe('people', () => {
  it('all is well where people can decide for each other', async () => {
    const all = await checks([ALICE, BOB, CAROL])

    expect(all.map(({ subject, state }) => [subject, state])).toEqual([
      ['people', 'ok'],
      ['policy: routine', 'ok'],
      ['policy: disruptive', 'ok'],
      ['policy: destructive', 'ok'],
      ['audit log', 'ok'],
    ])
  })

  it('nobody is admin', async () => {
    expect(await check('people', [ALICE, BOB])).toMatchObject({ state: 'failed', finding: 'nobody is admin' })
  })

  it('the only admin has no account', async () => {
    expect(await check('people', [ALICE, BOB, person(3, 'carol', everything('admin'), [])])).toMatchObject({
      state: 'failed',
      finding: 'nobody who is admin has an account',
    })
  })

  it('an admin for a part is none', async () => {
    const part = person(3, 'carol', [{ role: 'admin', scope: { kind: 'pool', name: 'x' } }])

    expect(await check('people', [part])).toMatchObject({ state: 'failed' })
  })

  it('persons without an account are named; in a demo they need none', async () => {
    expect(await check('accounts', [ALICE, BOB, CAROL, DAVE])).toMatchObject({
      state: 'warning',
      finding: expect.stringContaining('dave'),
    })
    const demo = { settings: { policy: Policy.parse({}), demo: true } }
    expect(await check('accounts', [ALICE, DAVE], {}, demo)).toBeUndefined()
  })

  it('nobody may ask for changes', async () => {
    expect(await check('operators', [BOB])).toMatchObject({ state: 'warning' })
    expect(await check('operators', [ALICE])).toBeUndefined()
  })
})

describe('whether the policy can be satisfied', () => {
  const DESTRUCTIVE = 'policy: destructive'

  it.each([
    ['nobody is approver', [OPERATOR, DAVE], {}, 'failed', 'nobody is approver'],
    [
      'the only approver has no account',
      [OPERATOR, person(9, 'x', everything('approver'), [])],
      {},
      'failed',
      'nobody is approver',
    ],
    ['one admin alone', [ONE_ADMIN], {}, 'warning', 'plans that one asked for cannot be approved'],
    ['one approver who may not ask', [OPERATOR, BOB], {}, 'ok', 'could be given by bob'],
    ['one approver who may ask, beside an operator', [OPERATOR, ALICE], {}, 'warning', 'alice asked for'],
    ['two approvers', [ALICE, BOB], {}, 'ok', 'alice, bob'],
    ['one admin alone, solo', [ONE_ADMIN], { solo: true }, 'ok', 'solo: one types the name'],
    [
      'solo, with a quorum that an operator could never reach',
      [ONE_ADMIN, OPERATOR],
      { solo: true, defaults: { destructive: { approvals: 2 } } },
      'failed',
      'only 1 could',
    ],
    [
      'a quorum of three with two',
      [ALICE, BOB],
      { defaults: { destructive: { approvals: 3 } } },
      'failed',
      'only 2 could',
    ],
    [
      'a quorum of two with two',
      [ALICE, BOB],
      { defaults: { destructive: { approvals: 2 } } },
      'warning',
      'alice asked for',
    ],
    [
      'a quorum of two with three',
      [ALICE, BOB, CAROL],
      { defaults: { destructive: { approvals: 2 } } },
      'ok',
      '',
    ],
    [
      'a role that nobody has',
      [ALICE, person(2, 'bob', everything('approver'))],
      { defaults: { destructive: { approvals: 1, role: 'admin' } } },
      'failed',
      'role admin, which nobody has',
    ],
    ['approvers only for a part', [OPERATOR, pool(7, 'eva', 'approver')], {}, 'warning', 'only for parts'],
    [
      'nothing asked of others',
      [DAVE],
      { defaults: { destructive: { confirm: 'typed' } } },
      'ok',
      "requester's own word",
    ],
  ])('%s', async (_, people, policy, state, finding) => {
    const found = await check(DESTRUCTIVE, people, policy)

    expect(found).toMatchObject({ state, finding: expect.stringContaining(finding) })
    expect(found?.hint === '').toBe(state === 'ok')
  })

  it('tells what one person alone can do', async () => {
    expect((await check(DESTRUCTIVE, [ONE_ADMIN]))?.hint).toContain('solo: true')
    expect(
      (await check(DESTRUCTIVE, [ALICE, BOB], { defaults: { destructive: { approvals: 2 } } }))?.hint,
    ).not.toContain('solo')
  })

  it('a general rule counts for every risk', async () => {
    const policy = { rules: [{ name: 'two', require: { approvals: 4 } }] }

    for (const risk of ['routine', 'disruptive', 'destructive'])
      expect(await check(`policy: ${risk}`, [ALICE, BOB, CAROL], policy)).toMatchObject({ state: 'failed' })
  })

  it('a rule that refuses everything of a risk is told', async () => {
    const policy = { rules: [{ name: 'never', when: { risk: 'destructive' }, refuse: 'Not here.' }] }

    expect(await check(DESTRUCTIVE, [ALICE, BOB], policy)).toMatchObject({
      state: 'warning',
      finding: expect.stringContaining('Not here.'),
    })
    expect(await check('policy: routine', [ALICE, BOB], policy)).toMatchObject({ state: 'ok' })
  })

  it('solo has no effect with two who could decide', async () => {
    expect(await check('policy: solo', [ALICE, BOB], { solo: true })).toMatchObject({ state: 'warning' })
    expect(await check('policy: solo', [ONE_ADMIN], { solo: true })).toBeUndefined()
    expect(await check('policy: solo', [ALICE, BOB], {})).toBeUndefined()
  })
})

describe('rules', () => {
  const rule = (when: object, require: object = { approvals: 2 }) => ({
    rules: [{ name: 'prod', when, require }],
  })
  const ASKED = 'policy: rule prod'

  it.each([
    ['enough for its pool', [ALICE, BOB, pool(7, 'eva', 'approver')], { pool: 'production' }, undefined],
    ['too few for its pool', [BOB, pool(7, 'eva', 'operator')], { pool: 'production' }, 'failed'],
    ['approvers of another pool do not count', [BOB, pool(7, 'eva', 'approver')], { pool: 'test' }, 'failed'],
    [
      'one of its pools has too few',
      [BOB, pool(7, 'eva', 'approver')],
      { pool: ['production', 'test'] },
      'failed',
    ],
    [
      'a tag and a pool: either scope counts',
      [BOB, pool(7, 'eva', 'approver')],
      { pool: 'production', tag: 'prod' },
      undefined,
    ],
    ['a guest is not looked at', [BOB], { guest: 'db-01' }, 'warning'],
    ['too few for a command', [BOB], { command: 'stop' }, 'failed'],
    ['another workspace is none of ours', [BOB], { workspace: 'lab' }, undefined],
  ])('%s', async (_, people, when, state) => {
    const workspaces = ['demo', 'lab'].map((name) => ({ name, timeZone: 'UTC', clusters: [] }))
    const found = await check(ASKED, people, rule(when), { workspaces })

    expect(found?.state).toBe(state)
  })

  it.each([
    [{ command: 'stpo' }, 'the command stpo', 'Write stop'],
    [{ workspace: 'dmeo' }, 'the workspace dmeo', 'Write demo'],
  ])('a rule that can never apply protects nothing: %j', async (when, finding, hint) => {
    expect(await check(ASKED, [ALICE, BOB, CAROL], rule(when))).toMatchObject({
      state: 'warning',
      finding: expect.stringContaining(finding),
      hint: expect.stringContaining(hint),
    })
  })

  it('good ones share a line', async () => {
    expect(await check('policy: rules', [ALICE, BOB, CAROL], rule({ tag: 'prod' }))).toMatchObject({
      state: 'ok',
      finding: expect.stringContaining('1 rule'),
    })
  })
})

describe('the config file and the audit log', () => {
  it('a config that cannot be read is told with its lines', async () => {
    const settings = refuse('config_invalid', 'config.yml has an error.', 'Mend the line.', [
      'config.yml:7: unknown key',
    ])

    expect(await check('policy', [ALICE, BOB, CAROL], {}, { settings })).toMatchObject({
      state: 'failed',
      finding: 'changes are refused. config.yml has an error. config.yml:7: unknown key',
      hint: 'Mend the line.',
    })
  })

  it('a broken chain is told with the entry', async () => {
    const entry = {
      action: 'a',
      actor: null,
      workspace: null,
      operation: null,
      subject: 's',
      code: null,
      data: null,
    }
    const audit = fakeAudit([entry, entry])
    expect(await check('audit log', [ALICE], {}, { audit })).toMatchObject({ state: 'ok' })

    audit.entries = audit.entries.map((each) => ({ ...each, subject: 'x' }))

    expect(await check('audit log', [ALICE], {}, { audit })).toMatchObject({
      state: 'failed',
      finding: expect.stringContaining('entry 1'),
    })
  })

  it('a clock that is behind the log is told', async () => {
    const about = { actor: null, workspace: null, operation: null, subject: 's', code: null, data: null }
    const audit = fakeAudit([{ action: 'a', ...about }])
    expect(await check('clock', [ALICE], {}, { audit })).toBeUndefined()
    await audit.append({ action: 'b', ...about }, new Date(NOW.getTime() + 3_600_000))

    expect(await check('clock', [ALICE], {}, { audit })).toMatchObject({ state: 'warning' })
  })
})

describe('the token for changes', () => {
  const all = { 'Sys.Audit': 1, 'VM.PowerMgmt': 1 }
  const operate = (permissions: PveOperate['permissions']): PveOperate => ({
    tokenId: 'mpc@pve!operate',
    permissions,
    power: () => Promise.reject(new Error('never')),
    ownTasks: () => Promise.reject(new Error('never')),
  })
  const cluster = (token: PveOperate | null): PveCluster => {
    const absent = () => Promise.reject(new Error('not part of this test'))
    return {
      name: 'lab',
      inventory: { read: absent, createdAt: absent },
      guests: { facts: absent, live: absent, metrics: absent },
      tasks: { status: absent, logTail: absent, onGuest: absent, births: absent },
      tokenId: 'mpc@pve!read',
      access: {
        probe: async () => ({
          endpoint: 'https://pve1:8006',
          version: '9.1.1',
          clusterName: null,
          quorate: { kind: 'known', value: true },
          nodes: ['pve1'],
          permissions: { '/': all },
          clockAhead: 0,
        }),
        endpoints: () => [],
      },
      operate: token,
      close: async () => {},
    }
  }
  const found = async (token: PveOperate | null) => {
    const { checks: made, script } = await diagnose(contextOf({ pve: () => cluster(token) }), 'lab')
    return { ...made.find(({ subject }) => subject === 'lab: token for changes'), script }
  }

  it('without one, changes are refused', async () => {
    expect(await found(null)).toMatchObject({
      state: 'warning',
      finding: 'there is none: changes are refused',
    })
  })

  it('with one that may switch guests', async () => {
    expect(await found(operate(async () => ({ '/': all, '/vms': all })))).toMatchObject({ state: 'ok' })
  })

  it('with one that may not, with the script', async () => {
    const made = await found(operate(async () => ({ '/': { 'Sys.Audit': 1 } })))

    expect(made).toMatchObject({ state: 'warning', finding: expect.stringContaining('VM.PowerMgmt on /vms') })
    expect(made.script).toContain('MpcOperator')
  })

  it('with one that is not accepted', async () => {
    const refused = operate(() =>
      Promise.reject(
        new PveError({
          kind: 'auth',
          cluster: 'lab',
          request: 'GET /access/permissions',
          message: 'no such token',
          node: null,
          status: 401,
          ambiguous: false,
          errors: {},
          privilege: null,
        }),
      ),
    )

    expect(await found(refused)).toMatchObject({ state: 'failed' })
  })

  it('`doctor pve` looks at clusters alone, `doctor` at all', async () => {
    const context = contextOf({ pve: () => cluster(null), commands: [stop] })
    const subjects = async (line: string) =>
      cardOf(await say(clusterCommands, line, context)).table?.rows.map(({ subject }) => subject)

    expect(await subjects('doctor pve')).not.toContain('people')
    expect(await subjects('doctor')).toEqual(
      expect.arrayContaining(['people', 'audit log', 'lab: token for changes']),
    )
  })
})
