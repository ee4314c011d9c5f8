import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { GuestRef } from '../../../src/core/args.js'
import type { Answer } from '../../../src/core/command.js'
import { POWER_VERBS, type PowerVerb } from '../../../src/core/power.js'
import type { GuestKind } from '../../../src/core/resource.js'
import { type OperationsLab, startOperationsLab } from '../../support/operations-lab.js'

/**
 * Every verb on both kinds of guests under every condition, on the simulator, through plan, decision, execution and
 * verification. What comes of it stands in the golden file, from which docs/operations.md is made.
 */

const GOLDEN = resolve('test/golden/operations.json')
const UPDATE = process.env.PROXMOX_MPC_UPDATE_GOLDEN === '1'

const CONDITIONS = [
  'ok',
  'already so',
  'locked',
  'protected',
  'HA-managed',
  'wrong state',
  'node offline',
  'no privilege',
  'quorum lost',
  '596, executed',
  '596, not executed',
  'task fails',
  'ends with warnings',
  'killed mid-way',
  'changed since the plan',
  'made anew since the plan',
] as const
type Condition = (typeof CONDITIONS)[number]

type Cell = {
  readonly verb: PowerVerb
  readonly kind: GuestKind
  readonly condition: Condition
  readonly outcome: string
  readonly code: string
  readonly sentence: string
  /** Calls that reached Proxmox VE. */
  readonly calls: number
}

/** Cells that cannot be, and why. */
function impossible(verb: PowerVerb, kind: GuestKind, condition: Condition): string | null {
  const restart = verb === 'reboot' || verb === 'reset'
  if (condition === 'already so' && restart) return 'A restart has no goal that could be reached already.'
  if (condition === 'already so' && verb === 'suspend' && kind === 'lxc')
    return 'Proxmox VE does not tell a suspended container from a stopped one.'
  if (condition === 'killed mid-way' && verb === 'resume' && kind === 'lxc')
    return 'Without a checkpoint its task fails at once, so there is no mid-way.'
  if (condition === 'wrong state') {
    if (verb === 'stop') return 'Every guest that is not stopped can be stopped.'
    if (kind === 'lxc' && verb === 'resume') return 'A stopped container may have a checkpoint.'
    if (kind === 'lxc' && (verb === 'start' || verb === 'shutdown'))
      return 'Proxmox VE shows no container as paused, so there is no wrong state.'
  }
  return null
}

const PLAIN = CONDITIONS.filter((condition) => condition !== 'node offline' && condition !== 'quorum lost')
const cells: Cell[] = []
let lab: OperationsLab
let next = 3000

beforeAll(async () => {
  lab = await startOperationsLab({ nodes: 3 })
  // Everything waits for a person, so that something can happen between plan and call.
  lab.setPolicy({ defaults: { routine: { confirm: true } } })
})
afterAll(() => lab.close())

/** Whether the guest is off before; that is what a suspended container is to Proxmox VE. */
const isOff = (verb: PowerVerb, kind: GuestKind): boolean =>
  verb === 'start' || (verb === 'resume' && kind === 'lxc')

async function makeGuest(verb: PowerVerb, kind: GuestKind, node: string): Promise<GuestRef> {
  next += 1
  const vmid = next
  const running = !isOff(verb, kind)
  await lab.control.change({ kind: 'create', vmid, guestKind: kind, name: `guest-${vmid}`, node, running })
  if (verb === 'resume' && kind === 'qemu') await lab.control.change({ kind: 'power', vmid, to: 'pause' })
  return { cluster: 'lab', vmid, kind, name: `guest-${vmid}`, node, incarnation: 1 }
}

const GOAL_POWER = {
  start: 'on',
  resume: 'on',
  shutdown: 'off',
  stop: 'off',
  suspend: 'pause',
  reboot: 'on',
  reset: 'on',
} as const

