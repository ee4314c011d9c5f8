import type { Series, Table } from '../../../core/card.js'
import { drawTable } from '../../console/table.js'
import { PLAIN } from '../../console/theme.js'
import type { Format } from '../../format.js'
import { chartLines as slackChartLines } from '../../slack/blocks/table.js'
import { preformatted } from './escape.js'

/** Tables as text that lines up in a block of code. */

/** So wide that an embed wraps nothing on a laptop. */
const COLUMNS = 56
/** A longer table is begun in the message and whole in a file. */
const MOST_ROWS = 25

export type DrawnTable = {
  readonly lines: readonly string[]
  /** How many rows they show. */
  readonly rows: number
  /** Cells had to be cut. */
  readonly cut: boolean
}

/** The first rows of a table in at most so many characters; no lines where none would fit. */
export function tableLines(table: Table, format: Format, most: number): DrawnTable {
  let rows = Math.min(MOST_ROWS, table.rows.length)
  while (rows > 0) {
    const some = { ...table, rows: table.rows.slice(0, rows) }
    const drawing = { columns: COLUMNS, theme: PLAIN, format, high: false }
    const lines = drawTable(some, drawing, 0).map(preformatted)
    const size = lines.reduce((total, line) => total + line.length + 1, 0)
    if (size <= most) return { lines, rows, cut: dots(lines.join()) > dots(valuesOf(some)) }
    rows = Math.min(rows - 1, Math.floor((rows * most) / size))
  }
  return { lines: [], rows: 0, cut: false }
}

/** A cell that is cut ends in one. */
function dots(text: string): number {
  return text.split('…').length - 1
}

function valuesOf({ columns, rows }: Table): string {
  return [columns.map(({ label }) => label), ...rows.map((row) => Object.values(row))].join()
}

/** The figures of a chart: what a picture says, in words. */
export function chartLines(series: readonly Series[], format: Format): readonly string[] {
  // They come with the escapes of Slack, which are none here.
  return slackChartLines(series, format).map((line) =>
    line.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  )
}
