import { expect, it } from '@jest/globals'
import { newOperation } from '../../../src/core/operation.js'
import { planDigest } from '../../../src/core/plan.js'
import { unseen } from '../../../src/pipeline/pending.js'
import { memoryBindings } from '../../fakes/memory-stores.js'
import { actor, NOW, ONE_APPROVAL, plan } from '../core/operations.js'

const OPS = { surface: 'slack', channel: 'C0OPS', name: 'ops', workspace: 'lab', approvals: true } as const
const QUIET = { ...OPS, approvals: false }

function waiting(approvals: number) {
  const made = plan({ requirement: { ...ONE_APPROVAL, approvals, roles: [] } })
  return {
    ...newOperation(made, planDigest(made), { by: actor('alice'), at: NOW, typed: 'vm-101' }),
    id: 1,
  }
}

it.each([
  ['no chat is used', [], 1, 0],
  ['a channel is for approvals', [QUIET, { ...OPS, channel: 'C0TWO' }], 1, 0],
  ['none is', [QUIET], 1, 1],
  ['only another workspace has one', [QUIET, { ...OPS, channel: 'C0TWO', workspace: 'far' }], 1, 1],
  ['nobody else has to approve', [QUIET], 0, 0],
] as const)('what waits unseen is told of: %s', async (_, bindings, approvals, told) => {
  const sections = await unseen({ stores: { bindings: memoryBindings(bindings) } }, 'lab', [
    waiting(approvals),
  ])

  expect(sections).toHaveLength(told)
})
