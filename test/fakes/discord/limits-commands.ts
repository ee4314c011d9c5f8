// What Discord refuses in the commands of an app.

import { type Obj, objs, str } from '../slack/json.js'
import type { Problem } from './errors.js'
import {
  type Check,
  checkBoolean,
  checkChoice,
  checkInteger,
  checkList,
  checkText,
  LIMITS,
  newCheck,
  problem,
} from './limits-text.js'

const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u
const SUB = 1
const GROUP = 2
const STRING = 3
const VALUES: readonly number[] = [STRING, 4, 5, 6, 7, 8, 9, 10, 11]
const NUMBERS: readonly unknown[] = [4, 10]
const { commands } = LIMITS

/** Everything Discord would refuse in the body of a bulk overwrite. */
export function checkCommands(list: readonly Obj[]): readonly Problem[] {
  const check = newCheck()
  if (list.length > commands.count) {
    const message = `Maximum number of application commands reached (${commands.count})`
    problem(check, '', 'APPLICATION_COMMANDS_MAXIMUM_REACHED', message)
  }
  const names = new Set<unknown>()
  for (const [i, command] of list.entries()) {
    const at = String(i)
    checkCommand(check, at, command)
    if (names.has(command.name)) {
      const message = 'Application command names must be unique'
      problem(check, at, 'APPLICATION_COMMANDS_DUPLICATE_NAME', message)
    }
    names.add(command.name)
  }
  return check.problems
}

function checkCommand(check: Check, at: string, command: Obj): undefined {
  if (command.type !== undefined && !checkChoice(check, `${at}.type`, command.type, [1])) return
  checkNamed(check, at, command)
  checkOptions(check, at, command.options, [SUB, GROUP, ...VALUES])
  if (commandChars(command) > commands.chars) {
    const message = `Command exceeds maximum size (${commands.chars})`
    problem(check, at, 'APPLICATION_COMMAND_TOO_LARGE', message)
  }
  const bits = command.default_member_permissions
  if (bits !== undefined && bits !== null && !(typeof bits === 'string' && /^\d+$/.test(bits)))
    problem(check, `${at}.default_member_permissions`, 'NUMBER_TYPE_COERCE', 'Value is not a bitset.')
  if (!Array.isArray(command.contexts)) return
  for (const [n, context] of command.contexts.entries())
    checkChoice(check, `${at}.contexts.${n}`, context, [0, 1, 2])
}

function checkNamed(check: Check, at: string, named: Obj): undefined {
  checkText(check, `${at}.name`, named.name, { max: commands.name })
  const name = str(named.name)
  if (name !== undefined && name !== '' && name.length <= commands.name) {
    if (!NAME.test(name) || name !== name.toLowerCase())
      problem(check, `${at}.name`, 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid')
  }
  checkText(check, `${at}.description`, named.description, { max: commands.description })
}

// `types`: what may stand here.
function checkOptions(check: Check, at: string, value: unknown, types: readonly number[]): undefined {
  const where = `${at}.options`
  const options = checkList(check, where, value, { min: 0, max: commands.options, optional: true })
  const names = new Set<unknown>()
  let optionalBefore = false
  for (const [place, option] of options) {
    if (!checkChoice(check, `${place}.type`, option.type, types)) continue
    checkNamed(check, place, option)
    if (names.has(option.name)) {
      const message = 'Option names must be unique'
      problem(check, place, 'APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED', message)
    }
    names.add(option.name)
    if (option.type === SUB) checkOptions(check, place, option.options, VALUES)
    else if (option.type === GROUP) checkOptions(check, place, option.options, [SUB])
    else checkValue(check, place, option)
    if (option.required === true && optionalBefore) {
      const message = 'Required options must be placed before non-required options'
      problem(check, place, 'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID', message)
    }
    optionalBefore ||= option.required !== true && option.type !== SUB && option.type !== GROUP
  }
  const kinds = new Set(options.map(([, { type }]) => type === SUB || type === GROUP))
  if (kinds.size > 1) {
    const message = 'Sub-command and sub-command group option types are mutually exclusive to all other types'
    problem(check, where, 'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', message)
  }
}

function checkValue(check: Check, at: string, option: Obj): undefined {
  checkBoolean(check, `${at}.required`, option.required)
  checkBoolean(check, `${at}.autocomplete`, option.autocomplete)
  const { text, description } = commands
  checkInteger(check, `${at}.min_length`, option.min_length, { min: 0, max: text, optional: true })
  checkInteger(check, `${at}.max_length`, option.max_length, { min: 1, max: text, optional: true })
  const max = commands.choices
  const choices = checkList(check, `${at}.choices`, option.choices, { min: 0, max, optional: true })
  const named = new Set<unknown>()
  for (const [place, choice] of choices) {
    checkText(check, `${place}.name`, choice.name, { max: description })
    if (NUMBERS.includes(option.type)) {
      if (typeof choice.value !== 'number')
        problem(
          check,
          `${place}.value`,
          'NUMBER_TYPE_COERCE',
          `Value "${String(choice.value)}" is not a number.`,
        )
    } else checkText(check, `${place}.value`, choice.value, { max: LIMITS.choices.value })
    if (named.has(choice.name))
      problem(
        check,
        place,
        'APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_DUPLICATED',
        'Choice names must be unique',
      )
    named.add(choice.name)
  }
  if (option.autocomplete === true && choices.length > 0) {
    const message = 'Autocomplete cannot be set to true if choices are present'
    problem(check, at, 'APPLICATION_COMMAND_AUTOCOMPLETE_INVALID_CHOICES', message)
  }
  if (option.autocomplete === true && option.type !== STRING && !NUMBERS.includes(option.type))
    problem(check, at, 'APPLICATION_COMMAND_AUTOCOMPLETE_INVALID_TYPE', 'This type has no autocomplete')
}

/** Characters of names, descriptions and values, all together: what the limit of 8,000 counts. */
export function commandChars(command: Obj): number {
  const own = (str(command.name)?.length ?? 0) + (str(command.description)?.length ?? 0)
  const options = objs(command.options).reduce((sum, option) => sum + commandChars(option), 0)
  const choices = objs(command.choices).reduce(
    (sum, { name, value }) => sum + String(name).length + (str(value)?.length ?? 0),
    0,
  )
  return own + options + choices
}
