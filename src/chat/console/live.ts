import type { Card } from '../../core/card.js'
import type { Clock } from '../../ports/clock.js'
import { displayWidth, truncate } from '../text.js'
import type { ConsoleOutput } from './streams.js'
import { paint, type Theme } from './theme.js'

/** The shortest time between two frames: ten a second at most. */
const FRAME_MILLISECONDS = 100
const SEQUENCE = /\u001b\[[0-9;]*m/g

export type LiveOptions = {
  readonly output: ConsoleOutput
  readonly clock: Clock
  readonly theme: Theme
  /** Draws a card for the terminal as it is now. */
  readonly draw: (card: Card) => readonly string[]
  /** Said in the last line beside the time that it takes, while it lasts. */
  readonly hint: string
}

export type Live = {
  /** Shows this card from now on. */
  readonly update: (card: Card) => void
  /** Ends it: these lines stay in its place, or the last card for null. Nothing is written afterwards. */
  readonly end: (lines: readonly string[] | null) => void
}

/** A card that is redrawn in place while it changes, below whatever the terminal shows already. */
export function startLive(options: LiveOptions, first: Card): Live {
  const { output, clock } = options
  const ended = new AbortController()
  const started = clock.monotonic()
  const region = regionOf(output)
  let card = first
  let changed = false
  let second = 0
  let size = sizeOf(output)
  const frame = () => {
    changed = false
    region.put(asHighAsFits(options, card, second))
  }
  const run = async () => {
    for (;;) {
      await clock.sleep(FRAME_MILLISECONDS, ended.signal)
      const now = Math.floor((clock.monotonic() - started) / 1000)
      const other = sizeOf(output)
      // A terminal that does not keep up gets the next picture, not all of them.
      if ((!changed && now === second && other === size) || output.writableNeedDrain) continue
      second = now
      size = other
      frame()
    }
  }
  frame()
  run().catch(() => {
    // The sleep was cut short: it is over.
  })
  return {
    update: (next) => {
      card = next
      changed = true
    },
    end: (lines) => {
      if (ended.signal.aborted) return
      ended.abort()
      region.put(lines ?? options.draw(card))
    },
  }
}

function sizeOf({ columns, rows }: ConsoleOutput): string {
  return `${columns}x${rows}`
}

/** The card as far as the terminal is high: what has left the screen at the top cannot be redrawn. */
function asHighAsFits(
  { output, theme, draw, hint }: LiveOptions,
  card: Card,
  second: number,
): readonly string[] {
  const columns = Math.max(10, output.columns ?? 80)
  const room = Math.max(1, (output.rows ?? 24) - 3)
  const lines = draw(card)
  const dim = (text: string) => paint(theme, 'dim', truncate(text, columns - 1, theme.unicode))
  const more = lines.length - room
  const shown =
    more > 0
      ? [...lines.slice(0, room - 1), dim(`${theme.unicode ? '…' : '...'} ${more + 1} more lines`)]
      : lines
  return [...shown, '', dim(`${second} s, ${hint}`)]
}

/**
 * The lines that were written last, to be replaced. One write for each picture, only the lines that differ, and each
 * is wiped behind its text and not before, so that nothing flickers.
 */
function regionOf(output: ConsoleOutput) {
  let before: readonly string[] = []
  let drawnFor = ''
  return {
    put: (lines: readonly string[]) => {
      const columns = Math.max(1, output.columns ?? 80)
      const resized = sizeOf(output) !== drawnFor
      // Terminals break lines that got too long for them anew, so what was one line may be several rows now.
      const high = before.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
      const rows = Math.min(high, Math.max(1, (output.rows ?? 24) - 1))
      const up = rows > 0 ? `\r\u001b[${rows}A` : ''
      // Row by row: told to wipe all of the screen, some terminals keep a copy of it above.
      const wipe = resized && rows > 0 ? `${'\u001b[2K\n'.repeat(rows)}\u001b[${rows}A` : ''
      const body = lines.map((line, at) => {
        if (!resized && line === before[at]) return '\n'
        // In the last column, wiping to the end of the line would take the last character along.
        return `${line}${widthOf(line) < columns ? '\u001b[K' : ''}\n`
      })
      const rest = before.length > lines.length ? '\u001b[J' : ''
      const same = !resized && lines.length === before.length && body.every((part) => part === '\n')
      before = lines
      drawnFor = sizeOf(output)
      if (!same && !output.destroyed && output.writable) output.write(`${up}${wipe}${body.join('')}${rest}`)
    },
  }
}

function widthOf(line: string): number {
  return displayWidth(line.replace(SEQUENCE, ''))
}
