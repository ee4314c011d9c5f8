import { afterEach, describe, expect, it } from '@jest/globals'
import { POWER_VERBS, type PowerVerb, taskTypes } from '../../../src/core/power.js'
import type { GuestPlace, PowerCall, PveCluster, PveOperate } from '../../../src/ports/pve.js'
import type { ChangeRequest } from '../../../src/simulator/control-schema.js'
import { outageOf } from '../../unit/pve/support.js'
import { ct, type Lab, OPERATE, openLab, violations, vm } from './support.js'

const labs: Lab[] = []
afterEach(async () => {
  for (const lab of labs.splice(0)) await lab.close()
})

function operateOf({ operate }: PveCluster): PveOperate {
  if (operate === null) throw new Error('it has no token for changes')
  return operate
}

async function lab() {
  const opened = await openLab()
  labs.push(opened)
  const cluster = opened.connect()
  return { ...opened, cluster, operate: operateOf(cluster) }
}

const ask = (place: GuestPlace, verb: PowerVerb, more: Partial<PowerCall> = {}): PowerCall => ({
  ...place,
  verb,
  timeout: null,
  overruleShutdown: false,
  notAfter: Number.POSITIVE_INFINITY,
  ...more,
})

const sent = ({ seen }: Lab) => seen.filter(({ method }) => method !== 'GET')

/** A guest that each verb does something to. */
const SUBJECTS: Readonly<Record<PowerVerb, readonly [GuestPlace, GuestPlace | null]>> = {
  start: [vm(104), ct(204, 'pve3')],
  resume: [vm(105, 'pve3'), ct(201)],
  shutdown: [vm(101), ct(201)],
  stop: [vm(101), ct(201)],
  reboot: [vm(101), ct(201)],
  reset: [vm(101), null],
  suspend: [vm(101), ct(201)],
}

const CASES = POWER_VERBS.flatMap((verb) =>
  SUBJECTS[verb].flatMap((place) => (place === null ? [] : [{ verb, place, kind: place.kind }])),
)

describe('a power verb', () => {
  it.each(CASES)('$verb of a $kind is one call that gives its task', async ({ verb, place }) => {
    const here = await lab()
    const upid = await here.operate.power(ask(place, verb))
    const [type = ''] = taskTypes(verb, place.kind, false)
    const user = OPERATE.replace('!', '\\!')
    const pattern = `^UPID:${place.node}:[0-9A-F]+:[0-9A-F]+:[0-9A-F]+:${type}:${place.vmid}:${user}:$`
    expect(upid).toMatch(new RegExp(pattern))
    expect(await here.control.calls()).toMatchObject([
      {
        method: 'POST',
        path: `/nodes/${place.node}/${place.kind}/${place.vmid}/status/${verb}`,
        params: {},
        token: OPERATE,
        executed: true,
        data: upid,
      },
    ])
    expect(violations(here.seen)).toEqual([])
  })

  it.each(CASES)('$verb of a $kind gets only parameters that both releases know', async ({ verb, place }) => {
    const here = await lab()
    await here.operate.power(ask(place, verb, { timeout: 45, overruleShutdown: true }))
    expect(violations(here.seen)).toEqual([])
    const body = sent(here)[0]?.body ?? {}
    const takesTimeout = ['shutdown', 'reboot', ...(place.kind === 'qemu' ? ['start', 'stop'] : [])]
    expect(body).toEqual({
      ...(takesTimeout.includes(verb) ? { timeout: '45' } : {}),
      ...(verb === 'stop' ? { 'overrule-shutdown': '1' } : {}),
    })
  })

  it('goes to the HA manager where it manages the guest', async () => {
    const { operate } = await lab()
    const place = vm(103, 'pve2')
    expect(await operate.power(ask(place, 'shutdown'))).toContain(':hastop:103:')
    expect(await operate.power(ask(place, 'start'))).toContain(':hastart:103:')
    expect(await outageOf(operate.power(ask(place, 'stop', { overruleShutdown: true })))).toMatchObject({
      kind: 'invalid',
      ambiguous: false,
      errors: { 'overrule-shutdown': 'Not applicable for HA resources.' },
    })
  })

  it('stop ends our own shutdown that still waits', async () => {
    const { operate, cluster } = await lab()
    const waiting = await operate.power(ask(vm(107), 'shutdown', { timeout: 600 }))
    expect(await cluster.tasks.status(waiting)).toMatchObject({ running: true })
    await operate.power(ask(vm(107), 'stop', { overruleShutdown: true }))
    expect(await cluster.tasks.status(waiting)).toMatchObject({
      running: false,
      status: 'received interrupt',
    })
  })

  it('that no guest knows, or with a timeout that is none, is not sent', async () => {
    const here = await lab()
    const refused = [
      ask(ct(201), 'reset'),
      ask(vm(101), 'stop', { timeout: 1.5 }),
      ask(vm(101), 'stop', { timeout: -1 }),
      ask({ ...vm(101), node: 'pve1/../pve2' }, 'stop'),
    ]
    for (const call of refused)
      expect(await outageOf(here.operate.power(call))).toMatchObject({ kind: 'invalid', ambiguous: false })
    expect(here.seen).toEqual([])
  })
})

