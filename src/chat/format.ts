import type { Unit, Value } from '../core/card.js'
import { sanitise } from './text.js'

export type FormatOptions = { readonly timeZone: string; readonly now: Date; readonly unicode: boolean }

/** Prints raw values for people. Made once for an answer, because time zones are slow to look up. */
export type Format = {
  /** Any value by its unit; safe to print. */
  readonly value: (value: Value, unit: Unit) => string
  /** A time of this day as `14:03:12`, of this year as `02 Mar 14:03`, any other as `2025-03-02 14:03`. */
  readonly time: (iso: string) => string
  /** A time on an axis of so many seconds: `14:03`, `02 Mar 14:03` or `02 Mar`. */
  readonly axis: (iso: string, spanSeconds: number) => string
  /** How long ago: `just now`, `38 s ago`, `2 min ago`. */
  readonly ago: (iso: string) => string
  readonly none: string
}

export function makeFormat(options: FormatOptions): Format {
  const none = options.unicode ? '–' : '-'
  const parts = clockOf(options.timeZone)
  const today = parts(options.now)
  const time = (iso: string) => {
    const date = new Date(iso)
    if (Number.isNaN(date.getTime())) return sanitise(iso, options.unicode)
    const at = parts(date)
    if (at.date === today.date) return `${at.clock}:${at.seconds}`
    return at.year === today.year ? `${at.day} ${at.month} ${at.clock}` : `${at.date} ${at.clock}`
  }
  return {
    none,
    time,
    ago: (iso) => age(iso, options.now),
    axis: (iso, spanSeconds) => {
      const date = new Date(iso)
      if (Number.isNaN(date.getTime())) return ''
      const at = parts(date)
      if (spanSeconds <= 26 * 3600) return at.clock
      const day = `${at.day} ${at.month}`
      return spanSeconds <= 10 * 86_400 ? `${day} ${at.clock}` : at.year === today.year ? day : at.date
    },
    value: (value, unit) => {
      if (value === null) return none
      if (typeof value === 'boolean') return value ? 'yes' : 'no'
      if (unit === 'time' && typeof value === 'string') return time(value)
      if (unit === 'tags') return sanitise(tags(String(value)), options.unicode) || none
      if (typeof value === 'string') return sanitise(value, options.unicode)
      return Number.isFinite(value) ? number(value, unit) : none
    },
  }
}

function number(value: number, unit: Unit): string {
  switch (unit) {
    case 'bytes':
      return bytes(value)
    case 'bytes_per_second':
      return `${bytes(value)}/s`
    case 'seconds':
      return seconds(value)
    case 'ratio':
      return ratio(value)
    case 'count':
      return count(value)
    case 'text':
    case 'state':
    case 'time':
    case 'tags':
      return String(value)
  }
}

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/** `512 B`, `2.0 GiB`, `128 GiB` */
export function bytes(value: number): string {
  if (value < 0) return `-${bytes(-value)}`
  if (Math.round(value) < 1024) return `${Math.round(value)} B`
  let size = value
  let step = 0
  // What would be printed as 1024 is one of the next unit.
  while (Math.round(size) >= 1024 && step < SIZES.length - 1) {
    size /= 1024
    step += 1
  }
  return `${size < 99.95 ? size.toFixed(1) : Math.round(size)} ${SIZES[step] ?? ''}`
}

/** `3d 4h`, `4h 12m`, `5m 3s`, `42s` */
export function seconds(value: number): string {
  if (value < 0) return `-${seconds(-value)}`
  const whole = Math.round(value)
  const [d, h, m, s] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ]
  if (d > 0) return h > 0 ? `${d}d ${h}h` : `${d}d`
  if (h > 0) return m > 0 ? `${h}h ${m}m` : `${h}h`
  if (m > 0) return s > 0 ? `${m}m ${s}s` : `${m}m`
  return `${s}s`
}

/** `12 %`; below one per cent with a decimal. */
export function ratio(value: number): string {
  const percent = value * 100
  if (percent !== 0 && Math.abs(percent) < 0.95) return `${percent.toFixed(1)} %`
  return `${Math.round(percent)} %`
}

function count(value: number): string {
  if (!Number.isInteger(value)) return value.toFixed(2)
  return Math.abs(value) < 10_000 ? String(value) : value.toLocaleString('en-US')
}

/** PVE separates tags by `;`, `,` or blanks. */
function tags(value: string): string {
  return value
    .split(/[;,\s]+/)
    .filter((tag) => tag !== '')
    .join(' ')
}

/** How long ago a time was, seen from `now`; times ahead (a clock is wrong) are said too. */
export function age(iso: string, now: Date): string {
  const at = new Date(iso).getTime()
  if (Number.isNaN(at)) return 'at an unknown time'
  const past = (now.getTime() - at) / 1000
  const span = Math.abs(past)
  if (span < 5) return 'just now'
  const text =
    span < 90
      ? `${Math.round(span)} s`
      : span < 5400
        ? `${Math.round(span / 60)} min`
        : span < 2 * 86_400
          ? `${Math.round(span / 3600)} h`
          : `${Math.round(span / 86_400)} d`
  return past > 0 ? `${text} ago` : `in ${text}`
}

type Parts = {
  readonly year: string
  readonly month: string
  readonly day: string
  readonly date: string
  readonly clock: string
  readonly seconds: string
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** The wall clock of a time zone; one that is not known gives UTC. */
/** By time zone, as the config file names them: making one takes longer than drawing a card. */
const formatters = new Map<string, Intl.DateTimeFormat>()

function clockOf(timeZone: string): (date: Date) => Parts {
  const numeric = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const
  const make = (zone: string) => new Intl.DateTimeFormat('en-GB', { ...numeric, ...clock, timeZone: zone })
  let formatter = formatters.get(timeZone)
  if (formatter === undefined) {
    try {
      formatter = make(timeZone)
    } catch {
      formatter = make('UTC')
    }
    formatters.set(timeZone, formatter)
  }
  const known = formatter
  return (date) => {
    const found = new Map(known.formatToParts(date).map(({ type, value }) => [type, value]))
    const get = (type: Intl.DateTimeFormatPartTypes) => found.get(type) ?? ''
    const [year, month, day] = [get('year'), get('month'), get('day')]
    return {
      year,
      month: MONTHS[Number(month) - 1] ?? month,
      day,
      date: `${year}-${month}-${day}`,
      clock: `${get('hour')}:${get('minute')}`,
      seconds: get('second'),
    }
  }
}
