// The table of Block Kit limits and the checks every block is built from.

import { isObj, type Obj } from './json.js'

/** Where blocks are shown. */
export type Surface = 'message' | 'modal' | 'home'

/** One thing Slack would refuse: a JSON pointer and the reason in Slack's words. */
export type Problem = { readonly pointer: string; readonly message: string }

/** Character and item counts; every number is the largest value that is still accepted. */
export const LIMITS = {
  blocks: { message: 50, modal: 100, home: 100 },
  messageChars: 12_000,
  textObject: 3_000,
  section: { text: 3_000, fields: 10, field: 2_000 },
  header: 150,
  contextElements: 10,
  actionsElements: 25,
  button: { text: 75, value: 2_000, url: 3_000, label: 75 },
  confirm: { title: 100, text: 300, confirm: 30, deny: 30 },
  id: 255,
  option: { text: 75, value: 150, description: 75, url: 3_000 },
  select: 100,
  overflow: 5,
  choices: 10,
  placeholder: 150,
  input: { label: 2_000, hint: 2_000, text: 3_000 },
  image: { alt: 2_000, title: 2_000, url: 3_000 },
  table: { rows: 100, cells: 20 },
  markdown: 12_000,
  view: { title: 24, submit: 24, close: 24, privateMetadata: 3_000, bytes: 250_000 },
  text: { post: 40_000, update: 4_000 },
} as const

/** What a check writes to, and what it has to remember about the whole message or view. */
export type Check = {
  readonly surface: Surface
  readonly problems: Problem[]
  readonly actionIds: Set<string>
  readonly blockIds: Set<string>
  focused: number
}

/** Notes a problem at a pointer. */
export function problem(check: Check, pointer: string, message: string): undefined {
  check.problems.push({ pointer, message })
}

/** Text that must be there (unless `optional`), not empty, at most `max` long. */
export function checkString(
  check: Check,
  pointer: string,
  value: unknown,
  max: number,
  optional = false,
): undefined {
  if (value === undefined && optional) return
  if (value === undefined) return problem(check, pointer, 'missing required field')
  if (typeof value !== 'string') return problem(check, pointer, 'must be a string')
  if (value.length > max) problem(check, pointer, `must be less than ${max + 1} characters`)
  if (value.length === 0 && !optional) problem(check, pointer, 'must be more than 0 characters')
}

/** A text object of one of the given kinds with a text of 1 to `max` characters. */
export function checkText(
  check: Check,
  pointer: string,
  value: unknown,
  max: number,
  kind: 'plain' | 'any' = 'plain',
): undefined {
  if (value === undefined) return problem(check, pointer, 'missing required field')
  if (!isObj(value)) return problem(check, pointer, 'must be a text object')
  const allowed = kind === 'plain' ? ['plain_text'] : ['plain_text', 'mrkdwn']
  if (typeof value.type !== 'string' || !allowed.includes(value.type)) {
    problem(check, `${pointer}/type`, `unsupported type: ${String(value.type)}`)
  }
  if (value.type === 'mrkdwn' && value.emoji !== undefined) {
    problem(check, `${pointer}/emoji`, 'no such field in a mrkdwn object')
  }
  checkString(check, `${pointer}/text`, value.text, max)
}

/** A text object that may be left out. */
export function checkOptionalText(check: Check, pointer: string, value: unknown, max: number): undefined {
  if (value !== undefined) checkText(check, pointer, value, max)
}

/** A list with `min` to `max` items; gives the items, or none when it is no list. */
export function checkItems(
  check: Check,
  pointer: string,
  value: unknown,
  max: number,
  min = 1,
): readonly unknown[] {
  if (!Array.isArray(value)) {
    problem(check, pointer, value === undefined ? 'missing required field' : 'must be an array')
    return []
  }
  if (value.length > max) problem(check, pointer, `no more than ${max} items allowed`)
  if (value.length < min) problem(check, pointer, `no less than ${min} items allowed`)
  return value
}

/** An optional id (block_id, action_id) that is unique in its message or view. */
export function checkId(check: Check, pointer: string, value: unknown, seen: Set<string>): undefined {
  checkString(check, pointer, value, LIMITS.id, true)
  if (typeof value !== 'string') return
  if (value === '') problem(check, pointer, 'must be more than 0 characters')
  if (seen.has(value)) problem(check, pointer, `is not unique: ${value}`)
  seen.add(value)
}

/** Each field of the object has to be one of the known ones: a typo is dropped by nobody else. */
export function checkFields(check: Check, pointer: string, value: Obj, known: readonly string[]): undefined {
  for (const key of Object.keys(value)) {
    if (value[key] !== undefined && !known.includes(key)) {
      problem(check, `${pointer}/${key}`, 'invalid additional property')
    }
  }
}
