import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { type OperationsLab, startOperationsLab } from '../../support/operations-lab.js'

/** What rules ask for together is given by each of those it is asked of. */

let lab: OperationsLab
beforeEach(async () => {
  lab = await startOperationsLab({ nodes: 3 })
})
afterEach(() => lab.close())

it('a rule that has the name typed by others leaves the word of who asked in force', async () => {
  lab.setPolicy({
    rules: [{ name: 'prod typed', when: { tag: 'prod' }, require: { confirm: 'typed', approvals: 1 } }],
  })
  const guest = await lab.guest(101)
  await lab.change('alice', 'shutdown', [guest])

  const approved = await lab.decide('bob', 'approve', 1, { typed: guest.name })
  expect(approved).toMatchObject({ report: { state: 'waiting', needs: 'confirmation' } })
  expect(await lab.control.calls()).toEqual([])
  const untyped = await lab.decide('alice', 'confirm', 1)
  expect(untyped).toMatchObject({ code: 'typed_wrong' })
  const confirmed = await lab.decide('alice', 'confirm', 1, { typed: guest.name })
  expect(confirmed).toMatchObject({ report: { state: 'verified' } })
})