async function before(condition: Condition, verb: PowerVerb, { vmid, kind }: GuestRef): Promise<void> {
  const { control } = lab
  const path = `/${vmid}/status/`
  switch (condition) {
    case 'already so':
      await control.change({ kind: 'power', vmid, to: GOAL_POWER[verb] })
      return
    case 'locked':
      await control.change({ kind: 'lock', vmid, lock: 'backup' })
      return
    case 'protected':
      await control.change({ kind: 'config', vmid, set: { protection: 1 } })
      return
    case 'HA-managed':
      // The HA manager would start a stopped one that it is told to keep running.
      await control.change({ kind: 'ha', vmid, state: isOff(verb, kind) ? 'stopped' : 'started' })
      return
    case 'wrong state':
      await control.change({
        kind: 'power',
        vmid,
        to: (verb === 'start' || verb === 'shutdown') && kind === 'qemu' ? 'pause' : 'off',
      })
      return
    case 'no privilege':
      await control.fault({
        kind: 'revoke',
        token: 'mpc@pve!operate',
        path: `/vms/${vmid}`,
        privileges: ['VM.PowerMgmt'],
      })
      return
    case '596, executed':
      await control.fault({ kind: 'proxy-error', status: 596, when: 'after', path, method: 'POST', count: 1 })
      return
    case '596, not executed':
      await control.fault({
        kind: 'proxy-error',
        status: 596,
        when: 'before',
        path,
        method: 'POST',
        count: 1,
      })
      return
    case 'task fails':
      await control.fault({ kind: 'task-fails', vmid, error: 'no space left on device', count: 1 })
      return
    case 'ends with warnings':
      await control.fault({ kind: 'task-warns', vmid, count: 1 })
      return
    case 'killed mid-way':
      // A guest that heard the request to shut down would go off all the same.
      await control.change({ kind: 'stubborn', vmid, stubborn: true })
      await control.fault({ kind: 'task-slow', vmid, seconds: 600, count: 1 })
      return
    default:
  }
}

async function kill(vmid: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const running = await lab.stores.operations.list({ states: ['running'], limit: 100 })
    const found = running.some(({ steps }) =>
      steps.some((step) => step.vmid === vmid && step.state === 'following'),
    )
    if (found) {
      await lab.control.change({ kind: 'kill-task', vmid })
      return
    }
    await new Promise((done) => setTimeout(done, 50))
  }
}

/** A backup is restored over it, and it is brought to where it was: all but itself is as it was decided on. */
async function replace(verb: PowerVerb, { vmid, kind }: GuestRef): Promise<void> {
  await lab.control.change({ kind: 'restore-over', vmid, by: 'web-ui' })
  if (isOff(verb, kind)) return
  await lab.control.change({ kind: 'power', vmid, to: 'on' })
  if (verb === 'resume') await lab.control.change({ kind: 'power', vmid, to: 'pause' })
}

async function travel(condition: Condition, verb: PowerVerb, guest: GuestRef): Promise<Answer> {
  const asked = await lab.change('alice', verb, [guest])
  if (asked.kind !== 'operation') return asked
  if (condition === 'changed since the plan')
    await lab.control.change({ kind: 'config', vmid: guest.vmid, set: { description: 'edited meanwhile' } })
  if (condition === 'made anew since the plan') await replace(verb, guest)
  const { number, needs } = asked.report
  const decided =
    needs === 'approval' ? lab.decide('bob', 'approve', number) : lab.decide('alice', 'confirm', number)
  if (condition === 'killed mid-way') await kill(guest.vmid)
  return decided
}

async function cell(condition: Condition, verb: PowerVerb, kind: GuestKind, node = 'pve1'): Promise<Cell> {
  const guest = await makeGuest(verb, kind, node)
  await before(condition, verb, guest)
  const answer = await travel(condition, verb, guest)
  const said = await summary(answer)
  const calls = (await lab.control.calls()).filter(
    (call) => call.path.includes(`/${guest.vmid}/status/`) && call.executed,
  )
  const plain = (text: string) =>
    text
      .replaceAll(new RegExp(`guest-${guest.vmid} \\((?:lab/)?${guest.vmid}\\)`, 'g'), 'The guest')
      .replaceAll(`guest-${guest.vmid}`, 'the guest')
      .replaceAll(String(guest.vmid), 'VMID')
  return { verb, kind, condition, ...said, sentence: plain(said.sentence), calls: calls.length }
}

