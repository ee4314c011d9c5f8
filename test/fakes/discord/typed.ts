// One option as a person types it, with what Discord's client checks before anything is sent.

import { type Obj, objs } from '../slack/json.js'

export type Typed = {
  readonly name: string
  readonly type: number
  readonly value: string | number | boolean
  readonly focused?: true
}

/** The value of an option. A choice may be given by its name. Throws what the client would not send. */
export function typedValue(option: Obj, given: string | number | boolean): Typed {
  const name = String(option.name)
  const type = Number(option.type)
  const refuse = (why: string): never => {
    throw new Error(`the option ${name} ${why}: ${String(given)}`)
  }
  const choices = objs(option.choices)
  if (choices.length > 0) {
    const chosen = choices.find((choice) => choice.value === given || choice.name === given)
    const value = chosen?.value
    if (typeof value !== 'string' && typeof value !== 'number') return refuse('has no such choice')
    return { name, type, value }
  }
  if (type === 3) return { name, type, value: text(option, given, refuse) }
  if (type === 4 || type === 10) return { name, type, value: number(option, given, refuse) }
  if (type === 5) return typeof given === 'boolean' ? { name, type, value: given } : refuse('is no yes or no')
  if (type >= 6 && type <= 9)
    return typeof given === 'string' && /^\d+$/.test(given)
      ? { name, type, value: given }
      : refuse('is no id')
  return refuse('is of a type this fake does not know')
}

type Refuse = (why: string) => never

function text(option: Obj, given: string | number | boolean, refuse: Refuse): string {
  if (typeof given !== 'string') return refuse('is no text')
  const { min_length: min = 0, max_length: max = 6_000 } = option
  if (given.length === 0 || given.length < Number(min)) return refuse('is too short')
  return given.length > Number(max) ? refuse('is too long') : given
}

function number(option: Obj, given: string | number | boolean, refuse: Refuse): number {
  if (typeof given !== 'number' || !Number.isFinite(given)) return refuse('is no number')
  if (option.type === 4 && !Number.isInteger(given)) return refuse('is no whole number')
  const { min_value: min = -(2 ** 53), max_value: max = 2 ** 53 } = option
  return given < Number(min) || given > Number(max) ? refuse('is out of its range') : given
}
