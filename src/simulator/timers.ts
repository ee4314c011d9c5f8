/** Real time that requests spend waiting. Closing ends every wait at once, so that nothing outlives the simulator. */
export type Timers = {
  /** Resolves with true after so many milliseconds, with false when it is closed before. */
  readonly pause: (ms: number) => Promise<boolean>
  /** How many wait. */
  readonly waiting: () => number
  readonly close: () => void
}

/** Makes timers that can be closed together. */
export function createTimers(): Timers {
  const waiting = new Set<() => void>()
  let closed = false
  return {
    pause: (ms) =>
      new Promise((resolve) => {
        if (closed) {
          resolve(false)
          return
        }
        const end = (whole: boolean): void => {
          clearTimeout(timer)
          waiting.delete(drop)
          resolve(whole)
        }
        const drop = (): void => end(false)
        const timer = setTimeout(() => end(true), ms)
        waiting.add(drop)
      }),
    waiting: () => waiting.size,
    close: () => {
      closed = true
      for (const drop of [...waiting]) drop()
    },
  }
}
