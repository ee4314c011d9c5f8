import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { expect, it } from '@jest/globals'
import { startLab } from '../support/lab.js'
import { wholeRuns } from '../support/whole.js'

const SEED = Number(process.env.PROXMOX_MPC_SOAK_SEED ?? Math.floor(Math.random() * 100_000))
const KILLS = Number(process.env.PROXMOX_MPC_SOAK_KILLS ?? 100)

/** A small generator, so that a printed seed repeats the moments of the kills. */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

it(`kill -9 during ${KILLS} syncs: no half sync is ever visible`, async () => {
  console.log(`seed ${SEED}; repeat with PROXMOX_MPC_SOAK_SEED=${SEED}`)
  const next = random(SEED)
  const lab = await startLab({ guests: 300, nodes: 4, seed: SEED % 1000 })
  await lab.ready()
  const database = join(lab.home, '.proxmox/state.db')
  const seen: number[] = []
  let during = 0

  // A kill that comes a moment after its sync has ended does not count, and is made up for.
  for (let kill = 0; during < KILLS && kill < 2 * KILLS; kill++) {
    if (await syncUntilKilled(lab.home, lab.simulator.controlUrl, SEED + kill, next)) during += 1
    seen.push(await wholeRuns(database))
  }
  await lab.simulator.close()

  console.log(`${during} of ${seen.length} kills fell into a sync; ${seen.at(-1)} whole syncs are stored`)
  expect(during).toBe(KILLS)
  expect(seen.at(-1)).toBeGreaterThan(0)
  expect([...seen].sort((a, b) => a - b)).toEqual(seen)
})

/** Lets a process sync, and kills it in the middle of its third sync at the latest. */
function syncUntilKilled(
  home: string,
  controlUrl: string,
  seed: number,
  next: () => number,
): Promise<boolean> {
  const child = spawn(
    process.execPath,
    [resolve('test/support/sync-child.mjs'), home, controlUrl, String(seed)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const doomed = 1 + Math.floor(next() * 2)
  const delay = next() * 60
  let begun = 0
  let syncing = false
  return new Promise((done, fail) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const word of text.split('\n')) {
        if (word === 'sync') {
          begun += 1
          syncing = true
          if (begun === doomed) setTimeout(() => child.kill('SIGKILL'), delay)
        }
        if (word === 'synced') {
          syncing = false
          // It was faster than the delay: then in the next one, at once.
          if (begun >= doomed) begun = doomed - 1
        }
      }
    })
    child.on('error', fail)
    child.on('close', (code) =>
      code === null ? done(syncing) : fail(new Error(`the child ended with ${code}`)),
    )
  })
}
