import { describe, expect, it } from '@jest/globals'
import { heardBefore } from '../../../src/chat/discord/again.js'
import { quiet } from '../../../src/chat/discord/quiet.js'
import { systemClock } from '../../../src/system/clock.js'

const never = { ...systemClock, sleep: () => new Promise<void>(() => {}) }

describe('work and acknowledgements', () => {
  it('work begins at once where none is on its way', async () => {
    await expect(quiet(never).turn()).resolves.toBeUndefined()
  })

  it('work waits for those that are on their way', async () => {
    const still = quiet(never)
    let acknowledged = (): void => {}
    const call = still.counted(
      () =>
        new Promise((done) => {
          acknowledged = done
        }),
    )({ type: 1 })
    let began = false
    const work = still.turn().then(() => {
      began = true
    })
    await new Promise((done) => setImmediate(() => setImmediate(done)))
    expect(began).toBe(false)

    acknowledged()
    await Promise.all([call, work])
    expect(began).toBe(true)
  })

  it('one that fails holds up nothing', async () => {
    const still = quiet(never)
    const failed = still.counted(async () => {
      throw new Error('refused')
    })({ type: 1 })
    await expect(failed).rejects.toThrow('refused')
    await expect(still.turn()).resolves.toBeUndefined()
  })

  it('under a steady stream it begins after a moment', async () => {
    const still = quiet({ sleep: async () => {} })
    void still.counted(() => new Promise(() => {}))({ type: 1 })
    await expect(still.turn()).resolves.toBeUndefined()
  })
})

describe('what was heard before', () => {
  it('is known, and forgotten when much else was heard since', () => {
    const again = heardBefore(3)
    expect(['1', '2', '1', '3', '4', '1'].map(again)).toEqual([false, false, true, false, false, false])
  })
})
