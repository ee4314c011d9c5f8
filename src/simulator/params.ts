import type { Answer } from './http.js'
import { invalid } from './http.js'

/** What a parameter must look like. Texts of refusals are PVE's. */
export type ParamRule = {
  readonly type: 'boolean' | 'integer' | 'string'
  readonly required?: boolean
  readonly min?: number
  readonly max?: number
  readonly maxLength?: number
  readonly values?: readonly string[]
  /** A further check; a sentence when it fails. */
  readonly check?: (value: string) => string | null
}
export type ParamRules = { readonly [name: string]: ParamRule }

export const BOOLEAN: ParamRule = { type: 'boolean' }
export const INTEGER: ParamRule = { type: 'integer' }
export const STRING: ParamRule = { type: 'string' }
export const choice = (values: readonly string[], required = false): ParamRule => ({
  type: 'string',
  values,
  required,
})

/** A guest id: 100 to 999999999, without leading zeros. */
export const VMID: ParamRule = {
  type: 'integer',
  check: (value) =>
    /^[1-9][0-9]{2,8}$/.test(value) ? null : 'invalid format - value does not look like a valid VM ID\n',
}

const DNS_NAME =
  /^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/

export const DNS: ParamRule = {
  type: 'string',
  check: (value) =>
    DNS_NAME.test(value) ? null : 'invalid format - value does not look like a valid DNS name\n',
}

const SNAPSHOT_NAME = /^[a-zA-Z][a-zA-Z0-9_-]+$/

export const SNAPNAME: ParamRule = {
  type: 'string',
  required: true,
  maxLength: 40,
  check: (value) =>
    SNAPSHOT_NAME.test(value) ? null : `invalid format - invalid configuration ID '${value}'\n`,
}

export const TAGS: ParamRule = {
  type: 'string',
  check: (value) =>
    value.split(/[;,\s]+/).every((tag) => tag === '' || /^[a-zA-Z0-9_][a-zA-Z0-9_\-+.]*$/.test(tag))
      ? null
      : 'invalid format - invalid characters in tag\n',
}

/** Checks one value; null when it is fine. */
export function checkParam(rule: ParamRule, value: string): string | null {
  if (rule.type === 'boolean' && value !== '0' && value !== '1') {
    return `type check ('boolean') failed - got '${value}'`
  }
  if (rule.type === 'integer') {
    if (!/^[+-]?[0-9]+$/.test(value)) return `type check ('integer') failed - got '${value}'`
    const number = Number(value)
    if (rule.min !== undefined && number < rule.min) return `value must have a minimum value of ${rule.min}`
    if (rule.max !== undefined && number > rule.max) return `value must have a maximum value of ${rule.max}`
  }
  if (rule.maxLength !== undefined && value.length > rule.maxLength) {
    return `value may only be ${rule.maxLength} characters long`
  }
  if (rule.values !== undefined && !rule.values.includes(value)) {
    return `value '${value}' does not have a value in the enumeration '${rule.values.join(', ')}'`
  }
  return rule.check?.(value) ?? null
}

export type Params = { readonly [name: string]: string }

/** Holds all parameters against the rules of an endpoint; a 400 that lists everything wrong, or null. */
export function checkParams(
  rules: ParamRules,
  ruleFor: ((name: string) => ParamRule | null) | undefined,
  given: Params,
): Answer | null {
  const errors: { [field: string]: string } = {}
  for (const [name, value] of Object.entries(given)) {
    const rule = rules[name] ?? ruleFor?.(name) ?? null
    const wrong =
      rule === null
        ? 'property is not defined in schema and the schema does not allow additional properties'
        : checkParam(rule, value)
    if (wrong !== null) errors[name] = wrong
  }
  for (const [name, rule] of Object.entries(rules)) {
    if (rule.required === true && given[name] === undefined) {
      errors[name] = 'property is missing and it is not optional'
    }
  }
  return Object.keys(errors).length === 0 ? null : invalid(errors)
}

/** Splits a form as PVE does: at `&` and `;`. A value of no length counts as not given. */
export function readForm(text: string): { [name: string]: string[] } | null {
  const fields: { [name: string]: string[] } = {}
  for (const part of text.split(/[&;]/)) {
    if (part === '') continue
    const split = part.indexOf('=')
    try {
      const name = decodeURIComponent((split < 0 ? part : part.slice(0, split)).replaceAll('+', ' '))
      const value = split < 0 ? '' : decodeURIComponent(part.slice(split + 1).replaceAll('+', ' '))
      if (value !== '') fields[name] = [...(fields[name] ?? []), value]
    } catch {
      return null
    }
  }
  return fields
}

/** The value of a JSON parameter as the text that its form would have. */
export function jsonValue(value: unknown): string[] {
  if (typeof value === 'boolean') return [value ? '1' : '0']
  if (typeof value === 'number' || typeof value === 'string') return [String(value)]
  if (Array.isArray(value)) return value.flatMap(jsonValue)
  return []
}
