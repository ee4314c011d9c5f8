import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { GuestRef } from '../../../src/core/args.js'
import type { Answer } from '../../../src/core/command.js'
import { type OperationsLab, startOperationsLab } from '../../support/operations-lab.js'

/** A freeze that comes at the last moment, and stops of guests that are being shut down. */

let lab: OperationsLab

beforeEach(async () => {
  lab = await startOperationsLab({ nodes: 3 })
})
afterEach(() => lab.close())

const posts = async () =>
  (await lab.control.calls()).map(({ path }) => path.replace(/^.*\/(\d+)\/status\//, '$1 '))
const numberOf = (answer: Answer): number => {
  if (answer.kind !== 'operation') throw new Error(JSON.stringify(answer))
  return answer.report.number
}
const stepsOf = async (id: number) =>
  ((await lab.stores.operations.get(id))?.steps ?? []).map(({ state, code }) => [state, code])
const stateOf = async (id: number) => (await lab.stores.operations.get(id))?.state

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await what()) return
    await new Promise((done) => setTimeout(done, 20))
  }
  throw new Error('it did not come about')
}

describe('a freeze that is committed just before the intent', () => {
  const CAROL = { personId: 3, person: 'carol', account: 'c', realPersonId: null, realPerson: null }

  /** Whoever freezes is a moment faster than the first intent. */
  function freezeBeforeIntent(): void {
    const { apply } = lab.stores.operations
    let done = false
    lab.stores.operations.apply = async (id, event, now) => {
      if (event.kind === 'intend' && !done) {
        done = true
        const freeze = { workspace: 'lab', reason: 'audit', by: 'carol', at: now.toISOString(), until: null }
        await lab.stores.freezes.freeze(freeze, CAROL, now)
      }
      return apply(id, event, now)
    }
  }

  it('keeps the call from being sent', async () => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    freezeBeforeIntent()
    await lab.decide('bob', 'approve', 1)

    expect(await posts()).toEqual([])
    expect(await stateOf(1)).toBe('cancelled')
    expect(await stepsOf(1)).toEqual([['cancelled', 'frozen']])
  })

  it('lets admins start guests all the same', async () => {
    freezeBeforeIntent()
    await lab.change('carol', 'start', [await lab.guest(104)])

    expect(await stepsOf(1)).toEqual([['verified', null]])
  })
})

describe('a bulk stop of guests that are being shut down', () => {
  async function stubborn(count: number): Promise<readonly GuestRef[]> {
    const made: GuestRef[] = []
    for (let vmid = 5000; vmid < 5000 + count; vmid++) {
      const name = `many-${vmid}`
      await lab.control.change({ kind: 'create', vmid, name, node: 'pve1', running: true })
      await lab.control.change({ kind: 'stubborn', vmid, stubborn: true })
      made.push({ cluster: 'lab', vmid, kind: 'qemu', name, node: 'pve1', incarnation: 1 })
    }
    return made
  }

  beforeEach(() => lab.setPolicy({ defaults: { disruptive: {}, destructive: { confirm: true } } }))

  async function shutDown(parallel: number, upTo: readonly string[]) {
    const guests = await stubborn(2)
    const flags = { parallel, timeout: 600_000, 'keep-going': true }
    const down = lab.change('alice', 'shutdown', guests, flags)
    await until(async () => String((await stepsOf(1)).map(([state]) => state)) === String(upTo))
    const stop = numberOf(await lab.change('alice', 'stop', guests))
    const stopping = lab.decide('alice', 'confirm', stop)
    await until(async () => (await stateOf(stop)) !== 'waiting')
    return { down, stop, stopping }
  }

  it('takes them where all are', async () => {
    const { down, stop, stopping } = await shutDown(2, ['following', 'following'])
    await Promise.all([down, stopping])

    expect(await stepsOf(1)).toEqual([
      ['failed', 'overtaken'],
      ['failed', 'overtaken'],
    ])
    expect(await stateOf(stop)).toBe('verified')
  })

  it('waits while the other operation has not come to one of them', async () => {
    const { down, stop, stopping } = await shutDown(1, ['following', 'pending'])
    // The runner looks several times meanwhile.
    await new Promise((done) => setTimeout(done, 700))

    expect(await stateOf(stop)).toBe('ready')
    expect(await posts()).toEqual(['5000 shutdown'])
    await lab.cancel('alice', 1)
    await lab.control.change({ kind: 'kill-task', vmid: 5000 })
    await Promise.all([down, stopping])
    expect(await stepsOf(stop)).toEqual([
      ['verified', null],
      ['verified', null],
    ])
  })

  it('waits while nobody knows yet what came of the call on one of them', async () => {
    const path = '/5001/status/shutdown$'
    await lab.control.fault({ kind: 'reset', when: 'before', path, method: 'POST', count: 1 })
    const { down, stop, stopping } = await shutDown(2, ['following', 'sent'])
    expect(await stateOf(stop)).toBe('ready')
    expect(await posts()).not.toContain('5001 stop')
    await until(async () => (await stepsOf(1))[1]?.[1] === 'not_started')
    await Promise.all([down, stopping])

    expect(await stepsOf(1)).toEqual([
      ['failed', 'overtaken'],
      ['failed', 'not_started'],
    ])
    expect(await stateOf(stop)).toBe('verified')
    const log = lab.stores.entries.map(({ action, operation, code }) => [action, operation, code].join(' '))
    expect(log.indexOf('effect.ended 1 not_started')).toBeLessThan(log.indexOf(`operation.begun ${stop} `))
  })
})
