import { type AsyncCompleter, createInterface } from 'node:readline'
import { type History, mayRemember } from './history.js'
import { CTRL_D, keyGate } from './key-gate.js'
import type { ConsoleInput, ConsoleOutput, LineSource } from './streams.js'

export type EditedLinesOptions = {
  readonly input: ConsoleInput
  readonly output: ConsoleOutput
  readonly history: History
  readonly completer: AsyncCompleter
  /** Ctrl-C while no line is being typed. */
  readonly onInterrupt: () => void
  /** Ctrl-C at an empty prompt: what is said then; null leaves. */
  readonly howToLeave: () => string | null
}

/** Lines typed at a terminal, with editing, history and completion. Ctrl-D at an empty prompt ends them. */
export async function editedLines(options: EditedLinesOptions): Promise<LineSource> {
  const { input, output, history } = options
  let ended = false
  let deliver: ((line: string | null) => void) | null = null
  const give = (line: string | null) => {
    deliver?.(line)
    deliver = null
    // The editor redraws its prompt whenever the size of the terminal changes, in the middle of an answer too.
    lines.setPrompt('')
  }
  const gate = keyGate(input, {
    onInterrupt: options.onInterrupt,
    // Readline would end for good at Ctrl-D; whoever asked for the line decides whether that is so.
    swallow: (byte) => {
      if (byte !== CTRL_D || lines.line !== '' || deliver === null) return false
      give(null)
      return true
    },
  })
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
    const said = empty ? options.howToLeave() : ''
    if (said === null) return lines.close()
    output.write(said === '' ? '\n' : `\n${said}\n`)
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
    key: gate.key,
    ahead: gate.ahead,
    over: () => ended,
    above: (said) => {
      // In a line of several rows only the editor knows where the cursor is.
      if (deliver === null || ended || lines.getCursorPos().rows > 0) return false
      output.write(`\r\u001b[J${said.map((line) => `${line}\n`).join('')}`)
      lines.prompt(true)
      return true
    },
    close: () => lines.close(),
  }
}