async function summary(answer: Answer) {
  if (answer.kind === 'refusal') return { outcome: 'refused', code: answer.code, sentence: answer.message }
  if (answer.kind === 'card')
    return { outcome: answer.outcome ?? 'card', code: answer.outcome ?? '', sentence: answer.heading }
  if (answer.kind !== 'operation') throw new Error(answer.kind)
  const operation = await lab.stores.operations.get(answer.report.number)
  const [step] = operation?.steps ?? []
  return {
    outcome: answer.report.state,
    code: step?.code ?? '',
    sentence: step?.message ?? '',
  }
}

const PAIRS = POWER_VERBS.flatMap((verb) => (['qemu', 'lxc'] as const).map((kind) => [verb, kind] as const))

async function fill(condition: Condition, node?: string): Promise<void> {
  const wanted = PAIRS.filter(([verb, kind]) => impossible(verb, kind, condition) === null)
  cells.push(...(await Promise.all(wanted.map(([verb, kind]) => cell(condition, verb, kind, node)))))
}

describe('every verb under every condition', () => {
  it.each(PLAIN)(
    '%s',
    async (condition) => {
      await fill(condition)
    },
    120_000,
  )

  it('node offline', async () => {
    const guests = await Promise.all(PAIRS.map(([verb, kind]) => makeGuest(verb, kind, 'pve3')))
    await lab.control.fault({ kind: 'node-offline', node: 'pve3' })
    for (const [at, [verb, kind]] of PAIRS.entries()) {
      const guest = guests[at]
      if (guest === undefined) continue
      const said = await summary(await lab.change('alice', verb, [guest]))
      const sentence = said.sentence.replaceAll(/guest-\d+ \(\d+\)/g, 'The guest')
      cells.push({ verb, kind, condition: 'node offline', ...said, sentence, calls: 0 })
    }
    await lab.control.fault({ kind: 'node-online', node: 'pve3' })
  }, 120_000)

  it('quorum lost', async () => {
    await lab.control.fault({ kind: 'quorum-lost' })
    await fill('quorum lost')
    await lab.control.fault({ kind: 'quorum-regained' })
  }, 120_000)

  it('comes out as the table says, with no cell missing', () => {
    const filled = POWER_VERBS.flatMap((verb) =>
      (['qemu', 'lxc'] as const).flatMap((kind) =>
        CONDITIONS.map((condition) => {
          const found = cells.find(
            (each) => each.verb === verb && each.kind === kind && each.condition === condition,
          )
          const why = impossible(verb, kind, condition)
          return (
            found ?? {
              verb,
              kind,
              condition,
              outcome: 'impossible',
              code: '',
              sentence: why ?? 'MISSING',
              calls: 0,
            }
          )
        }),
      ),
    )
    if (UPDATE || !existsSync(GOLDEN)) writeFileSync(GOLDEN, `${JSON.stringify(filled, null, 2)}\n`)
    expect(filled.filter(({ sentence }) => sentence === 'MISSING')).toEqual([])
    expect(filled).toEqual(JSON.parse(readFileSync(GOLDEN, 'utf8')))
  })

  it('calls Proxmox VE at most once, and never where nothing was to be sent', () => {
    for (const each of cells) {
      const nothing = ['refused', 'already', 'stale'].includes(each.outcome) || each.code === 'not_started'
      expect([each.verb, each.kind, each.condition, each.calls]).toEqual([
        each.verb,
        each.kind,
        each.condition,
        nothing ? 0 : 1,
      ])
    }
  })
})
