import type { Fact } from '../../../core/card.js'
import type { Format } from '../../format.js'
import { type FactWriting, factText, wholeOf } from '../../message/facts.js'
import { clip } from '../../text.js'
import { beginning } from './cut.js'
import { bold, codeSpan, fitted, inert, inertLine, seenLength, sentence, timeToken } from './escape.js'

/** Label and value: short ones side by side, long ones below each other. */

/** What has room in a third of an embed. */
const SHORT = 40
const MOST_NAME = 200
/** A longer value is begun here and whole in the file. */
const MOST_VALUE = 1000
/** What lies behind is not shown anyway. */
const FAR = 4000
const WRITING: FactWriting = {
  text: (text) => inert(text).trim(),
  time: (iso, fallback) => timeToken(iso, fallback).trim() || '–',
  copied: codeSpan,
  note: (note) => {
    const said = sentence(note).trim()
    return said === '' ? '' : said.startsWith('of ') ? ` ${said}` : ` (${said})`
  },
}

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
    const text = factText(far ? { ...fact, value: clip(String(fact.value), FAR) } : fact, format, WRITING)
    const name = fitted(fact.label, MOST_NAME, inertLine)
    const long = text.length > MOST_VALUE
    const value = long ? `${beginning(text, MOST_VALUE)}…` : text
    return {
      name,
      value,
      short: seenLength(text) <= SHORT && seenLength(name) <= SHORT && !text.includes('\n'),
      line: `${bold(fact.label).length <= MOST_NAME ? bold(fact.label) || '**–**' : name}  ${value}`,
      whole: `${fact.label}: ${wholeOf(fact)}`,
      cut: far || long || name.endsWith('…'),
    }
  })
}
