// Waiting for something to become true, without a fixed sleep.

import type { State } from './state.js'

const POLL_MS = 20

/**
 * Waits until `look` gives something other than undefined, null or false, and gives that.
 * Looks after each change in the world and every 20 ms. Fails after `withinMs` (10 s).
 */
export function until<T>(
  state: State,
  look: () => T | undefined | null | false,
  what: string = String(look),
  withinMs = 10_000,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = performance.now() + withinMs
    const stop = () => {
      clearInterval(timer)
      state.watchers.delete(step)
    }
    const step = () => {
      try {
        const seen = look()
        if (seen !== undefined && seen !== null && seen !== false) {
          stop()
          resolve(seen)
        } else if (performance.now() > end) {
          stop()
          reject(new Error(`not within ${withinMs} ms: ${what}\n${recent(state)}`))
        }
      } catch (error) {
        stop()
        reject(error)
      }
    }
    const timer = setInterval(step, POLL_MS)
    state.watchers.add(step)
    step()
  })
}

// The last calls and violations: most of what is needed to see why a wait failed.
function recent(state: State): string {
  const calls = state.calls.slice(-8).map(({ method, path, status }) => `  ${method} ${path} -> ${status}`)
  return [...calls, ...state.violations.slice(-5).map((violation) => `  violation: ${violation}`)].join('\n')
}
