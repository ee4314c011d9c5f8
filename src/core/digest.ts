import { createHash } from 'node:crypto'

/** A value that JSON can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

/**
 * The one text of a value: keys in code unit order, no blanks, absent and undefined keys alike. Throws on numbers that
 * JSON cannot hold, which would be a bug.
 */
export function canonical(value: Json): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError('a number that JSON cannot hold')
    return JSON.stringify(value)
  }
  if (isList(value)) return `[${value.map(canonical).join(',')}]`
  const parts = Object.keys(value)
    .sort()
    .flatMap((key) => {
      const inner = value[key]
      return inner === undefined ? [] : [`${JSON.stringify(key)}:${canonical(inner)}`]
    })
  return `{${parts.join(',')}}`
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

/** One value of an object; undefined where it is none, or has none by that name of its own. */
export function field(value: Json | undefined, key: string): Json | undefined {
  if (typeof value !== 'object' || value === null || isList(value)) return undefined
  return Object.hasOwn(value, key) ? value[key] : undefined
}

/** A value without half characters (lone surrogates), which no database keeps: as it will be read again. */
export function withoutHalves<T>(value: T): T {
  const text = JSON.stringify(value)
  if (!text.includes('\\ud')) return value
  return JSON.parse(text, (_, part) => (typeof part === 'string' ? part.replace(/\p{Cs}/gu, '\ufffd') : part))
}

/** SHA-256 of a text, as 64 hex digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

/** What people see and type of a digest. */
export const SHORT_DIGEST = 8
