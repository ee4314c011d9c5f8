import type { Fact, Tone } from '../../../core/card.js'
import { stateTone } from '../../../core/card.js'
import type { Format } from '../../format.js'
import { signOf } from '../../slack/blocks/facts.js'
import { clip } from '../../text.js'
import { beginning } from './cut.js'
import { bold, codeSpan, fitted, inert, inertLine, seenLength, sentence, timeToken } from './escape.js'

/** Label and value: short ones side by side, long ones below each other. */

/** Of states: what is, not how good it is. Beside a word, never alone. */
const LIGHTS: Readonly<Record<Tone, string>> = {
  good: '🟢 ',
  warning: '🟡 ',
  danger: '🔴 ',
  muted: '⚪ ',
  neutral: '',
}

/** What has room in a third of an embed. */
const SHORT = 40
const MOST_NAME = 200
/** A longer value is begun here and whole in the file. */
const MOST_VALUE = 1000
/** What lies behind is not shown anyway. */
const FAR = 4000
/** Digests and task ids, which are copied. */
const COPIED = /^(?:[0-9a-f]{16,128}|UPID:[\w:.@!-]{10,160})$/

export type FactLine = {
  readonly name: string
  readonly value: string
  readonly short: boolean
  /** As one line of a text. */
  readonly line: string
  /** Unescaped, for a file. */
  readonly whole: string
  readonly cut: boolean
}

/** Facts as the fields of an embed, within the limits of one. */
export function factLines(facts: readonly Fact[], format: Format): readonly FactLine[] {
  return facts.map((fact): FactLine => {
    const far = typeof fact.value === 'string' && fact.value.length > FAR
    const text = factText(far ? { ...fact, value: clip(String(fact.value), FAR) } : fact, format)
    const name = fitted(fact.label, MOST_NAME, inertLine)
    const long = text.length > MOST_VALUE
    const value = long ? `${beginning(text, MOST_VALUE)}…` : text
    return {
      name,
      value,
      short: seenLength(text) <= SHORT && seenLength(name) <= SHORT && !text.includes('\n'),
      line: `${bold(fact.label).length <= MOST_NAME ? bold(fact.label) || '**–**' : name}  ${value}`,
      whole: `${fact.label}: ${fact.value ?? ''}${fact.note === undefined ? '' : ` (${fact.note})`}`,
      cut: far || long || name.endsWith('…'),
    }
  })
}

function factText({ value, unit, note, tone }: Fact, format: Format): string {
  const more = note === undefined || note.trim() === '' ? '' : sentence(note).trim()
  const said = more === '' ? '' : more.startsWith('of ') ? ` ${more}` : ` (${more})`
  const sign = tone !== undefined ? signOf(tone) : unit === 'state' ? LIGHTS[stateTone(String(value))] : ''
  if (value === null || value === '') return `${format.none}${said}`
  if (unit === 'time' && typeof value === 'string')
    return `${sign}${timeToken(value, format.time(value)).trim() || '–'}${said}`
  if (typeof value !== 'string') return `${sign}${inert(format.value(value, unit))}${said}`
  if (COPIED.test(value)) return `${codeSpan(value)}${said}`
  const text = inert(unit === 'tags' ? format.value(value, unit) : value).trim()
  return `${sign}${text || format.none}${said}`
}
