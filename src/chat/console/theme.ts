import { stateTone, type Tone } from '../../core/card.js'
import { displayWidth, truncate } from '../text.js'

/** The environment values that say what a terminal can do. */
export type TerminalEnv = {
  readonly NO_COLOR?: string | undefined
  readonly FORCE_COLOR?: string | undefined
  readonly TERM?: string | undefined
  readonly LANG?: string | undefined
  readonly LC_ALL?: string | undefined
  readonly LC_CTYPE?: string | undefined
  readonly COLUMNS?: string | undefined
}

export type TerminalFacts = {
  readonly env: TerminalEnv
  /** Whether people sit at both ends: neither input nor output is a pipe or a file. */
  readonly isTTY: boolean
  /** Asked for with `--plain`. */
  readonly plain?: boolean
}

export type Theme = {
  /** Escape sequences for colour may be written. */
  readonly colour: boolean
  /** Characters beyond ASCII may be written. */
  readonly unicode: boolean
  /** Words get a sign in front (● ○ ▲ ✖) and ratios a bar. */
  readonly glyphs: boolean
}

export type Style = 'none' | 'title' | 'dim' | 'good' | 'warning' | 'danger'

/** A piece of a line with its look. */
export type Span = { readonly text: string; readonly style: Style }

/** What to print when nothing is known about the reader: text alone. */
export const PLAIN: Theme = { colour: false, unicode: true, glyphs: false }

/** Decides how to draw. `NO_COLOR`, a dumb terminal and `--plain` beat `FORCE_COLOR`, which beats a pipe. */
export function makeTheme(facts: TerminalFacts): Theme {
  const { env } = facts
  const bare = facts.plain === true || env.TERM === 'dumb'
  const forced = said(env.FORCE_COLOR) && env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  const refused = said(env.NO_COLOR) || (said(env.FORCE_COLOR) && !forced)
  return {
    colour: !bare && !refused && (facts.isTTY || forced),
    unicode: speaksUnicode(env),
    glyphs: !bare && (facts.isTTY || (forced && !refused)),
  }
}

/** Without any locale the terminal is taken for a modern one; a locale that is named must be a UTF-8 one. */
function speaksUnicode(env: TerminalEnv): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find(said)
  return locale === undefined || /utf-?8/i.test(locale)
}

function said(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}

/** How wide to draw: the terminal's width; through a pipe whatever `COLUMNS` says, or wide enough to keep all. */
export function columnsOf(facts: TerminalFacts, terminalColumns: number | undefined): number {
  const asked = Number(facts.env.COLUMNS)
  const fallback = Number.isInteger(asked) && asked > 0 ? asked : facts.isTTY ? 80 : 400
  const columns = terminalColumns !== undefined && terminalColumns > 0 ? terminalColumns : fallback
  return Math.min(1000, Math.max(20, columns))
}

export function toneStyle(tone: Tone): Style {
  return tone === 'neutral' ? 'none' : tone === 'muted' ? 'dim' : tone
}

const GLYPHS = {
  good: ['●', '*'],
  muted: ['○', 'o'],
  warning: ['▲', '!'],
  danger: ['✖', 'x'],
  neutral: [' ', ' '],
} as const satisfies Record<Tone, readonly [string, string]>

/** The sign of a tone, one column wide. */
export function toneGlyph(theme: Theme, tone: Tone): string {
  return GLYPHS[tone][theme.unicode ? 0 : 1]
}

/** A state is always a word; where allowed it has a colour and a sign as well. */
export function stateSpan(theme: Theme, word: string): Span {
  const tone = stateTone(word)
  return { text: theme.glyphs ? `${toneGlyph(theme, tone)} ${word}` : word, style: toneStyle(tone) }
}

/**
 * The basic colours that can be read on dark and on light: no yellow (lost on white), no blue (lost on black), no
 * white, no black. Warnings are magenta for that reason.
 */
const SEQUENCES = {
  title: '1',
  dim: '2',
  good: '32',
  warning: '35',
  danger: '1;31',
} as const satisfies Record<Exclude<Style, 'none'>, string>

export function paint(theme: Theme, style: Style, text: string): string {
  if (!theme.colour || style === 'none' || text.trim() === '') return text
  return `\u001b[${SEQUENCES[style]}m${text}\u001b[0m`
}

export function span(text: string, style: Style = 'none'): Span {
  return { text, style }
}

/** Draws a line: never wider than `columns`, without blanks at its end. */
export function drawLine(theme: Theme, columns: number, spans: readonly Span[]): string {
  let left = columns
  const fitted: Span[] = []
  for (const { text, style } of spans) {
    const shown = truncate(text, left, theme.unicode)
    left -= displayWidth(shown)
    fitted.push({ text: shown, style })
    if (shown !== text) break
  }
  while (fitted.length > 0) {
    const last = fitted.pop()
    const text = last?.text.trimEnd() ?? ''
    if (last !== undefined && text !== '') {
      fitted.push({ text, style: last.style })
      break
    }
  }
  return fitted.map(({ text, style }) => paint(theme, style, text)).join('')
}
