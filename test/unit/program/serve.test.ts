import { createServer } from 'node:http'
import { describe, expect, it } from '@jest/globals'
import { homePaths } from '../../../src/config/home.js'
import { type Served, serveUntil } from '../../../src/program/serve.js'

const STATE = { runner: 'here', lastSync: {}, executing: [], waiting: 0, surfaces: [] } as const

function served(change: Partial<Served> = {}) {
  const printed: string[] = []
  const parts: Served = {
    serve: (signal) => new Promise((done) => signal.addEventListener('abort', () => done())),
    health: async () => STATE,
    paths: homePaths('/somewhere'),
    port: 0,
    output: { write: (text) => printed.push(text) },
    now: () => new Date(),
    ...change,
  }
  return { parts, printed }
}

const addressIn = (printed: readonly string[]) => /http:\S+/.exec(printed.join(''))?.[0] ?? ''

describe('serveUntil', () => {
  it('tells in one line where it answers, until the signal and what runs have come to an end', async () => {
    const ending = new AbortController()
    const events: string[] = []
    let atEnd = 0
    const { parts, printed } = served({
      serve: async (signal) => {
        await new Promise<void>((done) => signal.addEventListener('abort', () => done()))
        events.push('stopping')
        // While operations come to their stop it still answers.
        atEnd = (await fetch(addressIn(printed))).status
        events.push('stopped')
      },
    })
    const serving = serveUntil(parts, ending.signal)
    while (printed.length === 0) await new Promise((done) => setTimeout(done, 5))
    const during = await fetch(addressIn(printed))
    ending.abort()
    const ended = await serving

    expect(printed[0]).toMatch(/^Serving \/somewhere; health: http:\/\/127\.0\.0\.1:\d+\/healthz\n$/)
    expect(during.status).toBe(200)
    expect(atEnd).toBe(200)
    expect(events).toEqual(['stopping', 'stopped'])
    expect(ended).toBeNull()
    await expect(fetch(addressIn(printed))).rejects.toThrow()
  })

  it('begins nothing on a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((done) => other.once('listening', done))
    const address = other.address()
    let began = false
    const { parts, printed } = served({
      port: typeof address === 'object' && address !== null ? address.port : 0,
      serve: async () => {
        began = true
      },
    })
    const refused = await serveUntil(parts, new AbortController().signal)
    await new Promise((done) => other.close(done))

    expect(refused).toMatchObject({ code: 'wrong_argument' })
    expect(began).toBe(false)
    expect(printed).toEqual([])
  })

  it('closes when serving fails', async () => {
    const { parts, printed } = served({ serve: () => Promise.reject(new Error('broken')) })

    await expect(serveUntil(parts, new AbortController().signal)).rejects.toThrow('broken')
    await expect(fetch(addressIn(printed))).rejects.toThrow()
  })
})
