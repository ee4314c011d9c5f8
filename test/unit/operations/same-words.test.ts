import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { GuestRef } from '../../../src/core/args.js'
import type { Answer } from '../../../src/core/command.js'
import { type OperationsLab, startOperationsLab } from '../../support/operations-lab.js'

/** The same words with `--confirm DIGEST` confirm a plan; other words do not, however much they are alike. */

let lab: OperationsLab
let many: readonly GuestRef[]

beforeEach(async () => {
  lab = await startOperationsLab({ nodes: 3 })
  const made: GuestRef[] = []
  for (const vmid of [5000, 5001, 5002]) {
    const name = `many-${vmid}`
    await lab.control.change({ kind: 'create', vmid, name, node: 'pve1', running: true })
    made.push({ cluster: 'lab', vmid, kind: 'qemu', name, node: 'pve1', incarnation: 1 })
  }
  many = made
})
afterEach(() => lab.close())

const FLAGS = { timeout: 240_000, reason: 'maintenance', canary: 1, parallel: 2, 'keep-going': true }
const digestOf = (answer: Answer) => (answer.kind === 'operation' ? answer.report.planDigest : '')
const said = (answer: Answer) =>
  answer.kind === 'refusal'
    ? [answer.code, answer.message]
    : [answer.kind === 'operation' ? answer.report.state : '']

describe('a plan is confirmed by the same words', () => {
  it('with all that was said', async () => {
    const digest = digestOf(await lab.change('alice', 'shutdown', many, FLAGS))

    const confirmed = await lab.change('alice', 'shutdown', [...many].reverse(), {
      ...FLAGS,
      confirm: digest,
    })

    expect(said(confirmed)).toEqual(['verified'])
    expect(await lab.stores.operations.get(2)).toBeNull()
  })

  it('with those that were left out, which are named as well', async () => {
    await lab.control.change({ kind: 'lock', vmid: 5001, lock: 'backup' })
    const digest = digestOf(await lab.change('alice', 'shutdown', many))

    const others = many.filter(({ vmid }) => vmid !== 5001)
    const fewer = await lab.change('alice', 'shutdown', others, { confirm: digest })
    expect(said(fewer)).toEqual([
      'wrong_digest',
      expect.stringContaining('many-5001 (5001) is not named here'),
    ])
    const same = await lab.change('alice', 'shutdown', many, { confirm: digest })
    expect(said(same)).toEqual(['verified'])
  })

  it('with a reason that is given only now, where the rules ask for one', async () => {
    lab.setPolicy({ defaults: { disruptive: { confirm: true, reason: true } } })
    const digest = digestOf(await lab.change('alice', 'shutdown', many))

    expect(said(await lab.change('alice', 'shutdown', many, { confirm: digest }))[0]).toBe('needs_reason')
    const confirmed = await lab.change('alice', 'shutdown', many, { confirm: digest, reason: 'maintenance' })
    expect(said(confirmed)).toEqual(['verified'])
  })
})

describe('a plan is not confirmed by', () => {
  it.each([
    ['another time to wait', { timeout: 60_000 }, '--timeout is 240000 in the plan, 60000 here'],
    ['none', { timeout: undefined }, '--timeout is 240000 in the plan, not given here'],
    ['another reason', { reason: 'other' }, '--reason is `maintenance` in the plan, `other` here'],
    ['no reason', { reason: undefined }, '--reason is `maintenance` in the plan, not given here'],
    ['no canary', { canary: undefined }, '--canary is 1 in the plan, 0 here'],
    ['more at a time', { parallel: 3 }, '--parallel is 2 in the plan, 3 here'],
    ['stopping at a failure', { 'keep-going': false }, '--keep-going is true in the plan, false here'],
  ] as const)('%s', async (_, other, sentence) => {
    const digest = digestOf(await lab.change('alice', 'shutdown', many, FLAGS))

    const refused = await lab.change('alice', 'shutdown', many, { ...FLAGS, ...other, confirm: digest })

    expect(said(refused)).toEqual(['wrong_digest', expect.stringContaining(sentence)])
    expect(await lab.stores.operations.get(1)).toMatchObject({ state: 'waiting', decisions: [] })
  })

  it('more guests, fewer, or others', async () => {
    const [one, two, three] = many
    if (one === undefined || two === undefined || three === undefined) throw new Error('no guests')
    const digest = digestOf(await lab.change('alice', 'shutdown', [one, two]))
    const again = (guests: readonly GuestRef[]) =>
      lab.change('alice', 'shutdown', guests, { confirm: digest })

    expect(said(await again(many))[1]).toContain('many-5002 is not in the plan')
    expect(said(await again([one]))[1]).toContain('many-5001 is not named here')
    expect(said(await again([one, three]))[1]).toContain(
      'many-5002 is not in the plan; many-5001 is not named here',
    )
    expect(await lab.control.calls()).toEqual([])
  })

  it('another command, or another person', async () => {
    const digest = digestOf(await lab.change('alice', 'shutdown', many))

    const other = await lab.change('alice', 'reboot', many, { confirm: digest })
    expect(said(other)).toEqual(['wrong_digest', expect.stringContaining('it is `shutdown`, not `reboot`')])
    expect(said(await lab.change('carol', 'shutdown', many, { confirm: digest }))[0]).toBe('wrong_digest')
  })

  it('words that do not say what it takes back', async () => {
    await lab.control.change({ kind: 'create', vmid: 5003, name: 'off', node: 'pve1', running: false })
    const off: GuestRef = {
      cluster: 'lab',
      vmid: 5003,
      kind: 'qemu',
      name: 'off',
      node: 'pve1',
      incarnation: 1,
    }
    await lab.change('alice', 'start', [off])
    const undoing = digestOf(await lab.undo('alice', 1))

    const refused = await lab.change('alice', 'shutdown', [off], { confirm: undoing })
    expect(said(refused)).toEqual([
      'wrong_digest',
      expect.stringContaining('it takes back another operation'),
    ])
  })
})
