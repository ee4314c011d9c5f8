import type { CardFile, Table } from '../../core/card.js'
import { tableLines } from '../console/table.js'
import { PLAIN } from '../console/theme.js'
import type { Format } from '../format.js'
import { sanitise } from '../text.js'

/** Tables as text that lines up in a block of code, and as a file. */

/** A longer table is begun in the message and whole in a file. */
const MOST_ROWS = 25

export type TableDrawing = {
  /** So wide that nothing wraps. */
  readonly columns: number
  /** Escapes a line of a block of code. */
  readonly line: (line: string) => string
  /** Whether something of it was cut besides, when the lines were escaped. */
  readonly cut?: (shown: Table, lines: readonly string[]) => boolean
}

export type DrawnTable = {
  readonly lines: readonly string[]
  /** How many rows they show. */
  readonly rows: number
  /** Cells had to be cut, or columns to be left out. */
  readonly cut: boolean
}

/** The first rows of a table, escaped, in at most so many characters; no lines where none would fit. */
export function firstRows(
  table: Table,
  format: Format,
  most: number,
  { columns, line, cut }: TableDrawing,
): DrawnTable {
  let rows = Math.min(MOST_ROWS, table.rows.length)
  while (rows > 0) {
    const some = { ...table, rows: table.rows.slice(0, rows) }
    const drawn = tableLines(some, { columns, theme: PLAIN, format, high: false }, 0)
    const lines = drawn.lines.map(line)
    const size = lines.reduce((total, each) => total + each.length + 1, 0)
    if (size <= most) {
      // A column with nothing in it is missed by nobody.
      const hidden = drawn.hidden.some(({ key }) => table.rows.some((row) => (row[key] ?? '') !== ''))
      return { lines, rows, cut: drawn.cut || hidden || cut?.(some, lines) === true }
    }
    rows = Math.min(rows - 1, Math.floor((rows * most) / size))
  }
  return { lines: [], rows: 0, cut: false }
}

/** All columns of all rows. Times are as ISO writes them, other values as they are drawn. */
export function csvFile({ columns, rows }: Table, format: Format): CardFile {
  const head = columns.map(({ label }) => cell(sanitise(label))).join(',')
  const body = rows.map((row) =>
    columns
      .map(({ key, unit }) => {
        const value = row[key] ?? null
        if (value === null) return ''
        return cell(unit === 'time' ? sanitise(String(value)) : format.value(value, unit))
      })
      .join(','),
  )
  return { name: 'table.csv', mediaType: 'text/csv', text: `${[head, ...body].join('\n')}\n` }
}

function cell(value: string): string {
  // A cell that begins so would be a formula to a spreadsheet.
  const safe = /^\s*[=+\-@\t\r]/.test(value) && !/^-?[\d.,]+( \S{1,6})?$/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
