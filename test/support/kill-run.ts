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
      const commands = Array.from({ length: 8 }, () => wordsFor(lab, next))
      const ended = await runChild(lab.home, commands, 50 + Math.floor(next() * 1600))
      const stage = await stageOf(lab, ended.words)
      if (!ended.killed || stage === null) continue
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

function wordsFor({ guests }: KillLab, next: () => number): string {
  const pick = () => guests[Math.floor(next() * guests.length)]?.vmid ?? 4000
  const verb = VERBS[Math.floor(next() * VERBS.length)] ?? 'start'
  const bulk = next() < 0.2
  return [verb, ...(bulk ? [pick(), pick(), pick()] : [pick()])].join(' ')
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
