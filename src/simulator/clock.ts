/** The simulator's own time: real time, shifted and stretched. */
export type SimClock = {
  /** Milliseconds since 1970, simulated. */
  readonly now: () => number
  /** Unix seconds, simulated, as PVE writes them. */
  readonly seconds: () => number
  readonly advance: (seconds: number) => void
  readonly setRate: (rate: number) => void
  /** What a restart needs to go on. */
  readonly saved: () => SavedClock
}

export type SavedClock = { readonly offsetMs: number; readonly rate: number }

/** Makes a clock over a real one (milliseconds). Changing the rate never makes the time jump. */
export function createClock(realNow: () => number, saved: SavedClock = { offsetMs: 0, rate: 1 }): SimClock {
  let realBase = realNow()
  let base = realBase + saved.offsetMs
  let rate = saved.rate
  const now = (): number => base + (realNow() - realBase) * rate
  return {
    now,
    seconds: () => Math.floor(now() / 1000),
    advance: (seconds) => {
      base += seconds * 1000
    },
    setRate: (next) => {
      base = now()
      realBase = realNow()
      rate = next
    },
    saved: () => ({ offsetMs: now() - realNow(), rate }),
  }
}
