import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { GuestRef } from '../../../src/core/args.js'
import { type AuditEntry, entryHash } from '../../../src/core/audit.js'
import type { Answer } from '../../../src/core/command.js'
import type { Json } from '../../../src/core/digest.js'
import { type OperationsLab, PEOPLE, startOperationsLab } from '../../support/operations-lab.js'

/** What happens between a plan and its end, on the simulator: others, trouble, and people who change their mind. */

let lab: OperationsLab

beforeEach(async () => {
  lab = await startOperationsLab({ nodes: 3 })
})
afterEach(() => lab.close())

const codeOf = (answer: Answer) =>
  answer.kind === 'operation'
    ? (answer.report.code ?? answer.report.state)
    : answer.kind === 'refusal'
      ? answer.code
      : answer.kind
const stateOf = (answer: Answer) => (answer.kind === 'operation' ? answer.report.state : codeOf(answer))
const textOf = (answer: Answer) =>
  answer.kind === 'refusal' ? [answer.message, ...answer.details].join(' ') : JSON.stringify(answer)
const posts = async () =>
  (await lab.control.calls()).map(({ path }) => path.replace(/^.*\/(\d+)\/status\//, '$1 '))

async function until(what: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await what()) return
    await new Promise((done) => setTimeout(done, 30))
  }
  throw new Error('it did not come about')
}
const stepsOf = async (id: number) =>
  ((await lab.stores.operations.get(id))?.steps ?? []).map(({ vmid, state, code }) => [vmid, state, code])

async function guests(count: number, running: boolean): Promise<readonly GuestRef[]> {
  const made: GuestRef[] = []
  for (let n = 0; n < count; n++) {
    const vmid = 5000 + n
    const node = `pve${(n % 3) + 1}`
    await lab.control.change({ kind: 'create', vmid, name: `many-${vmid}`, node, running })
    made.push({ cluster: 'lab', vmid, kind: 'qemu', name: `many-${vmid}`, node, incarnation: 1 })
  }
  return made
}

