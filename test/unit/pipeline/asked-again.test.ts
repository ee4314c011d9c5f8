import { describe, expect, it } from '@jest/globals'
import { newOperation, type Operation } from '../../../src/core/operation.js'
import { planDigest } from '../../../src/core/plan.js'
import { waitingAlready } from '../../../src/pipeline/asked-again.js'
import { actor, NOW, ONE_APPROVAL, plan } from '../core/operations.js'
import { contextOf } from '../features/support.js'

/** What a person may leave waiting. */

const asked = (who: string, reason: string, approvals = 1) => {
  const made = plan({ reason, requirement: { ...ONE_APPROVAL, approvals, roles: [] } })
  return newOperation(made, planDigest(made), { by: actor(who), at: NOW, typed: 'vm-101' })
}
const many = (who: string, count: number): readonly Operation[] =>
  Array.from({ length: count }, (_, n) => ({ ...asked(who, `${n}`), id: n + 1 }))

function answered(waiting: readonly Operation[], next: ReturnType<typeof asked>, now = NOW) {
  const { stores } = contextOf({})
  const operations = { ...stores.operations, list: async () => waiting }
  return waitingAlready({ stores: { ...stores, operations }, now: () => now }, next)
}

describe('of one person a hundred plans may wait', () => {
  it('and no more', async () => {
    expect(await answered(many('alice', 99), asked('alice', 'one more'))).toBeNull()
    expect(await answered(many('alice', 100), asked('alice', 'one more'))).toMatchObject({
      code: 'rate_limited',
      message: expect.stringContaining('100 plans'),
    })
  })

  it('which keeps nobody else from asking, nor what waits for nobody', async () => {
    expect(await answered(many('alice', 100), asked('carol', 'mine'))).toBeNull()
    expect(await answered(many('alice', 100), asked('alice', 'at once', 0))).toBeNull()
  })

  it('and those that are over do not count', async () => {
    const later = new Date(NOW.getTime() + ONE_APPROVAL.ttl)
    expect(await answered(many('alice', 100), asked('alice', 'one more'), later)).toBeNull()
  })
})
