import { sanitise, sanitiseLines } from '../text.js'

/** Text from outside as the lines of a message, before any chat escapes them. */

const LONG = 8000
const PART = /.{1,8000}/gsu

/** The lines of a text, made safe to show, whole however long they are. */
export function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r|\u2028|\u2029/).map((line) => {
    if (line.length < LONG) return sanitiseLines(line).join(' ')
    const parts = line.match(PART) ?? []
    return parts.map((part) => sanitise(part.replaceAll('\t', '    '))).join('')
  })
}

/** The same, in one line. */
export function lineOf(text: string): string {
  return linesOf(text).join(' ')
}

/** Without empty lines before it, and without blanks behind it. */
export function trimmed(text: string): string {
  return text.replace(/^\s*\n|\s+$/g, '')
}
