import type { Operation } from '../core/operation.js'

/** Carries out what is decided, in this process or by telling the one that does. */
export interface Runner {
  /** An operation may have become ready: it is begun here, unless a `serve` of this home is alive. */
  kick(operation: number): void
  /** Operations that this process has in its hands. */
  executing(): readonly number[]
  /** Whether another process of this home is alive whose task it is to execute. */
  served(): Promise<boolean>
  /** Operations that have waited for half their time; each is given once. */
  reminders(): readonly Operation[]
  /** Told of operations to which something happened in this process; gives the way to stop listening. */
  onChange(listener: (operation: number) => void): () => void
  /**
   * Resolves when something happened to an operation in this process, but no sooner than `atLeast` and no later than
   * `atMost` milliseconds from now.
   */
  changed(
    operation: number,
    wait: { readonly atLeast: number; readonly atMost: number },
    signal?: AbortSignal,
  ): Promise<void>
}
