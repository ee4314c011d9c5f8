import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { buttonsOf } from '../../../src/chat/buttons.js'
import type { Answer } from '../../../src/core/command.js'
import { RefusalError } from '../../../src/core/refusal.js'
import type { Stores } from '../../../src/ports/store/stores.js'
import { openStores } from '../../../src/store/open.js'
import { type Database, openDatabase } from '../../../src/store/tx.js'
import { systemClock } from '../../../src/system/clock.js'
import { type OperationsLab, startOperationsLab } from '../../support/operations-lab.js'

/**
 * Somebody edits a real database by hand, one field at a time, everything that a card shows or that steers what is done.
 * None of it is decided on, none is carried out, and nobody is shown it as if it had been asked for.
 */

type Where = 'Operation' | 'OperationStep' | 'Decision'
type Edit = { readonly field: string; readonly where: Where; readonly set: string }

const column = (where: Where, name: string, value: string): Edit => ({
  field: `${where}.${name}`,
  where,
  set: `"${name}" = ${value}`,
})
const inside = (where: Where, json: string, path: string, value: string): Edit => ({
  field: `${where}.${json}.${path.split('.')[0]}`,
  where,
  set: `"${json}" = json_set("${json}", '$.${path}', ${value})`,
})
const head = (path: string, value: string) => inside('Operation', 'head', path, value)
const step = (path: string, value: string) => inside('OperationStep', 'body', path, value)
const made = (path: string, value: string) => inside('Decision', 'body', path, value)
const replaced = (name: string, from: string, to: string): Edit => ({
  field: `Operation.${name}`,
  where: 'Operation',
  set: `"${name}" = replace("${name}", '${from}', '${to}')`,
})

const TIME = `'2026-01-01T00:00:00.000Z'`

/** While it waits, and while it is decided and not begun. */
const EDITS: readonly Edit[] = [
  column('Operation', 'workspace', `'other'`),
  column('Operation', 'planDigest', `'${'0'.repeat(64)}'`),
  column('Operation', 'expiresAt', `'2099-01-01T00:00:00.000Z'`),
  replaced('plan', '"name":"guest-', '"name":"test-99'),
  replaced('plan', '"vmid":3', '"vmid":4'),
  replaced('shown', 'guest-', 'test-99'),
  replaced('shown', 'pve1', 'pve2'),
  head('command', `'start'`),
  head('asked', `'test-99'`),
  head('risk', `'routine'`),
  head('requester.person', `'dave'`),
  head('requester.personId', '3'),
  head('requirement.approvals', '0'),
  head('requirement.confirm', `'typed'`),
  head('requirement.own', `json('true')`),
  head('requirement.roles', `json('["admin"]')`),
  head('requirement.reason', `json('true')`),
  head('requirement.ttl', '99999999'),
  head('requirement.solo', `json('true')`),
  head('typed', `'yes'`),
  head('reason', `'harmless'`),
  head('code', `'already'`),
  head('message', `'Nothing will happen.'`),
  head('createdAt', TIME),
  head('decidedAt', TIME),
  head('endedAt', TIME),
  head('cancelAsked', `json('true')`),
  head('canary', '3'),
  head('parallel', '400'),
  head('keepGoing', `json('true')`),
  head('after', `json('{"kind":"undo","operation":1}')`),
  column('OperationStep', 'cluster', `'other'`),
  column('OperationStep', 'vmid', '102'),
  column('OperationStep', 'index', '1'),
  column('OperationStep', 'state', `'verified'`),
  column('OperationStep', 'upid', `'UPID:x'`),
  step('cluster', `'other'`),
  step('vmid', '102'),
  step('kind', `'lxc'`),
  step('name', `'test-99'`),
  step('verb', `'start'`),
  step('code', `'already'`),
  step('message', `'It is stopped.'`),
  step('node', `'pve3'`),
  step('intentAt', TIME),
  step('intentNodeTime', '5'),
  step('endedAt', TIME),
  step('log', `json('["all is well"]')`),
]

/** Who begins it puts their own in its place. */
const HELD = column('Operation', 'leaseHolder', `'somebody'`)

const STATES = (...states: readonly string[]) =>
  states.map((state) => column('Operation', 'state', `'${state}'`))

/** A decision is edited, taken away, or made up. */
const DECIDED: readonly Edit[] = [
  column('Decision', 'personId', '3'),
  column('Decision', 'verdict', `'confirm'`),
  column('Decision', 'index', '4'),
  made('actor.person', `'carol'`),
  made('actor.personId', '3'),
  made('actor.account', `'console:carol'`),
  made('actor.realPerson', `'carol'`),
  made('verdict', `'deny'`),
  made('reason', `'seen'`),
  made('at', TIME),
  made('planDigest', `'0'`),
  made('counts', `json('false')`),
]