describe('between plan and call', () => {
  it.each([
    ['it was deleted', { kind: 'destroy', vmid: 101 }, 'failed', 'guest_gone'],
    ['it was made anew under its number', { kind: 'recreate', vmid: 101 }, 'stale', 'identity_changed'],
    ['it was restored over', { kind: 'restore-over', vmid: 101 }, 'stale', 'identity_changed'],
    ['it was locked', { kind: 'lock', vmid: 101, lock: 'backup' }, 'stale', 'plan_stale'],
    ['it was renamed', { kind: 'rename', vmid: 101, name: 'other' }, 'stale', 'plan_stale'],
    ['somebody stopped it', { kind: 'power', vmid: 101, to: 'off' }, 'verified', 'already'],
    ['it came under HA', { kind: 'ha', vmid: 101, state: 'started' }, 'stale', 'plan_stale'],
    ['a snapshot was made', { kind: 'snapshot-add', vmid: 101, name: 'new' }, 'stale', 'plan_stale'],
  ] as const)('%s', async (_, change, state, code) => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    await lab.control.change(change)

    const ended = await lab.decide('bob', 'approve', 1)

    expect([stateOf(ended), codeOf(ended)]).toEqual([state, code])
    expect(await posts()).toEqual([])
  })

  it('a guest that was moved is found, and stopped where it is', async () => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    await lab.control.change({ kind: 'migrate', vmid: 101, node: 'pve2' })

    expect(stateOf(await lab.decide('bob', 'approve', 1))).toBe('verified')
    expect((await lab.control.calls())[0]?.path).toContain('/nodes/pve2/')
  })

  it.each([
    ['asks for more', { require: { approvals: 2 } }],
    ['asks for a role', { require: { role: 'admin' } }],
    ['asks for a reason', { require: { reason: true } }],
    ['refuses', { refuse: 'Not on this node.' }],
  ] as const)('a guest that was moved to where a rule %s is left alone', async (_, asks) => {
    lab.setPolicy({ rules: [{ name: 'there', when: { node: 'pve2' }, ...asks }] })
    await lab.change('alice', 'stop', [await lab.guest(101)])
    await lab.control.change({ kind: 'migrate', vmid: 101, node: 'pve2' })

    const ended = await lab.decide('bob', 'approve', 1)

    expect([stateOf(ended), codeOf(ended)]).toEqual(['stale', 'plan_stale'])
    expect(await posts()).toEqual([])
  })

  it('its node went offline, or the quorum was lost', async () => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    await lab.change('alice', 'stop', [await lab.guest(102)])
    await lab.control.fault({ kind: 'node-offline', node: 'pve2' })
    const offline = await lab.decide('bob', 'approve', 2)
    await lab.control.fault({ kind: 'quorum-lost' })
    const without = await lab.decide('bob', 'approve', 1)

    expect([codeOf(offline), codeOf(without)]).toEqual(['node_unreachable', 'cluster_no_quorum'])
    expect(await posts()).toEqual([])
  })

  it('the policy was changed: nothing is decided on the old one', async () => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    lab.setPolicy({ ttl: '5m' })

    expect(codeOf(await lab.decide('bob', 'approve', 1))).toBe('plan_stale')
  })

  it('a plan that was edited in the store is not carried out', async () => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    const stored = await lab.stores.operations.plan(1)
    const edited = stored?.json.replaceAll('101', '102') ?? ''
    lab.stores.operations.plan = async () => ({
      json: edited,
      planDigest: stored?.planDigest ?? '',
      shown: '{}',
    })

    expect(codeOf(await lab.decide('bob', 'approve', 1))).toBe('plan_edited')
    expect(await posts()).toEqual([])
  })

  const rehashed = (entry: AuditEntry): AuditEntry => ({ ...entry, hash: entryHash(entry) })
  const changed =
    (action: string, change: (entry: AuditEntry) => AuditEntry) =>
    (entries: readonly AuditEntry[]): readonly AuditEntry[] =>
      entries.map((entry) => (entry.action === action ? change(entry) : entry))
  const added =
    (action: string, data: Readonly<Record<string, Json>>) =>
    (entries: readonly AuditEntry[]): readonly AuditEntry[] => {
      const [newest] = entries
      if (newest === undefined) throw new Error('the log is empty')
      const planDigest = typeof newest.data === 'object' && newest.data !== null ? newest.data : {}
      return [
        rehashed({ ...newest, seq: newest.seq + 1, action, data: { ...planDigest, ...data } }),
        ...entries,
      ]
    }
  const BOB = { personId: 2, person: 'bob', account: 'console:tester as bob' }
  const carol = {
    personId: 3,
    person: 'carol',
    account: 'console:carol',
    realPersonId: null,
    realPerson: null,
  }

  it.each([
    ['no decision', (entries) => entries.filter(({ action }) => action !== 'decision.approve')],
    ['no asking', (entries) => entries.filter(({ action }) => action !== 'operation.asked')],
    [
      'an entry that was changed',
      changed('decision.approve', (entry) => ({ ...entry, at: entry.at.replace('20', '21') })),
    ],
    ['somebody else who asked', changed('operation.asked', (entry) => rehashed({ ...entry, actor: carol }))],
    [
      'somebody else who decided',
      changed('decision.approve', (entry) => rehashed({ ...entry, actor: carol })),
    ],
    [
      'an approval by who really asked',
      changed('decision.approve', (entry) =>
        rehashed({ ...entry, actor: { ...BOB, realPersonId: 1, realPerson: 'alice' } }),
      ),
    ],
    [
      'a decision that came too late',
      changed('operation.asked', (entry) => rehashed({ ...entry, at: '2020-01-01T00:00:00.000Z' })),
    ],
    [
      'another plan',
      changed('decision.approve', (entry) => rehashed({ ...entry, data: { planDigest: '0' } })),
    ],
    ['an approval taken back', added('decision.retracted', { persons: [2] })],
    ['an effect', added('effect.intended', { index: 0 })],
    ['its end', added('operation.ended', {})],
    ['that it was cancelled', added('operation.cancel', {})],
  ] satisfies readonly (readonly [string, (entries: readonly AuditEntry[]) => readonly AuditEntry[]])[])(
    'nothing is sent where the log tells of %s',
    async (_, edit) => {
      await lab.change('alice', 'stop', [await lab.guest(101)])
      const { list } = lab.stores.audit
      // Once it is decided: before that nobody could decide on it.
      lab.stores.audit.list = async (filter) => {
        const decided = (await lab.stores.operations.get(1))?.state !== 'waiting'
        return decided ? edit(await list(filter)) : list(filter)
      }

      const ended = await lab.decide('bob', 'approve', 1)

      expect([stateOf(ended), codeOf(ended)]).toEqual(['failed', 'plan_edited'])
      expect(await posts()).toEqual([])
    },
  )

  it('what was decided long ago by the log is not begun, whatever the clock says by now', async () => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    const { operations, audit } = lab.stores
    const approve = { kind: 'decide', verdict: 'approve', digest: null, reason: null, typed: null } as const
    const bob = { ...carol, personId: 2, person: 'bob', account: 'console:bob' }
    await lab.handOver(async () => {
      const now = new Date()
      await operations.apply(1, { ...approve, actor: bob }, now)
      await operations.claim(1, { holder: 'gone', seen: null, overrules: [] }, now)
      await operations.apply(1, { kind: 'release', holder: 'gone' }, now)
      // Something was noted two hours later; then the clock was set back.
      const entry = { action: 'test', actor: null, workspace: null, operation: null, subject: '', code: null }
      await audit.append({ ...entry, data: {} }, new Date(now.getTime() + 7_200_000))
    })

    const ended = await lab.follow('bob', 1)

    expect([stateOf(ended), codeOf(ended)]).toEqual(['stale', 'expired'])
    expect(await posts()).toEqual([])
  })
})

