// Checks of the interactive elements: buttons, selects, inputs, with their options and confirm dialogs.

import { isObj, type Obj, objs } from './json.js'
import {
  type Check,
  checkFields,
  checkId,
  checkItems,
  checkOptionalText,
  checkString,
  checkText,
  LIMITS,
  problem,
} from './limits-text.js'

const OTHER_SELECTS = ['users', 'conversations', 'channels'].flatMap((what) => [
  `${what}_select`,
  `multi_${what}_select`,
])
const STATIC = ['static_select', 'multi_static_select']
const EXTERNAL = ['external_select', 'multi_external_select']
const CHOICES = ['checkboxes', 'radio_buttons']
const DATES = ['datepicker', 'timepicker', 'datetimepicker']
const TYPED = ['plain_text_input', 'number_input', 'email_text_input', 'url_text_input', 'rich_text_input']
const SHARED = [...STATIC, ...EXTERNAL, ...OTHER_SELECTS, ...CHOICES, ...DATES]

/** The element types a parent accepts. */
export const ELEMENTS = {
  accessory: ['button', 'overflow', 'image', ...SHARED],
  actions: ['button', 'overflow', ...SHARED],
  input: [...SHARED, ...TYPED, 'file_input'],
} as const

const COMMON = ['type', 'action_id', 'confirm', 'placeholder', 'focus_on_load']
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  button: ['text', 'value', 'url', 'style', 'accessibility_label'],
  overflow: ['options'],
  image: ['image_url', 'alt_text', 'slack_file'],
  options: ['options', 'option_groups', 'initial_option', 'initial_options', 'max_selected_items'],
  external: ['min_query_length', 'initial_option', 'initial_options', 'max_selected_items'],
}

/** Checks one element below a block. */
export function checkElement(
  check: Check,
  at: string,
  element: unknown,
  allowed: readonly string[],
): undefined {
  if (!isObj(element)) return problem(check, at, 'must be an element object')
  const type = String(element.type)
  if (!allowed.includes(type)) return problem(check, `${at}/type`, `unsupported type: ${type}`)
  if (type === 'image') return checkImage(check, at, element)
  checkId(check, `${at}/action_id`, element.action_id, check.actionIds)
  if (element.confirm !== undefined) checkConfirm(check, `${at}/confirm`, element.confirm)
  checkOptionalText(check, `${at}/placeholder`, element.placeholder, LIMITS.placeholder)
  if (element.focus_on_load === true) {
    check.focused += 1
    if (check.focused > 1) problem(check, `${at}/focus_on_load`, 'only one element can be focused')
  }
  checkKind(check, at, element, type)
}

function checkKind(check: Check, at: string, element: Obj, type: string): undefined {
  if (type === 'button') return checkButton(check, at, element)
  if (type === 'overflow') {
    checkFields(check, at, element, [...COMMON, ...(FIELDS.overflow ?? [])])
    return checkOptions(check, `${at}/options`, element.options, LIMITS.overflow)
  }
  if (STATIC.includes(type)) return checkStatic(check, at, element)
  if (EXTERNAL.includes(type)) return checkExternal(check, at, element)
  if (CHOICES.includes(type)) {
    checkOptions(check, `${at}/options`, element.options, LIMITS.choices, 'any')
    return checkInitial(check, at, element, objs(element.options))
  }
  if (TYPED.includes(type)) checkTyped(check, at, element, type)
}

/** An image element or the image part of an image block. */
export function checkImage(check: Check, at: string, image: Obj): undefined {
  checkString(check, `${at}/alt_text`, image.alt_text, LIMITS.image.alt)
  const sources = [image.image_url, image.slack_file].filter((source) => source !== undefined)
  if (sources.length !== 1) problem(check, at, 'must define either slack_file or image_url')
  checkString(check, `${at}/image_url`, image.image_url, LIMITS.image.url, true)
}

function checkButton(check: Check, at: string, button: Obj): undefined {
  checkFields(check, at, button, [...COMMON, ...(FIELDS.button ?? [])])
  checkText(check, `${at}/text`, button.text, LIMITS.button.text)
  checkString(check, `${at}/value`, button.value, LIMITS.button.value, true)
  checkString(check, `${at}/url`, button.url, LIMITS.button.url, true)
  checkString(check, `${at}/accessibility_label`, button.accessibility_label, LIMITS.button.label, true)
  checkStyle(check, `${at}/style`, button.style)
}

function checkStyle(check: Check, at: string, style: unknown): undefined {
  if (style !== undefined && style !== 'primary' && style !== 'danger') {
    problem(check, at, 'must be one of primary, danger')
  }
}

