import type { Fact, Row, Table, Tone } from '../../../core/card.js'
import { stateTone } from '../../../core/card.js'
import type { Format } from '../../format.js'
import { clip } from '../../text.js'
import { beginning } from './cut.js'
import { bold, codeSpan, dateToken, linesOf, mrkdwn, seenLength, sentence } from './escape.js'

/** Label and value: short ones side by side, long ones in lines of their own. */

/** Signs beside words, never alone. */
const SIGNS: Readonly<Record<Tone, string>> = {
  good: '✅ ',
  warning: '⚠️ ',
  danger: '🛑 ',
  muted: '⚪ ',
  neutral: '',
}

/** Of states: what is, not how good it is. */
const LIGHTS: Readonly<Record<Tone, string>> = {
  good: '🟢 ',
  warning: '🟡 ',
  danger: '🔴 ',
  muted: '⚪ ',
  neutral: '',
}

export function signOf(tone: Tone): string {
  return SIGNS[tone]
}

/** What has room in half the width of a message, label and value. */
const SHORT = 42
/** A longer value is begun here and whole in the file. */
const MOST_VALUE = 1200
const MOST_LABEL = 150
/** Digests and task ids, which are copied. */
const COPIED = /^(?:[0-9a-f]{16,128}|UPID:[\w:.@!-]{10,160})$/

export type FactLine = {
  readonly label: string
  readonly shown: string
  /** Unescaped, for a file. */
  readonly whole: string
  readonly cut: boolean
}

/** Facts as fields and as lines, in their order. */
export function factLines(
  facts: readonly Fact[],
  format: Format,
): { readonly fields: readonly FactLine[]; readonly lines: readonly FactLine[] } {
  const fields: FactLine[] = []
  const lines: FactLine[] = []
  for (const fact of facts) {
    const text = factText(fact, format)
    const label = bold(clip(fact.label, MOST_LABEL)) || '*–*'
    const whole = `${fact.value ?? ''}${fact.note === undefined ? '' : ` (${fact.note})`}`
    const line = { label: linesOf(fact.label).join(' '), whole }
    const seen = fact.label.length + 2 + seenLength(text)
    if (seen <= SHORT && !text.includes('\n'))
      fields.push({ ...line, shown: `${label}  ${text}`, cut: false })
    else {
      const cut = text.length > MOST_VALUE || fact.label.length > MOST_LABEL
      const shown = `${label}  ${beginning(text, MOST_VALUE)}${cut ? '…' : ''}`
      lines.push({ ...line, shown, cut })
    }
  }
  return { fields, lines }
}

function factText({ value, unit, note, tone }: Fact, format: Format): string {
  const said =
    note === undefined ? '' : note.startsWith('of ') ? ` ${sentence(note)}` : ` (${sentence(note)})`
  const sign = tone !== undefined ? SIGNS[tone] : unit === 'state' ? LIGHTS[stateTone(String(value))] : ''
  if (value === null || value === '') return `${format.none}${said}`
  if (unit === 'time' && typeof value === 'string')
    return `${sign}${dateToken(value, format.time(value))}${said}`
  if (typeof value !== 'string') return `${sign}${mrkdwn(format.value(value, unit))}${said}`
  if (COPIED.test(value)) return `${codeSpan(value)}${said}`
  const text = unit === 'tags' ? format.value(value, unit) : linesOf(value).join('\n')
  return `${sign}${mrkdwn(text) || format.none}${said}`
}

/** The only row of a table; what it does not say is left out. */
export function rowFacts(table: Table, row: Row): readonly Fact[] {
  return table.columns.flatMap(({ key, label, unit }): readonly Fact[] => {
    const value = row[key] ?? null
    return value === null || value === '' ? [] : [{ label, unit, value }]
  })
}
