import stringWidth from 'string-width'

/** Longer texts are cut before anything else looks at them: no line of a terminal needs more. */
const LONGEST = 16_384
/** Marks beyond these pile up over the neighbouring lines. */
const MOST_MARKS = 4

const PRINTABLE_ASCII = /^[\u0020-\u007e]*$/
/** Letters, punctuation, rules and bars that are one column each; measuring others is some hundred times slower. */
const NARROW = /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u017f\u2013-\u2022\u2026\u2190-\u2193\u2500-\u25fc]*$/
const EMOJI = /^\p{RGI_Emoji}$/v
const PICTOGRAPH = /^[\p{Extended_Pictographic}\d#*]/u
const MARK = /\p{Mark}/u
const BLANK = /\p{Space_Separator}/u
/** Controls, bidi and other format characters, lone surrogates, private and unassigned code points, line separators. */
const UNPRINTABLE = /[\p{Other}\p{Line_Separator}\p{Paragraph_Separator}\p{Default_Ignorable_Code_Point}]/u

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** What our own texts use and ASCII has a good likeness for. */
const ASCII_LIKENESS: Readonly<Record<string, string>> = {
  '→': '->',
  '←': '<-',
  '–': '-',
  '—': '-',
  '…': '...',
  '·': '.',
  '×': 'x',
  '↵': '\\n',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '•': '*',
}

/**
 * Makes untrusted text safe to stand in a line of a terminal: what could move the cursor, colour, hide or reorder
 * text becomes a visible mark, line breaks included. `unicode: false` gives ASCII alone.
 */
export function sanitise(text: string, unicode = true): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  if (PRINTABLE_ASCII.test(cut)) return cut
  let safe = ''
  for (const { segment } of graphemes.segment(cut)) safe += safeGrapheme(segment)
  return unicode ? safe : asciiOf(safe)
}

/** Like `sanitise`, but line breaks stay line breaks: gives the lines. */
export function sanitiseLines(text: string, unicode = true): readonly string[] {
  return text
    .slice(0, 64 * LONGEST)
    .replace(/\t/g, '    ')
    .split(/\r\n|\n|\r|\u2028|\u2029/)
    .map((line) => sanitise(line, unicode))
}

function safeGrapheme(segment: string): string {
  if (PRINTABLE_ASCII.test(segment)) return segment
  if (segment === '\r\n') return ' ↵ '
  if (segment.length < 40 && EMOJI.test(segment)) return segment
  const pictograph = PICTOGRAPH.test(segment)
  let safe = ''
  let marks = 0
  for (const char of segment) {
    if ((char === '\ufe0e' || char === '\ufe0f') && pictograph) continue
    if (MARK.test(char) && !UNPRINTABLE.test(char)) {
      marks += 1
      if (marks <= MOST_MARKS) safe += char
    } else safe += safeCharacter(char)
  }
  return safe
}

function safeCharacter(char: string): string {
  const code = char.codePointAt(0) ?? 0
  if (code === 0x0a || code === 0x0d) return ' ↵ '
  if (code === 0x09) return ' '
  // The "control pictures" block shows each of them: ESC is ␛.
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return '␡'
  if (BLANK.test(char)) return ' '
  return UNPRINTABLE.test(char) ? '�' : char
}

function asciiOf(text: string): string {
  let ascii = ''
  for (const { segment } of graphemes.segment(text)) {
    if (PRINTABLE_ASCII.test(segment)) ascii += segment
    else ascii += ASCII_LIKENESS[segment] ?? plainLetter(segment)
  }
  return ascii
}

/** `é` is shown as `e`; what has no Latin base letter as a question mark. */
function plainLetter(segment: string): string {
  const base = segment.normalize('NFD').charAt(0)
  return PRINTABLE_ASCII.test(base) && base !== '' ? base : '?'
}

/** How many columns a text takes in a terminal. */
export function displayWidth(text: string): number {
  return NARROW.test(text) ? text.length : stringWidth(text)
}

/** Cuts a (sanitised) text to so many columns, by grapheme, with an ellipsis where something is missing. */
export function truncate(text: string, columns: number, unicode = true): string {
  // No grapheme is known to be longer than a few dozen units; what lies further behind cannot be shown anyway.
  const near = text.length > 64 + columns * 32 ? text.slice(0, 64 + columns * 32) : text
  if (near === text && displayWidth(text) <= columns) return text
  const ellipsis = unicode ? '…' : columns >= 8 ? '...' : '~'
  if (columns <= ellipsis.length) return columns <= 0 ? '' : ellipsis.slice(0, columns)
  return head(near, columns - displayWidth(ellipsis)).trimEnd() + ellipsis
}

/** As many graphemes from the start as fit. */
function head(text: string, columns: number): string {
  let taken = ''
  let width = 0
  for (const { segment } of graphemes.segment(text)) {
    const next = displayWidth(segment)
    if (width + next > columns) break
    taken += segment
    width += next
  }
  return taken
}

/** Fills a text with blanks to so many columns; longer ones stay as they are. */
export function pad(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, columns - displayWidth(text)))
  return align === 'left' ? text + blanks : blanks + text
}

/**
 * Breaks a (sanitised) text into lines of at most so many columns: at blanks, after commas and the like, and within
 * a word only where it does not fit alone. Gives at least one line; beyond `most` lines the last ends in an ellipsis.
 */
export function wrap(
  text: string,
  columns: number,
  most = Number.POSITIVE_INFINITY,
  unicode = true,
): string[] {
  const lines: string[] = []
  let line = ''
  let width = 0
  for (const word of text.split(/(?<=[ ])|(?<=[,;/|&])(?=[^ ]{6})/)) {
    if (lines.length > most) break
    const wordWidth = displayWidth(word.trimEnd())
    if (width + wordWidth <= columns) {
      line += word
      width += displayWidth(word)
      continue
    }
    if (line !== '') lines.push(line.trimEnd())
    const pieces = wordWidth <= columns ? [word] : chop(word, columns, most)
    lines.push(...pieces.slice(0, -1))
    line = pieces.at(-1) ?? ''
    width = displayWidth(line)
  }
  if (line.trim() !== '' || lines.length === 0) lines.push(line.trimEnd())
  if (lines.length <= most) return lines
  const kept = lines.slice(0, most)
  const last = kept.pop() ?? ''
  const ellipsis = unicode ? '…' : '...'
  return [...kept, head(last, columns - displayWidth(ellipsis)).trimEnd() + ellipsis]
}

/** Breaks a word that is too long for a line, by grapheme. */
export function chop(text: string, columns: number, most = Number.POSITIVE_INFINITY): string[] {
  if (PRINTABLE_ASCII.test(text)) {
    const pieces: string[] = []
    for (let at = 0; at < text.length && pieces.length <= most; at += columns)
      pieces.push(text.slice(at, at + columns))
    return pieces.length === 0 ? [''] : pieces
  }
  const pieces: string[] = []
  let piece = ''
  let width = 0
  for (const { segment } of graphemes.segment(text)) {
    const next = displayWidth(segment)
    if (width + next > columns && piece !== '') {
      pieces.push(piece)
      if (pieces.length > most) return pieces
      piece = ''
      width = 0
    }
    piece += segment
    width += next
  }
  return [...pieces, piece]
}

/** At most so many characters, in UTF-16, as platforms count them at the strictest; never half a character. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text
  return `${text.slice(0, wholeEnd(text, most - 1))}…`
}

/** An end of a beginning of a text, or the one before it, where it would be in half a character. */
export function wholeEnd(text: string, at: number): number {
  return /[\ud800-\udbff]$/.test(text.slice(0, at)) ? at - 1 : at
}
