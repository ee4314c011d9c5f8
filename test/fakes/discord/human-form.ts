// Filling a form and sending it off.

import type { APIMessage, APIModalSubmission } from 'discord.js'
import { isObj, type Obj, objs, str } from '../slack/json.js'
import type { Hand, Seen } from './human.js'
import { chosenOf } from './human-click.js'
import { messageJson } from './messages.js'
import { modalPayload } from './payloads.js'
import type { State, StoredModal } from './state.js'

/** By custom_id or label: a text, or the choices of a select. */
export type Fields = Readonly<Record<string, string | readonly string[]>>

/** Sends a form off. Throws what Discord's client would not send: too long, too short, not filled. */
export function submit(hand: Hand, user: string, modal: StoredModal, values: Fields): Promise<Seen> {
  const { state } = hand
  if (modal.user !== user) throw new Error(`${user} does not see this form`)
  const components = filled(modal, values)
  const scene = hand.scene(user, hand.channel(user, modal.channel))
  const data = dataOf({ custom_id: modal.custom_id, components })
  const payload = modalPayload(state, scene, data, sourceOf(state, modal))
  return hand.send(scene, { kind: 'modal', payload, source: modal.source })
}

function sourceOf(state: State, modal: StoredModal): APIMessage | undefined {
  const message = state.messages.get(modal.source ?? '')
  return message === undefined ? undefined : messageJson(state, message)
}

function filled(modal: StoredModal, values: Fields): readonly Obj[] {
  const used = new Set<string>()
  const given = (label: unknown, customId: unknown) => {
    const key = [customId, label].map(str).find((name) => name !== undefined && values[name] !== undefined)
    if (key !== undefined) used.add(key)
    return key === undefined ? undefined : values[key]
  }
  const all = modal.components.map((item): Obj => {
    if (item.type === 1) {
      const inside = objs(item.components).map((one) => filledOne(one, given(one.label, one.custom_id)))
      return { type: 1, components: inside }
    }
    if (item.type !== 18 || !isObj(item.component)) return { type: item.type }
    const { component } = item
    return { type: 18, component: filledOne(component, given(item.label, component.custom_id)) }
  })
  const unknown = Object.keys(values).find((name) => !used.has(name))
  if (unknown !== undefined) throw new Error(`the form has no field "${unknown}"`)
  return all
}

function filledOne(component: Obj, given: string | readonly string[] | undefined): Obj {
  const { type, custom_id } = component
  if (type === 4) return { type, custom_id, value: textOf(component, given) }
  if (type === 3) return { type, custom_id, values: valuesOf(component, given) }
  throw new Error(`this fake cannot fill a field of type ${String(type)}`)
}

function textOf(input: Obj, given: string | readonly string[] | undefined): string {
  const name = String(input.custom_id)
  const value = given ?? str(input.value) ?? ''
  if (typeof value !== 'string') throw new Error(`the field ${name} takes a text`)
  if (input.required !== false && value === '') throw new Error(`the field ${name} has to be filled`)
  const { min_length: min = 0, max_length: max = 4_000 } = input
  if (value.length > Number(max)) throw new Error(`the field ${name} takes at most ${String(max)} characters`)
  if (value !== '' && value.length < Number(min))
    throw new Error(`the field ${name} takes at least ${String(min)} characters`)
  return value
}

function valuesOf(select: Obj, given: string | readonly string[] | undefined): readonly string[] {
  const options = objs(select.options)
  const preset = options.filter((option) => option.default === true).map(({ value }) => String(value))
  const wanted = given === undefined ? preset : typeof given === 'string' ? [given] : given
  if (wanted.length === 0 && select.required === false) return []
  const [min, max] = [select.min_values, select.max_values].map((one) =>
    typeof one === 'number' ? one : undefined,
  )
  return chosenOf({ options, min_values: min, max_values: max }, wanted)
}

// Built from a form whose limits are held: only the compiler does not know.
function dataOf(data: Obj): APIModalSubmission {
  if (!isSubmission(data)) throw new Error('no data of a form')
  return data
}

function isSubmission(value: unknown): value is APIModalSubmission {
  return isObj(value) && Array.isArray(value.components)
}
