import { ENDED, missingDecisions } from '../core/operation.js'
import type { Board, BoardView } from '../ports/board.js'
import { reminderCard, tailsOf } from './follow-operation.js'
import { type OperationView, viewOf } from './present.js'
import type { RoadParts } from './road-parts.js'

/** Operations for the channels that show them. */
export function board(parts: RoadParts): Board {
  return {
    view: async (id) => {
      const operation = await parts.stores.operations.get(id)
      if (operation === null) return null
      const tails = await tailsOf(parts, operation)
      return boardView(await viewOf(parts, operation, { tails }))
    },
    waiting: async () => {
      const waiting = await parts.stores.operations.list({ states: ['waiting'], limit: 500 })
      return waiting
        .filter((operation) => missingDecisions(operation).approvals > 0)
        .map(({ id, workspace }) => ({ operation: id, workspace }))
    },
    onChange: (listener) => parts.runner.onChange(listener),
    reminders: () =>
      parts.runner
        .reminders()
        .map((operation) => ({ operation: operation.id, card: reminderCard(operation) })),
  }
}

/**
 * One whose rows were edited is to a channel like one that is being stopped: there is nothing to press, and its card goes
 * on to follow what becomes of it.
 */
function boardView({ operation, card, edited }: OperationView): BoardView {
  if (edited === null || ENDED.has(operation.state)) return { operation, card }
  return { card, operation: { ...operation, state: 'running', cancelAsked: true } }
}
