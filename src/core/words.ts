import { type Refusal, refuse } from './refusal.js'

/** A line of commands longer than this is refused; no command needs more. */
export const MAX_LINE = 4000

export type Word = { readonly text: string; readonly quoted: boolean }

/**
 * Splits a typed line into words: blanks separate, single and double quotes keep them, a backslash takes the next
 * character as it is (outside single quotes). A leading `/pve` or a slash is dropped. Gives a refusal for an open quote.
 */
export function splitWords(line: string): readonly Word[] | Refusal {
  if (line.length > MAX_LINE)
    return refuse(
      'too_long',
      `That is ${line.length} characters long.`,
      `Keep a command under ${MAX_LINE} characters.`,
    )
  const words: Word[] = []
  let text = ''
  let quoted = false
  let open: '"' | "'" | null = null
  let started = false
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i)
    if (open === null && /\s/.test(char)) {
      if (started) words.push({ text, quoted })
      text = ''
      quoted = false
      started = false
      continue
    }
    started = true
    if (char === '\\' && open !== "'" && i + 1 < line.length) {
      i += 1
      text += line.charAt(i)
    } else if (char === open) {
      open = null
    } else if (open === null && (char === '"' || char === "'")) {
      open = char
      quoted = true
    } else {
      text += char
    }
  }
  if (open !== null)
    return refuse(
      'unbalanced_quote',
      `A quote (${open}) is opened and never closed.`,
      'Close it, or put a backslash before it.',
    )
  if (started) words.push({ text, quoted })
  return dropPrefix(words)
}

function dropPrefix(words: readonly Word[]): readonly Word[] {
  const first = words[0]
  if (first === undefined || first.quoted) return words
  if (first.text === '/pve') return words.slice(1)
  if (first.text.startsWith('/') && first.text.length > 1)
    return [{ text: first.text.slice(1), quoted: false }, ...words.slice(1)]
  return words
}
