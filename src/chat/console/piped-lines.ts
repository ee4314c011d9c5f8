import type { ConsoleInput, LineSource } from './streams.js'

/** No command is as long as this; what lies behind it in a line is dropped, the road refuses the rest. */
const LONGEST_LINE = 65_536
const ENOUGH_WAITING = 256

/**
 * Reads commands line by line without any editing: from a pipe, or from a terminal that can do nothing else.
 * Bytes that are no UTF-8 become replacement characters. A last line without a line end counts.
 */
export function pipedLines(input: ConsoleInput, showPrompt: (prompt: string) => void): LineSource {
  const decoder = new TextDecoder('utf-8')
  const waiting: string[] = []
  let partial = ''
  let ended = false
  let wake: (() => void) | null = null
  const tell = () => {
    wake?.()
    wake = null
  }
  const take = (text: string) => {
    const pieces = text.split('\n')
    const rest = pieces.pop() ?? ''
    for (const piece of pieces) {
      waiting.push((partial + piece).slice(0, LONGEST_LINE).replace(/\r$/, ''))
      partial = ''
    }
    partial = (partial + rest).slice(0, LONGEST_LINE)
    if (waiting.length > ENOUGH_WAITING) input.pause()
    if (waiting.length > 0) tell()
  }
  const onData = (chunk: Buffer | string) =>
    take(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))
  const end = () => {
    if (ended) return
    ended = true
    take(decoder.decode())
    if (partial !== '') waiting.push(partial)
    partial = ''
    tell()
  }
  input.on('data', onData)
  input.on('end', end)
  input.on('close', end)
  input.on('error', end)
  return {
    next: async (prompt) => {
      if (waiting.length === 0 && !ended) {
        showPrompt(prompt)
        input.resume()
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return waiting.shift() ?? null
    },
    suspend: () => {
      input.off('data', onData)
      input.pause()
    },
    resume: () => {
      input.on('data', onData)
    },
    key: () => Promise.resolve(null),
    ahead: () => waiting.length > 0,
    over: () => ended && waiting.length === 0,
    above: () => false,
    close: () => {
      ended = true
      waiting.length = 0
      input.off('data', onData)
      input.pause()
      tell()
    },
  }
}
