import type { Clock } from '../ports/clock.js'

/**
 * Lets work begin one by one, each after everything that has arrived meanwhile was looked at: what is only to be
 * acknowledged does not wait behind what takes long.
 */
export function pace(): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return () => {
    last = last.then(() => new Promise((done) => setImmediate(done)))
    return last
  }
}

/** Work that is acknowledged and not over yet. It has a bound, or a flood of commands would fill the memory. */
export type Backlog = {
  /** Takes a place; gives the way to give it back, or null where all are taken. */
  readonly enter: () => (() => void) | null
  /** How many places are taken. */
  readonly size: () => number
  /** Comes back when no place is taken. */
  readonly idle: () => Promise<void>
}

/** What a home answers at once, as a bound against floods: many times what people type. */
const MOST = 1000

export function backlog(most = MOST): Backlog {
  let taken = 0
  let waiting: (() => void)[] = []
  const leave = (): void => {
    taken -= 1
    if (taken > 0) return
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }
  return {
    size: () => taken,
    enter: () => {
      if (taken >= most) return null
      taken += 1
      let left = false
      return () => {
        if (!left) leave()
        left = true
      }
    },
    idle: () => (taken === 0 ? Promise.resolve() : new Promise((done) => waiting.push(done))),
  }
}

/** Until nothing is under way any more, or so many milliseconds are over. */
export async function idleWithin(
  milliseconds: number,
  clock: Pick<Clock, 'sleep'>,
  work: Pick<Backlog, 'idle'>,
): Promise<void> {
  const over = new AbortController()
  await Promise.race([work.idle(), clock.sleep(milliseconds, over.signal).catch(() => {})])
  over.abort()
}
