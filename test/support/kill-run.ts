import { expect } from '@jest/globals'
import {
  agreement,
  type KillLab,
  LATEST_MS,
  random,
  runChild,
  stageOf,
  startKillLab,
} from './operation-kills.js'

const UNDER_WAY = /^(planning|waiting|ready|running)/

/** Kills so many operations at random moments, lets others adopt them, and says what must hold in the end. */
export async function killRun(seed: number, kills: number): Promise<void> {
  console.log(`seed ${seed}; repeat with PROXMOX_MPC_SOAK_SEED=${seed}`)
  const next = random(seed)
  const lab = await startKillLab(seed, 30)
  try {
    const stages = new Map<string, number>()
    let killed = 0
    // One that ends before its kill does not count, and is made up for.
    for (let round = 0; killed < kills && round < kills * 4; round++) {
      await spoil(lab, next)
      const ended = await runChild(lab.home, wordsFor(lab, next), Math.floor(next() ** 2 * 1300))
      const stage = ended.killed ? await stageOf(lab) : null
      if (stage === null || !UNDER_WAY.test(stage)) continue
      killed += 1
      stages.set(stage, (stages.get(stage) ?? 0) + 1)
    }
    await lab.control.clear()
    const adopted = await runChild(lab.home, ['adopt'], null)
    const found = await agreement(lab)
    console.log(
      `${killed} kills (${[...stages].map(([stage, n]) => `${stage} ${n}`).join(', ')}); ${found.operations.length} operations, ${found.calls} calls; ${JSON.stringify(found.ends)}; ${adopted.words.slice(1).join(', ')}`,
    )
    expect(killed).toBeGreaterThanOrEqual(kills)
    expect(found.open.map(({ id, state }) => ({ id, state }))).toEqual([])
    expect(found.leases.map(({ id }) => id)).toEqual([])
    expect({ unknown: found.unknownCalls, invented: found.inventedCalls, twice: found.twice }).toEqual({
      unknown: [],
      invented: [],
      twice: [],
    })
    expect(found.audit).toMatchObject({ kind: 'sound' })
  } finally {
    await lab.close()
  }
}

const VERBS = ['start', 'stop', 'shutdown', 'reboot', 'suspend', 'resume'] as const

function wordsFor({ guests }: KillLab, next: () => number): readonly string[] {
  const pick = () => guests[Math.floor(next() * guests.length)]?.vmid ?? 4000
  const verb = VERBS[Math.floor(next() * VERBS.length)] ?? 'start'
  const bulk = next() < 0.2
  return [verb, ...(bulk ? [pick(), pick(), pick()] : [pick()]).map(String)]
}

/** Sometimes the next call, or its task, meets trouble. */
async function spoil({ control }: KillLab, next: () => number): Promise<void> {
  await control.clear()
  const path = '/status/(start|stop|shutdown|reboot|suspend|resume)$'
  const call = { path, method: 'POST', count: 1 } as const
  const dice = next()
  if (dice < 0.1) await control.fault({ kind: 'proxy-error', status: 596, when: 'after', ...call })
  else if (dice < 0.2) await control.fault({ kind: 'proxy-error', status: 596, when: 'before', ...call })
  else if (dice < 0.3) await control.fault({ kind: 'reset', when: 'after', ...call })
  else if (dice < 0.4) await control.fault({ kind: 'late', afterMs: Math.floor(next() * LATEST_MS), ...call })
  else if (dice < 0.5) await control.fault({ kind: 'task-slow', seconds: 10, count: 1 })
  else if (dice < 0.55)
    await control.fault({ kind: 'task-fails', error: 'no space left on device', count: 1 })
}