type Refused = readonly [PowerVerb, GuestPlace, ChangeRequest | null, string, string]

describe('a power verb that is refused at once', () => {
  it.each<Refused>([
    ['start', ct(201), null, 'state', 'CT 201 already running'],
    ['stop', ct(204, 'pve3'), null, 'state', 'CT 204 not running'],
    ['shutdown', ct(204, 'pve3'), null, 'state', 'CT 204 not running'],
    ['suspend', ct(204, 'pve3'), null, 'state', 'CT 204 not running'],
    ['reboot', ct(204, 'pve3'), null, 'state', 'VM 204 not running'],
    ['reboot', vm(104), null, 'state', 'VM 104 not running'],
    ['reset', vm(104), null, 'state', 'VM 104 not running'],
    ['suspend', vm(104), null, 'state', 'VM 104 not running'],
    ['resume', vm(104), null, 'state', 'VM 104 not running'],
    ['shutdown', vm(105, 'pve3'), null, 'state', 'VM is paused - cannot shutdown'],
    ['reboot', vm(105, 'pve3'), null, 'state', 'VM is paused - cannot shutdown'],
  ])('%s of %j', async (verb, place, change, kind, message) => {
    const { operate, control } = await lab()
    if (change !== null) await control.change(change)
    expect(await outageOf(operate.power(ask(place, verb)))).toMatchObject({
      kind,
      message,
      status: 500,
      node: place.node,
      ambiguous: false,
    })
    expect(await control.calls()).toHaveLength(1)
  })

  it('without quorum', async () => {
    const { operate, control } = await lab()
    await control.fault({ kind: 'quorum-lost' })
    expect(await outageOf(operate.power(ask(vm(104), 'start')))).toMatchObject({
      kind: 'quorum',
      message: 'cluster not ready - no quorum?',
      ambiguous: false,
    })
  })

  it('without the privilege', async () => {
    const { operate, control } = await lab()
    await control.fault({ kind: 'revoke', token: OPERATE, path: '/vms/101', privileges: ['VM.PowerMgmt'] })
    expect(await outageOf(operate.power(ask(vm(101), 'stop')))).toMatchObject({
      kind: 'forbidden',
      privilege: { path: '/vms/101', name: 'VM.PowerMgmt' },
      ambiguous: false,
    })
  })

  it('on a node that is off: 595 says that it was not carried out', async () => {
    const { operate, control } = await lab()
    await control.fault({ kind: 'node-offline', node: 'pve2' })
    expect(await outageOf(operate.power(ask(vm(102, 'pve2'), 'stop')))).toMatchObject({
      kind: 'nodeDown',
      node: 'pve2',
      ambiguous: false,
    })
  })
})

describe('a power verb whose task fails', () => {
  it.each<readonly [PowerVerb, GuestPlace, ChangeRequest | null, string]>([
    ['start', vm(101), null, 'VM 101 already running'],
    ['start', vm(104), { kind: 'lock', vmid: 104, lock: 'backup' }, 'VM is locked (backup)'],
    ['stop', vm(101), { kind: 'lock', vmid: 101, lock: 'backup' }, 'VM is locked (backup)'],
    ['stop', ct(201), { kind: 'lock', vmid: 201, lock: 'snapshot' }, 'CT is locked (snapshot)'],
    ['start', vm(900), null, "you can't start a vm if it's a template"],
    ['start', vm(102), null, "Configuration file 'nodes/pve1/qemu-server/102.conf' does not exist"],
  ])('%s of %j is accepted all the same, and says so at its end', async (verb, place, change, status) => {
    const { operate, control, cluster } = await lab()
    if (change !== null) await control.change(change)
    const upid = await operate.power(ask(place, verb))
    await control.clock({ advanceSeconds: 120 })
    expect(await cluster.tasks.status(upid)).toMatchObject({ running: false, status })
  })
})

