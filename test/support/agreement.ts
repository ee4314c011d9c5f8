import { setTimeout as wait } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { ENDED, missingDecisions, type Operation, type Step } from '../../src/core/operation.js'
import type { ControlClient } from '../../src/simulator/control-client.js'
import type { KillLab } from './operation-kills.js'
import type { Puppet } from './puppet.js'

type Call = Awaited<ReturnType<ControlClient['calls']>>[number]
type Sent = Step & { readonly operation: number }

/**
 * A process looks after the home, with the cluster in reach: what was decided ends by itself, without a word of anybody.
 * Then what waited for a person is decided, and ends as well. Gives the numbers of those that waited.
 */
export async function broughtToRest(lab: KillLab, puppet: Puppet): Promise<readonly number[]> {
  expect(await puppet.tell('rest')).toBe('rests')
  const open = (await lab.operations()).filter(({ state }) => !ENDED.has(state))
  const waiting = open.filter(({ state }) => state === 'waiting')
  expect(open.filter(({ state }) => state !== 'waiting').map(brief)).toEqual([])
  expect(waiting.filter((each) => !waitsForPeople(each)).map(brief)).toEqual([])
  for (const { id } of waiting) await puppet.tell(`decide ${id}`)
  expect(await puppet.tell('rest')).toBe('rests')
  expect((await lab.operations()).filter(({ state }) => !ENDED.has(state)).map(brief)).toEqual([])
  return waiting.map(({ id }) => id)
}

const brief = ({ id, command, state, steps }: Operation): string =>
  `op${id} ${command} ${state}: ${steps.map((step) => `${step.vmid} ${step.state} ${step.code ?? ''}`).join(', ')}`

function waitsForPeople(operation: Operation): boolean {
  const { confirm, approvals } = missingDecisions(operation)
  const untouched = operation.steps.every(({ state, intentAt }) => state === 'pending' && intentAt === null)
  return untouched && operation.lease === null && (confirm || approvals > 0)
}

/** Holds what the home tells against what the simulator did, when everything has come to rest; prints what there was. */
export async function agreement(lab: KillLab): Promise<{ readonly text: string; readonly calls: number }> {
  for (let tries = 0; tries < 200 && (await lab.control.state()).waitingRequests > 0; tries++) await wait(50)
  const operations = await lab.operations()
  const calls = (await lab.control.calls()).filter(({ method }) => method === 'POST')
  const tasks = new Map((await lab.control.tasks()).map(({ upid, status }) => [upid, status]))
  const steps = operations.flatMap(({ id, steps: all }) => all.map((step) => ({ ...step, operation: id })))

  expect(operations.filter(({ state }) => !ENDED.has(state)).map(brief)).toEqual([])
  expect(operations.filter(({ lease }) => lease !== null).map(brief)).toEqual([])
  expect(paired(steps, calls)).toEqual([])
  expect(steps.flatMap((step) => disputed(step, tasks))).toEqual([])
  expect(unanswered(steps, calls)).toEqual([])
  expect(operations.flatMap(unproved)).toEqual([])
  expect(await lab.stores.audit.verify(null)).toMatchObject({ kind: 'sound' })

  const executed = calls.filter(({ data }) => data !== null)
  const faults = counted(calls.map(({ fault }) => fault ?? 'none'))
  const text =
    `${operations.length} operations (${counted(operations.map(({ state }) => state))}), ` +
    `${calls.length} calls (by fault: ${faults}), ${executed.length} tasks (${counted(
      executed.map(({ data }) => (tasks.get(data ?? '') ?? 'gone').replace(/ -n \d+ .*/, '')),
    )}), steps: ${counted(steps.map(({ state, code }) => (code === null ? state : `${state} ${code}`)))}`
  return { text, calls: executed.length }
}

function counted(words: readonly string[]): string {
  return [...new Set(words)]
    .sort()
    .map((word) => `${word} ${words.filter((each) => each === word).length}`)
    .join(', ')
}

const nameOf = ({ operation, verb, vmid, state, code, message }: Sent): string =>
  `op${operation} ${verb} ${vmid} ${state} ${code} (${message})`