describe('between words and plan', () => {
  it.each([
    { by: 'tag', value: 'nightly', said: 'tag=nightly' },
    { by: 'called', value: 'web-0', said: 'web-0' },
    { by: 'pool', value: 'lab', said: 'pool=lab' },
  ] as const)('a guest that is not $said any more is left alone', async (fit) => {
    const guest = await lab.guest(101)
    const asked = await lab.change('alice', 'stop', [{ ...guest, fits: [fit] }])

    expect(codeOf(asked)).toBe('plan_stale')
    expect(textOf(asked)).toContain(fit.said)
    expect(await posts()).toEqual([])
  })

  it('a paused VM is not reset, since it would stay paused', async () => {
    await lab.control.change({ kind: 'power', vmid: 101, to: 'pause' })

    expect(codeOf(await lab.change('alice', 'reset', [await lab.guest(101)]))).toBe('wrong_state')
  })
})

describe('calls whose answer is lost', () => {
  const call = { path: '/status/stop$', method: 'POST', count: 1 } as const
  it.each([
    [
      'a reset before it was executed',
      { kind: 'reset', when: 'before', ...call },
      'failed',
      'not_started',
      0,
    ],
    ['a reset after it was executed', { kind: 'reset', when: 'after', ...call }, 'verified', 'verified', 1],
    [
      'executed late, after the proxy gave up',
      { kind: 'late', afterMs: 400, ...call },
      'verified',
      'verified',
      1,
    ],
  ] as const)('%s', async (_, fault, state, code, executed) => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    await lab.control.fault(fault)

    const ended = await lab.decide('bob', 'approve', 1)

    expect([stateOf(ended), codeOf(ended)]).toEqual([state, code])
    const calls = await lab.control.calls()
    expect(calls).toHaveLength(1)
    expect(calls.filter((each) => each.executed)).toHaveLength(executed)
  })

  it.each([
    ['just before it was no restart', 'before', 'failed', 'not_started'],
    ['after it, without a task, is nobody knows what', 'after', 'unknown', 'outcome_unknown'],
  ] as const)('a start %s', async (_, when, state, code) => {
    const restart = async () => {
      await lab.control.change({ kind: 'power', vmid: 101, to: 'off' })
      await lab.control.change({ kind: 'power', vmid: 101, to: 'on' })
    }
    await lab.control.clock({ rate: 1 })
    if (when === 'before') await restart()
    await lab.change('alice', 'reboot', [await lab.guest(101)])
    await lab.control.fault({
      kind: 'reset',
      when: 'before',
      path: '/status/reboot$',
      method: 'POST',
      count: 1,
    })
    const deciding = lab.decide('alice', 'confirm', 1)
    await until(async () => (await lab.control.calls()).length === 1)
    if (when === 'after') {
      await lab.control.clock({ advanceSeconds: 5 })
      await restart()
    }

    const ended = await deciding

    expect([stateOf(ended), codeOf(ended)]).toEqual([state, code])
  })

  it('a state that changed without a task is nobody knows what, until a person looks again', async () => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    await lab.control.fault({ kind: 'reset', when: 'before', ...call })
    const deciding = lab.decide('bob', 'approve', 1)
    await until(async () => (await lab.control.calls()).length === 1)
    await lab.control.change({ kind: 'power', vmid: 101, to: 'off' })
    const unknown = await deciding
    const waiting = lab.change('alice', 'start', [await lab.guest(101)])
    await until(async () => (await lab.stores.operations.get(2))?.state === 'ready')
    await new Promise((done) => setTimeout(done, 700))

    expect([stateOf(unknown), codeOf(unknown)]).toEqual(['unknown', 'outcome_unknown'])
    // The guest is held until a person has looked.
    expect((await lab.stores.operations.get(2))?.state).toBe('ready')
    const settled = await lab.resume('alice', 1)
    expect(stateOf(settled)).toBe('unverified')
    expect(stateOf(await waiting)).toBe('verified')
    expect(await posts()).toEqual(['101 stop', '101 start'])
  }, 20_000)
})

