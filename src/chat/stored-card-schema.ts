import { type Card, card } from '../core/card.js'

/** A card that this program stored, as JSON; one that cannot be read any more says so. */
export function readCard(json: string): Card {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'card')
      return card(value as Card)
  } catch {
    // Said below.
  }
  return card({ heading: 'What was to be said here cannot be read any more', tone: 'warning' })
}
