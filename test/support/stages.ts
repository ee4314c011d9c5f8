import { setTimeout as wait } from 'node:timers/promises'
import { ENDED, type Operation } from '../../src/core/operation.js'
import { type KillLab, LATEST_MS } from './operation-kills.js'
import type { Puppet } from './puppet.js'

/** How far an operation is, from its asking to its end. */
export const STAGES = ['waiting', 'ready', 'claimed', 'sent', 'following', 'verifying'] as const
export type Stage = (typeof STAGES)[number]

/** Nobody serves the home: but as long as it looks so, what is ready is left alone. */
const GHOST = 'ghost'

/**
 * The stage of an operation, by what the store and its process's own requests tell; null when it is over, or not begun.
 * Of a bulk it is the stage that was aimed at, where one of its guests is there.
 */
export function stageOf(operation: Operation | null, puppet: Puppet, aim: Stage | null): Stage | null {
  if (operation === null || ENDED.has(operation.state)) return null
  if (operation.state === 'waiting' || operation.state === 'ready') return operation.state
  const found = operation.steps.flatMap((step): readonly Stage[] => {
    if (step.state === 'sent') return ['sent']
    if (step.state !== 'following') return []
    return isVerified(puppet.requests(), step.vmid, step.upid ?? '') ? ['verifying'] : ['following']
  })
  if (found.length === 0) return operation.steps.some(({ state }) => state === 'pending') ? 'claimed' : null
  return found.find((stage) => stage === aim) ?? found[0] ?? null
}

/** Whether a guest is read again after its task was asked for the last time. */
function isVerified(requests: readonly string[], vmid: number, upid: string): boolean {
  const asked = requests.findLastIndex(
    (request) =>
      request.endsWith(`/tasks/${encodeURIComponent(upid)}/status`) ||
      request.endsWith(`/tasks/${upid}/status`),
  )
  return asked >= 0 && requests.slice(asked).some((request) => readsGuest(vmid).test(request))
}

const readsGuest = (vmid: number): RegExp => new RegExp(`^GET .*/(?:qemu|lxc)/${vmid}/`)

export type Round = {
  readonly lab: KillLab
  readonly puppet: Puppet
  readonly next: () => number
}

/** What has to be so before a change is asked for. */
export async function prepare({ lab }: Round, aim: Stage | null): Promise<void> {
  if (aim === 'ready') await lab.stores.leases.acquire('serve', GHOST, 60_000, new Date())
}

export async function tidy({ lab }: Round): Promise<void> {
  await lab.stores.leases.release('serve', GHOST)
  await lab.control.clear()
}

/**
 * Brings an operation that waits to a stage, which the cluster's slowness makes last a while, and to a random moment of it.
 * Without an aim it goes its way, and the moment is any.
 */
export async function reach(round: Round, operation: Operation, aim: Stage | null): Promise<void> {
  const { lab, puppet, next } = round
  const { id } = operation
  const vmids = vmidsOf(operation)
  const until = (stage: Stage) => untilStage(round, id, stage)
  const reading = { kind: 'slow', ms: 250, method: 'GET', path: `/(qemu|lxc)/(${vmids})/` } as const
  await delay(round, operation, aim)
  if (aim === 'waiting') return pause(next, 150)
  if (aim === 'claimed') await lab.control.fault(reading)
  void puppet.tell(`decide ${id}`)
  if (aim === null) return pause(next, 1200)
  if (aim === 'verifying') {
    await until('following')
    await lab.control.fault(reading)
  }
  await until(aim)
  const longest = { ready: 200, claimed: 250, sent: 250, following: 600, verifying: 200 }
  return pause(next, longest[aim])
}

/** Lets an operation go its way, from a random moment on. */
export async function letGo(round: Round, operation: Operation): Promise<void> {
  const { puppet, next } = round
  await delay(round, operation, null)
  setTimeout(() => void puppet.tell(`decide ${operation.id}`), Math.floor(next() * 600))
}

const vmidsOf = ({ steps }: Operation): string => steps.map(({ vmid }) => vmid).join('|')

const pause = (next: () => number, longest: number): Promise<void> => wait(Math.floor(next() * longest))

/** Trouble that makes a stage last, other than slow reading; and now and then a task that does not end well. */
async function delay(
  { lab: { control }, next }: Round,
  operation: Operation,
  aim: Stage | null,
): Promise<void> {
  const [dice, task, late] = [next(), next(), Math.floor(next() * LATEST_MS)]
  const first = { vmid: operation.steps[0]?.vmid, count: 1 } as const
  const call = { path: `/(${vmidsOf(operation)})/status/`, method: 'POST', count: 1 } as const
  // A canary that fails while nobody looks after it has the most to tell.
  const bad = operation.canary > 0 ? task / 3 : task
  if (aim === 'following') await control.fault({ kind: 'task-slow', seconds: 15, ...first })
  if (bad < 0.1) await control.fault({ kind: 'task-fails', error: 'no space left on device', ...first })
  else if (bad < 0.2) await control.fault({ kind: 'task-killed', ...first })
  else if (bad < 0.25) await control.fault({ kind: 'task-warns', ...first })
  // Half of what is to be met while it is sent is answered late; of the others nobody knows for a while what came of it.
  const often = aim === 'sent' ? 1 : aim === null ? 0.5 : 0
  const at = dice / often
  if (at < 0.5) await control.fault({ kind: 'slow', ms: 250, ...call })
  else if (at < 0.65) await control.fault({ kind: 'reset', when: 'before', ...call })
  else if (at < 0.75) await control.fault({ kind: 'reset', when: 'after', ...call })
  else if (at < 0.9) await control.fault({ kind: 'late', afterMs: late, ...call })
  else if (at < 1) await control.fault({ kind: 'proxy-error', status: 596, when: 'before', ...call })
}

async function untilStage({ lab, puppet }: Round, id: number, stage: Stage): Promise<void> {
  for (const since = performance.now(); performance.now() - since < 8000; await wait(10)) {
    const operation = await lab.stores.operations.get(id)
    if (operation === null || ENDED.has(operation.state)) return
    if (stageOf(operation, puppet, stage) === stage) return
  }
}
