// Filling a form the way the Slack client does: what is chosen, what is missing, what is too long.

import type { ViewStateValue } from '@slack/bolt'
import { isObj, type Obj, objs, str, textOf } from './json.js'
import { type Found, optionJson, optionsIn } from './payloads.js'
import type { StoredBlock } from './state.js'

/** What a person puts into one field; null empties it. */
export type FieldValue = string | readonly string[] | null

/** `values[block_id][action_id]`, as payloads carry it. */
export type FormValues = { [blockId: string]: { [actionId: string]: ViewStateValue } }

/** Every element with an action_id in the blocks, in order. */
export function elementsOf(blocks: readonly StoredBlock[]): readonly Found[] {
  return blocks.flatMap((block) => {
    const nested = [block.element, block.accessory].filter(isObj)
    const listed = block.type === 'actions' ? objs(block.elements) : []
    return [...nested, ...listed].map((element) => ({ block, element }))
  })
}

/** The element with this action_id, block_id, label or button text; what is not there cannot be used. */
export function findElement(blocks: readonly StoredBlock[], name: string): Found | undefined {
  const all = elementsOf(blocks)
  const tests: readonly ((found: Found) => boolean)[] = [
    ({ element }) => element.action_id === name,
    ({ block }) => block.block_id === name,
    ({ block }) => textOf(block.label) === name,
    ({ element }) => textOf(element.text) === name,
  ]
  for (const test of tests) {
    const hits = all.filter(test)
    if (hits.length > 0) return hits[0]
  }
  return undefined
}

/** Options a person was offered for a field so far. */
export type Offered = (found: Found) => readonly Obj[]

/** What Slack keeps of one field; throws when a person could not have chosen that. */
export function fieldState(found: Found, given: FieldValue | undefined, offered: Offered): ViewStateValue {
  const { element } = found
  const type = String(element.type)
  const many = Array.isArray(given) ? given : typeof given === 'string' ? [given] : []
  const one = typeof given === 'string' ? given : undefined
  const pick = (value: string) => optionJson(choose(found, value, offered))
  if (type.startsWith('multi_') || type === 'checkboxes') {
    if (/users|conversations|channels/.test(type)) return { type, [plural(type)]: [...many] }
    const initial = given === undefined ? objs(element.initial_options).map(optionJson) : many.map(pick)
    return { type, selected_options: initial }
  }
  if (type === 'static_select' || type === 'external_select' || type === 'radio_buttons') {
    const initial =
      given === undefined && isObj(element.initial_option) ? optionJson(element.initial_option) : null
    return { type, selected_option: one === undefined ? initial : pick(one) }
  }
  const initial = (key: string) => (given === undefined ? (str(element[key]) ?? null) : (one ?? null))
  if (type === 'datepicker') return { type, selected_date: initial('initial_date') }
  if (type === 'timepicker') return { type, selected_time: initial('initial_time') }
  if (type === 'users_select') return { type, selected_user: initial('initial_user') }
  if (type === 'conversations_select') return { type, selected_conversation: initial('initial_conversation') }
  if (type === 'channels_select') return { type, selected_channel: initial('initial_channel') }
  return { type, value: initial('initial_value') || null }
}

function plural(type: string): string {
  return type.replace(/^multi_(.*)_select$/, 'selected_$1')
}

/** The option with this value or text; throws when it is not offered. */
export function choose(found: Found, value: string, offered: Offered): Obj {
  const options = [...optionsIn(found.element), ...offered(found)]
  const hit =
    options.find((option) => option.value === value) ??
    options.find((option) => textOf(option.text) === value)
  if (hit === undefined) throw new Error(`"${value}" is not offered in ${String(found.element.action_id)}`)
  return hit
}

function isEmpty(state: ViewStateValue): boolean {
  return Object.entries(state).every(
    ([key, value]) => key === 'type' || value === null || (Array.isArray(value) && value.length === 0),
  )
}

export type Filled = { readonly values: FormValues; readonly errors: Readonly<Record<string, string>> }

/**
 * Fills the fields of a view. `errors` (by block_id) are the ones the client shows by itself.
 * Throws when a given name is no field of the view.
 */
export function fillForm(
  blocks: readonly StoredBlock[],
  before: FormValues,
  given: Readonly<Record<string, FieldValue>>,
  offered: Offered,
): Filled {
  const wanted = new Map<Found['element'], FieldValue>()
  for (const [name, value] of Object.entries(given)) {
    const found = findElement(blocks, name)
    if (found === undefined) throw new Error(`no field "${name}" in the form`)
    wanted.set(found.element, value)
  }
  const values: FormValues = {}
  const errors: Record<string, string> = {}
  for (const found of elementsOf(blocks)) {
    const { block, element } = found
    if (element.type === 'button' || element.type === 'overflow' || element.type === 'image') continue
    const id = str(element.action_id) ?? ''
    const value = wanted.get(element)
    const kept = value === undefined ? before[block.block_id]?.[id] : undefined
    const state = kept ?? fieldState(found, value, offered)
    values[block.block_id] = { ...values[block.block_id], [id]: state }
    const wrong = block.type === 'input' ? clientError(block, element, state) : undefined
    if (wrong !== undefined) errors[block.block_id] = wrong
  }
  return { values, errors }
}

// What the client says before anything is sent.
function clientError(block: Obj, element: Obj, state: ViewStateValue): string | undefined {
  if (isEmpty(state)) return block.optional === true ? undefined : 'Please complete this required field.'
  const length = state.value?.length ?? 0
  const { min_length, max_length } = element
  if (typeof max_length === 'number' && length > max_length)
    return `Please enter at most ${max_length} characters.`
  if (typeof min_length === 'number' && length < min_length)
    return `Please enter at least ${min_length} characters.`
  return undefined
}
