import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { GuestRef } from '../../../src/core/args.js'
import { canaryFell, canarySteps } from '../../../src/core/canary.js'
import type { StepState } from '../../../src/core/operation.js'
import { type OperationsLab, startOperationsLab } from '../../support/operations-lab.js'
import { operation, plan, target } from '../core/operations.js'

/** Those that go first and alone: whatever happens, the rest is not begun before they have proved it. */

describe('the canaries of a bulk', () => {
  const CASES: readonly (readonly [number, readonly StepState[], readonly number[], boolean])[] = [
    [0, ['failed', 'pending'], [], false],
    [1, ['pending', 'pending'], [0], false],
    [1, ['following', 'pending'], [0], false],
    [1, ['verified', 'failed'], [0], false],
    [1, ['failed', 'pending'], [0], true],
    [1, ['stale', 'pending'], [0], true],
    [1, ['unverified', 'pending'], [0], true],
    [1, ['unknown', 'pending'], [0], true],
    [1, ['cancelled', 'pending'], [0], true],
    [2, ['verified', 'pending', 'pending'], [0, 1], false],
    [2, ['verified', 'failed', 'pending'], [0, 1], true],
    [1, ['already', 'pending', 'pending'], [1], false],
    [1, ['already', 'failed', 'pending'], [1], true],
    [2, ['already', 'verified', 'already', 'pending'], [1, 3], false],
    [1, ['already', 'already'], [], false],
    [9, ['pending', 'pending'], [0, 1], false],
  ]

  it.each(CASES)('%i of %j are %j; one of them fell: %s', (canary, states, indexes, fell) => {
    const base = operation({}, plan({ targets: states.map((_, at) => target(101 + at)) }))
    const steps = base.steps.map((step, at) => ({ ...step, state: states[at] ?? ('pending' as const) }))

    expect(canarySteps(canary, steps).map(({ index }) => index)).toEqual(indexes)
    expect(canaryFell(canary, steps)).toBe(fell)
  })
})

