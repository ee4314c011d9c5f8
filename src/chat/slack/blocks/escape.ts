import type { PlainTextElement } from '@slack/types'
import { codeLine, spansOf, unticked } from '../../message/code.js'
import { isIsolated, isolated, JOINER } from '../../message/invisible.js'
import { linesOf } from '../../message/lines.js'
import { isoTime } from '../../message/time.js'
import { clip, sanitise } from '../../text.js'

/** Text from outside, so that Slack shows it and nothing in it comes alive. */

/**
 * Slack has no escape for these, and whether an invisible character beside one takes its effect away is not documented; a
 * likeness has none for certain. The full-width ones format as well.
 */
const LIKENESS: Readonly<Record<string, string>> = {
  '*': '∗',
  '＊': '∗',
  _: 'ˍ',
  '＿': 'ˍ',
  '~': '∼',
  '～': '∼',
}
const PAIRS = [/[*＊]/gu, /[_＿]/gu, /[~～]/gu] as const
const WORD = /[\p{L}\p{N}]/u
const BLANK = /\s/u

/** `:name:` becomes a picture, as in the UPID of guest 100. */
const EMOJI = /:(?=[\p{L}\p{N}_+'-]{1,100}:)/gu
/** A value from outside, for `mrkdwn`: no mention, no link, no emoji, no format of any kind. Line breaks are kept. */
export function mrkdwn(text: string): string {
  return linesOf(text)
    .map((line) => quoteless(inert(line)))
    .join('\n')
}

/**
 * A sentence of ours, which may hold text from outside: `like this` stays a code span, since nothing in one is alive, and
 * is said as people type it; for the rest as `mrkdwn`.
 */
export function sentence(text: string, typed: (span: string) => string = (span) => span): string {
  return linesOf(text)
    .map((line) => {
      const parts = spansOf(line)
      // A pair may have its halves on either side of a span.
      const marks = parts.length > 1 ? 'all' : 'pairs'
      return quoteless(
        parts.map((part, at) => (at % 2 === 0 ? inert(part, marks) : codeSpan(typed(part)))).join(''),
      )
    })
    .join('\n')
}

/** One line of a value from outside, in bold. */
export function bold(text: string): string {
  const line = mrkdwn(sanitise(text)).trim()
  return line === '' ? '' : `*${line.replaceAll('*', '∗')}*`
}

/** A line of a block of code: as it is, but for what would end the block. */
export function preformatted(line: string): string {
  return isolated(escaped(codeLine(line)))
}

/** Words to copy. */
export function codeSpan(text: string): string {
  const line = unticked(sanitise(text))
  return line.trim() === '' ? '' : `\`${isolated(escaped(line))}\``
}

/**
 * For objects of type `plain_text`, which Slack shows as they are. It stores `<` and `&` of them escaped and some clients
 * read them as such, so what looks like a token or an escape is broken up, not escaped.
 */
export function plainText(text: string, most: number): PlainTextElement {
  const line = sanitise(text).trim() || '–'
  let length = most
  let shown = ''
  do {
    shown = isolated(clip(line, length).replace(/<|&(?=[a-z]+;)/g, `$&${JOINER}`))
    length -= Math.max(1, shown.length - most)
  } while (shown.length > most && length > 0)
  return { type: 'plain_text', text: shown.length > most ? '…' : shown, emoji: false }
}

/** A time as everybody sees it in their own zone; `fallback` where it cannot be drawn. */
export function dateToken(iso: string, fallback: string): string {
  const known = isoTime(iso)
  if (known === null) return mrkdwn(fallback)
  const unix = Math.floor(Date.parse(known) / 1000)
  const safe = escaped(sanitise(fallback)).replace(/[|^`*_~]/g, ' ')
  return `<!date^${unix}^{date_short_pretty} {time_secs}|${safe}>`
}

/** How much of a text is seen: a date is drawn much shorter than it is written. */
export function seenLength(text: string): number {
  return text.replace(/<!date\^[^>|]*\|([^>]*)>/g, '$1').replace(/&(amp|lt|gt);/g, '&').length
}

/** `&`, `<` and `>` are the only characters by which mentions, links and dates begin and end. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function inert(line: string, marks: 'pairs' | 'all' = 'pairs'): string {
  const flat = unticked(PAIRS.reduce((text, mark) => unpaired(text, mark, marks), line))
  return isolated(escaped(flat.replace(EMOJI, `:${JOINER}`)))
}

/** A quotation begins a line with a greater-than sign, however that is written. */
function quoteless(line: string): string {
  return /^\s*(&gt;|＞)/u.test(line) ? `${JOINER}${line}` : line
}

/** Slack formats from a mark that begins a word to the next such mark that ends one; where there is no pair, none is changed. */
function unpaired(line: string, mark: RegExp, which: 'pairs' | 'all'): string {
  const marks = [...line.matchAll(mark)].map(({ index }) => {
    const [before, after] = [line.slice(0, index).slice(-1), line.slice(index + 1, index + 2)]
    const edge = (beside: string) => !WORD.test(beside) || isIsolated(beside)
    const filled = (beside: string) => beside !== '' && !BLANK.test(beside)
    if (which === 'all') return { opens: edge(before), closes: edge(after) }
    return { opens: edge(before) && filled(after), closes: filled(before) && edge(after) }
  })
  const first = marks.findIndex(({ opens }) => opens)
  const pair = first >= 0 && marks.slice(first + 1).some(({ closes }) => closes)
  if (which === 'pairs' && !pair) return line
  let at = 0
  return line.replace(mark, (char) => {
    const live = marks[at]
    at += 1
    return live?.opens === true || live?.closes === true ? (LIKENESS[char] ?? char) : char
  })
}
