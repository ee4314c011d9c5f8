/** Cuts text that is escaped already. */

/** The beginning of a text, at the end of a line, a word or at least a character; all of it where it fits. */
export function beginning(text: string, most: number): string {
  if (text.length <= most) return text
  const head = text.slice(0, safeEnd(text, most - 1))
  const edge = [head.lastIndexOf('\n'), head.lastIndexOf(' ')].find((at) => at > most / 2)
  return closed(edge === undefined ? head : head.slice(0, edge))
}

/** A code span that was cut ends where the text does. */
function closed(text: string): string {
  const last = text.slice(text.lastIndexOf('\n') + 1)
  return last.split('`').length % 2 === 0 ? `${text}\`` : text
}

/** The longest beginning that ends neither behind the backslash of an escape, nor in a time, nor in half a character. */
function safeEnd(text: string, most: number): number {
  const time = /<(?:t(?::[-\d:f]*)?)?$/.exec(text.slice(0, most))
  const at = time?.index ?? most
  const half = /[\ud800-\udbff]$/.test(text.slice(0, at)) ? at - 1 : at
  const escapes = /\\*$/.exec(text.slice(0, half))?.[0].length ?? 0
  return escapes % 2 === 1 ? half - 1 : half
}
