import type { Readable, Writable } from 'node:stream'

/** What the console reads from; `process.stdin` is one. */
export type ConsoleInput = Readable & {
  readonly isTTY?: boolean | undefined
  setRawMode?: (on: boolean) => unknown
}

/** What the console writes to; `process.stdout` is one. */
export type ConsoleOutput = Writable & {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

/** Where commands come from, one by one. */
export type LineSource = {
  /** The next line; null when there will be none. The prompt is shown where a person types. */
  readonly next: (prompt: string) => Promise<string | null>
  /** Lets go of the input for a while, so that something else can ask questions there. */
  readonly suspend: () => void
  readonly resume: () => void
  /** The next key alone, as the terminal sends it; what was typed before is thrown away. Null without one. */
  readonly key: (signal: AbortSignal) => Promise<string | null>
  /** Whether whole lines were typed ahead: whoever did that does not expect a question. */
  readonly ahead: () => boolean
  /** Whether there will never be another line; otherwise somebody only said that they want to leave. */
  readonly over: () => boolean
  /** Writes lines above the one that is being typed; false when that cannot be done now. */
  readonly above: (lines: readonly string[]) => boolean
  /** Ends the source; a waiting `next` gives null. */
  readonly close: () => void
}

export type Printer = {
  /** Writes lines and waits until they are taken. */
  readonly lines: (lines: readonly string[]) => Promise<void>
  readonly text: (text: string) => void
  /** Null while somebody reads; afterwards whether that was an ordinary end (a closed pipe) or a failure. */
  readonly broken: () => 'closed' | 'failed' | null
}

/** Writes to an output that may go away at any time; `onBroken` is called once when it does. */
export function printer(output: ConsoleOutput, onBroken: () => void): Printer {
  let broken: 'closed' | 'failed' | null = null
  const end = (how: 'closed' | 'failed') => {
    if (broken !== null) return
    broken = how
    onBroken()
  }
  output.on('error', (error: Error & { code?: string }) =>
    end(
      error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || error.code === 'EIO'
        ? 'closed'
        : 'failed',
    ),
  )
  output.on('close', () => end('closed'))
  return {
    broken: () => broken,
    text: (text) => {
      if (broken === null) output.write(text)
    },
    lines: async (lines) => {
      if (broken !== null) return
      if (output.write(lines.map((line) => `${line}\n`).join(''))) return
      await new Promise<void>((done) => {
        const settle = () => {
          for (const event of ['drain', 'error', 'close'] as const) output.off(event, settle)
          done()
        }
        for (const event of ['drain', 'error', 'close'] as const) output.on(event, settle)
      })
    },
  }
}
