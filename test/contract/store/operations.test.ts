import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { headText } from '../../../src/core/audit.js'
import { unborne } from '../../../src/core/borne-out.js'
import { canonical } from '../../../src/core/digest.js'
import { newOperation, type Operation } from '../../../src/core/operation.js'
import { type Plan, planDigest } from '../../../src/core/plan.js'
import { isRefusal, type Refusal } from '../../../src/core/refusal.js'
import type { Stores } from '../../../src/ports/store/stores.js'
import { backupStore } from '../../../src/store/backup.js'
import { openStores } from '../../../src/store/open.js'
import { openDatabase } from '../../../src/store/tx.js'
import { systemClock } from '../../../src/system/clock.js'
import { actor, NOW, ONE_APPROVAL, plan, target } from '../../unit/core/operations.js'

const migrationsDir = resolve('prisma/migrations')
const child = resolve('test/contract/store/child.mjs')
const soon = new Date(NOW.getTime() + 60_000)
let directory = ''
let path = ''
let stores: Stores

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-operations-'))
  path = join(directory, 'state.db')
  stores = await openStores({ path, migrationsDir, clock: systemClock })
})
afterEach(async () => {
  await stores.close()
  rmSync(directory, { recursive: true, force: true })
})

async function create(made: Plan = plan()): Promise<Operation> {
  const operation = newOperation(made, planDigest(made), { by: actor('alice'), at: NOW, typed: 'vm-101' })
  return stores.operations.create({ operation, plan: canonical(made), shown: '{}', at: NOW })
}

const approve = (who: string, reason: string | null = null) =>
  ({ kind: 'decide', verdict: 'approve', actor: actor(who), digest: null, reason, typed: null }) as const

function good<T>(value: T | Refusal): T {
  if (isRefusal(value)) throw new Error(`${value.code}: ${value.message}`)
  return value as T
}
const codeOf = (value: unknown) => (isRefusal(value) ? value.code : 'done')

async function sql(statement: string): Promise<void> {
  const database = openDatabase({ path, busyTimeout: 2000 })
  await database.run(statement)
  await database.close()
}