describe('several guests', () => {
  it('stop at the first failure; continue goes on with the rest as a new plan', async () => {
    const many = await guests(5, false)
    await lab.control.fault({ kind: 'task-fails', vmid: 5001, error: 'no space left on device', count: 1 })

    const ended = await lab.change('alice', 'start', many, { parallel: 1 })

    expect([stateOf(ended), codeOf(ended)]).toEqual(['partial', 'task_failed'])
    expect(await stepsOf(1)).toEqual([
      [5000, 'verified', null],
      [5001, 'failed', 'task_failed'],
      [5002, 'skipped', 'skipped'],
      [5003, 'skipped', 'skipped'],
      [5004, 'skipped', 'skipped'],
    ])
    const rest = await lab.resume('alice', 1)
    expect(stateOf(rest)).toBe('verified')
    expect((await posts()).filter((post) => post === '5001 start')).toHaveLength(2)
    expect((await posts()).filter((post) => post === '5000 start')).toHaveLength(1)
  }, 20_000)

  it('that were made anew meanwhile are not gone on with', async () => {
    const [only] = await guests(1, false)
    if (only === undefined) throw new Error('no guest')
    await lab.control.fault({ kind: 'task-fails', vmid: only.vmid, error: 'no answer', count: 1 })
    await lab.change('alice', 'start', [only])
    await lab.control.change({ kind: 'recreate', vmid: only.vmid, name: only.name })

    expect(codeOf(await lab.resume('alice', 1))).toBe('identity_changed')
  })

  it('a guard that is put on one of them meanwhile holds', async () => {
    const many = await guests(2, true)
    await lab.control.fault({ kind: 'task-slow', vmid: 5000, seconds: 40, count: 1 })
    await lab.change('alice', 'shutdown', many, { parallel: 1 })
    const deciding = lab.decide('alice', 'confirm', 1)
    await until(async () => (await posts()).length === 1)
    lab.setPolicy({ guards: { guests: [5001] } })
    await deciding

    expect(await stepsOf(1)).toEqual([
      [5000, 'verified', null],
      [5001, 'stale', 'plan_stale'],
    ])
    expect(await posts()).toEqual(['5000 shutdown'])
  }, 20_000)

  it('that are continued are given the time that was asked for', async () => {
    const [only] = await guests(1, true)
    if (only === undefined) throw new Error('no guest')
    await lab.control.fault({ kind: 'task-fails', vmid: only.vmid, error: 'no answer', count: 1 })
    await lab.change('alice', 'shutdown', [only], { timeout: 240_000 })
    await lab.decide('alice', 'confirm', 1)

    await lab.resume('alice', 1)

    const again = JSON.parse((await lab.stores.operations.plan(2))?.json ?? '{}')
    expect(again.targets).toMatchObject([{ call: { verb: 'shutdown', timeout: 240 } }])
  })

  it('keep going when told to; a canary that fails stops them all the same', async () => {
    const many = await guests(4, false)
    await lab.control.fault({ kind: 'task-fails', vmid: 5000, error: 'broken', count: 2 })

    const canary = await lab.change('alice', 'start', many, { canary: 1, 'keep-going': true })
    expect([stateOf(canary), (await posts()).length]).toEqual(['failed', 1])
    const going = await lab.change('alice', 'start', many, { parallel: 1, 'keep-going': true })
    expect(stateOf(going)).toBe('partial')
    expect((await stepsOf(2)).map(([, state]) => state)).toEqual([
      'failed',
      'verified',
      'verified',
      'verified',
    ])
  }, 20_000)

  it('leave out what cannot be done, and say so; a guarded one refuses the whole', async () => {
    const many = await guests(3, true)
    await lab.control.change({ kind: 'lock', vmid: 5001, lock: 'snapshot' })
    const asked = await lab.change('alice', 'stop', many)
    expect((await stepsOf(1)).map(([vmid]) => vmid)).toEqual([5000, 5002])
    expect(textOf(asked)).toContain('left out: 1 guest')

    lab.setPolicy({ guards: { guests: [5002] } })
    const refused = await lab.change('alice', 'stop', many)
    expect(codeOf(refused)).toBe('protected')
    expect(textOf(refused)).toContain('5002')
  })

  it('are cancelled between steps; what runs comes to its end', async () => {
    const many = await guests(4, false)
    await lab.control.fault({ kind: 'task-slow', vmid: 5000, seconds: 20, count: 1 })
    const running = lab.change('alice', 'start', many, { parallel: 1 })
    await until(async () => (await stepsOf(1))[0]?.[1] === 'following')

    await lab.cancel('alice', 1)

    expect(stateOf(await running)).toBe('partial')
    expect((await stepsOf(1)).map(([, state]) => state)).toEqual([
      'verified',
      'cancelled',
      'cancelled',
      'cancelled',
    ])
    expect(await posts()).toEqual(['5000 start'])
  }, 20_000)

  it('wait for a guest that another operation holds; stop overtakes our own shutdown', async () => {
    await lab.control.change({ kind: 'stubborn', vmid: 101, stubborn: true })
    const guest = await lab.guest(101)
    await lab.change('alice', 'shutdown', [guest], { timeout: 600_000 })
    const shutting = lab.decide('alice', 'confirm', 1)
    await until(async () => (await stepsOf(1))[0]?.[1] === 'following')

    await lab.change('alice', 'reset', [guest])
    const resetting = lab.decide('bob', 'approve', 2)
    await until(async () => (await lab.stores.operations.get(2))?.state === 'ready')
    await lab.change('alice', 'stop', [guest])
    const stopped = await lab.decide('bob', 'approve', 3)

    expect(stateOf(stopped)).toBe('verified')
    expect(codeOf(await shutting)).toBe('overtaken')
    expect(codeOf(await resetting)).toBe('plan_stale')
    expect(await posts()).toEqual(['101 shutdown', '101 stop'])
    expect((await lab.control.calls())[1]?.params).toMatchObject({ 'overrule-shutdown': '1' })
  }, 30_000)
})