describe('carried out', () => {
  let lab: OperationsLab
  /** At each intent: which target, and how many others were under way. */
  let intents: (readonly [index: number, open: number])[] = []

  beforeEach(async () => {
    lab = await startOperationsLab({ nodes: 3 })
    intents = []
    const { apply, get } = lab.stores.operations
    lab.stores.operations.apply = async (id, event, now) => {
      if (event.kind === 'intend') {
        const steps = (await get(id))?.steps ?? []
        const open = steps.filter(({ state }) => state === 'sent' || state === 'following')
        intents.push([event.index, open.length])
      }
      return apply(id, event, now)
    }
  })
  afterEach(() => lab.close())

  async function guests(count: number): Promise<readonly GuestRef[]> {
    const made: GuestRef[] = []
    for (let vmid = 5000; vmid < 5000 + count; vmid++) {
      const name = `many-${vmid}`
      await lab.control.change({ kind: 'create', vmid, name, node: 'pve1', running: false })
      made.push({ cluster: 'lab', vmid, kind: 'qemu', name, node: 'pve1', incarnation: 1 })
    }
    return made
  }
  const states = async (id = 1) =>
    ((await lab.stores.operations.get(id))?.steps ?? []).map(({ state }) => state)

  async function follows(index: number): Promise<void> {
    for (let tries = 0; tries < 300; tries++) {
      if ((await states())[index] === 'following') return
      await new Promise((done) => setTimeout(done, 20))
    }
    throw new Error(`${index} is not followed`)
  }
  const slow = (vmid: number) => lab.control.fault({ kind: 'task-slow', vmid, seconds: 600, count: 1 })
  /** Everything waits for a word, so that something can happen between plan and call. */
  const confirmed = () => lab.setPolicy({ defaults: { routine: { confirm: true } } })

  it('one that failed after its process was gone stops the rest, keep-going or not', async () => {
    const many = await guests(4)
    await slow(5000)
    const asked = lab.change('alice', 'start', many, { canary: 1, 'keep-going': true })
    await follows(0)

    await lab.handOver(() => lab.control.change({ kind: 'kill-task', vmid: 5000 }))
    await asked

    expect(await states()).toEqual(['failed', 'skipped', 'skipped', 'skipped'])
    expect(await lab.control.calls()).toHaveLength(1)
  })

  it('those that are left when their process is gone still go one by one, before the rest', async () => {
    const many = await guests(6)
    await slow(5001)
    const asked = lab.change('alice', 'start', many, { canary: 3, parallel: 3 })
    await follows(1)

    await lab.handOver(() => lab.control.clock({ advanceSeconds: 600 }))
    await asked

    expect(new Set(await states())).toEqual(new Set(['verified']))
    expect(intents.slice(0, 3)).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ])
  })

  it('one that another process left failed stops the rest', async () => {
    const many = await guests(4)
    await slow(5001)
    const asked = lab.change('alice', 'start', many, { canary: 2, 'keep-going': true })
    await follows(1)

    await lab.handOver(() => lab.control.change({ kind: 'kill-task', vmid: 5001 }))
    await asked

    expect(await states()).toEqual(['verified', 'failed', 'skipped', 'skipped'])
  })

  it('one that was edited since the plan was made proves nothing, and stops the rest', async () => {
    confirmed()
    await lab.change('alice', 'start', await guests(3), { canary: 1, 'keep-going': true })
    await lab.control.change({ kind: 'config', vmid: 5000, set: { description: 'edited' } })
    await lab.decide('alice', 'confirm', 1)

    expect(await states()).toEqual(['stale', 'skipped', 'skipped'])
    expect(await lab.control.calls()).toEqual([])
  })

  it('in place of one that is so already goes the next', async () => {
    confirmed()
    await lab.change('alice', 'start', await guests(4), { canary: 1, 'keep-going': true })
    await lab.control.change({ kind: 'power', vmid: 5000, to: 'on' })
    await lab.control.fault({ kind: 'task-fails', vmid: 5001, error: 'broken', count: 1 })
    await lab.decide('alice', 'confirm', 1)

    expect(await states()).toEqual(['already', 'failed', 'skipped', 'skipped'])
  })

  it('and where that one is well, the rest follows', async () => {
    confirmed()
    await lab.change('alice', 'start', await guests(4), { canary: 1 })
    await lab.control.change({ kind: 'power', vmid: 5000, to: 'on' })
    await lab.decide('alice', 'confirm', 1)

    expect(await states()).toEqual(['already', 'verified', 'verified', 'verified'])
    expect(intents[0]).toEqual([1, 0])
    expect(intents).toHaveLength(3)
  })

  it('continue proves the rest anew where it was never proved', async () => {
    const many = await guests(3)
    await lab.control.fault({ kind: 'task-fails', vmid: 5000, error: 'broken', count: 2 })
    await lab.change('alice', 'start', many, { canary: 1, 'keep-going': true })

    await lab.resume('alice', 1)

    expect(await states(1)).toEqual(['failed', 'skipped', 'skipped'])
    expect(await states(2)).toEqual(['failed', 'skipped', 'skipped'])
    await lab.resume('alice', 2)
    expect(await states(3)).toEqual(['verified', 'verified', 'verified'])
    expect((await lab.stores.operations.get(3))?.canary).toBe(1)
  })

  it('continue has nothing to prove any more where they were well', async () => {
    const many = await guests(3)
    await lab.control.fault({ kind: 'task-fails', vmid: 5001, error: 'broken', count: 1 })
    await lab.change('alice', 'start', many, { canary: 1, parallel: 1 })

    await lab.resume('alice', 1)

    expect(await states(1)).toEqual(['verified', 'failed', 'skipped'])
    expect((await lab.stores.operations.get(2))?.canary).toBe(0)
  })

  it('a freeze in the middle of them stops the rest as what it is', async () => {
    const many = await guests(3)
    await slow(5000)
    const asked = lab.change('alice', 'start', many, { canary: 1 })
    await follows(0)
    const at = new Date()
    const by = { personId: 3, person: 'carol', account: 'c', realPersonId: null, realPerson: null }
    const freeze = { workspace: 'lab', reason: 'audit', by: 'carol', at: at.toISOString(), until: null }
    await lab.stores.freezes.freeze(freeze, by, at)
    await lab.control.clock({ advanceSeconds: 600 })
    await asked

    const steps = (await lab.stores.operations.get(1))?.steps ?? []
    expect(steps.map(({ state, code }) => [state, code])).toEqual([
      ['verified', null],
      ['cancelled', 'frozen'],
      ['cancelled', 'frozen'],
    ])
  })
})
