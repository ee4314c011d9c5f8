import { type AuditEntry, entryHash } from './audit.js'
import { type Card, card, type Fact } from './card.js'
import { field } from './digest.js'
import { fact } from './facts.js'
import { ENDED, type Operation, operationName } from './operation.js'
import { actorText } from './people.js'
import type { Refusal } from './refusal.js'

/**
 * An operation whose rows were edited by hand. Nothing of them is told: only what the log says of its asking, which
 * nobody can have changed without that showing.
 */
export function editedCard(
  { id, state }: Pick<Operation, 'id' | 'state'>,
  { message, hint }: Refusal,
  asked: AuditEntry | null,
): Card {
  const name = operationName(id)
  const way = ENDED.has(state) ? [] : [`\`cancel ${name}\` ends it.`]
  return card({
    heading: `${name} cannot be trusted: it is not as it was asked for`,
    tone: 'danger',
    text: [message, hint, ...way].join('\n'),
    facts: asked === null || entryHash(asked) !== asked.hash ? [] : factsOf(asked),
  })
}

function factsOf({ subject, actor, at, data }: AuditEntry): readonly Fact[] {
  const guests = field(data, 'guests')
  return [
    fact('asked for, by the log', subject),
    ...(Array.isArray(guests) ? [fact('guests, by the log', guests.map(String).join(', '))] : []),
    ...(actor === null ? [] : [fact('asked by', actorText(actor))]),
    fact('asked', at, 'time'),
  ]
}
