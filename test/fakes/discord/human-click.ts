// Clicking what is shown, and choosing in a select.

import type { APIComponentInMessageActionRow, APIMessageComponentInteractionData } from 'discord.js'
import { objs } from '../slack/json.js'
import type { Tweak } from './deliver.js'
import type { Hand, Seen } from './human.js'
import { messageJson } from './messages.js'
import { componentPayload } from './payloads.js'
import type { StoredMessage } from './state.js'

type More = { readonly stale?: StoredMessage; readonly tweak?: Tweak }

function componentsOf(message: StoredMessage): readonly APIComponentInMessageActionRow[] {
  return message.components.flatMap((row) => row.components)
}

function names(message: StoredMessage): string {
  return componentsOf(message)
    .map((one) => ('label' in one ? one.label : 'custom_id' in one ? one.custom_id : '?'))
    .join(', ')
}

/** A button by its label or custom_id; a later one of the same label cannot be meant. */
export function click(
  hand: Hand,
  user: string,
  message: StoredMessage,
  button: string,
  more: More,
): Promise<Seen> {
  const shown = more.stale ?? hand.shown(user, message)
  const found = componentsOf(shown).find(
    (one) =>
      one.type === 2 &&
      (('custom_id' in one && one.custom_id === button) || ('label' in one && one.label === button)),
  )
  if (found?.type !== 2) throw new Error(`"${button}" is not there; there is: ${names(shown)}`)
  if (!('custom_id' in found)) throw new Error(`"${button}" is a link`)
  if (found.disabled === true) throw new Error(`"${button}" cannot be clicked`)
  return press(hand, user, shown, { component_type: 2, custom_id: found.custom_id }, more)
}

/** Values, or labels, of a select of texts. */
export function select(
  hand: Hand,
  user: string,
  message: StoredMessage,
  customId: string,
  values: readonly string[],
  more: More,
): Promise<Seen> {
  const shown = more.stale ?? hand.shown(user, message)
  const found = componentsOf(shown).find((one) => one.type === 3 && one.custom_id === customId)
  if (found?.type !== 3) throw new Error(`"${customId}" is not there; there is: ${names(shown)}`)
  if (found.disabled === true) throw new Error(`"${customId}" cannot be used`)
  const chosen = chosenOf(found, values)
  return press(hand, user, shown, { component_type: 3, custom_id: customId, values: chosen }, more)
}

/** The values of a choice among the options of a select. Throws what the client would not send. */
export function chosenOf(
  select: {
    readonly options: readonly object[]
    readonly min_values?: number | undefined
    readonly max_values?: number | undefined
  },
  wanted: readonly string[],
): string[] {
  const { min_values: min = 1, max_values: max = 1 } = select
  if (wanted.length < min || wanted.length > max) throw new Error(`between ${min} and ${max} can be chosen`)
  return wanted.map((one) => {
    const option = objs(select.options).find(({ value, label }) => value === one || label === one)
    if (option === undefined) throw new Error(`"${one}" is not among the options`)
    return String(option.value)
  })
}

function press(
  hand: Hand,
  user: string,
  shown: StoredMessage,
  data: APIMessageComponentInteractionData,
  more: More,
): Promise<Seen> {
  const { state } = hand
  const scene = hand.scene(user, hand.channel(user, shown.channel))
  const payload = componentPayload(state, scene, data, messageJson(state, shown))
  return hand.send(scene, { kind: 'component', payload, source: shown.id }, more.tweak)
}
