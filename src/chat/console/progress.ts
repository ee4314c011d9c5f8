import type { Clock } from '../../ports/clock.js'
import { displayWidth, sanitise, truncate } from '../text.js'
import type { ConsoleOutput } from './streams.js'
import type { Theme } from './theme.js'

const QUIET_MILLISECONDS = 1000
const TICK_MILLISECONDS = 120
const FRAMES = { unicode: ['◐', '◓', '◑', '◒'], ascii: ['|', '/', '-', '\\'] } as const

export type Progress = {
  /** What goes on, and how far it is (0..1, null when unknown). */
  readonly report: (what: string, ratio: number | null) => void
  /** Ends it and wipes its line; nothing is written afterwards. */
  readonly stop: () => void
}

/** A line that shows that something takes long: drawn after a second, in place, without escape sequences. */
export function startProgress(output: ConsoleOutput, theme: Theme, clock: Clock): Progress {
  const stopped = new AbortController()
  const started = clock.monotonic()
  let said: { what: string; ratio: number | null } = { what: 'working', ratio: null }
  let drawn = 0
  const draw = (tick: number) => {
    const frames = theme.unicode ? FRAMES.unicode : FRAMES.ascii
    const waited = Math.floor((clock.monotonic() - started) / 1000)
    const share = said.ratio === null ? '' : `  ${Math.round(Math.min(1, Math.max(0, said.ratio)) * 100)} %`
    const text = `${frames[tick % frames.length] ?? ''} ${said.what}${share}  ${waited} s, Ctrl-C stops it`
    // The last column stays free: some terminals go to the next line there.
    const shown = truncate(text, Math.max(10, (output.columns ?? 80) - 1), theme.unicode)
    const width = displayWidth(shown)
    output.write(`\r${shown}${' '.repeat(Math.max(0, drawn - width))}`)
    drawn = width
  }
  const run = async () => {
    await clock.sleep(QUIET_MILLISECONDS, stopped.signal)
    for (let tick = 0; !stopped.signal.aborted; tick++) {
      draw(tick)
      await clock.sleep(TICK_MILLISECONDS, stopped.signal)
    }
  }
  run().catch(() => {
    // A sleep that was cut short: the answer is there.
  })
  return {
    report: (what, ratio) => {
      said = { what: sanitise(what.slice(0, 500), theme.unicode), ratio }
    },
    stop: () => {
      if (stopped.signal.aborted) return
      stopped.abort()
      if (drawn > 0) output.write(`\r${' '.repeat(drawn)}\r`)
    },
  }
}

/** Where nobody looks. */
export function noProgress(): Progress {
  return { report: () => {}, stop: () => {} }
}
