/** The end of a surface, as what is still being answered learns of it. */
export type Ending = {
  readonly isNow: () => boolean
  /** Does something under a signal that aborts when the end begins. */
  readonly during: <T>(go: (signal: AbortSignal) => Promise<T>) => Promise<T>
}

/** Each gets a signal of its own: one that lives as long as the program would remember everybody who ever listened. */
export function ending(): Ending & { readonly begin: () => void } {
  const open = new Set<AbortController>()
  let now = false
  return {
    isNow: () => now,
    begin: () => {
      now = true
      for (const each of open) each.abort()
    },
    during: async (go) => {
      const each = new AbortController()
      if (now) each.abort()
      open.add(each)
      try {
        return await go(each.signal)
      } finally {
        open.delete(each)
      }
    },
  }
}
