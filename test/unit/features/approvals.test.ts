import { describe, expect, it } from '@jest/globals'
import { approvalCommands } from '../../../src/features/approvals/commands.js'
import { ALICE, type Calls, contextOf, fakeDesk, say } from './support.js'

async function asked(line: string) {
  const calls: Calls = []
  const answer = await say(approvalCommands, line, contextOf({ speaker: ALICE, desk: fakeDesk(calls) }))
  return { answer, calls }
}

describe('what is handed to the desk', () => {
  it.each([
    ['approvals', ['pending', false]],
    ['approvals --all', ['pending', true]],
    ['approve op1', ['decide', 1, 'approve', { plan: null, reason: null, typed: null }]],
    [
      'approve op12 --plan 1A2B3C4D --reason "by phone" --type web-01',
      ['decide', 12, 'approve', { plan: '1a2b3c4d', reason: 'by phone', typed: 'web-01' }],
    ],
    ['confirm 3 --type "stop 12"', ['decide', 3, 'confirm', { plan: null, reason: null, typed: 'stop 12' }]],
    ['deny op2 --reason no', ['decide', 2, 'deny', { plan: null, reason: 'no', typed: null }]],
    ['cancel op4', ['cancel', 4, null]],
    ['cancel op4 --reason late', ['cancel', 4, 'late']],
    ['continue op5', ['resume', 5, { reason: null }]],
    ['undo op6 --reason "needed after all"', ['undo', 6, { reason: 'needed after all' }]],
    ['why op7', ['why', 7]],
  ])('%s', async (line, expected) => {
    const { answer, calls } = await asked(line)

    expect(answer.kind).toBe('card')
    expect(calls).toEqual([expected])
  })

  it('a reason of blanks is none', async () => {
    const { calls } = await asked('approve op1 --reason "   " --type " "')

    expect(calls).toEqual([['decide', 1, 'approve', { plan: null, reason: null, typed: null }]])
  })

  it.each(['', '1a2b3c4', 'op1', '1a2b3c4d;rm', 'zzzzzzzz'])(
    'a plan digest %j binds nothing, and is refused before the desk',
    async (digest) => {
      const { answer, calls } = await asked(`approve op1 --plan "${digest}"`)

      expect(answer).toMatchObject({ kind: 'refusal', code: 'wrong_argument' })
      expect(calls).toEqual([])
    },
  )

  it('needs an operation', async () => {
    expect((await asked('approve')).answer).toMatchObject({ code: 'missing_argument' })
  })
})

describe('who may type it at all', () => {
  it.each([
    ['approvals', 'reader', 'read'],
    ['approve', 'approver', 'routine'],
    ['confirm', 'operator', 'routine'],
    ['deny', 'approver', 'routine'],
    ['cancel', 'reader', 'routine'],
    ['continue', 'operator', 'routine'],
    ['undo', 'operator', 'routine'],
    ['why', 'reader', 'read'],
  ])('%s: %s', (path, role, risk) => {
    const command = approvalCommands.find((each) => each.path[0] === path)

    expect(command).toMatchObject({ role, risk, freshness: 'none', surfaces: 'all' })
  })
})
