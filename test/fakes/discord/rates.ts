// Rate limits: a bucket for each route and the channel, guild or token it is about, and 50 a second over all.

import { createHash } from 'node:crypto'
import { type State, violate } from './state.js'

/** So many calls in so many ms. */
export type Rate = readonly [calls: number, perMs: number]

export type RateOptions = {
  /** Of a bucket. Wide by default, so that tests need not wait; the header says it all the same. */
  readonly each?: Rate
  /** Of single routes; Discord's own for messages are about `[5, 5000]`. */
  readonly routes?: Readonly<Record<string, Rate>>
  /** Over all routes but those of interactions. */
  readonly global?: Rate
}

type Bucket = { used: number; resetsAt: number; blockedUntil: number }

export type Taken = {
  readonly headers: Readonly<Record<string, string>>
  /** Seconds to wait, when there was nothing left. */
  readonly wait: number | null
  readonly global: boolean
}

const EXEMPT = /^\w+ \/(interactions|webhooks)\//

export type Rates = {
  take(route: string, major: string): Taken
  /** A bucket that was answered with 429 for another reason: calls before its end are noted. */
  block(route: string, major: string, seconds: number): void
}

export function createRates(state: State, options: RateOptions): Rates {
  const buckets = new Map<string, Bucket>()
  const bucket = (key: string, perMs: number): Bucket => {
    const now = performance.now()
    const known = buckets.get(key) ?? { used: 0, resetsAt: now + perMs, blockedUntil: 0 }
    if (now >= known.resetsAt) Object.assign(known, { used: 0, resetsAt: now + perMs })
    buckets.set(key, known)
    return known
  }
  const [most, mostMs] = options.global ?? [50, 1_000]
  return {
    take: (route, major) => {
      const [calls, perMs] = options.routes?.[route] ?? options.each ?? [1_000, 1_000]
      const own = bucket(`${route} ${major}`, perMs)
      const all = bucket('*', mostMs)
      const now = performance.now()
      if (now < own.blockedUntil) violate(state, `${route}: called again before its retry_after is over`)
      const exempt = EXEMPT.test(route)
      const global = !exempt && all.used >= most
      const empty = own.used >= calls
      if (!exempt && !empty) all.used += 1
      if (!global) own.used += 1
      const until = global ? all.resetsAt : own.resetsAt
      const wait = global || empty ? Math.max(0.001, (until - now) / 1000) : null
      if (wait !== null && !global) own.blockedUntil = until
      const left = Math.max(0, calls - own.used)
      return { headers: rateHeaders(route, calls, left, own.resetsAt - now), wait, global }
    },
    block: (route, major, seconds) => {
      bucket(`${route} ${major}`, 1_000).blockedUntil = performance.now() + seconds * 1000
    },
  }
}

/** What Discord says of a bucket. Its name is that of the route: the channel is no part of it. */
export function rateHeaders(route: string, limit: number, left: number, forMs: number) {
  const seconds = Math.max(0.001, forMs / 1000)
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(left),
    'x-ratelimit-reset': (Date.now() / 1000 + seconds).toFixed(3),
    'x-ratelimit-reset-after': seconds.toFixed(3),
    'x-ratelimit-bucket': createHash('sha256').update(route).digest('hex').slice(0, 32),
  }
}
