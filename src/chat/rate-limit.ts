/** So many commands of one person, whatever the surface. */
export type RateSettings = {
  /** How fast the allowance comes back. */
  readonly perMinute: number
  /** The allowance when nothing was asked for a while. */
  readonly burst: number
  /** No more persons are remembered than this. */
  readonly mostKeys: number
}

export type Take = { readonly kind: 'ok' } | { readonly kind: 'wait'; readonly seconds: number }

export type RateLimit = {
  /** Takes one command from a person's allowance, or says in how many whole seconds there will be one. Waiting costs nothing. */
  readonly take: (key: string) => Take
  /** How many persons are remembered. */
  readonly size: () => number
}

type Bucket = { readonly tokens: number; readonly at: number }

const MINUTE = 60_000
const USUAL: RateSettings = { perMinute: 30, burst: 10, mostKeys: 10_000 }

/**
 * A token bucket per key. `clock` gives milliseconds that never jump. Who has been silent until their allowance was
 * whole again is forgotten; beyond `mostKeys` the one who was silent longest is, and starts afresh.
 */
export function rateLimit(clock: () => number, given: Partial<RateSettings> = {}): RateLimit {
  const { perMinute, burst, mostKeys } = { ...USUAL, ...given }
  if (!(perMinute > 0 && burst >= 1 && mostKeys >= 1))
    throw new Error('a rate limit that lets nobody through')
  const perMillisecond = perMinute / MINUTE
  const wholeAgain = burst / perMillisecond
  // In the order of their last command, the longest silent first: a key is deleted before it is set again.
  const buckets = new Map<string, Bucket>()

  const forget = (now: number): void => {
    for (const [key, { at }] of buckets) {
      if (buckets.size <= mostKeys && now - at < wholeAgain) return
      buckets.delete(key)
    }
  }

  return {
    size: () => buckets.size,
    take: (key) => {
      const now = clock()
      const bucket = buckets.get(key) ?? { tokens: burst, at: now }
      const tokens = Math.min(burst, bucket.tokens + Math.max(0, now - bucket.at) * perMillisecond)
      const enough = tokens + ROUNDING >= 1
      buckets.delete(key)
      buckets.set(key, { tokens: enough ? Math.max(0, tokens - 1) : tokens, at: now })
      forget(now)
      if (enough) return { kind: 'ok' }
      return {
        kind: 'wait',
        seconds: Math.max(1, Math.ceil((1 - tokens) / perMillisecond / 1000 - ROUNDING)),
      }
    },
  }
}

/** Thirds of a token do not add up exactly; whoever waited as long as they were told must get through. */
const ROUNDING = 1e-6
