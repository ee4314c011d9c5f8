import { codeLine, spansOf, unticked } from '../../message/code.js'
import { isolated, JOINER } from '../../message/invisible.js'
import { lineOf, linesOf } from '../../message/lines.js'
import { isoTime } from '../../message/time.js'
import { clip } from '../../text.js'

/** Text from outside, so that Discord shows it and nothing in it comes alive. */

/**
 * Discord shows what stands behind a backslash as it is, so that people read, and copy, the character itself. By these it
 * formats, hides (two bars) or links (square brackets); the round one is for readers that know no escape of the square one.
 */
const MARKS = /[\\*_~|[]|(?<=\])\(/g
/**
 * The colon of `https://…` and of `:100:` in the UPID of guest 100. With an escaped colon an address is no link and gets no
 * preview, and what is read and copied is still the address; an invisible character in it would be copied along.
 */
const COLONS = /:(?=\/\/|[\p{L}\p{N}_+'-]{1,100}:)/gu
/** Invitations are found without any `https://` before them. */
const INVITES = /(?<=discord(?:app)?)\.(?=[a-z])/gi
/** Mentions, times, emoji, links of commands, addresses of mail and of the web: all begin so. */
const BRACKETS = /<(?=\S)/g
/** Those that Discord's servers look for, which know of no backslash. */
const TOKENS = /<(?=[@#:/]|(?:a|t|id):)/gi
const EVERYBODY = /@(?=everyone|here)/gi
/** What makes a heading, a quotation, small print or a list of a line. */
const LINE_START = /^(\s*)(?:([>#])|([-+])(?=[\s#]|$)|(\d+)([.)])(?=\s|$))/

/** A value from outside: no mention, no link, no emoji, no format of any kind. Line breaks are kept. */
export function inert(text: string): string {
  return linesOf(text)
    .map((line) => startless(dead(line)))
    .join('\n')
}

/** The same, in one line. */
export function inertLine(text: string): string {
  return startless(dead(lineOf(text).trim()))
}

/**
 * A sentence of ours, which may hold text from outside: `like this` stays a code span, since nothing in one is alive; for
 * the rest as `inert`. `words` may say the words of a span otherwise.
 */
export function sentence(text: string, words: (span: string) => string = (span) => span): string {
  return linesOf(text)
    .map((line) => {
      const parts = spansOf(line)
      return startless(parts.map((part, at) => (at % 2 === 0 ? dead(part) : codeSpan(words(part)))).join(''))
    })
    .join('\n')
}

/** One line of a value from outside, in bold; nothing for an empty one. */
export function bold(text: string): string {
  const line = inertLine(text)
  return line === '' ? '' : `**${line}**`
}

/** A line of a block of code: as it is, but for what would end the block. */
export function preformatted(line: string): string {
  // These are in no run from right to left, where they would be mirrored.
  return codeLine(line)
    .split(/([<>&])/)
    .map(isolated)
    .join('')
}

/** Words to copy; nothing for blanks. */
export function codeSpan(text: string): string {
  const line = unticked(preformatted(text))
  return line.trim() === '' ? '' : `\`${line}\``
}

/** For what Discord draws without any markdown (labels of buttons, the foot of an embed): never empty. */
export function plainLine(text: string, most: number): string {
  return fitted(text, most, preformatted)
}

/** One line of a text in at most so many characters, escapes included; never empty, never half an escape. */
export function fitted(text: string, most: number, way: (line: string) => string): string {
  // What lies far behind is not seen anyway.
  const line = lineOf(clip(text.trim(), 2 * most + 200)).trim() || '–'
  let length = most
  while (length > 1) {
    const shown = way(clip(line, length))
    if (shown.length <= most) return shown.trim() || '–'
    length -= Math.max(1, Math.ceil((shown.length - most) / 2))
  }
  return '…'
}

/** A time that everybody sees in their own zone and their own way; `fallback` where it is none. */
export function timeToken(iso: string, fallback: string): string {
  const known = isoTime(iso)
  return known === null ? inert(fallback) : `<t:${Math.floor(Date.parse(known) / 1000)}:f>`
}

/** How much of a text is seen: escapes are not, and a time is drawn at some length. */
export function seenLength(text: string): number {
  return text.replace(/<t:-?\d+:f>/g, '12 March 2026 15:03').replace(/\\(.)/g, '$1').length
}

function dead(line: string): string {
  return unticked(preformatted(line))
    .replace(MARKS, '\\$&')
    .replace(COLONS, '\\:')
    .replace(INVITES, '\\.')
    .replace(TOKENS, `<${JOINER}`)
    .replace(BRACKETS, '\\<')
    .replace(EVERYBODY, `@${JOINER}`)
}

function startless(line: string): string {
  return line.replace(
    LINE_START,
    (_, blank: string, sign?: string, item?: string, count?: string, dot?: string) =>
      count === undefined ? `${blank}\\${sign ?? item ?? ''}` : `${blank}${count}\\${dot ?? ''}`,
  )
}