/** What may be edited without anything following from it but what is said here. */
const UNBOUND: Readonly<Record<string, string>> = {
  'Operation.id': 'its number is its name',
  'Operation.head': 'told by its fields',
  'Operation.leaseBeat': 'a sign of life; without a holder it says nothing',
  'Operation.head.clockAhead': 'more of it ends its time earlier; the time itself is bound',
  'Operation.head.remindedAt': 'only whether it is reminded of once more',
  'OperationStep.operationId': 'which operation it belongs to',
  'OperationStep.body': 'told by its fields',
  'Decision.operationId': 'which operation it belongs to',
  'Decision.body': 'told by its fields',
}

const BOB = { personId: 2, person: 'bob', account: 'console:bob', realPersonId: null, realPerson: null }
const APPROVE = {
  kind: 'decide',
  verdict: 'approve',
  actor: BOB,
  digest: null,
  reason: null,
  typed: null,
} as const

let directory = ''
let stores: Stores
let database: Database
let lab: OperationsLab

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'proxmox-mpc-edited-'))
  const path = join(directory, 'state.db')
  stores = await openStores({ path, migrationsDir: resolve('prisma/migrations'), clock: systemClock })
  database = openDatabase({ path, busyTimeout: 5000 })
  lab = await startOperationsLab({ stores, onFault: String })
})
afterAll(async () => {
  await lab.close()
  await database.close()
  await stores.close()
  rmSync(directory, { recursive: true, force: true })
})

const edit = async (id: number, { where, set }: Edit): Promise<void> => {
  const key = where === 'Operation' ? 'id' : 'operationId'
  const edited = await database.run(`UPDATE "${where}" SET ${set} WHERE "${key}" = ?`, id)
  expect(edited).toBeGreaterThan(0)
}

/** Damaged rows are thrown as refusals; the road makes answers of them. */
const answered = (answer: Promise<Answer>): Promise<Answer> =>
  answer.catch((error: unknown) => {
    if (error instanceof RefusalError) return error.refusal
    throw error
  })
const codeOf = (answer: Answer) => (answer.kind === 'refusal' ? answer.code : answer.kind)

let vmid = 3000
/** On a guest of its own each time, so that none waits for another. */
async function ask(): Promise<number> {
  vmid += 1
  const name = `guest-${vmid}`
  await lab.control.change({ kind: 'create', vmid, name, node: 'pve1', running: true })
  const guest = { cluster: 'lab', vmid, kind: 'qemu', name, node: 'pve1', incarnation: 1 } as const
  const answer = await lab.change('alice', 'stop', [guest])
  if (answer.kind !== 'operation') throw new Error(codeOf(answer))
  return answer.report.number
}

/** What anybody is shown of it, and what they could press. */
async function seen(id: number) {
  const view = await lab.board.view(id).catch(() => null)
  const why = await answered((await lab.desk('bob')).why(id))
  return {
    shown: JSON.stringify([view?.card ?? null, why]),
    buttons: view === null ? [] : buttonsOf(view.operation, () => null),
  }
}

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await what()) return
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error('it did not come about')
}

const named = (edits: readonly Edit[]) => edits.map((each) => [`${each.field}: ${each.set}`, each] as const)

describe('an operation that waits', () => {
  it.each(named([...EDITS, HELD, ...STATES('ready', 'running', 'unknown', 'verified', 'denied')]))(
    'is not decided on: %s',
    async (_, one) => {
      const id = await ask()
      await edit(id, one)

      const { shown, buttons } = await seen(id)
      expect(shown).toMatch(/cannot be trusted|plan_edited/)
      expect(shown).not.toMatch(/test-99|harmless|all is well|Nothing will happen/)
      expect(buttons).toEqual([])
      expect(codeOf(await answered(lab.decide('bob', 'approve', id)))).toBe('plan_edited')
    },
  )

  it('is in the list of what waits as what it is, with nothing to choose', async () => {
    const id = await ask()
    await edit(id, head('asked', `'test-99'`))

    const listed = await (await lab.desk('bob')).pending(false)
    if (listed.kind !== 'choice') throw new Error(listed.kind)
    expect(JSON.stringify(listed.card)).not.toContain('test-99')
    expect(listed.card.heading).toMatch(/operations? edited in the database/)
    expect(listed.card.table?.rows.find((row) => row.id === `op${id}`)?.what).toBe('edited in the database')
    expect(listed.choices.filter(({ words }) => words.includes(`op${id} `))).toEqual([])
  })

  it('can be denied all the same, and cancelled', async () => {
    const [one, two] = [await ask(), await ask()]
    for (const id of [one, two]) await edit(id, head('asked', `'test-99'`))

    expect(await lab.decide('bob', 'deny', one)).toMatchObject({ report: { state: 'denied' } })
    expect(await lab.cancel('alice', two)).toMatchObject({ report: { state: 'cancelled' }, choices: [] })
  })
})

