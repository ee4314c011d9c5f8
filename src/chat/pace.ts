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

/** For ways on which things arrive in many turns of the event loop: connections over HTTP. */
export type Quiet = {
  /** Something is on its way to its acknowledgement; gives what to call once it has it. */
  readonly coming: () => () => void
  /** Comes back when it is this one's turn to work. */
  readonly turn: () => Promise<void>
}

/** Under a steady stream work begins all the same, well before the first acknowledgement is late. */
const PATIENCE_MS = 1000

/** Work begins when nothing is on its way to its acknowledgement, one by one, so that none waits behind work. */
export function quiet(clock: Pick<Clock, 'monotonic' | 'sleep'>): Quiet {
  let last: Promise<void> = Promise.resolve()
  let coming = 0
  // One for all who wait.
  let silence: Promise<void> | null = null
  let wake = (): void => {}
  const fallSilent = async (): Promise<void> => {
    const late = new AbortController()
    const woken = new Promise<void>((done) => {
      wake = done
    })
    await Promise.race([woken, clock.sleep(PATIENCE_MS, late.signal).catch(() => {})])
    late.abort()
    silence = null
  }
  // One after the other: whoever begins may have brought about that something is coming again.
  const next = async (): Promise<void> => {
    await new Promise((done) => setImmediate(done))
    if (coming === 0) return
    silence ??= fallSilent()
    await silence
  }
  return {
    coming: () => {
      coming += 1
      let over = false
      return () => {
        if (over) return
        over = true
        coming -= 1
        if (coming === 0) wake()
      }
    },
    turn: () => {
      last = last.then(next)
      return last
    },
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
