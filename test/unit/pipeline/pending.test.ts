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

const SLACK = ['slack'] as const

it.each([
  ['no chat is used', [], [QUIET], 1, 0],
  ['no channel is bound at all', SLACK, [], 1, 1],
  ['a channel is for approvals', SLACK, [QUIET, { ...OPS, channel: 'C0TWO' }], 1, 0],
  ['none is', SLACK, [QUIET], 1, 1],
  ['one is of a chat that is not used any more', ['discord'], [OPS], 1, 1],
  ['only another workspace has one', SLACK, [QUIET, { ...OPS, channel: 'C0TWO', workspace: 'far' }], 1, 1],
  ['nobody else has to approve', SLACK, [QUIET], 0, 0],
] as const)('what waits unseen is told of: %s', async (_, chats, bindings, approvals, told) => {
  const sections = await unseen({ chats, stores: { bindings: memoryBindings(bindings) } }, 'lab', [
    waiting(approvals),
  ])

  expect(sections).toHaveLength(told)
})
