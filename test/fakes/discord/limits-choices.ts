// What Discord refuses in an answer to an autocomplete.

import type { Problem } from './errors.js'
import { checkList, checkText, LIMITS, newCheck, problem } from './limits-text.js'

const STRING = 3

/** The choices for an option of this type: texts for a text, numbers for a number. */
export function checkChoices(value: unknown, optionType: number): readonly Problem[] {
  const check = newCheck()
  const { count, name, value: longest } = LIMITS.choices
  const choices = checkList(check, 'data.choices', value, { min: 0, max: count })
  for (const [at, choice] of choices) {
    checkText(check, `${at}.name`, choice.name, { max: name })
    if (optionType === STRING) checkText(check, `${at}.value`, choice.value, { max: longest })
    else if (typeof choice.value !== 'number')
      problem(check, `${at}.value`, 'NUMBER_TYPE_COERCE', `Value "${String(choice.value)}" is not a number.`)
  }
  return check.problems
}
