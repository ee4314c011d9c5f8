import { describe, expect, it } from '@jest/globals'
import { age, bytes, makeFormat, ratio, seconds } from '../../../src/chat/format.js'

const now = new Date('2026-03-12T23:30:00Z')
const vienna = makeFormat({ timeZone: 'Europe/Vienna', now, unicode: true })

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [2 * 2 ** 30, '2.0 GiB'],
    [15.64 * 2 ** 30, '15.6 GiB'],
    [99.96 * 2 ** 30, '100 GiB'],
    [1023.7 * 2 ** 20, '1.0 GiB'],
    [128 * 2 ** 30, '128 GiB'],
    [3.5 * 2 ** 40, '3.5 TiB'],
    [-2048, '-2.0 KiB'],
    [0.4, '0 B'],
  ])('%d is %s', (value, text) => expect(bytes(value)).toBe(text))
})

describe('seconds', () => {
  it.each([
    [0, '0s'],
    [42.4, '42s'],
    [303, '5m 3s'],
    [60, '1m'],
    [3600 * 4 + 720, '4h 12m'],
    [86_400 * 3 + 3600 * 4, '3d 4h'],
    [86_400 * 400, '400d'],
    [59.7, '1m'],
  ])('%d is %s', (value, text) => expect(seconds(value)).toBe(text))
})

describe('ratio', () => {
  it.each([
    [0, '0 %'],
    [0.004, '0.4 %'],
    [0.1234, '12 %'],
    [1, '100 %'],
    [2.5, '250 %'],
  ])('%d is %s', (value, text) => expect(ratio(value)).toBe(text))
})

describe('age', () => {
  it.each([
    ['2026-03-12T23:29:58Z', 'just now'],
    ['2026-03-12T23:29:22Z', '38 s ago'],
    ['2026-03-12T23:28:00Z', '2 min ago'],
    ['2026-03-12T20:30:00Z', '3 h ago'],
    ['2026-03-02T23:30:00Z', '10 d ago'],
    ['2026-03-12T23:33:00Z', 'in 3 min'],
    ['nonsense', 'at an unknown time'],
  ])('%s is %s', (iso, text) => expect(age(iso, now)).toBe(text))
})

describe('makeFormat', () => {
  it('shows times in the time zone, as short as they can be understood', () => {
    // It is 00:30 of the 13th in Vienna.
    expect(vienna.time('2026-03-12T23:05:09Z')).toBe('00:05:09')
    expect(vienna.time('2026-03-12T22:59:00Z')).toBe('12 Mar 23:59')
    expect(vienna.time('2025-07-01T10:00:00Z')).toBe('2025-07-01 12:00')
  })

  it('falls back to UTC for a time zone nobody knows, and shows a broken time as it is', () => {
    const format = makeFormat({ timeZone: 'Mars/Olympus', now, unicode: true })
    expect(format.time('2026-03-12T23:05:09Z')).toBe('23:05:09')
    expect(format.value('so\u001bon', 'time')).toBe('so␛on')
  })

  it.each([
    [null, 'bytes', '–'],
    [true, 'text', 'yes'],
    [false, 'text', 'no'],
    [2048, 'bytes_per_second', '2.0 KiB/s'],
    [1234, 'count', '1234'],
    [1_234_567, 'count', '1,234,567'],
    [0.4239, 'count', '0.42'],
    [101, 'text', '101'],
    ['prod;web,x', 'tags', 'prod web x'],
    ['', 'tags', '–'],
    [Number.NaN, 'bytes', '–'],
    ['a\nb', 'text', 'a ↵ b'],
    ['text where bytes belong', 'bytes', 'text where bytes belong'],
  ] as const)('prints %j as %s', (value, unit, text) => expect(vienna.value(value, unit)).toBe(text))

  it('labels an axis by how much time it covers', () => {
    expect(vienna.axis('2026-03-12T20:00:00Z', 3600)).toBe('21:00')
    expect(vienna.axis('2026-03-06T20:00:00Z', 7 * 86_400)).toBe('06 Mar 21:00')
    expect(vienna.axis('2026-02-06T20:00:00Z', 40 * 86_400)).toBe('06 Feb')
    expect(vienna.axis('2025-04-06T20:00:00Z', 365 * 86_400)).toBe('2025-04-06')
  })
})
