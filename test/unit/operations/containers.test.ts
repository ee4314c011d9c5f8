import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { GuestRef } from '../../../src/core/args.js'
import type { Answer } from '../../../src/core/command.js'
import { type OperationsLab, startOperationsLab } from '../../support/operations-lab.js'

/** A container that was replaced keeps number, name and address: only its tasks tell that it is another one. */

let lab: OperationsLab
let ct: GuestRef
const vmid = 250

beforeEach(async () => {
  lab = await startOperationsLab({ nodes: 3 })
  ct = await container(vmid)
})
afterEach(() => lab.close())

async function container(number: number): Promise<GuestRef> {
  const [node, name] = ['pve1', `ct-${number}`]
  await lab.control.change({ kind: 'create', vmid: number, guestKind: 'lxc', name, node, running: true })
  return { cluster: 'lab', vmid: number, kind: 'lxc', name, node, incarnation: 1 }
}

/** Another one in its place that runs, as if nothing had been. */
async function replaced(number = vmid): Promise<void> {
  await lab.control.change({ kind: 'restore-over', vmid: number, by: 'web-ui' })
  await lab.control.change({ kind: 'power', vmid: number, to: 'on' })
}

const codeOf = (answer: Answer) =>
  answer.kind === 'operation'
    ? (answer.report.code ?? answer.report.state)
    : answer.kind === 'refusal'
      ? answer.code
      : answer.kind
const textOf = (answer: Answer) => JSON.stringify(answer)
const calls = async () => (await lab.control.calls()).map(({ path }) => path)

describe('between plan and call', () => {
  it('it was restored over: the approval was for another one', async () => {
    await lab.change('alice', 'stop', [ct])
    await replaced()

    const ended = await lab.decide('bob', 'approve', 1)

    expect(codeOf(ended)).toBe('identity_unknown')
    expect(textOf(ended)).toContain('vzrestore by root@pam was seen since')
    expect(await calls()).toEqual([])
  })

  it('it was restored over and left stopped: that is not what was asked for either', async () => {
    await lab.change('alice', 'stop', [ct])
    await lab.control.change({ kind: 'restore-over', vmid, by: 'web-ui' })

    expect(codeOf(await lab.decide('bob', 'approve', 1))).toBe('identity_unknown')
  })

  it.each([
    ['it was made anew, with another address', { kind: 'recreate', vmid }, 'stale', 'identity_changed'],
    [
      'so it was by hand, without a task',
      { kind: 'recreate', vmid, by: 'config-file' },
      'stale',
      'identity_changed',
    ],
    ['it was deleted', { kind: 'destroy', vmid }, 'failed', 'guest_gone'],
    ['it became a VM', { kind: 'recreate', vmid, guestKind: 'qemu' }, 'failed', 'guest_gone'],
    ['it lost its address', { kind: 'config', vmid, set: { net0: '' } }, 'stale', 'identity_unknown'],
  ] as const)('%s', async (_, change, state, code) => {
    await lab.change('alice', 'stop', [ct])
    await lab.control.change(change)

    const ended = await lab.decide('bob', 'approve', 1)

    expect(ended).toMatchObject({ report: { state, code } })
    expect(await calls()).toEqual([])
  })

  it('nothing happened to it, or it only moved: it is stopped', async () => {
    await lab.change('alice', 'stop', [ct])
    await lab.control.change({ kind: 'migrate', vmid, node: 'pve2' })

    expect(codeOf(await lab.decide('bob', 'approve', 1))).toBe('verified')
    expect(await calls()).toEqual([`/nodes/pve2/lxc/${vmid}/status/stop`])
  })

  it('it was replaced where it was for a while, and came back', async () => {
    await lab.change('alice', 'stop', [ct])
    await lab.control.change({ kind: 'migrate', vmid, node: 'pve2' })
    await replaced()
    await lab.control.change({ kind: 'migrate', vmid, node: 'pve1' })

    expect(codeOf(await lab.decide('bob', 'approve', 1))).toBe('identity_unknown')
    expect(await calls()).toEqual([])
  })

  it('it moved, and a node that may have seen more is off', async () => {
    await lab.change('alice', 'stop', [ct])
    await lab.control.change({ kind: 'migrate', vmid, node: 'pve2' })
    await lab.control.fault({ kind: 'node-offline', node: 'pve3' })

    const ended = await lab.decide('bob', 'approve', 1)

    expect(codeOf(ended)).toBe('identity_unknown')
    expect(textOf(ended)).toContain('node pve3 is offline')
  })

  it('another container was restored: that is none of its business', async () => {
    await container(251)
    await lab.change('alice', 'stop', [ct])
    await replaced(251)

    expect(codeOf(await lab.decide('bob', 'approve', 1))).toBe('verified')
  })

  it('the token may not see the tasks of others any more', async () => {
    await lab.change('alice', 'stop', [ct])
    const read = 'mpc@pve!read'
    await lab.control.fault({ kind: 'revoke', token: read, path: '/nodes/pve1', privileges: ['Sys.Audit'] })

    const ended = await lab.decide('bob', 'approve', 1)

    expect(codeOf(ended)).toBe('identity_unknown')
    expect(textOf(ended)).toContain('Sys.Audit on /nodes/pve1')
    expect(await calls()).toEqual([])
  })
})

