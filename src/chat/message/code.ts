import type { Card, CardFile } from '../../core/card.js'
import { sanitise } from '../text.js'

/** Code in a message: every chat writes it between backticks. */

/** A likeness for backticks, which formats nothing. */
export function unticked(text: string): string {
  return text.replace(/[`｀]/gu, 'ˋ')
}

/** A line of a block of code, not escaped yet: as it is, but for what would end the block. */
export function codeLine(line: string): string {
  return sanitise(line.replaceAll('\t', '    ')).replace(/`{3,}/g, unticked)
}

/** A block of code. */
export function fenced(text: string, language = ''): string {
  return `\`\`\`${language}\n${text}\n\`\`\``
}

/** A line in parts: every other one, from the second on, stood between backticks. */
export function spansOf(line: string): readonly string[] {
  return line.split(/(?<!`)`([^`｀]{1,300})`(?!`)/)
}

/** Code that does not fit into a message. */
export function codeFile({ language, text }: NonNullable<Card['code']>): CardFile {
  const shell = ['sh', 'bash', 'shell'].includes(language)
  return { name: shell ? 'script.sh' : 'code.txt', mediaType: 'text/plain', text }
}
