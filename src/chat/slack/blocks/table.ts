import type { Series, Table, Value } from '../../../core/card.js'
import { drawTable } from '../../console/table.js'
import { PLAIN } from '../../console/theme.js'
import type { Format } from '../../format.js'
import { displayWidth, pad, sanitise, truncate } from '../../text.js'
import { preformatted } from './escape.js'

/** Tables as text that lines up in a block of code, and as a file. */

/** So wide that a laptop wraps nothing. */
const COLUMNS = 68
/** A longer table is begun in the message and whole in a file. */
const MOST_ROWS = 25
/** What is longer is cut in a cell. */
const LONG_CELL = 160

export type DrawnTable = {
  readonly lines: readonly string[]
  /** How many rows they show. */
  readonly rows: number
  /** Cells had to be cut. */
  readonly cut: boolean
}

/** The first rows of a table, escaped, in at most so many characters; no lines where none would fit. */
export function tableLines(table: Table, format: Format, most: number): DrawnTable {
  let rows = Math.min(MOST_ROWS, table.rows.length)
  while (rows > 0) {
    const some = { ...table, rows: table.rows.slice(0, rows) }
    const drawing = { columns: COLUMNS, theme: PLAIN, format, high: false }
    const lines = drawTable(some, drawing, 0).map(preformatted)
    const size = lines.reduce((total, line) => total + line.length + 1, 0)
    if (size <= most) return { lines, rows, cut: some.rows.some((row) => Object.values(row).some(long)) }
    rows = Math.min(rows - 1, Math.floor((rows * most) / size))
  }
  return { lines: [], rows: 0, cut: false }
}

function long(value: Value): boolean {
  return typeof value === 'string' && value.length > LONG_CELL
}

/** All columns of all rows. Times are as ISO writes them, other values as they are drawn. */
export function csv({ columns, rows }: Table, format: Format): string {
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
  return `${[head, ...body].join('\n')}\n`
}

function cell(value: string): string {
  // A cell that begins so would be a formula to a spreadsheet.
  const safe = /^\s*[=+\-@\t\r]/.test(value) && !/^-?[\d.,]+( \S{1,6})?$/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The smallest, mean, largest and newest value of each line of a chart: what a picture says, in words. */
export function chartLines(series: readonly Series[], format: Format): readonly string[] {
  const rows = series.map((one) => [truncate(sanitise(one.label), 20), ...statsOf(one, format)])
  const head = ['', 'now', 'min', 'avg', 'max', ...(series.some(hasLimit) ? ['of'] : [])]
  const widths = head.map((name, at) =>
    Math.max(displayWidth(name), ...rows.map((row) => displayWidth(row[at] ?? ''))),
  )
  return [head, ...rows].map((row) =>
    preformatted(
      head
        .map((_, at) => pad(row[at] ?? '', widths[at] ?? 0, at === 0 ? 'left' : 'right'))
        .join('  ')
        .trimEnd(),
    ),
  )
}

/** A share is always of a whole. */
function hasLimit({ unit, limit }: Series): boolean {
  return limit !== undefined && unit !== 'ratio'
}

function statsOf(series: Series, format: Format): readonly string[] {
  const { values, unit, limit } = series
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value))
  const print = (value: number | null | undefined): string => format.value(value ?? null, unit)
  const last = hasLimit(series) ? print(limit) : ''
  if (known.length === 0) return [format.none, format.none, format.none, format.none, last]
  const [least, most, total] = known.reduce(
    ([a, b, c], value) => [Math.min(a, value), Math.max(b, value), c + value],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0],
  )
  const mean = total / known.length
  const rounded = unit === 'count' ? Math.round(mean * 100) / 100 : mean
  return [print(values.at(-1)), print(least), print(rounded), print(most), last]
}
