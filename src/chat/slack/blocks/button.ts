import type { ActionsBlock, Button as BlockButton } from '@slack/types'
import { chunks } from '../../message/chunks.js'
import { plainText } from './escape.js'

export type SlackButton = {
  readonly actionId: string
  readonly label: string
  readonly value: string
  readonly style?: 'primary' | 'danger'
  readonly confirm?: {
    readonly title: string
    readonly text: string
    readonly confirm: string
    readonly deny: string
    readonly style?: 'danger'
  }
}

const MOST_BUTTONS = 25
const MOST_VALUE = 2000
const MOST_ID = 255

/** Buttons in rows. */
export function actionsOf(buttons: readonly SlackButton[]): readonly ActionsBlock[] {
  return chunks(buttons, MOST_BUTTONS).map((some) => ({ type: 'actions', elements: some.map(button) }))
}

/** A button; what is not for eyes is never cut, since it would mean something else. Throws a RangeError where it is too long. */
export function button({ actionId, label, value, style, confirm }: SlackButton): BlockButton {
  if (value.length > MOST_VALUE || actionId.length > MOST_ID)
    throw new RangeError('A button carries too much')
  return {
    type: 'button',
    action_id: actionId,
    text: plainText(label, 75),
    value,
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined
      ? {}
      : {
          confirm: {
            title: plainText(confirm.title, 100),
            text: plainText(confirm.text, 300),
            confirm: plainText(confirm.confirm, 30),
            deny: plainText(confirm.deny, 30),
            ...(confirm.style === undefined ? {} : { style: confirm.style }),
          },
        }),
  }
}

/** Characters of what they say. */
export function sizeOf(buttons: readonly SlackButton[]): number {
  return buttons.reduce(
    (total, { label, confirm }) =>
      total +
      Math.min(75, label.length) +
      (confirm === undefined
        ? 0
        : Math.min(300, confirm.text.length) + Math.min(100, confirm.title.length) + 60),
    0,
  )
}