describe('undo', () => {
  it('is refused when a power task came after it, naming who', async () => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    await lab.decide('bob', 'approve', 1)
    await lab.change('carol', 'start', [await lab.guest(101)])

    const undone = await lab.undo('alice', 1)

    expect(codeOf(undone)).toBe('undo_conflict')
    expect(textOf(undone)).toContain('qmstart by carol in op2')
  })

  it('is refused when the state is another without any task', async () => {
    await lab.change('alice', 'start', [await lab.guest(104)])
    // Its node loses its power; the guest does not start with it.
    await lab.control.fault({ kind: 'node-offline', node: 'pve1' })
    await lab.control.fault({ kind: 'node-online', node: 'pve1', rebooted: true })

    const undone = await lab.undo('alice', 1)

    expect(codeOf(undone)).toBe('undo_conflict')
    expect(textOf(undone)).toContain('no task seen')
  })

  it('is not held up by edits that have nothing to do with it', async () => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    await lab.decide('bob', 'approve', 1)
    await lab.control.change({ kind: 'config', vmid: 101, set: { description: 'edited' } })
    await lab.control.change({ kind: 'snapshot-add', vmid: 101, name: 'unrelated' })

    expect(stateOf(await lab.undo('alice', 1))).toBe('verified')
  })

  it('is not held up by a migration, which leaves its power as it is', async () => {
    await lab.change('alice', 'stop', [await lab.guest(101)])
    await lab.decide('bob', 'approve', 1)
    await lab.control.change({ kind: 'migrate', vmid: 101, node: 'pve2' })

    expect(stateOf(await lab.undo('alice', 1))).toBe('verified')
  })

  it('of a restart there is none', async () => {
    await lab.change('alice', 'reset', [await lab.guest(101)])
    await lab.decide('bob', 'approve', 1)

    expect(codeOf(await lab.undo('alice', 1))).toBe('not_undoable')
    expect(codeOf(await lab.undo('alice', 7))).toBe('unknown_operation')
  })
})

