import type { Clock } from '../ports/clock.js'

/** One budget that all messages of a surface share. Never waits: what does not fit now is tried at the next look. */
export type Budget = {
  /** Whether a message may be sent now. What is `modest` leaves a share to the others. */
  readonly take: (kind: 'post' | 'edit', channel: string, modest: boolean) => boolean
  /** The platform said to wait. Milliseconds. */
  readonly blocked: (kind: 'post' | 'edit', channel: string, forMs: number) => void
}

export type BudgetLimits = {
  /** Messages of a kind per minute. */
  readonly perMinute: Readonly<Record<'post' | 'edit', number>>
  /** Milliseconds between two new messages in a channel. */
  readonly betweenPosts: number
}

/** So much of the minute's share is left to what is not modest. */
const KEPT = 0.4

export function messageBudget(limits: BudgetLimits, clock: Pick<Clock, 'monotonic'>): Budget {
  const tokens = { post: limits.perMinute.post, edit: limits.perMinute.edit }
  const blockedUntil = { post: 0, edit: 0 }
  const lastPost = new Map<string, number>()
  let filledAt = clock.monotonic()

  const fill = (now: number): void => {
    const share = (now - filledAt) / 60_000
    filledAt = now
    for (const kind of ['post', 'edit'] as const)
      tokens[kind] = Math.min(limits.perMinute[kind], tokens[kind] + share * limits.perMinute[kind])
    for (const [channel, at] of lastPost) if (now - at > limits.betweenPosts) lastPost.delete(channel)
  }

  return {
    take: (kind, channel, modest) => {
      const now = clock.monotonic()
      fill(now)
      const floor = modest ? limits.perMinute[kind] * KEPT : 0
      if (now < blockedUntil[kind] || tokens[kind] < 1 + floor) return false
      if (kind === 'post' && lastPost.has(channel)) return false
      tokens[kind] -= 1
      if (kind === 'post') lastPost.set(channel, now)
      return true
    },
    blocked: (kind, _channel, forMs) => {
      blockedUntil[kind] = Math.max(blockedUntil[kind], clock.monotonic() + forMs)
    },
  }
}
