import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { rateLimit } from '../../../src/chat/rate-limit.js'

function limit(given = {}) {
  let now = 1000
  const made = rateLimit(() => now, given)
  return { ...made, pass: (milliseconds: number) => (now += milliseconds) }
}
const OK = { kind: 'ok' }

describe('the rate limit', () => {
  it('lets ten commands through at once, and then says when', () => {
    const { take } = limit()
    const answers = Array.from({ length: 12 }, () => take('maria'))

    expect(answers.slice(0, 10)).toEqual(Array(10).fill(OK))
    expect(answers.slice(10)).toEqual(Array(2).fill({ kind: 'wait', seconds: 2 }))
  })

  it('is per person', () => {
    const { take } = limit({ burst: 1 })

    expect([take('maria'), take('maria'), take('bob')].map(({ kind }) => kind)).toEqual(['ok', 'wait', 'ok'])
  })

  it('lets through after the time that it named, and not much before', () => {
    const { take, pass } = limit({ burst: 1, perMinute: 7 })
    take('maria')
    const told = take('maria')
    if (told.kind !== 'wait') throw new Error('not limited')

    pass((told.seconds - 1) * 1000)
    expect(take('maria').kind).toBe('wait')
    pass(1000)
    expect(take('maria')).toEqual(OK)
  })

  it('never holds more than the burst', () => {
    const { take, pass } = limit({ burst: 3 })
    take('maria')
    pass(3_600_000)

    expect(Array.from({ length: 4 }, () => take('maria').kind)).toEqual(['ok', 'ok', 'ok', 'wait'])
  })

  it('gives thirty a minute to who never stops', () => {
    const { take, pass } = limit()
    let through = 0
    for (let second = 0; second < 600; second++) {
      for (let i = 0; i < 5; i++) if (take('maria').kind === 'ok') through += 1
      pass(1000)
    }

    expect(through).toBeGreaterThanOrEqual(300)
    expect(through).toBeLessThanOrEqual(310)
  })

  it('forgets who has been silent, and remembers who has not', () => {
    const { take, pass, size } = limit({ burst: 1, perMinute: 60 })
    for (let i = 0; i < 500; i++) take(`p${i}`)
    expect(size()).toBe(500)
    pass(1000)
    take('maria')

    expect(size()).toBe(1)
    expect(take('maria').kind).toBe('wait')
  })

  it('never remembers more than it may', () => {
    const { take, size } = limit({ burst: 1, mostKeys: 100 })
    for (let i = 0; i < 10_000; i++) {
      take(`p${i}`)
      take('maria')
    }

    expect(size()).toBe(100)
    expect(take('maria').kind).toBe('wait')
  })

  it('does not mind a clock that stands or goes back', () => {
    const { take, pass } = limit({ burst: 2 })
    take('maria')
    pass(-500)

    expect([take('maria').kind, take('maria').kind]).toEqual(['ok', 'wait'])
  })

  it.each([{ perMinute: 0 }, { burst: 0.5 }, { mostKeys: 0 }, { perMinute: Number.NaN }])(
    '%j is a mistake',
    (given) => {
      expect(() => limit(given)).toThrow()
    },
  )

  it('holds for any rhythm: never more than burst and rate allow, and a told wait is enough', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 60 }), (pauses) => {
        const { take, pass } = limit({ burst: 4, perMinute: 20 })
        let through = 0
        let passed = 0
        for (const pause of pauses) {
          pass(pause)
          passed += pause
          if (take('x').kind === 'ok') through += 1
        }
        expect(through).toBeLessThanOrEqual(4 + (passed * 20) / 60_000 + 1e-3)
        const last = take('x')
        if (last.kind === 'wait') {
          pass(last.seconds * 1000)
          expect(take('x')).toEqual(OK)
        }
      }),
    )
  })
})