function checkConfirm(check: Check, at: string, confirm: unknown): undefined {
  if (!isObj(confirm)) return problem(check, at, 'must be a confirm object')
  checkFields(check, at, confirm, ['title', 'text', 'confirm', 'deny', 'style'])
  checkText(check, `${at}/title`, confirm.title, LIMITS.confirm.title)
  checkText(check, `${at}/text`, confirm.text, LIMITS.confirm.text, 'any')
  checkText(check, `${at}/confirm`, confirm.confirm, LIMITS.confirm.confirm)
  checkText(check, `${at}/deny`, confirm.deny, LIMITS.confirm.deny)
  checkStyle(check, `${at}/style`, confirm.style)
}

/** A list of options: of a select, of an answer to a suggestion request. */
export function checkOptions(
  check: Check,
  at: string,
  value: unknown,
  max: number,
  kind: 'plain' | 'any' = 'plain',
  min = 1,
): undefined {
  const values = new Set<string>()
  for (const [i, option] of checkItems(check, at, value, max, min).entries()) {
    checkOption(check, `${at}/${i}`, option, kind)
    if (!isObj(option) || typeof option.value !== 'string') continue
    if (values.has(option.value)) problem(check, `${at}/${i}/value`, `is not unique: ${option.value}`)
    values.add(option.value)
  }
}

function checkOption(check: Check, at: string, option: unknown, kind: 'plain' | 'any'): undefined {
  if (!isObj(option)) return problem(check, at, 'must be an option object')
  checkFields(check, at, option, ['text', 'value', 'description', 'url'])
  checkText(check, `${at}/text`, option.text, LIMITS.option.text, kind)
  checkString(check, `${at}/value`, option.value, LIMITS.option.value)
  if (option.description !== undefined) {
    checkText(check, `${at}/description`, option.description, LIMITS.option.description, kind)
  }
  checkString(check, `${at}/url`, option.url, LIMITS.option.url, true)
}

/** A list of option groups. */
export function checkGroups(check: Check, at: string, value: unknown, min = 1): readonly Obj[] {
  const all: Obj[] = []
  for (const [i, group] of checkItems(check, at, value, LIMITS.select, min).entries()) {
    if (!isObj(group)) {
      problem(check, `${at}/${i}`, 'must be an option group')
      continue
    }
    checkText(check, `${at}/${i}/label`, group.label, LIMITS.option.text)
    checkOptions(check, `${at}/${i}/options`, group.options, LIMITS.select)
    all.push(...objs(group.options))
  }
  return all
}

function checkStatic(check: Check, at: string, select: Obj): undefined {
  checkFields(check, at, select, [...COMMON, ...(FIELDS.options ?? [])])
  if (select.options !== undefined && select.option_groups !== undefined) {
    problem(check, at, 'options and option_groups are exclusive')
  }
  if (select.option_groups !== undefined) {
    return checkInitial(check, at, select, checkGroups(check, `${at}/option_groups`, select.option_groups))
  }
  checkOptions(check, `${at}/options`, select.options, LIMITS.select)
  checkInitial(check, at, select, objs(select.options))
}

function checkExternal(check: Check, at: string, select: Obj): undefined {
  checkFields(check, at, select, [...COMMON, ...(FIELDS.external ?? [])])
  const least = select.min_query_length
  if (least !== undefined && (typeof least !== 'number' || !Number.isInteger(least) || least < 0)) {
    problem(check, `${at}/min_query_length`, 'must be an integer of 0 or more')
  }
  checkInitial(check, at, select, undefined)
}

// What is chosen at first must be one of what can be chosen (an external select cannot know that).
function checkInitial(check: Check, at: string, element: Obj, among: readonly Obj[] | undefined): undefined {
  const one = element.initial_option === undefined ? [] : [element.initial_option]
  if (element.initial_options !== undefined) {
    checkItems(check, `${at}/initial_options`, element.initial_options, LIMITS.select)
  }
  const chosen = [...one, ...objs(element.initial_options)]
  for (const option of chosen) {
    const where = `${at}/${one.length > 0 ? 'initial_option' : 'initial_options'}`
    checkOption(check, where, option, 'any')
    if (among === undefined) continue
    const same = among.some((known) => JSON.stringify(known) === JSON.stringify(option))
    if (!same) problem(check, where, 'does not match any of the options')
  }
}

function checkTyped(check: Check, at: string, input: Obj, type: string): undefined {
  if (type === 'number_input' && typeof input.is_decimal_allowed !== 'boolean') {
    problem(check, `${at}/is_decimal_allowed`, 'missing required field')
  }
  if (type !== 'plain_text_input') return
  checkString(check, `${at}/initial_value`, input.initial_value, LIMITS.input.text, true)
  for (const key of ['min_length', 'max_length'] as const) {
    const value = input[key]
    const least = key === 'min_length' ? 0 : 1
    if (value === undefined) continue
    if (typeof value !== 'number' || value < least || value > LIMITS.input.text) {
      problem(check, `${at}/${key}`, `must be between ${least} and ${LIMITS.input.text}`)
    }
  }
}
