import type { Card } from '../core/card.js'
import type { Operation } from '../core/operation.js'

/** An operation as a channel shows it: to everybody there, whoever they are. */
export type BoardView = {
  readonly operation: Operation
  readonly card: Card
}

/** Operations as channels see them. What a channel shows must be for its eyes: bindings decide that. */
export interface Board {
  view(operation: number): Promise<BoardView | null>
  /** Operations that wait for other people's approval, with their workspace. */
  waiting(): Promise<readonly { readonly operation: number; readonly workspace: string }[]>
  /** Told of operations to which something happened in this process; gives the way to stop listening. */
  onChange(listener: (operation: number) => void): () => void
  /** Plans that have waited for half their time; each is given once, to whoever asks first. */
  reminders(): readonly { readonly operation: number; readonly card: Card }[]
}