describe('operations', () => {
  it('are numbered from 1, kept whole, and their plan as it was given', async () => {
    const first = await create()
    const second = await create(plan({ asked: 'hostile \u0000 "\' \ud800 text', reason: 'x'.repeat(10_000) }))

    expect([first.id, second.id]).toEqual([1, 2])
    expect(await stores.operations.get(1)).toEqual(first)
    expect(await stores.operations.get(2)).toEqual(second)
    expect(await stores.operations.get(3)).toBeNull()
    const stored = await stores.operations.plan(1)
    expect(planDigest(JSON.parse(stored?.json ?? ''))).toBe(first.planDigest)
    expect((await stores.operations.list({ limit: 10 })).map(({ id }) => id)).toEqual([2, 1])
    expect((await stores.operations.list({ limit: 1, oldestFirst: true })).map(({ id }) => id)).toEqual([1])
    expect(await stores.operations.list({ states: ['ready'], limit: 10 })).toEqual([])
    expect(await stores.operations.list({ workspaces: ['other'], limit: 10 })).toEqual([])
  })

  it('live no longer than was meant where the log is ahead of the clock', async () => {
    const ahead = new Date(NOW.getTime() + 3_600_000)
    const entry = { action: 'test', actor: null, workspace: null, operation: null, subject: '', code: null }
    await stores.audit.append({ ...entry, data: {} }, ahead)
    const { createdAt, expiresAt, requirement } = await create()
    expect([createdAt, Date.parse(expiresAt) - ahead.getTime()]).toEqual([
      ahead.toISOString(),
      requirement.ttl,
    ])
    const end = NOW.getTime() + requirement.ttl

    const before = await stores.operations.apply(1, { kind: 'expire' }, new Date(end - 1))
    const late = await stores.operations.apply(1, approve('bob'), new Date(end))

    expect(before).toMatchObject({ state: 'waiting' })
    expect(codeOf(late)).toBe('expired')
  })

  it('go through the state machine with their audit entries', async () => {
    await create()
    const own = await stores.operations.apply(1, approve('alice'), soon)
    const ready = good(await stores.operations.apply(1, approve('bob', 'seen'), soon))
    const again = await stores.operations.apply(1, approve('carol'), soon)

    expect([codeOf(own), ready.state, codeOf(again)]).toEqual(['own_plan', 'ready', 'already_decided'])
    expect(await stores.operations.get(1)).toEqual(ready)
    const entries = await stores.audit.list({ operation: 1, limit: 10 })
    expect(entries.map(({ action, code }) => [action, code])).toEqual([
      ['decision.approve', null],
      ['operation.asked', null],
    ])
    expect(await stores.audit.verify(null)).toMatchObject({ kind: 'sound' })
  })

  it.each([
    ['its state', `UPDATE "Operation" SET "state" = 'done' WHERE "id" = 1`],
    ['its head', `UPDATE "Operation" SET "head" = '{' WHERE "id" = 1`],
    [
      'what its head says',
      `UPDATE "Operation" SET "head" = replace("head", '"risk"', '"rick"') WHERE "id" = 1`,
    ],
    ['a step', `UPDATE "OperationStep" SET "body" = '' WHERE "operationId" = 1`],
    ['the place of a step', `UPDATE "OperationStep" SET "index" = 7 WHERE "operationId" = 1`],
    ['a decision', `UPDATE "Decision" SET "body" = '[]' WHERE "operationId" = 1`],
  ])('of which %s was damaged are refused, and do not stand in the way of others', async (_, statement) => {
    await create()
    await create()
    good(await stores.operations.apply(1, approve('bob'), soon))
    await sql(statement)

    await expect(stores.operations.get(1)).rejects.toThrow('plan_edited')
    await expect(stores.operations.apply(1, approve('carol'), soon)).rejects.toThrow('plan_edited')
    expect((await stores.operations.list({ limit: 10 })).map(({ id }) => id)).toEqual([2])
    good(await stores.operations.apply(2, approve('bob'), soon))
    const claimed = await stores.operations.claim(2, { holder: 'me', seen: null, overrules: [] }, soon)
    expect(claimed.kind).toBe('claimed')
    expect((await stores.health.check()).problems).toEqual(['op1 was changed by hand and cannot be read'])
  })

  it('that are damaged while they run hold their guests until an admin closes them', async () => {
    await create()
    await create()
    for (const id of [1, 2]) good(await stores.operations.apply(id, approve('bob'), soon))
    await stores.operations.claim(1, { holder: 'me', seen: null, overrules: [] }, soon)
    await sql(`UPDATE "Operation" SET "head" = '{' WHERE "id" = 1`)
    const claim = () => stores.operations.claim(2, { holder: 'me', seen: null, overrules: [] }, soon)

    expect((await claim()).kind).toBe('held')
    expect(await stores.operations.holders(2)).toMatchObject([{ operation: 1 }])
    expect(await stores.operations.closeDamaged(2, actor('carol'), soon)).toBe(false)
    expect(await stores.operations.closeDamaged(1, actor('carol'), soon)).toBe(true)
    expect((await claim()).kind).toBe('claimed')
    expect(await stores.audit.newest('operation.closed')).toMatchObject({ operation: 1 })
  })

  it('expire by the newest time in the log, whatever the clock says', async () => {
    await create()
    const future = new Date(NOW.getTime() + 7_200_000)
    const entry = {
      action: 'test',
      actor: null,
      workspace: null,
      operation: null,
      subject: '',
      code: null,
      data: {},
    }
    await stores.audit.append(entry, future)

    expect(codeOf(await stores.operations.apply(1, approve('bob'), soon))).toBe('expired')
    expect((await stores.operations.get(1))?.state).toBe('expired')
  })

  it('fifty decisions at once are one transition', async () => {
    const made = plan({ requirement: { ...ONE_APPROVAL, roles: [] } })
    await create(made)
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        stores.operations.apply(1, approve(n % 2 === 0 ? 'bob' : 'carol'), soon),
      ),
    )

    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1)
    expect((await stores.operations.get(1))?.decisions).toHaveLength(1)
    const taken = await stores.audit.list({ operation: 1, action: 'decision.approve', limit: 100 })
    expect(taken).toHaveLength(1)
  })

  it('are claimed once, with all their guests, and beaten by the holder alone', async () => {
    const two = plan({ targets: [target(101), target(102)] })
    await create(two)
    await create(plan({ targets: [target(102)] }))
    for (const id of [1, 2]) good(await stores.operations.apply(id, approve('bob'), soon))

    const by = (holder: string) => ({ holder, seen: null, overrules: [] })
    const claims = await Promise.all(
      ['a', 'b', 'c'].map((holder) => stores.operations.claim(1, by(holder), soon)),
    )
    const held = await stores.operations.claim(2, by('a'), soon)
    expect(claims.filter(({ kind }) => kind === 'claimed')).toHaveLength(1)
    expect(held).toMatchObject({ kind: 'held', by: [{ guest: 'vm-102', operation: 1 }] })
    const holder = (await stores.operations.get(1))?.lease?.holder ?? ''
    expect(await stores.operations.beat(1, holder)).toBe(true)
    expect(await stores.operations.beat(1, 'another')).toBe(false)
    expect((await stores.operations.get(1))?.lease?.beat).toBe(2)
  })

  const intend = (index: number) =>
    ({ kind: 'intend', holder: 'me', index, node: 'pve1', nodeTime: 5 }) as const
  const follow = (index: number) => ({ kind: 'follow', holder: 'me', index, upid: `UPID:${index}` }) as const

  it.each([
    ['neither is begun', [], [0, 1], [101, 102]],
    ['both are shut down', [intend(0), follow(0), intend(1), follow(1)], [0, 1], []],
    ['one is not begun', [intend(0), follow(0)], [0, 1], [102]],
    ['what came of one is not known yet', [intend(0), follow(0), intend(1)], [0, 1], [102]],
    ['one is not meant', [intend(0), follow(0), intend(1), follow(1)], [0], [102]],
    ['none is meant', [intend(0), follow(0), intend(1), follow(1)], [], [101, 102]],
  ] as const)('guests are taken from a shutdown one by one: %s', async (_, events, overrules, held) => {
    const call = { verb: 'shutdown', timeout: null, overruleShutdown: false } as const
    const both = [target(101, { call }), target(102, { call })]
    await create(plan({ command: 'shutdown', targets: both }))
    await create(plan({ targets: [target(101), target(102)] }))
    for (const id of [1, 2]) good(await stores.operations.apply(id, approve('bob'), soon))
    await stores.operations.claim(1, { holder: 'me', seen: null, overrules: [] }, soon)
    for (const event of events) good(await stores.operations.apply(1, event, soon))

    const claimed = await stores.operations.claim(2, { holder: 'other', seen: null, overrules }, soon)

    const guests = claimed.kind === 'held' ? claimed.by.map(({ guest }) => guest).sort() : claimed.kind
    expect(guests).toEqual(held.length === 0 ? 'claimed' : held.map((vmid) => `vm-${vmid}`))
  })

  it('nothing else than a shutdown is overruled', async () => {
    await create()
    await create()
    for (const id of [1, 2]) good(await stores.operations.apply(id, approve('bob'), soon))
    await stores.operations.claim(1, { holder: 'me', seen: null, overrules: [] }, soon)
    for (const event of [intend(0), follow(0)]) good(await stores.operations.apply(1, event, soon))

    const claimed = await stores.operations.claim(2, { holder: 'other', seen: null, overrules: [0] }, soon)

    expect(claimed.kind).toBe('held')
  })

  it('an intent meets the freeze that was committed before it', async () => {
    const carol = actor('carol', { personId: 1 })
    const admin = { role: 'admin', scope: { kind: 'everything' } } as const
    const added = { kind: 'add', name: 'carol', accounts: [], grants: [admin] } as const
    good(await stores.people.change(added, carol, soon))
    const by = { by: carol, at: NOW, typed: 'vm-101' }
    for (const command of ['stop', 'start']) {
      const made = plan({
        command,
        workspace: 'lab',
        requirement: { ...ONE_APPROVAL, roles: [], approvals: 0 },
      })
      const operation = newOperation(made, planDigest(made), by)
      await stores.operations.create({ operation, plan: canonical(made), shown: '{}', at: NOW })
    }
    await stores.operations.claim(1, { holder: 'me', seen: null, overrules: [] }, soon)
    const until = new Date(soon.getTime() + 1000)
    const freeze = { workspace: 'lab', reason: 'audit', by: 'carol', at: soon.toISOString() }
    await stores.freezes.freeze({ ...freeze, until: until.toISOString() }, carol, soon)

    const frozen = await stores.operations.apply(1, intend(0), soon)
    expect(codeOf(frozen)).toBe('frozen')
    expect((await stores.operations.get(1))?.steps[0]?.state).toBe('pending')
    expect(await stores.audit.list({ operation: 1, action: 'effect', limit: 1 })).toEqual([])
    const end = { kind: 'end', holder: 'me', index: 0, state: 'cancelled', code: 'frozen' } as const
    good(await stores.operations.apply(1, { ...end, message: 'stopped', log: [] }, soon))
    good(await stores.operations.apply(1, { kind: 'finish', holder: 'me' }, soon))
    await stores.operations.claim(2, { holder: 'me', seen: null, overrules: [] }, soon)
    // An admin may start guests; whoever is none any more may not.
    await stores.people.change({ kind: 'add', name: 'erin', accounts: [], grants: [admin] }, carol, soon)
    const revoked = { kind: 'revoke', name: 'carol', grant: admin } as const
    good(await stores.people.change(revoked, carol, soon))
    expect(codeOf(await stores.operations.apply(2, intend(0), soon))).toBe('frozen')
    good(await stores.people.change({ kind: 'grant', name: 'carol', grant: admin }, carol, soon))
    expect(codeOf(await stores.operations.apply(2, intend(0), soon))).toBe('done')
  })

  it('an intent does not meet one that is over', async () => {
    await create()
    good(await stores.operations.apply(1, approve('bob'), soon))
    await stores.operations.claim(1, { holder: 'me', seen: null, overrules: [] }, soon)
    const until = new Date(soon.getTime() + 1000).toISOString()
    const freeze = { workspace: 'lab', reason: 'audit', by: 'carol', at: soon.toISOString(), until }
    await stores.freezes.freeze(freeze, actor('carol'), soon)

    expect(codeOf(await stores.operations.apply(1, intend(0), new Date(until)))).toBe('done')
  })

  it('a bulk of 200 is written step by step, and its tasks are found', async () => {
    const many = plan({ targets: Array.from({ length: 200 }, (_, n) => target(1000 + n)) })
    await create(many)
    good(await stores.operations.apply(1, approve('bob'), soon))
    await stores.operations.claim(1, { holder: 'me', seen: null, overrules: [] }, soon)
    const intend = { kind: 'intend', holder: 'me', index: 7, node: 'pve1', nodeTime: 5 } as const
    good(await stores.operations.apply(1, intend, soon))
    good(await stores.operations.apply(1, { kind: 'follow', holder: 'me', index: 7, upid: 'UPID:x' }, soon))

    const read = await stores.operations.get(1)
    expect(read?.steps).toHaveLength(200)
    expect(read?.steps.map(({ index }) => index)).toEqual(Array.from({ length: 200 }, (_, n) => n))
    expect(read?.steps[7]).toMatchObject({ state: 'following', upid: 'UPID:x', node: 'pve1', vmid: 1007 })
    expect([...(await stores.operations.ownUpids('lab', ['UPID:x', 'UPID:y'])).entries()]).toEqual([
      ['UPID:x', { operation: 1, requester: actor('alice') }],
    ])
  })

  it('that were open when a backup was made are not carried out after it is restored', async () => {
    await create()
    await create()
    good(await stores.operations.apply(2, approve('bob'), soon))
    await stores.operations.claim(2, { holder: 'me', seen: null, overrules: [] }, soon)
    const intend = { kind: 'intend', holder: 'me', index: 0, node: 'pve1', nodeTime: 5 } as const
    good(await stores.operations.apply(2, intend, soon))
    const backup = join(directory, 'backup.db')
    await backupStore(path, backup)
    await stores.close()

    // The driver lets go of a closed file only with its garbage: another process puts the backup in place elsewhere.
    const elsewhere = join(directory, 'elsewhere.db')
    await promisify(execFile)(process.execPath, [child, 'restore', elsewhere, backup])
    path = elsewhere
    stores = await openStores({ path, migrationsDir, clock: systemClock })

    expect(await stores.operations.get(1)).toMatchObject({ state: 'expired', lease: null })
    expect(await stores.operations.get(2)).toMatchObject({
      state: 'unknown',
      lease: null,
      steps: [{ state: 'unknown', code: 'outcome_unknown' }],
    })
    for (const id of [1, 2]) {
      const closed = await stores.operations.get(id)
      const told = await stores.audit.list({ operation: id, limit: 100 })
      expect([id, closed && unborne(closed, told, { steps: true })]).toEqual([id, null])
    }
    expect(await stores.audit.newest('store.restored')).not.toBeNull()
    expect(await stores.audit.verify(null)).toMatchObject({ kind: 'sound' })
  })
})

