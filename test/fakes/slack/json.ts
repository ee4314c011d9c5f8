// Reading values of unknown shape, as they come from the wire.

/** Any JSON object. */
export type Obj = Readonly<Record<string, unknown>>

/** True when the value is a plain object (no list, no null). */
export function isObj(value: unknown): value is Obj {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value when it is text, else undefined. */
export function str(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The objects of a list; everything else is left out. */
export function objs(value: unknown): readonly Obj[] {
  return Array.isArray(value) ? value.filter(isObj) : []
}

/** The texts of a list, or of a comma separated text. */
export function texts(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(',').filter((part) => part !== '')
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** Parsed JSON, or undefined when the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** True for `true`, `'true'`, `1` and `'1'`: how a form field says yes. */
export function yes(value: unknown): boolean {
  return value === true || value === 'true' || value === 1 || value === '1'
}

/** The text of a text object (`{type, text}`), or ''. */
export function textOf(value: unknown): string {
  return isObj(value) ? (str(value.text) ?? '') : ''
}
