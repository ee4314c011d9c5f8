import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { expect } from '@jest/globals'
import { STORM_KINDS } from '../../src/simulator/faults.js'
import { TASK_STORM_KINDS } from '../../src/simulator/task-faults.js'
import { agreement, broughtToRest } from './agreement.js'
import { startKillLab } from './operation-kills.js'

const PROCESSES = 4

/** Decides on one operation from four processes, so many times in all: one transition, one claim, one call. */
export async function decisionRace(seed: number, decisions: number): Promise<void> {
  console.log(`seed ${seed}; repeat with PROXMOX_MPC_SOAK_SEED=${seed}`)
  const lab = await startKillLab(seed, 4)
  try {
    const asked = await askOnly(lab.home)
    const each = Math.ceil(decisions / PROCESSES)
    const said = await together(lab.home, ['decide', String(asked), String(each)])
    const { calls, text } = await agreement(lab)
    const mine = await lab.stores.operations.get(asked)
    const answers = said.filter((word) => word !== 'opened' && word !== 'done')
    const taken = answers.filter((word) => word === 'taken').length
    const decided = await lab.stores.audit.list({ operation: asked, action: 'decision.approve', limit: 1000 })
    console.log(`${answers.length} decisions, ${taken} taken; ${text}`)

    expect(answers).toHaveLength(each * PROCESSES)
    expect(taken).toBe(1)
    expect(mine?.decisions).toHaveLength(1)
    expect(decided).toHaveLength(1)
    expect(mine?.state).toBe('verified')
    expect(calls).toBe(1)
  } finally {
    await lab.close()
  }
}

/** An operation that waits, asked for by a process that has ended. */
async function askOnly(home: string): Promise<number> {
  const args = [
    resolve('bin/proxmox-mpc.mjs'),
    'exec',
    '--home',
    home,
    '--json',
    '--as',
    'alice',
    '--',
    'stop',
    '4002',
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more
  })
  await new Promise((done) => child.on('close', done))
  const id: unknown = JSON.parse(text).operation?.id
  if (typeof id !== 'string') throw new Error(text)
  return Number(id.slice(2))
}

/** Random things from four processes, with trouble on so many of a hundred requests: the same agreement in the end. */
export async function randomRace(seed: number, operations: number, percent: number): Promise<void> {
  console.log(`seed ${seed}; repeat with PROXMOX_MPC_SOAK_SEED=${seed}`)
  const lab = await startKillLab(seed, 30)
  try {
    await lab.control.fault({ kind: 'storm', percent, seed, lateMs: 200, slowMs: 100 })
    const many = operations >= 200
    // There are far fewer tasks than requests, and each of the four ways is to be met. A VM that does not come up again
    // is waited for, for longer than a few operations are worth.
    await lab.control.fault({ kind: 'task-storm', percent: percent * 2, seed, callsOnly: !many })
    const each = Math.ceil(operations / PROCESSES)
    await together(lab.home, ['random', String(seed), String(each)])
    const struck = (await lab.control.state()).faults.map((fault) => fault.struck ?? {})
    await lab.control.clear()
    const puppet = lab.puppet()
    await puppet.tell('open')
    const waited = await broughtToRest(lab, puppet)
    await puppet.end()
    const { text } = await agreement(lab)
    console.log(`${waited.length} waited for a person in the end; ${text}; struck: ${JSON.stringify(struck)}`)
    // Few operations are too few for every kind of trouble.
    if (many) {
      expect(Object.keys(struck[0] ?? {}).sort()).toEqual([...STORM_KINDS].sort())
      expect(Object.keys(struck[1] ?? {}).sort()).toEqual([...TASK_STORM_KINDS].sort())
    }
    // The same plan asked for twice while it waits is one.
    expect((await lab.operations()).length).toBeGreaterThanOrEqual(operations * 0.95)
  } finally {
    await lab.close()
  }
}

/** Starts four processes, lets them begin at the same moment, and gives all that they said. */
async function together(home: string, words: readonly string[]): Promise<readonly string[]> {
  const [what = '', number = '', ...rest] = words
  const children = Array.from({ length: PROCESSES }, (_, n) => {
    const mine = what === 'random' ? String(Number(number) + n) : number
    const args = [resolve('test/support/race-child.mjs'), home, what, mine, ...rest]
    return spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  })
  const said: string[] = []
  const opened: Promise<void>[] = []
  const ended: Promise<void>[] = []
  for (const child of children) {
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text
    })
    opened.push(
      new Promise((done) => {
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          said.push(...text.split('\n').filter((word) => word !== ''))
          if (text.includes('opened')) done()
        })
      }),
    )
    ended.push(
      new Promise((done, fail) => {
        child.on('error', fail)
        child.on('close', (code) =>
          code === 0 ? done() : fail(new Error(`a child ended with ${code}: ${errors}`)),
        )
      }),
    )
  }
  await Promise.race([Promise.all(opened), Promise.all(ended)])
  for (const child of children) child.stdin.write('go\n')
  await Promise.all(ended)
  return said
}
