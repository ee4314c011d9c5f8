// What Discord refuses in buttons, selects and forms.

import { type Obj, objs } from '../slack/json.js'
import type { Problem } from './errors.js'
import {
  type Check,
  checkBoolean,
  checkChoice,
  checkCustomId,
  checkInteger,
  checkList,
  checkText,
  LIMITS,
  newCheck,
  problem,
  required,
} from './limits-text.js'

const BUTTON = 2
const SELECTS = [3, 5, 6, 7, 8]
const TEXT_INPUT = 4
const LINK = 5

/** The rows under a message. */
export function checkRows(check: Check, at: string, value: unknown): undefined {
  const rows = checkList(check, at, value, { min: 0, max: LIMITS.rows, optional: true })
  for (const [where, row] of rows) {
    if (checkChoice(check, `${where}.type`, row.type, [1])) checkRow(check, where, row)
  }
}

function checkRow(check: Check, at: string, row: Obj): undefined {
  const items = checkList(check, `${at}.components`, row.components, { max: LIMITS.buttons })
  const selects = items.filter(([, item]) => SELECTS.some((type) => type === item.type))
  if (selects.length > 0 && items.length > 1) {
    const message = 'The specified component exceeds the maximum width'
    problem(check, `${at}.components`, 'COMPONENT_LAYOUT_WIDTH_EXCEEDED', message)
  }
  for (const [where, item] of items) {
    if (!checkChoice(check, `${where}.type`, item.type, [BUTTON, ...SELECTS])) continue
    if (item.type === BUTTON) checkButton(check, where, item)
    else checkSelect(check, where, item)
  }
}

function checkButton(check: Check, at: string, button: Obj): undefined {
  checkChoice(check, `${at}.style`, button.style, [1, 2, 3, 4, LINK])
  if (button.label === undefined && button.emoji === undefined) {
    const message = 'A button must have a label or an emoji'
    problem(check, at, 'BUTTON_COMPONENT_INVALID_LABEL', message)
  }
  checkText(check, `${at}.label`, button.label, { max: LIMITS.label, optional: true })
  checkBoolean(check, `${at}.disabled`, button.disabled)
  if (button.style === LINK) checkLink(check, at, button)
  else checkPress(check, at, button)
}

function checkLink(check: Check, at: string, button: Obj): undefined {
  checkText(check, `${at}.url`, button.url, { max: LIMITS.url })
  if (button.custom_id === undefined) return
  const message = 'A custom id and url cannot both be specified'
  problem(check, `${at}.custom_id`, 'BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE', message)
}

function checkPress(check: Check, at: string, button: Obj): undefined {
  checkCustomId(check, at, button.custom_id)
  if (button.url === undefined) return
  const message = 'A custom id and url cannot both be specified'
  problem(check, `${at}.url`, 'BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE', message)
}

function checkSelect(check: Check, at: string, select: Obj): undefined {
  checkCustomId(check, at, select.custom_id)
  checkText(check, `${at}.placeholder`, select.placeholder, {
    max: LIMITS.select.placeholder,
    optional: true,
  })
  checkInteger(check, `${at}.min_values`, select.min_values, { min: 0, max: 25, optional: true })
  checkInteger(check, `${at}.max_values`, select.max_values, { min: 1, max: 25, optional: true })
  if (select.type !== 3) return
  const { options, text } = LIMITS.select
  const seen = new Set<unknown>()
  for (const [where, option] of checkList(check, `${at}.options`, select.options, { max: options })) {
    checkText(check, `${where}.label`, option.label, { max: text })
    checkText(check, `${where}.value`, option.value, { max: text })
    checkText(check, `${where}.description`, option.description, { max: text, optional: true })
    if (seen.has(option.value)) {
      const message = 'The specified option value is already used'
      problem(check, `${where}.value`, 'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED', message)
    }
    seen.add(option.value)
  }
  const most = typeof select.max_values === 'number' ? select.max_values : 1
  const there = objs(select.options).length
  if (there > 0 && most > there)
    problem(check, `${at}.max_values`, 'SELECT_COMPONENT_MAX_VALUES_TOO_LARGE', `Must be ${there} or fewer.`)
}

const IN_LABEL = [3, TEXT_INPUT, 5, 6, 7, 8, 19, 21, 22, 23]

/** Everything Discord would refuse in a modal. */
export function checkModal(data: Obj): readonly Problem[] {
  const check = newCheck()
  checkText(check, 'data.custom_id', data.custom_id, { max: LIMITS.customId })
  checkText(check, 'data.title', data.title, { max: LIMITS.modal.title })
  const items = checkList(check, 'data.components', data.components, { max: LIMITS.modal.components })
  for (const [at, item] of items) {
    if (!checkChoice(check, `${at}.type`, item.type, [1, 10, 18])) continue
    if (item.type === 10) checkText(check, `${at}.content`, item.content, { max: LIMITS.textDisplay })
    if (item.type === 18) checkLabel(check, at, item)
    if (item.type === 1) checkInputRow(check, at, item)
  }
  return check.problems
}

function checkInputRow(check: Check, at: string, row: Obj): undefined {
  for (const [where, item] of checkList(check, `${at}.components`, row.components, { max: 1 })) {
    if (!checkChoice(check, `${where}.type`, item.type, [TEXT_INPUT])) continue
    checkText(check, `${where}.label`, item.label, { max: LIMITS.modal.label })
    checkInput(check, where, item)
  }
}

function checkLabel(check: Check, at: string, label: Obj): undefined {
  const { modal } = LIMITS
  checkText(check, `${at}.label`, label.label, { max: modal.label })
  checkText(check, `${at}.description`, label.description, { max: modal.description, optional: true })
  const [component] = objs([label.component])
  const where = `${at}.component`
  if (component === undefined) return required(check, where)
  if (!checkChoice(check, `${where}.type`, component.type, IN_LABEL)) return
  checkBoolean(check, `${where}.required`, component.required)
  if (component.type === TEXT_INPUT) {
    if (component.label !== undefined)
      problem(check, `${where}.label`, 'TEXT_INPUT_LABEL_FORBIDDEN', 'A text input in a label has no label')
    return checkInput(check, where, component)
  }
  if (component.disabled === true)
    problem(check, `${where}.disabled`, 'SELECT_DISABLED_IN_MODAL', 'A select cannot be disabled in a modal')
  if (SELECTS.some((type) => type === component.type)) checkSelect(check, where, component)
  else checkCustomId(check, where, component.custom_id)
}

function checkInput(check: Check, at: string, input: Obj): undefined {
  const { text, placeholder } = LIMITS.modal
  checkCustomId(check, at, input.custom_id)
  checkChoice(check, `${at}.style`, input.style, [1, 2])
  checkInteger(check, `${at}.min_length`, input.min_length, { min: 0, max: text, optional: true })
  checkInteger(check, `${at}.max_length`, input.max_length, { min: 1, max: text, optional: true })
  checkText(check, `${at}.value`, input.value, { min: 0, max: text, optional: true })
  checkText(check, `${at}.placeholder`, input.placeholder, { min: 0, max: placeholder, optional: true })
  checkBoolean(check, `${at}.required`, input.required)
}
