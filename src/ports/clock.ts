/** Time as the program sees it; tests bring their own. */
export interface Clock {
  now(): Date
  /** Milliseconds that never jump; only differences mean anything. */
  monotonic(): number
  /** Resolves after so many milliseconds, or rejects when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}