describe('the answer is lost', () => {
  it.each([
    ['a reset before it is carried out', { kind: 'reset', when: 'before' }, false, 'transport'],
    ['a reset after it', { kind: 'reset', when: 'after' }, true, 'transport'],
    ['a 596 before it', { kind: 'proxy-error', status: 596, when: 'before' }, false, 'proxyTimeout'],
    ['a 596 after it', { kind: 'proxy-error', status: 596, when: 'after' }, true, 'proxyTimeout'],
    ['half an answer', { kind: 'truncated' }, true, 'notProxmox'],
    ['a web page', { kind: 'html' }, true, 'notProxmox'],
    ['no task id', { kind: 'wrong-content', body: '{"data":"OK"}' }, true, 'notProxmox'],
    ['nothing', { kind: 'wrong-content', body: '{"data":null}' }, true, 'notProxmox'],
    [
      "another guest's task",
      {
        kind: 'wrong-content',
        body: '{"data":"UPID:pve1:00001201:0003FC57:6B04082E:qmstop:102:mpc@pve!operate:"}',
      },
      true,
      'notProxmox',
    ],
    [
      "another node's task",
      {
        kind: 'wrong-content',
        body: '{"data":"UPID:pve2:00001201:0003FC57:6B04082E:qmstop:101:mpc@pve!operate:"}',
      },
      true,
      'notProxmox',
    ],
  ] as const)('%s: sent once, ambiguous, and found again if it was', async (_, fault, carriedOut, kind) => {
    const here = await lab()
    const { operate, control } = here
    // The other nodes are known as fallbacks: it must not be sent to them either.
    await here.cluster.inventory.read({ isKnown: () => false, tasksSince: null })
    expect(here.cluster.access.endpoints()).toHaveLength(3)
    const since = Math.floor(Date.parse((await control.state()).now) / 1000) - 5
    await control.fault({ ...fault, method: 'POST' })
    expect(await outageOf(operate.power(ask(vm(101), 'stop')))).toMatchObject({ kind, ambiguous: true })
    const calls = await control.calls()
    expect(sent(here)).toHaveLength(1)
    expect(calls).toHaveLength(1)
    const found = await operate.ownTasks(vm(101), ['qmstop'], since)
    expect(found.complete).toBe(true)
    const executed = calls.some((call) => call.executed)
    expect(found.tasks).toHaveLength(executed ? 1 : 0)
    if (kind !== 'notProxmox') expect(executed).toBe(carriedOut)
  })

  it('an answer that comes too late', async () => {
    const here = await openLab()
    labs.push(here)
    const operate = operateOf(here.connect({}, { times: { totalMs: 300 } }))
    await here.control.fault({ kind: 'slow', ms: 900, method: 'POST' })
    expect(await outageOf(operate.power(ask(vm(101), 'stop')))).toMatchObject({
      kind: 'timeout',
      ambiguous: true,
    })
    expect(sent(here)).toHaveLength(1)
  })

  it('a host that is not there is no loss: the next one gets it, once', async () => {
    const here = await lab()
    await here.cluster.inventory.read({ isKnown: () => false, tasksSince: null })
    await here.control.fault({ kind: 'node-offline', node: 'pve1' })
    const upid = await here.operate.power(ask(vm(102, 'pve2'), 'stop'))
    expect(await here.control.calls()).toMatchObject([{ executed: true, data: upid }])
  })

  it('no host at all: not sent, not ambiguous', async () => {
    const here = await openLab()
    const operate = operateOf(here.connect())
    await here.simulator.close()
    expect(await outageOf(operate.power(ask(vm(101), 'stop')))).toMatchObject({
      kind: 'transport',
      ambiguous: false,
    })
    await here.close()
  })
})

