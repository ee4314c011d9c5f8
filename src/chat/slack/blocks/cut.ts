import { neatly } from '../../message/cut.js'
import { wholeEnd } from '../../text.js'

/** Cuts text that is escaped already. */

/** Text in pieces of at most so many characters, cut between lines where that is possible, never inside an escape. */
export function pieces(lines: readonly string[], most: number): readonly string[] {
  const out: string[] = []
  let now = ''
  let begun = false
  for (const line of lines.flatMap((each) => cut(each, most))) {
    if (begun && now.length + 1 + line.length > most) {
      out.push(now)
      now = line
    } else now = begun ? `${now}\n${line}` : line
    begun = true
  }
  return now === '' ? out : [...out, now]
}

/** The beginning of a text, at the end of a line, a word or at least a character; all of it where it fits. */
export function beginning(text: string, most: number): string {
  if (text.length <= most) return text
  const head = text.slice(0, safeCut(text, most))
  return neatly(head, most, (at) => !insideToken(head, at))
}

function insideToken(text: string, at: number): boolean {
  return text.lastIndexOf('<', at) > text.lastIndexOf('>', at)
}

function cut(line: string, most: number): readonly string[] {
  const out: string[] = []
  let rest = line
  while (rest.length > most) {
    const at = safeCut(rest, most)
    out.push(rest.slice(0, at))
    rest = rest.slice(at)
  }
  return [...out, rest]
}

/** The longest beginning that ends neither within `&amp;` nor within a token, nor in half a character. */
function safeCut(text: string, most: number): number {
  const head = text.slice(0, most)
  const entity = text.charAt(most) === '' ? -1 : head.search(/&[a-z]{0,3}$/)
  const opened = head.lastIndexOf('<')
  const token = opened > head.lastIndexOf('>') ? opened : most
  const at = Math.min(entity < 0 ? most : entity, token)
  const end = wholeEnd(text, at)
  return end > 0 ? end : most
}
