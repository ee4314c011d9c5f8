import { missingDecisions } from '../core/operation.js'
import type { Board } from '../ports/board.js'
import { reminderCard, tailsOf } from './follow-operation.js'
import { cardOf } from './present.js'
import type { RoadParts } from './road.js'

/** Operations for the channels that show them. */
export function board(parts: RoadParts): Board {
  return {
    view: async (id) => {
      const operation = await parts.stores.operations.get(id)
      if (operation === null) return null
      const tails = await tailsOf(parts, operation)
      return { operation, card: await cardOf(parts, operation, { tails }) }
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
