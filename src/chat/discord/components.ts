import type { APIMessageTopLevelComponent } from 'discord.js'
import { operationName } from '../../core/operation.js'
import type { CardButton } from '../buttons.js'
import { clip, sanitise } from '../text.js'
import { type ButtonRow, type DiscordButton, rowsOf } from './embeds/button.js'
import { SURE } from './first.js'

/** Buttons and lists under messages. */

type Found = { readonly operation: number; readonly button: CardButton; readonly about: string }

/** So many stand there as buttons; more become a list. */
const FEW = 5
const MOST_OPTIONS = 25
const MOST_TEXT = 100
export const PICK = 'pick'

/** What destroys something is asked once more, by name; the form that policy asks for opens from that question. */
export function customIdOf({ value, style }: CardButton): string {
  return style === 'danger' ? `${SURE}${value}` : value
}

export function discordButton(button: CardButton): DiscordButton {
  const { label, style } = button
  return { customId: customIdOf(button), label, style: style === 'plain' ? 'secondary' : style }
}

/** What somebody may decide now: a few as buttons, more as a list. */
export function choiceRows(found: readonly Found[]): readonly APIMessageTopLevelComponent[] {
  if (found.length === 0) return []
  if (found.length <= FEW)
    return rowsOf(
      found.map(({ operation, button }) => ({
        ...discordButton(button),
        label: `${button.label} ${operationName(operation)}`,
      })),
    )
  const options = found.slice(0, MOST_OPTIONS).map(({ operation, button, about }) => ({
    label: clip(`${button.label} ${operationName(operation)}`, MOST_TEXT),
    description: clip(sanitise(about), MOST_TEXT),
    value: customIdOf(button),
  }))
  const more = found.length > MOST_OPTIONS ? ` (the first ${MOST_OPTIONS})` : ''
  return [
    {
      type: 1,
      components: [{ type: 3, custom_id: PICK, placeholder: `What shall be done?${more}`, options }],
    },
  ]
}

/** The one button of the question whether somebody is sure. */
export function sureRow(button: CardButton): ButtonRow[] {
  return rowsOf([
    { ...discordButton(button), customId: button.value, label: `Yes, ${button.label.toLowerCase()}` },
  ])
}
