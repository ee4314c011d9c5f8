import { createServer } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { isRefusal } from '../../../src/core/refusal.js'
import { type HealthOptions, type HealthServer, healthReport, startHealth } from '../../../src/http/health.js'
import type { HealthState } from '../../../src/ports/health.js'

const NOW = new Date('2026-03-01T12:00:00.000Z')
const STATE: HealthState = {
  runner: 'here',
  lastSync: { lab: '2026-03-01T11:59:18.000Z' },
  executing: [12],
  waiting: 3,
  surfaces: [{ surface: 'slack' as const, state: 'connected' as const, why: null }],
}

let server: HealthServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

async function start(options: Partial<HealthOptions> = {}): Promise<string> {
  const started = await startHealth({ port: 0, state: async () => STATE, now: () => NOW, ...options })
  if (isRefusal(started)) throw new Error(started.message)
  server = started
  return `http://127.0.0.1:${started.port}`
}

describe('healthReport', () => {
  it.each<[string, Partial<HealthState>, number, string]>([
    ['all is well', {}, 200, 'ok'],
    ['another process looks after the home', { runner: 'elsewhere' }, 200, 'ok'],
    ['nobody does', { runner: 'nobody' }, 503, 'failing'],
    ['a cluster was never read', { lastSync: { lab: null } }, 200, 'stale'],
    ['a cluster was not read for 6 minutes', { lastSync: { lab: '2026-03-01T11:54:00.000Z' } }, 200, 'stale'],
    ['the clock was set back', { lastSync: { lab: '2026-03-01T13:00:00.000Z' } }, 200, 'ok'],
  ])('when %s', (_, change, code, status) => {
    expect(healthReport({ ...STATE, ...change }, NOW)).toMatchObject({ code, body: { status } })
  })
})

describe('startHealth', () => {
  it('answers GET /healthz', async () => {
    const response = await fetch(`${await start()}/healthz`)

    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual({
      status: 'ok',
      runner: 'here',
      lastSync: { lab: { at: '2026-03-01T11:59:18.000Z', age: 42 } },
      executing: [12],
      waiting: 3,
      surfaces: { slack: 'connected' },
    })
  })

  it.each([
    ['GET', '/', 404],
    ['GET', '/healthz/', 404],
    ['GET', '/metrics', 404],
    ['POST', '/', 404],
    ['POST', '/healthz', 405],
    ['DELETE', '/healthz', 405],
  ])('%s %s gives %d', async (method, path, status) => {
    const response = await fetch(`${await start()}${path}`, { method })

    expect(response.status).toBe(status)
  })

  it('is 503 when the state cannot be read, and says nothing of why to whoever asks', async () => {
    const faults: unknown[] = []
    const at = await start({
      state: () => Promise.reject(new Error('disk on fire')),
      onFault: (error) => String(faults.push(error)),
    })
    const response = await fetch(`${at}/healthz`)
    const body = await response.text()

    expect(response.status).toBe(503)
    expect(JSON.parse(body)).toMatchObject({ status: 'failing', runner: 'unknown' })
    expect(body).not.toContain('fire')
    expect(faults).toHaveLength(1)
  })

  it('is 503 when the state throws at once', async () => {
    const at = await start({
      state: () => {
        throw new Error('no')
      },
    })

    expect((await fetch(`${at}/healthz`)).status).toBe(503)
  })

  it('is 503 when the state does not come', async () => {
    const at = await start({ state: () => new Promise(() => {}), patience: 20 })

    expect((await fetch(`${at}/healthz`)).status).toBe(503)
  })

  it('refuses a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((done) => other.once('listening', done))
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const refused = await startHealth({ port, state: async () => STATE, now: () => NOW })
    await new Promise((done) => other.close(done))

    expect(refused).toMatchObject({ kind: 'refusal', code: 'wrong_argument' })
    expect(isRefusal(refused) && refused.message).toContain(String(port))
  })

  it('closes although somebody is still connected, and gives the port back', async () => {
    const at = await start()
    const port = Number(new URL(at).port)
    const idle = connect(port, '127.0.0.1')
    await new Promise((done) => idle.once('connect', done))
    const gone = new Promise((done) => idle.once('close', done))
    idle.on('error', () => {})
    await server?.close()
    await gone
    const again = await startHealth({ port, state: async () => STATE, now: () => NOW })
    if (!isRefusal(again)) server = again

    expect(isRefusal(again)).toBe(false)
  })
})
