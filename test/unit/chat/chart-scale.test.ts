import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { scaleOf, ticksOf } from '../../../src/chat/chart/scale.js'
import type { Unit } from '../../../src/core/card.js'

const GIB = 2 ** 30
const HOUR = 3_600_000
const at = (iso: string): number => Date.parse(iso)

describe('scales', () => {
  it.each<[Unit, number, number, number]>([
    ['ratio', 0.64, 1, 0.25],
    ['ratio', 0.05, 0.06, 0.02],
    ['ratio', 0.003, 0.004, 0.002],
    ['ratio', 0, 0.002, 0.002],
    ['bytes', 1.9 * GIB, 2 * GIB, GIB / 2],
    ['bytes', 2.1 * GIB, 3 * GIB, GIB],
    ['bytes_per_second', 0, 1, 1],
    ['count', 3.7, 4, 1],
    ['count', 0, 1, 1],
    ['seconds', 130, 150, 50],
  ])('%s up to %d: 0 to %d by %d', (unit, most, max, interval) => {
    const scale = scaleOf(unit, most)
    expect(scale.max).toBeCloseTo(max, 6)
    expect(scale.interval).toBeCloseTo(interval, 6)
  })

  it('hold what they are for, in at most four steps', () => {
    const units = fc.constantFrom<Unit>('ratio', 'bytes', 'bytes_per_second', 'count', 'seconds')
    fc.assert(
      fc.property(units, fc.double({ min: 1e-3, max: 1e15, noNaN: true }), (unit, most) => {
        const { max, interval } = scaleOf(unit, most)
        expect(max).toBeGreaterThanOrEqual(most * (1 - 1e-9))
        expect(Math.round(max / interval)).toBeLessThanOrEqual(5)
      }),
    )
  })
})

describe('times below a chart', () => {
  it('are full hours of the zone, also where its clocks are half an hour off', () => {
    const ticks = ticksOf(at('2026-03-12T00:10:00Z'), at('2026-03-12T06:10:00Z'), 'Asia/Kolkata')
    expect(ticks.map((tick) => new Date(tick.at).toISOString().slice(11, 16))).toEqual([
      ...['00:30', '01:30', '02:30', '03:30', '04:30', '05:30'],
    ])
  })

  it('are midnights of the zone, also when the clocks change', () => {
    const ticks = ticksOf(at('2026-03-27T12:00:00Z'), at('2026-04-01T12:00:00Z'), 'Europe/Berlin', 5)
    expect(ticks.map((tick) => [new Date(tick.at).toISOString(), tick.kind])).toEqual([
      ['2026-03-27T23:00:00.000Z', 'day'],
      ['2026-03-28T23:00:00.000Z', 'day'],
      ['2026-03-29T22:00:00.000Z', 'day'],
      ['2026-03-30T22:00:00.000Z', 'day'],
      ['2026-03-31T22:00:00.000Z', 'day'],
    ])
  })

  it('are few, in order, and within; an unknown zone is UTC', () => {
    const zones = fc.constantFrom('UTC', 'America/New_York', 'Australia/Lord_Howe', 'Nowhere/Else')
    const spans = fc.integer({ min: 60_000, max: 800 * 24 * HOUR })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2e12 }), spans, zones, (from, span, zone) => {
        const times = ticksOf(from, from + span, zone).map((tick) => tick.at)
        expect(times.length).toBeLessThanOrEqual(11)
        expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b))
        for (const time of times) expect(time >= from && time <= from + span).toBe(true)
      }),
    )
  })

  it('one moment has one', () => {
    expect(ticksOf(5, 5, 'UTC')).toEqual([{ at: 5, kind: 'clock' }])
    expect(ticksOf(Number.NaN, 5, 'UTC')).toEqual([])
  })
})