describe('the audit log', () => {
  beforeEach(async () => {
    await create()
    const refused = { action: 'operation.refused', subject: 'approve', code: 'own_plan', data: {} }
    await stores.audit.append({ ...refused, actor: actor('alice'), workspace: 'lab', operation: 1 }, soon)
    await stores.operations.apply(1, approve('bob', 'a reason'), soon)
    await stores.people.change({ kind: 'add', name: 'Erin', accounts: [], grants: [] }, actor('carol'), soon)
  })

  it.each([
    ['at', `UPDATE "AuditEntry" SET "at" = '2026-11-01T12:00:00.001Z' WHERE "seq" = 2`, 2],
    ['action', `UPDATE "AuditEntry" SET "action" = 'decision.approve' WHERE "seq" = 2`, 2],
    ['actor', `UPDATE "AuditEntry" SET "actor" = replace("actor", 'bob', 'eve') WHERE "seq" = 3`, 3],
    ['workspace', `UPDATE "AuditEntry" SET "workspace" = NULL WHERE "seq" = 1`, 1],
    ['operation', `UPDATE "AuditEntry" SET "operation" = 2 WHERE "seq" = 1`, 1],
    ['subject', `UPDATE "AuditEntry" SET "subject" = '"stop vm-102"' WHERE "seq" = 1`, 1],
    ['code', `UPDATE "AuditEntry" SET "code" = NULL WHERE "seq" = 2`, 2],
    ['data', `UPDATE "AuditEntry" SET "data" = replace("data", 'a reason', 'b reason') WHERE "seq" = 3`, 3],
    ['blanks in the data', `UPDATE "AuditEntry" SET "data" = "data" || ' ' WHERE "seq" = 3`, 3],
    ['data that is no JSON', `UPDATE "AuditEntry" SET "data" = '{' WHERE "seq" = 3`, 3],
    ['prev', `UPDATE "AuditEntry" SET "prev" = '' WHERE "seq" = 2`, 2],
    ['hash', `UPDATE "AuditEntry" SET "hash" = replace("hash", 'a', 'b') WHERE "seq" = 4`, 4],
    ['a deleted row', `DELETE FROM "AuditEntry" WHERE "seq" = 2`, 2],
    ['the last row', `DELETE FROM "AuditEntry" WHERE "seq" = 4`, 4],
    ['a number', `UPDATE "AuditEntry" SET "seq" = 9 WHERE "seq" = 3`, 3],
    ['the head', `UPDATE "AuditHead" SET "hash" = ''`, 5],
  ])('an edited %s is found and named', async (_, statement, seq) => {
    await sql(statement)

    expect(await stores.audit.verify(null)).toMatchObject({ kind: 'broken', seq })
  })

  it('a swapped pair is found', async () => {
    await sql(`UPDATE "AuditEntry" SET "seq" = -1 WHERE "seq" = 2`)
    await sql(`UPDATE "AuditEntry" SET "seq" = 2 WHERE "seq" = 3`)
    await sql(`UPDATE "AuditEntry" SET "seq" = 3 WHERE "seq" = -1`)

    expect(await stores.audit.verify(null)).toMatchObject({ kind: 'broken', seq: 2 })
  })

  it('a cut tail whose head was put right is found only by a head that was kept', async () => {
    const kept = await stores.audit.head()
    await sql(`DELETE FROM "AuditEntry" WHERE "seq" > 2`)
    await sql(`UPDATE "AuditHead" SET "seq" = 2, "hash" = (SELECT "hash" FROM "AuditEntry" WHERE "seq" = 2)`)

    expect((await stores.audit.verify(null)).kind).toBe('sound')
    expect(await stores.audit.verify(kept)).toMatchObject({ kind: 'broken', seq: 3 })
    expect(headText(kept)).toMatch(/^4-[0-9a-f]{64}$/)
  })

  it('is listed by what is asked for', async () => {
    const actions = async (filter: object) =>
      (await stores.audit.list({ limit: 10, ...filter })).map(({ action }) => action)

    expect(await actions({ action: 'decision' })).toEqual(['decision.approve'])
    expect(await actions({ person: 'carol' })).toEqual(['person.added'])
    expect(await actions({ since: new Date(NOW.getTime() + 1) })).toHaveLength(3)
    expect(await actions({ workspaces: ['lab'] })).toHaveLength(3)
    expect(await actions({ limit: 1 })).toEqual(['person.added'])
  })
})