describe('when it is planned for', () => {
  it('what was done to it before is no hindrance, and is told once', async () => {
    // The clocks must go alike: when it was last known is remembered by ours.
    await lab.control.clock({ rate: 1 })
    const second = () => new Promise((done) => setTimeout(done, 1100))
    await lab.change('alice', 'stop', [ct])
    await second()
    await replaced()
    await second()
    const anew = await lab.change('alice', 'stop', [ct], { reason: 'again' })
    expect(textOf(anew)).toContain('It was made anew since it was last seen here')
    const more = await lab.change('alice', 'stop', [ct], { reason: 'more' })
    expect(textOf(more)).not.toContain('made anew')

    expect(codeOf(await lab.decide('bob', 'approve', 1))).toBe('identity_unknown')
    expect(codeOf(await lab.decide('bob', 'approve', 2))).toBe('verified')
  })

  it('without sight of the tasks nothing destructive is done to it; it can be started', async () => {
    const read = 'mpc@pve!read'
    await lab.control.fault({ kind: 'revoke', token: read, path: '/nodes/pve1', privileges: ['Sys.Audit'] })

    const refused = await lab.change('alice', 'stop', [ct])
    expect(codeOf(refused)).toBe('identity_unknown')
    expect(textOf(refused)).toContain('Sys.Audit on /nodes/pve1')
    await lab.control.change({ kind: 'power', vmid, to: 'off' })
    const started = lab.change('alice', 'start', [ct])
    while ((await calls()).length === 0) await new Promise((done) => setTimeout(done, 30))
    // To see how it ends takes that privilege again.
    await lab.control.fault({ kind: 'restore', token: read })
    expect(codeOf(await started)).toBe('verified')
  })
})

describe('when it is over', () => {
  it('undo finds that it is another one by now', async () => {
    await lab.change('alice', 'stop', [ct])
    await lab.decide('bob', 'approve', 1)
    await lab.control.change({ kind: 'restore-over', vmid, by: 'web-ui' })

    const undone = await lab.undo('alice', 1)

    expect(codeOf(undone)).toBe('undo_conflict')
    expect(textOf(undone)).toContain('vzrestore by root@pam')
    expect(await calls()).toHaveLength(1)
  })

  it('continue does not go on with another one', async () => {
    await lab.control.fault({ kind: 'task-fails', vmid, error: 'no space left on device', count: 1 })
    await lab.change('alice', 'stop', [ct])
    await lab.decide('bob', 'approve', 1)
    await replaced()

    const refused = await lab.resume('alice', 1)

    expect(codeOf(refused)).toBe('identity_unknown')
    expect(textOf(refused)).toContain('vzrestore by root@pam')
  })
})

it('each of many is looked at, and only the one that was replaced is left out', async () => {
  const many = [ct, await container(251), await container(252)]
  await lab.change('alice', 'stop', many)
  await replaced(251)

  await lab.decide('bob', 'approve', 1)

  const steps = (await lab.stores.operations.get(1))?.steps ?? []
  expect(steps.map(({ state, code }) => [state, code])).toEqual([
    ['verified', null],
    ['stale', 'identity_unknown'],
    ['verified', null],
  ])
})
