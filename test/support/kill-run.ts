import { expect } from '@jest/globals'
import { ENDED, type Operation } from '../../src/core/operation.js'
import { agreement, broughtToRest } from './agreement.js'
import { type KillLab, type LabGuest, random, startKillLab } from './operation-kills.js'
import type { Puppet } from './puppet.js'
import { letGo, prepare, type Round, reach, STAGES, type Stage, stageOf, tidy } from './stages.js'

/** Everything waits for a word, so that each operation can be met at each of its stages. */
const POLICY = '{ defaults: { routine: { confirm: true } } }'
const GUESTS = 60
/** When fewer are free of what others left, a process is let look after the home. */
const FEWEST = 30

export type Kills = {
  readonly kills: number
  /** How many different stages must be met, and which ones among them. */
  readonly stages: number
  readonly among: readonly Stage[]
}

/**
 * Kills so many operations, each at a random moment of one of its stages or at any, lets the next process go on with
 * them, and says what must hold in the end.
 */
export async function killRun(seed: number, { kills, stages, among }: Kills): Promise<void> {
  console.log(`seed ${seed}; repeat with PROXMOX_MPC_SOAK_SEED=${seed}`)
  const next = random(seed)
  const lab = await startKillLab(seed, GUESTS, POLICY)
  const met = new Map<Stage, number>()
  const aims = aimsOf(next)
  let killed = 0
  let processes = 0
  let rests = 0
  let puppet = lab.puppet()
  try {
    // Chance may miss a stage that is asked for: then a few more die.
    const wanted = () => killed < kills || met.size < stages || !among.every((stage) => met.has(stage))
    for (; wanted() && processes < kills + 10; processes++) {
      const following = lab.puppet()
      const found = await killSome({ lab, puppet, next }, aims())
      puppet = following
      for (const stage of found) met.set(stage, (met.get(stage) ?? 0) + 1)
      killed += found.length
      if ((await freeGuests(lab)).length >= FEWEST) continue
      puppet = await rest(lab, puppet)
      rests += 1
    }
    puppet = await rest(lab, puppet)
    const { text } = await agreement(lab)
    const said = [...met].map(([stage, times]) => `${stage} ${times}`).join(', ')
    console.log(
      `${killed} operations killed with ${processes} processes (${said}), brought to rest ${rests + 1} times; ${text}`,
    )
    expect(killed).toBeGreaterThanOrEqual(kills)
    expect(met.size).toBeGreaterThanOrEqual(stages)
    expect([...met.keys()]).toEqual(expect.arrayContaining([...among]))
  } finally {
    await lab.close()
  }
}

/** All stages and an aimless one in random order, over and over. */
function aimsOf(next: () => number): () => Stage | null {
  let left: (Stage | null)[] = []
  return () => {
    if (left.length === 0) left = [...STAGES, null]
    return left.splice(Math.floor(next() * left.length), 1)[0] ?? null
  }
}

/**
 * One operation is brought to a stage, another goes its way beside it, then their process dies. Gives at which stages they
 * were: what was over by then, or never asked for, does not count.
 */
async function killSome(round: Round, aim: Stage | null): Promise<readonly Stage[]> {
  const { lab, puppet } = round
  await prepare(round, aim)
  await puppet.tell('open')
  const beside = await askForOne(round)
  const aimed = await askForOne(round)
  if (beside !== null) await letGo(round, beside)
  if (aimed !== null) await reach(round, aimed, aim)
  await puppet.kill()
  const stages: Stage[] = []
  for (const operation of [beside, aimed]) {
    if (operation === null) continue
    const now = await lab.stores.operations.get(operation.id)
    const stage = stageOf(now, puppet, operation === aimed ? aim : null)
    if (stage !== null) stages.push(stage)
  }
  await tidy(round)
  return stages
}

async function rest(lab: KillLab, puppet: Puppet): Promise<Puppet> {
  await puppet.tell('open')
  await broughtToRest(lab, puppet)
  await puppet.end()
  return lab.puppet()
}

/** Guests that no operation has to do with. */
async function freeGuests(lab: KillLab): Promise<readonly LabGuest[]> {
  const open = (await lab.operations()).filter(({ state }) => !ENDED.has(state))
  const taken = new Set(open.flatMap(({ steps }) => steps.map(({ vmid }) => vmid)))
  return lab.guests.filter(({ vmid }) => !taken.has(vmid))
}

/** Asks for a change of one guest, or of some, that are as it takes them. */
async function askForOne({ lab, puppet, next }: Round): Promise<Operation | null> {
  const free = await freeGuests(lab)
  const first = free[Math.floor(next() * free.length)]
  if (first === undefined) throw new Error('no guest is free')
  const verb = verbFor(first, next())
  const like = free.filter((guest) => guest.kind === first.kind && guest !== first)
  const begin = Math.floor(next() * like.length)
  const guests = [first, ...(next() < 0.3 ? like.slice(begin, begin + 2) : [])]
  for (const { vmid } of guests) await lab.control.change({ kind: 'power', vmid, to: BEFORE[verb] })
  const flags = guests.length > 1 ? BULK[Math.floor(next() * BULK.length)] : ''
  const said = await puppet.tell(`ask ${verb} ${guests.map(({ vmid }) => vmid).join(',')} ${flags}`.trim())
  const number = /^op(\d+)$/.exec(said ?? '')?.[1]
  return number === undefined ? null : lab.stores.operations.get(Number(number))
}

const BEFORE = {
  start: 'off',
  resume: 'pause',
  shutdown: 'on',
  stop: 'on',
  reboot: 'on',
  suspend: 'on',
  reset: 'on',
} as const
const BULK = ['--canary 1 --keep-going', '--canary 2', '--parallel 1', '--keep-going']

function verbFor({ kind }: LabGuest, dice: number): keyof typeof BEFORE {
  const verbs =
    kind === 'qemu'
      ? (['start', 'resume', 'shutdown', 'stop', 'reboot', 'suspend', 'reset'] as const)
      : (['start', 'shutdown', 'stop', 'reboot'] as const)
  return verbs[Math.floor(dice * verbs.length)] ?? 'start'
}
