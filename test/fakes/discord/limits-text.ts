// The table of Discord's limits, and the checks that every other check is built from.

import { isObj, type Obj } from '../slack/json.js'
import type { Problem } from './errors.js'

/** Every number is the largest value that is still accepted. */
export const LIMITS = {
  content: 2_000,
  nonce: 25,
  embeds: 10,
  embedTotal: 6_000,
  embed: { title: 256, description: 4_096, fields: 25, name: 256, value: 1_024, footer: 2_048, author: 256 },
  rows: 5,
  buttons: 5,
  customId: 100,
  label: 80,
  url: 512,
  select: { options: 25, text: 100, placeholder: 150 },
  modal: { title: 45, components: 5, label: 45, description: 100, text: 4_000, placeholder: 100 },
  textDisplay: 4_000,
  files: 10,
  fileBytes: 10 * 1024 * 1024,
  requestBytes: 25 * 1024 * 1024,
  fileDescription: 1_024,
  threadName: 100,
  choices: { count: 25, name: 100, value: 100 },
  commands: { count: 100, name: 32, description: 100, options: 25, choices: 25, chars: 8_000, text: 6_000 },
} as const

/** What a check writes to, and what it has to remember of the whole message, form or list. */
export type Check = { readonly problems: Problem[]; readonly customIds: Set<string> }

export function newCheck(): Check {
  return { problems: [], customIds: new Set() }
}

export function problem(check: Check, at: string, code: string, message: string): undefined {
  check.problems.push({ at, code, message })
}

export function required(check: Check, at: string): undefined {
  return problem(check, at, 'BASE_TYPE_REQUIRED', 'This field is required')
}

export type Length = { readonly min?: number; readonly max: number; readonly optional?: boolean }

/**
 * A text of `min` (1) to `max` characters. Blanks at its ends count for the most and not for the least, so that the
 * check is never milder than Discord, which takes them away.
 */
export function checkText(check: Check, at: string, value: unknown, of: Length): undefined {
  const min = of.min ?? 1
  if (value === undefined || value === null) return of.optional === true ? undefined : required(check, at)
  if (typeof value !== 'string')
    return problem(check, at, 'BASE_TYPE_BAD_TYPE', 'Could not interpret value as string.')
  const short = value.trim().length < min
  if (short && value.trim() === '') return required(check, at)
  if (!short && value.length <= of.max) return
  const message =
    min > 0 ? `Must be between ${min} and ${of.max} in length.` : `Must be ${of.max} or fewer in length.`
  problem(check, at, min > 0 ? 'BASE_TYPE_BAD_LENGTH' : 'BASE_TYPE_MAX_LENGTH', message)
}

/** A list of `min` to `max` objects; gives them with their places. */
export function checkList(
  check: Check,
  at: string,
  value: unknown,
  of: Length,
): readonly (readonly [at: string, item: Obj])[] {
  const min = of.min ?? 1
  if (value === undefined || value === null) {
    if (of.optional !== true) required(check, at)
    return []
  }
  if (!Array.isArray(value)) {
    problem(check, at, 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType')
    return []
  }
  if (value.length > of.max || value.length < min) {
    problem(check, at, 'BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${of.max} in length.`)
  }
  return value.flatMap((item: unknown, i) => {
    if (isObj(item)) return [[`${at}.${i}`, item] as const]
    problem(check, `${at}.${i}`, 'MODEL_TYPE_CONVERT', 'Only dictionaries may be used in a ModelType')
    return []
  })
}

/** A whole number in a range. */
export function checkInteger(
  check: Check,
  at: string,
  value: unknown,
  of: { readonly min: number; readonly max: number; readonly optional?: boolean },
): undefined {
  if (value === undefined || value === null) return of.optional === true ? undefined : required(check, at)
  if (typeof value !== 'number' || !Number.isInteger(value))
    return problem(check, at, 'NUMBER_TYPE_COERCE', `Value "${String(value)}" is not int.`)
  if (value < of.min)
    problem(check, at, 'NUMBER_TYPE_MIN', `int value should be greater than or equal to ${of.min}.`)
  if (value > of.max)
    problem(check, at, 'NUMBER_TYPE_MAX', `int value should be less than or equal to ${of.max}.`)
}

/** One of a few values. */
export function checkChoice(
  check: Check,
  at: string,
  value: unknown,
  allowed: readonly (string | number)[],
): boolean {
  if (allowed.some((one) => one === value)) return true
  if (value === undefined) required(check, at)
  else problem(check, at, 'BASE_TYPE_CHOICES', `Value must be one of {${allowed.join(', ')}}.`)
  return false
}

export function checkBoolean(check: Check, at: string, value: unknown): undefined {
  if (value === undefined || value === null || typeof value === 'boolean') return
  problem(check, at, 'BOOLEAN_TYPE_CONVERT', 'Must be either true or false.')
}

/** A custom_id: there, 1 to 100 characters, and only once. */
export function checkCustomId(check: Check, at: string, value: unknown): undefined {
  const where = `${at}.custom_id`
  checkText(check, where, value, { max: LIMITS.customId })
  if (typeof value !== 'string') return
  if (check.customIds.has(value))
    problem(check, where, 'COMPONENT_CUSTOM_ID_DUPLICATED', 'Component custom id cannot be duplicated')
  check.customIds.add(value)
}
