import { describe, expect, it } from '@jest/globals'
import { drawTable, tableLines } from '../../../src/chat/console/table.js'
import { PLAIN } from '../../../src/chat/console/theme.js'
import { makeFormat } from '../../../src/chat/format.js'
import type { Value } from '../../../src/core/card.js'
import { column } from '../../../src/core/facts.js'

const drawing = (columns: number) => ({
  columns,
  theme: PLAIN,
  format: makeFormat({ timeZone: 'UTC', now: new Date(0), unicode: true }),
  high: false,
})
const table = (what: Value, note: Value = 'short') => ({
  columns: [
    column('name', 'name', 'text', 1),
    column('what', 'what', 'text', 0),
    column('note', 'note', 'text', 2),
  ],
  rows: [{ name: 'vm-101', what, note }],
  empty: '',
})

describe('what of a table does not fit', () => {
  it.each([
    ['nothing', table('all well'), 80, [], false],
    ['a column', table('all well', 'x'.repeat(60)), 40, ['note'], false],
    ['sentences that go on in the next line are whole', table('a word '.repeat(20)), 80, [], false],
    ['sentences of too many lines', table('a word '.repeat(200)), 80, [], true],
    ['sentences without end', table('x '.repeat(2000)), 1000, [], true],
  ] as const)('%s', (_, given, columns, hidden, cut) => {
    const drawn = tableLines(given, drawing(columns), 0)

    expect({ hidden: drawn.hidden.map(({ label }) => label), cut: drawn.cut }).toEqual({ hidden, cut })
    expect(drawTable(given, drawing(columns), 0)).toEqual(drawn.lines)
  })

  it('a name that is cut', () => {
    const named = {
      ...table('x'),
      rows: [{ name: 'n'.repeat(60), what: 'a sentence of some length', note: 'y' }],
    }

    expect(tableLines(named, drawing(40), 0).cut).toBe(true)
  })
})
