import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createClock } from '../../../src/simulator/clock.js'
import { createControlClient } from '../../../src/simulator/control-client.js'
import { generateWorld } from '../../../src/simulator/generate.js'
import { createRng } from '../../../src/simulator/rng.js'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/server.js'
import { guestCounters, guestUsage } from '../../../src/simulator/usage.js'
import { ask, data, row, rows } from './client.js'

const AT = Date.UTC(2026, 10, 23, 9, 30)

function world(seed: number, guests?: number, nodes = 3) {
  const clock = createClock(() => AT)
  return generateWorld({ seed, version: '9.2.11', nodes, guests, secrets: {}, furtherTokens: [], clock })
}

describe('random numbers', () => {
  it('repeat with the seed and go on from their state', () => {
    const first = createRng(5)
    const second = createRng(5)
    expect([first.next(), first.next()]).toEqual([second.next(), second.next()])
    const third = createRng(first.state())
    expect(third.next()).toBe(first.next())
    expect(createRng(6).next()).not.toBe(createRng(5).next())
    expect(first.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('shuffle keeps all elements', () => {
    const list = [1, 2, 3, 4, 5, 6, 7, 8]
    const shuffled = createRng(1).shuffle(list)
    expect([...shuffled].sort()).toEqual(list)
    expect(shuffled).not.toEqual(list)
  })
})

describe('the clock', () => {
  it('advances, changes its rate without a jump, and goes on after a restart', () => {
    let real = 1000
    const clock = createClock(() => real)
    clock.advance(10)
    expect(clock.now()).toBe(11_000)
    clock.setRate(60)
    expect(clock.now()).toBe(11_000)
    real += 1000
    expect(clock.now()).toBe(71_000)
    const again = createClock(() => real, clock.saved())
    expect(again.now()).toBe(71_000)
    real += 100
    expect(again.now()).toBe(77_000)
  })
})

describe('the generated cluster', () => {
  it('is the same for the same seed', () => {
    expect([...world(4).guests]).toEqual([...world(4).guests])
    expect([...world(4).guests]).not.toEqual([...world(5).guests])
  })

  it('is the demo company, and begins with it at any size', () => {
    const company = [...world(1).guests.values()]
    expect(company).toHaveLength(14)
    expect(company[0]).toMatchObject({ vmid: 101, kind: 'qemu', power: 'running', pool: 'production' })
    expect(company[0]?.config).toMatchObject({ name: 'web-01', tags: 'prod;web' })
    const big = world(1, 3000, 7)
    expect(big.guests.size).toBe(3000)
    expect(big.guests.get(101)?.config.name).toBe('web-01')
    expect(big.nodes.map((node) => node.name)).toContain('pve7')
    expect(world(1, 0).guests.size).toBe(0)
  })

  it('gives usage that is in bounds, and counters that never fall', () => {
    const { guests, seed } = world(9, 60)
    for (const guest of guests.values()) {
      let before = guestCounters(seed, guest, guest.startedAt)
      for (let hour = 0; hour < 48; hour += 1) {
        const time = AT / 1000 + hour * 3600
        const usage = guestUsage(seed, guest, time)
        expect(usage.cpu).toBeGreaterThanOrEqual(0)
        expect(usage.cpu).toBeLessThanOrEqual(1)
        expect(usage.mem).toBeLessThanOrEqual(Number(guest.config.memory) * 1024 ** 2)
        const counters = guestCounters(seed, guest, time)
        expect(counters.netin).toBeGreaterThanOrEqual(before.netin)
        expect(counters.diskwrite).toBeGreaterThanOrEqual(before.diskwrite)
        before = counters
      }
    }
  })
})

describe('kinds of clusters', () => {
  let simulator: Simulator | null = null
  const dirs: string[] = []
  const start = async (options: SimulatorOptions): Promise<Simulator> => {
    simulator = await startSimulator({ authDelayMs: 0, ...options })
    return simulator
  }
  afterEach(async () => {
    await simulator?.close()
    simulator = null
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
  })

  it('one node has no cluster row and number 0', async () => {
    const single = await start({ nodes: 1 })
    expect(await rows(single, '/cluster/status')).toEqual([
      {
        id: 'node/pve1',
        type: 'node',
        name: 'pve1',
        ip: '127.0.0.1',
        level: '',
        local: 1,
        nodeid: 0,
        online: 1,
      },
    ])
  })

  it('version 8 has neither networks nor the host view of memory', async () => {
    const eight = await start({ version: '8.4.14' })
    expect(await row(eight, '/version')).toMatchObject({ version: '8.4.14', release: '8.4' })
    const found = await rows(eight, '/cluster/resources')
    expect(found.some((entry) => entry.type === 'network')).toBe(false)
    expect(found.some((entry) => 'memhost' in entry)).toBe(false)
  })

  it('answers for thousands of guests', async () => {
    const big = await start({ guests: 2000, nodes: 5 })
    const found = await rows(big, '/cluster/resources?type=vm')
    expect(found).toHaveLength(2000)
    expect(new Set(found.map((entry) => entry.id)).size).toBe(2000)
  })

  it('has a past of the recorded lengths and steps', async () => {
    const demo = await start({})
    const guest = '/nodes/pve1/qemu/101/rrddata?timeframe='
    for (const [frame, count, step] of [
      ['hour', 60, 60],
      ['day', 1440, 60],
      ['week', 335, 1800],
      ['month', 1439, 1800],
      ['year', 1439, 21_600],
    ] as const) {
      const found = await rows(demo, guest + frame)
      expect(found).toHaveLength(count)
      expect(Number(found[1]?.time) - Number(found[0]?.time)).toBe(step)
    }
  })

  it('goes on after a restart: ports, certificate, tokens, guests, tasks and clock', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'simulator-'))
    dirs.push(dir)
    const stateDir = join(dir, 'state')
    const first = await start({ stateDir })
    const control = createControlClient(first.controlUrl)
    await control.change({ kind: 'rename', vmid: 101, name: 'kept' })
    await control.clock({ advanceSeconds: 5000 })
    const made = await ask(first, 'POST', '/nodes/pve1/qemu/107/status/shutdown', { body: 'timeout=300' })
    const upid: string = JSON.parse(made.body).data
    const now = Date.parse((await control.state()).now)
    await first.close()

    const second = await start({ stateDir, seed: 99, guests: 3 })

    expect([second.endpoint, second.controlUrl, second.fingerprint, second.caPem]).toEqual([
      first.endpoint,
      first.controlUrl,
      first.fingerprint,
      first.caPem,
    ])
    expect(second.tokens).toEqual(first.tokens)
    expect(await row(second, '/nodes/pve1/qemu/101/config')).toMatchObject({ name: 'kept' })
    expect(await row(second, `/nodes/pve1/tasks/${encodeURIComponent(upid)}/status`)).toMatchObject({
      status: 'running',
    })
    const again = createControlClient(second.controlUrl)
    expect(Date.parse((await again.state()).now)).toBeGreaterThanOrEqual(now)
    await again.clock({ advanceSeconds: 301 })
    expect(await row(second, `/nodes/pve1/tasks/${encodeURIComponent(upid)}/status`)).toMatchObject({
      exitstatus: 'VM quit/powerdown failed - got timeout',
    })
    expect(statSync(join(stateDir, 'simulator.json')).mode & 0o777).toBe(0o600)
    expect(readFileSync(second.caFile ?? '', 'utf8')).toBe(second.caPem)
  })

  it('refuses a state directory that holds something else', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'simulator-'))
    dirs.push(dir)
    const { writeFileSync } = await import('node:fs')
    writeFileSync(join(dir, 'simulator.json'), '{"format":2}')
    await expect(startSimulator({ stateDir: dir })).rejects.toThrow()
  })

  it('tells nodes apart by their certificates', async () => {
    const demo = await start({})
    const prints = (await rows(demo, '/nodes')).map((entry) => entry.ssl_fingerprint)
    expect(new Set(prints).size).toBe(3)
    expect(await data(demo, '/cluster/nextid')).toBe('100')
  })
})