describe('people', () => {
  const everything = { kind: 'everything' } as const
  const account = { surface: 'console', id: 'maria' } as const
  const change = (what: Parameters<Stores['people']['change']>[0]) =>
    stores.people.change(what, actor('carol'), soon)
  const add = (name: string, role: 'admin' | 'operator' = 'operator') =>
    change({ kind: 'add', name, accounts: [], grants: [{ role, scope: everything }] })

  it('are added, granted, linked and removed; the name is free again, the number is not', async () => {
    await add('root', 'admin')
    const first = good(await add('Maria'))
    const scope = { kind: 'pool', name: 'lab' } as const
    good(await change({ kind: 'grant', name: 'maria', grant: { role: 'approver', scope } }))
    good(await change({ kind: 'grant', name: 'maria', grant: { role: 'approver', scope } }))
    const linked = good(await change({ kind: 'link', name: 'maria', account }))

    expect(linked).toEqual({
      id: first.id,
      name: 'maria',
      accounts: [account],
      grants: expect.arrayContaining([
        { role: 'operator', scope: everything },
        { role: 'approver', scope },
      ]),
    })
    expect(linked.grants).toHaveLength(2)
    expect(await stores.people.byAccount(account)).toEqual(linked)
    good(await change({ kind: 'remove', name: 'maria' }))
    expect(await stores.people.byAccount(account)).toBeNull()
    expect(good(await add('maria')).id).toBeGreaterThan(first.id)
    expect((await stores.people.list()).map(({ name }) => name)).toEqual(['maria', 'root'])
  })

  it.each([
    ['a name that is taken', () => add('ROOT'), 'person_exists'],
    ['a name that is none', () => add('../root'), 'wrong_argument'],
    ['somebody who is not there', () => change({ kind: 'remove', name: 'nobody' }), 'unknown_person'],
    ['the last admin', () => change({ kind: 'remove', name: 'root' }), 'last_admin'],
    [
      'the last admin role',
      () => change({ kind: 'revoke', name: 'root', grant: { role: 'admin', scope: everything } }),
      'last_admin',
    ],
    [
      'a grant that is none',
      () => change({ kind: 'revoke', name: 'root', grant: { role: 'auditor', scope: everything } }),
      'no_such_grant',
    ],
    ['an account of nobody', () => change({ kind: 'unlink', account }), 'unknown_account'],
  ])('%s is refused', async (_, go, code) => {
    await add('root', 'admin')

    expect(codeOf(await go())).toBe(code)
  })

  it('an account belongs to one person', async () => {
    await add('root', 'admin')
    await add('maria')
    good(await change({ kind: 'link', name: 'maria', account }))

    expect(codeOf(await change({ kind: 'link', name: 'root', account }))).toBe('account_taken')
  })

  it('a code links once; five wrong ones lock the account for an hour', async () => {
    await add('root', 'admin')
    await add('maria')
    const invite = (codeHash: string, expiresAt = new Date(soon.getTime() + 600_000)) =>
      stores.people.invite({ name: 'maria', codeHash, expiresAt }, actor('carol'), soon)
    good(await invite('old'))
    good(await invite('right'))
    const other = { surface: 'slack', id: 'U1' } as const
    const redeem = (hash: string, at = soon, whose: typeof other | typeof account = other) =>
      stores.people.redeem(hash, whose, at)

    expect(codeOf(await redeem('old'))).toBe('link_wrong')
    for (let n = 0; n < 4; n++) expect(codeOf(await redeem('wrong'))).toBe('link_wrong')
    expect(codeOf(await redeem('right'))).toBe('link_locked')
    expect(codeOf(await redeem('right', new Date(NOW.getTime() - 3_600_000)))).toBe('link_locked')
    expect(good(await redeem('right', soon, account)).name).toBe('maria')
    expect(codeOf(await redeem('right', soon, account))).toBe('link_wrong')
    good(await invite('late', new Date(soon.getTime() - 1)))
    expect(codeOf(await redeem('late', soon, account))).toBe('link_wrong')
    const refused = await stores.audit.list({ action: 'link', limit: 20 })
    expect(refused.map(({ code }) => code)).toContain('link_locked')
  })
})

