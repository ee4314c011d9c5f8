import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type OpenHome, openHome } from '../../src/compose.js'
import { homePaths } from '../../src/config/home.js'
import { isRefusal } from '../../src/core/refusal.js'
import { periodicSync, SYNC_EVERY_MS } from '../../src/jobs/periodic.js'
import { systemClock } from '../../src/system/clock.js'
import { type Lab, startLab } from '../support/lab.js'

/** What is seen best from inside one process: completion, syncs that meet, the periodic reading. */

const caller = { surface: 'console', account: userInfo().username, as: null } as const
let lab: Lab
let home: OpenHome
beforeAll(async () => {
  lab = await startLab()
  await lab.ready()
  const opened = await openHome(homePaths(lab.home), {
    environment: {},
    clock: systemClock,
    user: userInfo().username,
    packageRoot: resolve('.'),
    logLevel: 'warn',
    logTarget: null,
  })
  if (isRefusal(opened)) throw new Error(opened.message)
  home = opened
  await home.syncer.sync('lab')
})
afterAll(async () => {
  await home.close()
  await lab.simulator.close()
})

describe('completion', () => {
  const offers = async (line: string) =>
    (await home.road.complete(line, null, caller)).map(({ text }) => text)

  it.each([
    ['sta', ['start', 'status']],
    ['task ', ['ls', 'show']],
    ['show web', ['web-01', 'web-02']],
    ['show pve', ['pve1', 'pve2', 'pve3']],
    ['ls no', ['nodes', 'node=pve1', 'node=pve2', 'node=pve3']],
    ['ls tag=pr', ['tag=prod', 'tag=proxy']],
    ['ls --s', ['--sort']],
    ['ls --sort m', ['memory']],
    ['metrics web-01 d', ['day']],
    ['task ls --f', ['--failed']],
    ['use ', ['lab']],
    ['nothing like it ', []],
    ['show "we', []],
  ])('%s', async (line, expected) => {
    expect((await offers(line)).sort()).toEqual([...expected].sort())
  })
})

describe('syncs', () => {
  it('that meet in one process are one', async () => {
    const before = (await home.stores.inventory.runs('lab', 100)).length

    const both = await Promise.all([home.syncer.sync('lab'), home.syncer.sync('lab')])

    expect(both[0]).toBe(both[1])
    expect((await home.stores.inventory.runs('lab', 100)).length).toBe(before + 1)
  })

  it('that are stopped leave no trace', async () => {
    const before = await home.stores.inventory.runs('lab', 100)
    const stop = new AbortController()
    stop.abort()

    const outcome = await home.syncer.sync('lab', { signal: stop.signal })

    expect(outcome).toMatchObject({ kind: 'failed', refusal: { code: 'interrupted' } })
    expect(await home.stores.inventory.runs('lab', 100)).toEqual(before)
  })

  it('follow each other once a minute, in the process that holds the lease', async () => {
    const synced: string[] = []
    const slept: number[] = []
    const stop = new AbortController()
    let rounds = 0
    const clock = {
      ...systemClock,
      sleep: async (milliseconds: number) => {
        slept.push(milliseconds)
        rounds += 1
        if (rounds === 3) stop.abort()
        stop.signal.throwIfAborted()
      },
    }
    const syncer = {
      sync: async (cluster: string) => {
        synced.push(cluster)
        return home.syncer.sync(cluster)
      },
    }
    const parts = {
      clusters: ['lab'],
      leases: home.stores.leases,
      syncer,
      clock,
      atOnce: false,
      onFault: String,
    }

    await home.stores.leases.acquire('runner', 'another', 60_000, new Date())
    const waiting = periodicSync({ ...parts, holder: 'me' }, stop.signal)
    await waiting
    const whileHeld = [...synced]
    await home.stores.leases.release('runner', 'another')
    rounds = 0
    const again = new AbortController()
    const sleep = async () => {
      rounds += 1
      if (rounds === 3) again.abort()
      again.signal.throwIfAborted()
    }
    await periodicSync({ ...parts, clock: { ...clock, sleep }, holder: 'me' }, again.signal)

    expect(slept.every((milliseconds) => milliseconds === SYNC_EVERY_MS)).toBe(true)
    expect(whileHeld).toEqual([])
    expect(synced).toEqual(['lab', 'lab'])
    expect(await home.stores.leases.holder('runner', new Date())).toBeNull()
  })
})