describe('people and stops', () => {
  it('a freeze stops all but what admins start, also what is decided', async () => {
    const freeze = {
      workspace: 'lab',
      reason: 'audit',
      by: 'carol',
      at: new Date().toISOString(),
      until: null,
    }
    await lab.change('alice', 'stop', [await lab.guest(101)])
    const carol = {
      personId: 3,
      person: 'carol',
      account: 'console:carol',
      realPersonId: null,
      realPerson: null,
    }
    await lab.stores.freezes.freeze(freeze, carol, new Date())

    expect(codeOf(await lab.decide('bob', 'approve', 1))).toBe('frozen')
    expect(codeOf(await lab.change('alice', 'start', [await lab.guest(104)]))).toBe('frozen')
    expect(stateOf(await lab.change('carol', 'start', [await lab.guest(104)]))).toBe('verified')
    expect(codeOf(await lab.change('carol', 'shutdown', [await lab.guest(102)]))).toBe('frozen')
    expect(codeOf(await lab.decide('bob', 'deny', 1))).toBe('denied')
  })

  it('the same plan asked for twice is one operation', async () => {
    const guest = await lab.guest(101)
    const first = await lab.change('alice', 'stop', [guest])
    const second = await lab.change('alice', 'stop', [guest])
    const other = await lab.change('carol', 'stop', [guest])

    expect([first, second, other].map((answer) => answer.kind === 'operation' && answer.report.id)).toEqual([
      'op1',
      'op1',
      'op2',
    ])
  })

  it('what nobody could ever approve is refused at once', async () => {
    lab.setPolicy({ defaults: { destructive: { approvals: 3 } } })

    expect(codeOf(await lab.change('alice', 'stop', [await lab.guest(101)]))).toBe('no_approvers')
  })

  it('a rule refuses with its sentence, a missing reason where nobody decides with a hint', async () => {
    lab.setPolicy({
      rules: [
        { name: 'no-cuts', when: { command: 'stop' }, refuse: 'Shut them down instead.' },
        { name: 'why', when: { command: 'start' }, require: { reason: true } },
      ],
    })

    const refused = await lab.change('alice', 'stop', [await lab.guest(101)])
    expect([codeOf(refused), textOf(refused)]).toEqual(['policy_refused', 'Shut them down instead.'])
    expect(codeOf(await lab.change('alice', 'start', [await lab.guest(104)]))).toBe('needs_reason')
    expect(stateOf(await lab.change('alice', 'start', [await lab.guest(104)], { reason: 'needed' }))).toBe(
      'verified',
    )
  })

  it('solo ends where somebody else could approve by now', async () => {
    await lab.close()
    const [alice, bob] = PEOPLE
    if (alice === undefined || bob === undefined) throw new Error('nobody')
    const people = [alice]
    lab = await startOperationsLab({ people })
    lab.setPolicy({ solo: true })
    await lab.change('alice', 'stop', [await lab.guest(101)])
    await lab.change('alice', 'stop', [await lab.guest(102)])
    const [one, two] = [await lab.guest(101), await lab.guest(102)].map(({ name }) => name)
    const before = await lab.decide('alice', 'confirm', 1, { typed: one ?? '' })
    people.push(bob)
    const after = await lab.decide('alice', 'confirm', 2, { typed: two ?? '' })

    expect([stateOf(before), stateOf(after), codeOf(after)]).toEqual(['verified', 'stale', 'plan_stale'])
    expect(await posts()).toEqual(['101 stop'])
  })
})
