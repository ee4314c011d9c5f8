import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { type AuditEntry, entryHash } from '../../../src/core/audit.js'
import type { Json } from '../../../src/core/digest.js'
import { type OperationsLab, startOperationsLab } from '../../support/operations-lab.js'

/** Operations that a version left behind whose log did not bind what was shown with them. */

let lab: OperationsLab
beforeEach(async () => {
  lab = await startOperationsLab({ nodes: 3 })
})
afterEach(() => lab.close())

function unbound(): void {
  const { entries } = lab.stores
  for (const [at, entry] of entries.entries())
    if (entry.action === 'operation.asked') entries[at] = withoutShown(entry)
}

function withoutShown(entry: AuditEntry): AuditEntry {
  const data: Readonly<Record<string, Json>> = JSON.parse(JSON.stringify(entry.data))
  const { shown: _, ...rest } = data
  const earlier = { ...entry, data: rest }
  return { ...earlier, hash: entryHash(earlier) }
}

it('are to be asked for anew while they wait', async () => {
  await lab.change('alice', 'stop', [await lab.guest(101)])
  unbound()

  const refused = await lab.decide('bob', 'approve', 1)
  expect(refused).toMatchObject({ code: 'plan_edited', hint: 'Ask anew.' })
  expect(JSON.stringify(await (await lab.desk('bob')).why(1))).toContain('an earlier version')
  expect(await lab.control.calls()).toEqual([])
  expect(await lab.change('alice', 'stop', [await lab.guest(101)])).toMatchObject({ report: { number: 2 } })
  expect(await lab.decide('bob', 'approve', 2)).toMatchObject({ report: { state: 'verified' } })
})

it('are not begun when they were decided', async () => {
  await lab.change('alice', 'stop', [await lab.guest(101)])
  await lab.handOver(async () => {
    const bob = { personId: 2, person: 'bob', account: 'console:bob', realPersonId: null, realPerson: null }
    const event = {
      kind: 'decide',
      verdict: 'approve',
      actor: bob,
      digest: null,
      reason: null,
      typed: null,
    } as const
    await lab.stores.operations.apply(1, event, new Date())
    unbound()
  })

  expect(await lab.follow('bob', 1)).toMatchObject({ report: { state: 'failed', code: 'plan_edited' } })
  expect(await lab.control.calls()).toEqual([])
})

it('are brought to their end when they are under way, and read as ever when they are over', async () => {
  await lab.control.fault({ kind: 'task-slow', vmid: 101, seconds: 20, count: 1 })
  await lab.change('alice', 'stop', [await lab.guest(101)])
  const deciding = lab.decide('bob', 'approve', 1)
  while ((await lab.stores.operations.get(1))?.steps[0]?.state !== 'following')
    await new Promise((done) => setTimeout(done, 30))
  await lab.handOver(async () => unbound())

  expect(await deciding).toMatchObject({ report: { state: 'verified', code: null } })
  expect(await lab.undo('alice', 1)).toMatchObject({ report: { state: 'verified' } })
})
