import { PassThrough } from 'node:stream'
import type { ConsoleInput } from './streams.js'

export const CTRL_C = 0x03
export const CTRL_D = 0x04
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

export type KeyGateOptions = {
  /** Ctrl-C while no line is let through. */
  readonly onInterrupt: () => void
  /** Asked at the start of what is let through; a byte that it takes goes no further and closes the gate. */
  readonly swallow: (byte: number) => boolean
}

/**
 * Stands between the keyboard and the line editor: lets one line through at a time. While a command runs, what is
 * typed waits, and Ctrl-C interrupts and throws it away.
 */
export function keyGate(input: ConsoleInput, { onInterrupt, swallow }: KeyGateOptions) {
  let open = false
  let waiting: Buffer = Buffer.alloc(0)
  let wanted: ((key: string | null) => void) | null = null
  const keys = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => {
      input.setRawMode?.(on)
    },
  })
  const pump = () => {
    const first = waiting[0]
    if (!open || first === undefined) return
    if (swallow(first)) {
      open = false
      waiting = waiting.subarray(1)
      return
    }
    const end = waiting.findIndex(isLineEnd)
    const upTo = end < 0 ? waiting.length : end + 1
    const pair = waiting[end] === CARRIAGE_RETURN && waiting[end + 1] === LINE_FEED
    const forward = waiting.subarray(0, upTo)
    waiting = waiting.subarray(pair ? upTo + 1 : upTo)
    if (end >= 0) open = false
    keys.write(forward)
  }
  const giveKey = (key: string | null) => {
    wanted?.(key)
    wanted = null
  }
  const onData = (chunk: Buffer | string) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (wanted !== null) return giveKey(bytes.toString('utf8'))
    const interrupt = open ? -1 : bytes.lastIndexOf(CTRL_C)
    waiting = interrupt < 0 ? Buffer.concat([waiting, bytes]) : bytes.subarray(interrupt + 1)
    if (interrupt >= 0) onInterrupt()
    pump()
  }
  const onEnd = () => {
    giveKey(null)
    keys.end()
  }
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
    /** The next key, or whatever comes at once; null when the terminal goes away or the signal aborts. */
    key: (signal: AbortSignal) =>
      new Promise<string | null>((resolve) => {
        if (input.readableEnded || input.destroyed || signal.aborted) return resolve(null)
        waiting = Buffer.alloc(0)
        wanted = resolve
        signal.addEventListener('abort', () => giveKey(null), { once: true })
      }),
    /** Whether a whole line waits. */
    ahead: () => waiting.some(isLineEnd),
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
      giveKey(null)
      input.off('data', onData)
      for (const event of ['end', 'close'] as const) input.off(event, onEnd)
      input.pause()
    },
  }
}

function isLineEnd(byte: number): boolean {
  return byte === CARRIAGE_RETURN || byte === LINE_FEED
}
