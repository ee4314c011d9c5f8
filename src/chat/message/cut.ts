/** Cuts text that is escaped already. */

/**
 * A beginning of at most so many characters, ended where a line ends, or else a word, and where it may; as it is where that
 * would leave less than half.
 */
export function neatly(head: string, most: number, mayEnd: (at: number) => boolean = () => true): string {
  const ends = [head.lastIndexOf('\n'), head.lastIndexOf(' ')]
  const edge = ends.find((at) => at > most / 2 && mayEnd(at))
  return closed(edge === undefined ? head : head.slice(0, edge))
}

/** A code span that was cut ends where the text does. */
function closed(text: string): string {
  const last = text.slice(text.lastIndexOf('\n') + 1)
  return last.split('`').length % 2 === 0 ? `${text}\`` : text
}

/** The last lines that fit into so many characters. */
export function lastLines(lines: readonly string[], most: number): readonly string[] {
  let size = 0
  const beyond = lines.findLastIndex((line) => {
    size += line.length + 1
    return size > most
  })
  return lines.slice(beyond + 1)
}
