import type { Fact } from '../../../core/card.js'
import type { Format } from '../../format.js'
import { type FactWriting, factText, wholeOf } from '../../message/facts.js'
import { lineOf } from '../../message/lines.js'
import { clip } from '../../text.js'
import { beginning } from './cut.js'
import { bold, codeSpan, dateToken, mrkdwn, seenLength, sentence } from './escape.js'

/** Label and value: short ones side by side, long ones in lines of their own. */

/** What has room in half the width of a message, label and value. */
const SHORT = 42
/** A longer value is begun here and whole in the file. */
const MOST_VALUE = 1200
const MOST_LABEL = 150
const WRITING: FactWriting = {
  text: mrkdwn,
  time: dateToken,
  copied: codeSpan,
  note: (note) => (note.startsWith('of ') ? ` ${sentence(note)}` : ` (${sentence(note)})`),
}

export type FactLine = {
  readonly shown: string
  /** Unescaped, with its label, for a file. */
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
    const text = factText(fact, format, WRITING)
    const label = bold(clip(fact.label, MOST_LABEL)) || '*–*'
    const whole = `${lineOf(fact.label)}: ${wholeOf(fact)}`
    const seen = fact.label.length + 2 + seenLength(text)
    if (seen <= SHORT && !text.includes('\n')) fields.push({ shown: `${label}  ${text}`, whole, cut: false })
    else {
      const cut = text.length > MOST_VALUE || fact.label.length > MOST_LABEL
      const shown = `${label}  ${beginning(text, MOST_VALUE)}${cut ? '…' : ''}`
      lines.push({ shown, whole, cut })
    }
  }
  return { fields, lines }
}
