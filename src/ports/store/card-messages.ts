import type { Binding } from './bindings.js'

/**
 * The card of an operation in a channel: wanted there, and what was last seen to be delivered. Whoever delivers compares it
 * with how the operation stands, so that nothing is queued and nothing can be out of order.
 */
export type CardMessage = {
  readonly operation: number
  readonly surface: Binding['surface']
  readonly channel: string
  /** The thread that it was asked in; null for the channel itself. */
  readonly thread: string | null
  /** As the surface names it; null until it is posted. */
  readonly message: string | null
  /** Hash of what was delivered last; null until something was. */
  readonly delivered: string | null
  /** The operation was over by what was delivered: nothing more comes. */
  readonly final: boolean
  /** How often in a row delivery failed, why, and when (ISO) it is tried again. */
  readonly failures: number
  readonly error: string | null
  readonly notBefore: string | null
}

export interface CardMessageStore {
  /** Wants a card in a channel; does nothing where it is wanted there already. */
  want(card: Pick<CardMessage, 'operation' | 'surface' | 'channel' | 'thread'>): Promise<void>
  /** Cards of a surface to which something may still come, oldest operation first. */
  open(surface: Binding['surface']): Promise<readonly CardMessage[]>
  of(operation: number): Promise<readonly CardMessage[]>
  byMessage(surface: Binding['surface'], channel: string, message: string): Promise<CardMessage | null>
  /**
   * Notes a delivery, or a message that was found in the channel without being known (`delivered` null). A message that is
   * known stays: of two that were posted, the first counts.
   */
  delivered(
    card: Pick<CardMessage, 'operation' | 'surface' | 'channel'>,
    seen: { readonly message: string; readonly delivered: string | null; readonly final: boolean },
  ): Promise<void>
  /** Notes that it could not be delivered; `notBefore` null gives up on it. */
  failed(
    card: Pick<CardMessage, 'operation' | 'surface' | 'channel'>,
    seen: { readonly error: string; readonly notBefore: Date | null },
  ): Promise<void>
  /** The platform does not take what there is to show: tried again when that is something else. */
  refused(
    card: Pick<CardMessage, 'operation' | 'surface' | 'channel'>,
    seen: { readonly error: string; readonly delivered: string; readonly final: boolean },
  ): Promise<void>
  /** Somebody deleted the message, or it cannot be edited any more: after `notBefore` it is posted anew. Nothing where another message is known meanwhile. */
  lost(
    card: Pick<CardMessage, 'operation' | 'surface' | 'channel'>,
    seen: { readonly message: string; readonly error: string; readonly notBefore: Date },
  ): Promise<void>
  /** How many cards of a surface could not be delivered when that was tried last: tried again, and given up. */
  stuck(surface: Binding['surface']): Promise<{ readonly waiting: number; readonly givenUp: number }>
}