it('a code counts as long as was meant where the log is ahead of the clock', async () => {
  const entry = { action: 'test', actor: null, workspace: null, operation: null, subject: '', code: null }
  await stores.audit.append({ ...entry, data: {} }, new Date(NOW.getTime() + 3_600_000))
  good(
    await stores.people.change(
      { kind: 'add', name: 'maria', accounts: [], grants: [] },
      actor('carol'),
      soon,
    ),
  )
  const expiresAt = new Date(soon.getTime() + 600_000)
  good(await stores.people.invite({ name: 'maria', codeHash: 'right', expiresAt }, actor('carol'), soon))

  const linked = await stores.people.redeem('right', { surface: 'slack', id: 'U9' }, soon)

  expect(good(linked).name).toBe('maria')
})

describe('freezes and marks', () => {
  it('a freeze holds until its end or until it is lifted', async () => {
    const freeze = { workspace: 'lab', reason: 'audit', by: 'carol', at: soon.toISOString(), until: null }
    await stores.freezes.freeze(freeze, actor('carol'), soon)
    expect(await stores.freezes.current('lab', soon)).toEqual(freeze)
    expect(await stores.freezes.current('other', soon)).toBeNull()
    expect(await stores.freezes.unfreeze('lab', actor('carol'), soon)).toEqual(freeze)
    expect(codeOf(await stores.freezes.unfreeze('lab', actor('carol'), soon))).toBe('not_frozen')

    const until = new Date(soon.getTime() + 1000).toISOString()
    await stores.freezes.freeze({ ...freeze, until }, actor('carol'), soon)
    expect(await stores.freezes.current('lab', soon)).not.toBeNull()
    expect(await stores.freezes.current('lab', new Date(soon.getTime() + 2000))).toBeNull()
  })

  it('the last mark that was known is kept', async () => {
    const mark = { kind: 'ct', addresses: ['AA'] } as const
    await stores.marks.put([{ cluster: 'lab', vmid: 201, name: 'ct', mark }], soon)
    await stores.marks.put(
      [{ cluster: 'lab', vmid: 201, name: 'ct', mark: { kind: 'unknown', why: '' } }],
      soon,
    )

    expect(await stores.marks.get('lab', 201)).toEqual({ mark, name: 'ct', seenAt: soon.toISOString() })
    expect(await stores.marks.get('lab', 202)).toBeNull()
  })
})
