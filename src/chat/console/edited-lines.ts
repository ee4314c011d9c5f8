import { type AsyncCompleter, createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { type History, mayRemember } from './history.js'
import type { ConsoleInput, ConsoleOutput, LineSource } from './streams.js'

const CTRL_C = 0x03
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

export type EditedLinesOptions = {
  readonly input: ConsoleInput
  readonly output: ConsoleOutput
  readonly history: History
  readonly completer: AsyncCompleter
  /** Ctrl-C while no line is being typed. */
  readonly onInterrupt: () => void
  /** Said for Ctrl-C at an empty prompt. */
  readonly howToLeave: string
}

/** Lines typed at a terminal, with editing, history and completion. Ctrl-D at an empty prompt ends them. */
export async function editedLines(options: EditedLinesOptions): Promise<LineSource> {
  const { input, output, history } = options
  const gate = keyGate(input, options.onInterrupt)
  const remembered = await history.load()
  const lines = createInterface({
    input: gate.keys,
    output,
    terminal: true,
    historySize: 1000,
    history: remembered.toReversed(),
    removeHistoryDuplicates: true,
    completer: options.completer,
  })
  let ended = false
  let deliver: ((line: string | null) => void) | null = null
  const give = (line: string | null) => {
    deliver?.(line)
    deliver = null
  }
  // What must not be in the file is not offered again with the arrow key either: screens are shared.
  lines.on('history', (entries: string[]) => {
    const keep = entries.filter(mayRemember)
    entries.splice(0, entries.length, ...keep)
  })
  lines.on('line', give)
  lines.on('close', () => {
    ended = true
    gate.close()
    give(null)
  })
  lines.on('SIGINT', () => {
    const empty = lines.line === ''
    lines.write(null, { ctrl: true, name: 'e' })
    lines.write(null, { ctrl: true, name: 'u' })
    output.write(empty ? `\n${options.howToLeave}\n` : '\n')
    lines.prompt()
  })
  return {
    next: (prompt) =>
      new Promise((resolve) => {
        if (ended) return resolve(null)
        deliver = resolve
        lines.setPrompt(prompt)
        lines.prompt()
        gate.release()
      }),
    suspend: gate.suspend,
    resume: gate.resume,
    close: () => lines.close(),
  }
}

/**
 * Stands between the keyboard and the line editor: lets one line through at a time. While a command runs, what is
 * typed waits, and Ctrl-C interrupts and throws it away.
 */
function keyGate(input: ConsoleInput, onInterrupt: () => void) {
  let open = false
  let waiting: Buffer = Buffer.alloc(0)
  const keys = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => {
      input.setRawMode?.(on)
    },
  })
  const pump = () => {
    if (!open || waiting.length === 0) return
    const end = waiting.findIndex((byte) => byte === CARRIAGE_RETURN || byte === LINE_FEED)
    const upTo = end < 0 ? waiting.length : end + 1
    const pair = waiting[end] === CARRIAGE_RETURN && waiting[end + 1] === LINE_FEED
    const forward = waiting.subarray(0, upTo)
    waiting = waiting.subarray(pair ? upTo + 1 : upTo)
    if (end >= 0) open = false
    keys.write(forward)
  }
  const onData = (chunk: Buffer | string) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    const interrupt = open ? -1 : bytes.lastIndexOf(CTRL_C)
    waiting = interrupt < 0 ? Buffer.concat([waiting, bytes]) : bytes.subarray(interrupt + 1)
    if (interrupt >= 0) onInterrupt()
    pump()
  }
  const onEnd = () => keys.end()
  const listen = () => {
    input.on('data', onData)
    input.resume()
  }
  listen()
  for (const event of ['end', 'close', 'error'] as const) input.on(event, onEnd)
  return {
    keys,
    release: () => {
      open = true
      pump()
    },
    suspend: () => {
      input.off('data', onData)
      input.setRawMode?.(false)
      input.pause()
    },
    resume: () => {
      waiting = Buffer.alloc(0)
      input.setRawMode?.(true)
      listen()
    },
    close: () => {
      input.off('data', onData)
      for (const event of ['end', 'close'] as const) input.off(event, onEnd)
      input.pause()
    },
  }
}
