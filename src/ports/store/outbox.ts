import type { Binding } from './bindings.js'

/** A file of a post: text, or bytes as base64. */
export type PostFile = {
  readonly name: string
  readonly mediaType: string
  readonly content: { readonly encoding: 'utf8' | 'base64'; readonly data: string }
}

/** Something to be said once in a channel, whatever happens meanwhile. */
export type Post = {
  readonly surface: Binding['surface']
  readonly channel: string
  /** Where it belongs: the thread of an operation's card, a message of the surface, or the channel itself. */
  readonly under:
    | { readonly kind: 'operation'; readonly operation: number }
    | { readonly kind: 'message'; readonly message: string }
    | null
  /** The card as JSON, drawn when it is delivered; null for files alone. */
  readonly card: string | null
  readonly files: readonly PostFile[]
  /** The same thing said twice is one: a second post with this key is not taken. */
  readonly key: string
}

export type OutboxItem = Post & {
  readonly id: number
  /** ISO time when it was handed in. */
  readonly at: string
  readonly failures: number
  readonly error: string | null
}

/** Posts that wait to be delivered, at least once and in order within a channel. */
export interface OutboxStore {
  /** False when a post with this key was taken before. */
  add(post: Post, now: Date): Promise<boolean>
  /**
   * The oldest post of each channel of a surface that may be tried now: a channel whose oldest waits holds back its others.
   */
  due(surface: Binding['surface'], now: Date, limit: number): Promise<readonly OutboxItem[]>
  /** Delivered. Its key is remembered for 7 days. */
  done(id: number, now: Date): Promise<void>
  /** Tried again after `notBefore`; null gives it up, and it is kept as such for 7 days. */
  failed(
    id: number,
    seen: { readonly error: string; readonly notBefore: Date | null },
    now: Date,
  ): Promise<void>
  /** How many wait, and how many were given up, by surface. */
  waiting(surface: Binding['surface']): Promise<{ readonly waiting: number; readonly givenUp: number }>
}
