import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Answer } from '../../../src/core/command.js'
import { type OperationsLab, startOperationsLab } from '../../support/operations-lab.js'

let lab: OperationsLab

beforeAll(async () => {
  lab = await startOperationsLab()
})
afterAll(() => lab.close())

const stateOf = (answer: Answer) =>
  answer.kind === 'operation' ? answer.report.state : JSON.stringify(answer)
const codeOf = (answer: Answer) => (answer.kind === 'refusal' ? answer.code : answer.kind)

describe('from a word to an effect', () => {
  it('stop waits for another person, runs once approved, and is taken back', async () => {
    const asked = await lab.change('alice', 'stop', [await lab.guest(101)])
    expect(stateOf(asked)).toBe('waiting')
    expect(codeOf(await lab.decide('alice', 'approve', 1))).toBe('own_plan')
    expect(codeOf(await lab.decide('dave', 'approve', 1))).toBe('no_role')

    const approved = await lab.decide('bob', 'approve', 1)
    expect(stateOf(approved)).toBe('verified')

    const undone = await lab.undo('alice', 1)
    expect(stateOf(undone)).toBe('verified')
    const calls = await lab.control.calls()
    expect(calls.map(({ path }) => path.replace(/^.*status\//, ''))).toEqual(['stop', 'start'])
  })
})
