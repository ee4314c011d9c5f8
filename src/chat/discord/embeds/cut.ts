import { neatly } from '../../message/cut.js'
import { wholeEnd } from '../../text.js'

/** Cuts text that is escaped already. */

/** The beginning of a text, at the end of a line, a word or at least a character; all of it where it fits. */
export function beginning(text: string, most: number): string {
  if (text.length <= most) return text
  return neatly(text.slice(0, safeEnd(text, most - 1)), most)
}

/** The longest beginning that ends neither behind the backslash of an escape, nor in a time, nor in half a character. */
function safeEnd(text: string, most: number): number {
  const time = /<(?:t(?::[-\d:f]*)?)?$/.exec(text.slice(0, most))
  const end = wholeEnd(text, time?.index ?? most)
  const escapes = /\\*$/.exec(text.slice(0, end))?.[0].length ?? 0
  return escapes % 2 === 1 ? end - 1 : end
}
