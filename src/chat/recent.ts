/** What people used last, so that their lists begin with it. In memory: it only saves typing. */
export type Recent = {
  /** Newest first. */
  readonly of: (user: string) => readonly string[]
  readonly note: (user: string, words: readonly string[]) => void
}

const MOST_WORDS = 20
const MOST_USERS = 2000

export function recent(): Recent {
  const byUser = new Map<string, readonly string[]>()
  return {
    of: (user) => byUser.get(user) ?? [],
    note: (user, words) => {
      const named = words.slice(1).filter((word) => !word.startsWith('--'))
      const before = (byUser.get(user) ?? []).filter((word) => !named.includes(word))
      byUser.delete(user)
      byUser.set(user, [...named, ...before].slice(0, MOST_WORDS))
      const [oldest] = byUser.keys()
      if (byUser.size > MOST_USERS && oldest !== undefined) byUser.delete(oldest)
    },
  }
}
