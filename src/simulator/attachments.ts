import type { ServerResponse } from 'node:http'

const HEARTBEAT_MS = 30_000
/** How long a simulator that nobody ever attached to waits, as a multiple of the idle time. */
const FIRST_WAIT = 30

/** The consoles that hold a connection open, so that a simulator can end with the last of them. */
export type Attachments = {
  readonly attach: (response: ServerResponse) => void
  readonly count: () => number
  readonly close: () => void
}

/** Makes the list; `onIdle` is called `idleMs` real milliseconds after the last has gone, if it is given. */
export function createAttachments(idleMs: number, onIdle: (() => void) | null): Attachments {
  const open = new Set<ServerResponse>()
  let timer: NodeJS.Timeout | null = null
  let over = false
  const beat = setInterval(() => {
    for (const response of open) response.write('\n')
  }, HEARTBEAT_MS)
  beat.unref()
  const wait = (ms: number): void => {
    if (timer !== null) clearTimeout(timer)
    if (onIdle === null) return
    timer = setTimeout(() => {
      timer = null
      if (open.size > 0) return
      over = true
      onIdle()
    }, ms)
  }
  wait(idleMs * FIRST_WAIT)
  return {
    attach: (response) => {
      if (over) {
        // It is ending: who came this late must start another one.
        response.writeHead(503, { Connection: 'close' }).end()
        return
      }
      open.add(response)
      if (timer !== null) clearTimeout(timer)
      timer = null
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store' })
      response.write('\n')
      response.on('close', () => {
        open.delete(response)
        if (open.size === 0) wait(idleMs)
      })
    },
    count: () => open.size,
    close: () => {
      clearInterval(beat)
      if (timer !== null) clearTimeout(timer)
      timer = null
      // After this nobody may wake the timer again.
      for (const response of open) {
        response.removeAllListeners('close')
        response.destroy()
      }
      open.clear()
    },
  }
}
