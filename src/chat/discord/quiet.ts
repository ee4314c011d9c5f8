import type { Clock } from '../../ports/clock.js'
import { pace } from '../pace.js'
import type { Respond } from './respond.js'

/**
 * On Discord an acknowledgement is a call of ours, which takes several turns of the event loop. Work begins when none is on
 * its way, one after the other, so that none waits behind work; under a steady stream it begins after a moment all the same.
 */
export type Quiet = {
  /** The same acknowledgement, known to be on its way. */
  readonly counted: (respond: Respond) => Respond
  /** Comes back when it is this one's turn to work. */
  readonly turn: () => Promise<void>
}

const PATIENCE_MS = 50

export function quiet(clock: Pick<Clock, 'sleep'>): Quiet {
  const step = pace()
  let underWay = 0
  let waiting: (() => void)[] = []
  const over = (): void => {
    underWay -= 1
    if (underWay > 0) return
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }
  const silence = async (): Promise<void> => {
    if (underWay === 0) return
    const late = new AbortController()
    const woken = new Promise<void>((done) => waiting.push(done))
    await Promise.race([woken, clock.sleep(PATIENCE_MS, late.signal).catch(() => {})])
    late.abort()
  }
  return {
    counted: (respond) => async (answer) => {
      underWay += 1
      await respond(answer).finally(over)
    },
    turn: async () => {
      await step()
      await silence()
    },
  }
}
