import type { Unit } from '../../core/card.js'

/** Where the lines of a chart stand: at values and times that people would choose. */

export type Scale = { readonly max: number; readonly interval: number }

const SHARES = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25] as const

/** From 0 to at least the largest value, in three or four steps. */
export function scaleOf(unit: Unit, most: number): Scale {
  const peak = Number.isFinite(most) && most > 0 ? most : 0
  const interval = intervalOf(unit, peak)
  if (unit === 'ratio' && interval === 0.25 && peak <= 1) return { max: 1, interval }
  return { max: Math.max(1, Math.ceil(peak / interval - 1e-9)) * interval, interval }
}

function intervalOf(unit: Unit, peak: number): number {
  if (unit === 'ratio') return SHARES.find((share) => share * 4 >= peak) ?? Math.ceil(peak / 4)
  // Bytes are told in powers of two.
  if (unit === 'bytes' || unit === 'bytes_per_second') return 2 ** Math.ceil(Math.log2(Math.max(1, peak / 4)))
  if (peak === 0) return 1
  const power = 10 ** Math.floor(Math.log10(peak / 4))
  return ([1, 2, 5].find((step) => step * power * 4 >= peak) ?? 10) * power
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 5, 7, 14, 30, 60, 91, 182, 365].map((days) => days * DAY),
] as const

export type Tick = { readonly at: number; readonly kind: 'clock' | 'day' }

/** At most so many times between two (in ms), at full hours and midnights of a time zone. */
export function ticksOf(from: number, to: number, timeZone: string, most = 9): readonly Tick[] {
  if (!(to > from)) return Number.isFinite(from) ? [{ at: from, kind: 'clock' }] : []
  const step = STEPS.find((each) => (to - from) / each <= most) ?? Math.ceil((to - from) / most / DAY) * DAY
  const offset = offsetOf(timeZone)
  const ticks: Tick[] = []
  let local = Math.ceil((from + offset(from)) / step) * step
  for (let n = 0; n <= most + 1; n++, local += step) {
    // The offset before and after is the same but for two nights a year.
    const near = local - offset(local - offset(from))
    const at = local - offset(near)
    if (at > to) break
    if (at >= from) ticks.push({ at, kind: local % DAY === 0 ? 'day' : 'clock' })
  }
  return ticks
}

/** How far a zone's clocks are ahead of UTC, in ms; one that is not known is UTC. */
function offsetOf(timeZone: string): (at: number) => number {
  const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric' } as const
  const more = { minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const
  try {
    const format = new Intl.DateTimeFormat('en-US', { ...fields, ...more, timeZone })
    return (at) => {
      const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
      const get = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
      const [hour, minute, second] = [get('hour'), get('minute'), get('second')]
      const local = Date.UTC(get('year'), get('month') - 1, get('day'), hour, minute, second)
      return local - Math.floor(at / 1000) * 1000
    }
  } catch {
    return () => 0
  }
}
