import type { Card, CardFile } from '../core/card.js'
import { ENDED, type Operation, operationName } from '../core/operation.js'
import type { BoardView } from '../ports/board.js'
import type { PostFile } from '../ports/store/outbox.js'
import type { ChatParts } from './parts.js'

/** What stands below the card of an operation: what does not fit on it, and how its tasks ended. */

/** Sections of a card that hold the last lines of a task begin so. */
export const LOG_TITLE = 'last lines of the task'

/** The card without ends of logs, which go below it. */
export function withoutLogs(card: Card): Card {
  return { ...card, sections: card.sections.filter((section) => !isLog(section)) }
}

const isLog = ({ title }: Card['sections'][number]): boolean => title.startsWith(LOG_TITLE)

/** On which node a guest of the card is. */
export function nodesOf(card: Card): (index: number) => string | null {
  return (index) => {
    const node = card.table?.rows[index]?.node
    return typeof node === 'string' ? node : null
  }
}

/** Hands in what belongs below every card of an operation on a surface, once for each of its states. */
export async function below(
  { stores, clock }: Pick<ChatParts, 'stores' | 'clock'>,
  surface: 'slack' | 'discord',
  { operation, card }: BoardView,
  files: readonly CardFile[],
): Promise<void> {
  const logs = ENDED.has(operation.state) ? card.sections.filter(isLog) : []
  if (files.length === 0 && logs.length === 0) return
  const cards = await stores.cards.of(operation.id)
  for (const { channel, message } of cards.filter((each) => each.surface === surface))
    if (message !== null)
      await stores.outbox.add(
        {
          surface,
          channel,
          under: { kind: 'operation', operation: operation.id },
          card: logs.length === 0 ? null : JSON.stringify(logsCard(operation, logs)),
          files: files.map(asPost),
          key: `${surface}:${channel}:${operationName(operation.id)}:${operation.state}`,
        },
        clock.now(),
      )
}

function logsCard(operation: Operation, sections: Card['sections']): Card {
  return {
    kind: 'card',
    heading: `${operationName(operation.id)}: how its tasks ended`,
    tone: 'neutral',
    facts: [],
    charts: [],
    sections,
    files: [],
    actions: [],
    sources: [],
  }
}

export function asPost({ name, mediaType, text }: CardFile): PostFile {
  return { name, mediaType, content: { encoding: 'utf8', data: text } }
}