describe('an operation that is decided and not begun', () => {
  const ids = new Map<string, number>()
  const all = named([...EDITS, ...DECIDED, ...STATES('waiting', 'running', 'unknown', 'verified')])

  beforeAll(async () => {
    // Nobody is there to begin them before they are edited.
    await lab.handOver(async () => {
      for (const [name, one] of all) {
        const id = await ask()
        await stores.operations.apply(id, APPROVE, new Date())
        await edit(id, one)
        ids.set(name, id)
      }
    })
    await until(async () => {
      const ready = await stores.operations.list({ states: ['ready', 'running'], limit: 200 })
      return !ready.some(({ id }) => [...ids.values()].includes(id))
    })
  }, 60_000)

  it.each(all)('is not carried out: %s', async (name) => {
    const id = ids.get(name) ?? 0
    const ended = await stores.operations.get(id).catch((error: RefusalError) => error.refusal)
    const after = ended?.code ?? codeOf(await answered(lab.decide('carol', 'approve', id)))

    expect(after).toBe('plan_edited')
    expect((await seen(id)).buttons).toEqual([])
  })
})

describe('an operation that is under way', () => {
  const TASK = 'UPID:pve1:00000001:00000001:6A000000:qmstop:101:mpc@pve!operate:'
  it.each(
    named([
      column('OperationStep', 'upid', `'${TASK.replace('00000001', '00000002')}'`),
      column('OperationStep', 'state', `'sent'`),
      column('OperationStep', 'state', `'verified'`),
      step('node', `'pve3'`),
      step('intentAt', TIME),
      step('intentNodeTime', '5'),
      head('keepGoing', `json('true')`),
    ]),
  )('is not gone on with: %s', async (_, one) => {
    const id = await ask()
    await lab.handOver(async () => {
      const now = new Date()
      await stores.operations.apply(id, APPROVE, now)
      await stores.operations.claim(id, { holder: 'gone', seen: null, overrules: [] }, now)
      const by = { holder: 'gone', index: 0 }
      await stores.operations.apply(id, { kind: 'intend', ...by, node: 'pve1', nodeTime: 77 }, now)
      await stores.operations.apply(id, { kind: 'follow', ...by, upid: TASK }, now)
      await edit(id, one)
      await stores.operations.apply(id, { kind: 'release', holder: 'gone' }, now)
    })

    const ended = await lab.follow('bob', id)
    if (ended.kind !== 'operation') throw new Error(codeOf(ended))
    expect(['unknown', 'unverified']).toContain(ended.report.state)
    expect(ended.report.code).toBe('plan_edited')
    expect(await lab.control.calls()).toEqual([])
  })
})

describe('an operation that is over', () => {
  it.each(
    named([
      head('asked', `'test-99'`),
      head('message', `'Nothing will happen.'`),
      head('after', `json('{"kind":"undo","operation":1}')`),
      replaced('shown', 'guest-', 'test-99'),
      column('Operation', 'state', `'verified'`),
    ]),
  )('is shown as edited, and not taken back or gone on with: %s', async (_, one) => {
    const id = await ask()
    await lab.decide('bob', 'deny', id)
    await edit(id, one)

    const { shown, buttons } = await seen(id)
    expect(shown).toMatch(/cannot be trusted/)
    expect(shown).not.toMatch(/test-99|Nothing will happen/)
    expect(buttons).toEqual([])
    expect(['plan_edited', 'not_undoable']).toContain(codeOf(await lab.undo('alice', id)))
    expect(['plan_edited', 'nothing_to_continue']).toContain(codeOf(await lab.resume('alice', id)))
  })
})

describe('all of it', () => {
  it('sent nothing, and the log is whole: it is not by the log that the edits show', async () => {
    expect(await lab.control.calls()).toEqual([])
    expect(await stores.audit.verify(null)).toMatchObject({ kind: 'sound' })
  })

  it('leaves out no column and no field', async () => {
    await ask()
    const columns = async (where: Where) =>
      (await database.rows<{ name: string }>(`PRAGMA table_info("${where}")`)).map(
        ({ name }) => `${where}.${name}`,
      )
    const fields = async (where: Where, json: string) =>
      (
        await database.rows<{ key: string }>(
          `SELECT DISTINCT each."key" AS "key" FROM "${where}", json_each("${where}"."${json}") AS each`,
        )
      ).map(({ key }) => `${where}.${json}.${key}`)
    const there = [
      ...(await columns('Operation')),
      ...(await columns('OperationStep')),
      ...(await columns('Decision')),
      ...(await fields('Operation', 'head')),
      ...(await fields('OperationStep', 'body')),
      ...(await fields('Decision', 'body')),
    ]
    const covered = [...EDITS, HELD, ...DECIDED, ...STATES('ready')].map(({ field }) => field)

    expect(there.filter((name) => !covered.includes(name) && !(name in UNBOUND))).toEqual([])
  })
})
