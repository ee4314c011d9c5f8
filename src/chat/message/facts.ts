import type { Fact, Row, Table } from '../../core/card.js'
import type { Format } from '../format.js'
import { lightOf, signOf } from './signs.js'

/** Facts, as far as they are the same in every chat. */

/** Digests and task ids, which are copied. */
const COPIED = /^(?:[0-9a-f]{16,128}|UPID:[\w:.@!-]{10,160})$/

/** How a chat writes the parts of a fact, escaped. */
export type FactWriting = {
  readonly text: (text: string) => string
  readonly time: (iso: string, fallback: string) => string
  readonly copied: (text: string) => string
  /** With what parts it from the value. */
  readonly note: (note: string) => string
}

/** A fact's value, with its sign and its note. */
export function factText({ value, unit, note, tone }: Fact, format: Format, write: FactWriting): string {
  const said = note === undefined ? '' : write.note(note)
  const sign = tone !== undefined ? signOf(tone) : unit === 'state' ? lightOf(String(value)) : ''
  if (value === null || value === '') return `${format.none}${said}`
  if (unit === 'time' && typeof value === 'string')
    return `${sign}${write.time(value, format.time(value))}${said}`
  if (typeof value !== 'string') return `${sign}${write.text(format.value(value, unit))}${said}`
  if (COPIED.test(value)) return `${write.copied(value)}${said}`
  const text = write.text(unit === 'tags' ? format.value(value, unit) : value)
  return `${sign}${text || format.none}${said}`
}

/** A fact's value and note as they are, for a file. */
export function wholeOf({ value, note }: Fact): string {
  return `${value ?? ''}${note === undefined ? '' : ` (${note})`}`
}

/** The only row of a table; what it does not say is left out. */
export function rowFacts(table: Table, row: Row): readonly Fact[] {
  return table.columns.flatMap(({ key, label, unit }): readonly Fact[] => {
    const value = row[key] ?? null
    return value === null || value === '' ? [] : [{ label, unit, value }]
  })
}
