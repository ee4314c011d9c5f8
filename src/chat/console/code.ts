import { chop, displayWidth, sanitiseLines, wrap } from '../text.js'

/**
 * The lines of a code block, each at most so many columns wide. Shell lines that are too long are continued with a
 * backslash, so that what is copied from the terminal still runs; other code is cut where the terminal ends.
 */
export function codeLines(
  language: string,
  text: string,
  columns: number,
  unicode: boolean,
): readonly string[] {
  const shell = language === 'sh' || language === 'bash' || language === 'shell'
  return sanitiseLines(text, unicode).flatMap((full) => {
    const line = full.trimEnd()
    if (displayWidth(line) <= columns) return [line]
    return (shell ? shellLines(line, columns, unicode) : null) ?? chop(line, columns)
  })
}

/** A long shell line in several; null where it cannot be broken without changing what it means. */
function shellLines(line: string, columns: number, unicode: boolean): readonly string[] | null {
  if (line.trimStart().startsWith('#'))
    return wrap(line.replace(/^\s*#\s*/, ''), columns - 2, Number.POSITIVE_INFINITY, unicode).map(
      (part) => `# ${part}`,
    )
  const words = shellWords(line)
  if (words === null || words.some((word) => displayWidth(word) > columns - 4)) return null
  const lines: string[] = []
  let current = words[0] ?? ''
  for (const word of words.slice(1)) {
    if (displayWidth(current) + 1 + displayWidth(word) + 2 <= columns) current += ` ${word}`
    else {
      lines.push(`${current} \\`)
      current = `  ${word}`
    }
  }
  return [...lines, current]
}

/** Splits at blanks outside of quotes; null when a quote stays open. */
function shellWords(line: string): readonly string[] | null {
  const words: string[] = []
  let word = ''
  let open = ''
  for (const char of line) {
    if (open === '' && char === ' ') {
      if (word !== '') words.push(word)
      word = ''
      continue
    }
    if (char === '\\') return null
    if (open === char) open = ''
    else if (open === '' && (char === '"' || char === "'")) open = char
    word += char
  }
  if (open !== '') return null
  return word === '' ? words : [...words, word]
}