describe('tasks on a guest', () => {
  it('our own are told from those of others, running or done', async () => {
    const { operate, control, cluster } = await lab()
    const done = await operate.power(ask(vm(101), 'stop'))
    await control.clock({ advanceSeconds: 60 })
    const running = await operate.power(ask(vm(101), 'start'))
    await control.change({ kind: 'power', vmid: 101, to: 'off' })
    const both = await operate.ownTasks(vm(101), ['qmstart', 'qmstop'], 0)
    expect(both).toMatchObject({ complete: true, tasks: [{ upid: running }, { upid: done, status: 'OK' }] })
    expect(new Set(both.tasks.map(({ user }) => user))).toEqual(new Set([OPERATE]))
    expect((await operate.ownTasks(vm(101), ['qmstop'], 0)).tasks.map(({ upid }) => upid)).toEqual([done])
    expect((await operate.ownTasks(vm(102), ['qmstop'], 0)).tasks).toEqual([])
    const everybody = await cluster.tasks.onGuest(vm(101), 0)
    expect(everybody.complete).toBe(true)
    expect(everybody.tasks.some(({ user }) => user === 'root@pam')).toBe(true)
    expect(everybody.tasks.map(({ upid }) => upid)).toEqual(expect.arrayContaining([running, done]))
    const times = everybody.tasks.map(({ startTime }) => startTime)
    expect(times).toEqual([...times].sort((a, b) => b - a))
  })

  it('are asked for by guest and time, by type only where there is one', async () => {
    const here = await lab()
    await here.operate.ownTasks(vm(101), ['qmstop'], 1_795_000_000.7)
    await here.operate.ownTasks(ct(201), ['vzstop', 'hastop'], 1_795_000_000)
    await here.cluster.tasks.onGuest(vm(101), 1_795_000_000)
    const query = { source: 'all', since: '1795000000', vmid: '101', limit: '500' }
    expect(here.seen.filter(({ path }) => path.endsWith('/tasks')).map((request) => request.query)).toEqual([
      { ...query, typefilter: 'qmstop' },
      { ...query, vmid: '201' },
      query,
    ])
    expect(violations(here.seen)).toEqual([])
  })

  it('of everybody are not complete without Sys.Audit, our own are', async () => {
    const { connect, control } = await lab()
    const cluster = connect({ read: OPERATE })
    await control.fault({ kind: 'revoke', token: OPERATE, path: '/nodes/pve1', privileges: ['Sys.Audit'] })
    const upid = await operateOf(cluster).power(ask(vm(101), 'stop'))
    await control.change({ kind: 'power', vmid: 101, to: 'off' })
    const found = await cluster.tasks.onGuest(vm(101), 0)
    expect(found.tasks.every(({ user }) => user === OPERATE)).toBe(true)
    expect(found.complete).toBe(false)
    expect(await operateOf(cluster).ownTasks(vm(101), ['qmstop'], 0)).toMatchObject({
      complete: true,
      tasks: [{ upid }],
    })
  })
})

describe('the token for changes', () => {
  it('has its own rights, and reading has the others', async () => {
    const here = await lab()
    expect(here.operate.tokenId).toBe(OPERATE)
    expect((await here.operate.permissions())['/']).toHaveProperty(['VM.PowerMgmt'])
    const { permissions } = await here.cluster.access.probe()
    expect(permissions['/']).not.toHaveProperty(['VM.PowerMgmt'])
  })

  it('may be missing, and may be the one for reading', async () => {
    const { connect } = await lab()
    expect(connect({ operate: null }).operate).toBeNull()
    const same = connect({ read: OPERATE, operate: OPERATE })
    expect((await same.guests.facts([vm(101)]))[0]?.kind).toBe('facts')
    expect(await operateOf(same).power(ask(vm(101), 'stop'))).toContain(`:${OPERATE}:`)
  })

  it('that is refused leaves reading alone', async () => {
    const { operate, cluster, control, seen } = await lab()
    await control.fault({ kind: 'revoke', token: OPERATE })
    const stop = () => outageOf(operate.power(ask(vm(101), 'stop')))
    expect(await stop()).toMatchObject({ kind: 'auth', status: 401, ambiguous: false })
    expect(await stop()).toMatchObject({ kind: 'auth', ambiguous: false })
    expect(seen.filter(({ method }) => method === 'POST')).toHaveLength(1)
    expect((await cluster.access.probe()).version).toBe('9.2.11')
  })
})
