import type { APIActionRowComponent, APIButtonComponentWithCustomId } from 'discord.js'
import { chunks } from '../../message/chunks.js'
import { plainLine } from './escape.js'

export type DiscordButton = {
  readonly customId: string
  readonly label: string
  readonly style: 'primary' | 'danger' | 'secondary'
}

export type ButtonRow = APIActionRowComponent<APIButtonComponentWithCustomId>

const IN_A_ROW = 5
const MOST_BUTTONS = 25
const MOST_LABEL = 80
const MOST_ID = 100
const STYLES = { primary: 1, secondary: 2, danger: 4 } as const

/**
 * Buttons in rows of five. What is not for eyes is never cut, since it would mean something else: throws a RangeError where
 * an identifier is too long, empty or there twice, and where there are more than 25 buttons.
 */
export function rowsOf(buttons: readonly DiscordButton[]): ButtonRow[] {
  if (buttons.length > MOST_BUTTONS) throw new RangeError('A message carries too many buttons')
  if (new Set(buttons.map(({ customId }) => customId)).size < buttons.length)
    throw new RangeError('Two buttons have one identifier')
  return chunks(buttons, IN_A_ROW).map((row) => ({ type: 1, components: row.map(button) }))
}

/** A button. Throws a RangeError where it carries too much or nothing. */
export function button({ customId, label, style }: DiscordButton): APIButtonComponentWithCustomId {
  if (customId.length > MOST_ID || customId === '')
    throw new RangeError('A button carries too much or nothing')
  return { type: 2, style: STYLES[style], custom_id: customId, label: plainLine(label, MOST_LABEL) }
}