/** Each task that was begun is one step's, on its guest and by its verb, and each that a step names was begun. */
function paired(steps: readonly Sent[], calls: readonly Call[]): readonly string[] {
  const wrong: string[] = []
  const begun = calls.filter(({ data }) => data !== null)
  for (const { data, path, executed } of begun) {
    const own = steps.filter(({ upid }) => upid === data)
    const [step] = own
    if (own.length !== 1 || step === undefined) wrong.push(`${path}: ${own.length} steps know of it`)
    else if (!executed || !path.endsWith(`/${step.kind}/${step.vmid}/status/${step.verb}`))
      wrong.push(`${path} is none of ${nameOf(step)}`)
  }
  for (const step of steps) {
    if (step.upid === null) continue
    const own = begun.filter(({ data }) => data === step.upid)
    if (own.length !== 1) wrong.push(`${nameOf(step)}: ${own.length} calls began its task`)
  }
  return wrong
}

/** How a step may have ended, by how its task did. */
function disputed(step: Sent, tasks: ReadonlyMap<string, string | null>): readonly string[] {
  const end = `${step.state} ${step.code ?? ''}`.trim()
  if (step.upid === null) {
    const never = step.state === 'verified' || step.state === 'unverified' || step.state === 'unknown'
    return never ? [`${nameOf(step)}, and there is no task of it`] : []
  }
  const status = tasks.get(step.upid) ?? 'still running'
  const may = isGood(status)
    ? [isGood(restart(step, tasks)) ? 'verified' : 'unverified not_verified']
    : status === 'received interrupt'
      ? ['failed task_killed', 'failed overtaken']
      : ['failed task_failed']
  return may.includes(end) ? [] : [`${nameOf(step)}: its task ended with ${status}`]
}

const isGood = (status: string): boolean => status === 'OK' || status.startsWith('WARNINGS')

/** A VM's restart has a second task, which starts it again: how that one ended; `OK` for all else. */
function restart({ verb, kind, vmid, upid }: Sent, tasks: ReadonlyMap<string, string | null>): string {
  if (verb !== 'reboot' || kind !== 'qemu') return 'OK'
  const begun = startOf(upid ?? '')
  const [first] = [...tasks]
    .filter(([other]) => other.includes(`:qmstart:${vmid}:root@pam:`) && startOf(other) >= begun)
    .sort(([a], [b]) => startOf(a) - startOf(b))
  return first?.[1] ?? 'none'
}

const startOf = (upid: string): number => Number.parseInt(upid.split(':')[4] ?? '', 16)

/** What may be said of a call that made no task, by what happened to it. */
const SAID: Readonly<Record<string, readonly string[]>> = {
  'proxy-error': ['not_started', 'node_unreachable'],
  reset: ['not_started'],
  status: ['not_started', 'rejected_by_pve', 'missing_privilege'],
}

/** Each call without a task is one step's that was intended, and each such step says what became of its call. */
function unanswered(steps: readonly Sent[], calls: readonly Call[]): readonly string[] {
  const wrong: string[] = []
  const left = new Set(steps.filter(({ intentAt, upid }) => intentAt !== null && upid === null))
  for (const call of calls.filter(({ data }) => data === null)) {
    const seconds = Date.parse(call.at) / 1000 + 1
    // Whatever happens to a guest happens one after the other: it is the newest that was intended by then.
    const [step] = [...left]
      .filter(({ kind, vmid, verb }) => call.path.endsWith(`/${kind}/${vmid}/status/${verb}`))
      .filter(({ intentNodeTime }) => (intentNodeTime ?? 0) <= seconds)
      .sort((a, b) => ((b.intentAt ?? '') < (a.intentAt ?? '') ? -1 : 1))
    if (step === undefined) {
      wrong.push(`${call.path} (${call.fault}): nobody intended it`)
      continue
    }
    left.delete(step)
    const may = SAID[call.fault ?? ''] ?? []
    if (step.state !== 'failed' || !may.includes(step.code ?? ''))
      wrong.push(`${nameOf(step)}: its call met ${call.fault}`)
  }
  for (const step of left)
    if (step.state !== 'failed' || !['not_started', 'cluster_unreachable'].includes(step.code ?? ''))
      wrong.push(`${nameOf(step)}: it was never called`)
  return wrong
}

/** What was sent before its canaries had proved it. */
function unproved({ id, canary, steps }: Operation): readonly string[] {
  if (canary === 0) return []
  const first = steps.filter(({ state }) => state !== 'already').slice(0, canary)
  const last =
    first
      .map(({ endedAt }) => endedAt ?? '')
      .sort()
      .at(-1) ?? ''
  const well = first.every(({ state }) => state === 'verified')
  return steps
    .filter((step) => !first.includes(step) && step.intentAt !== null && (!well || step.intentAt < last))
    .map(({ vmid }) => `op${id}: ${vmid} was begun too early`)
}
