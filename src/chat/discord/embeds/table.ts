import type { Table } from '../../../core/card.js'
import type { Format } from '../../format.js'
import { type DrawnTable, firstRows, type TableDrawing } from '../../message/table.js'
import { preformatted } from './escape.js'

const DRAWING: TableDrawing = {
  // An embed wraps nothing of them on a laptop.
  columns: 56,
  line: preformatted,
  // A cell that is cut ends in one.
  cut: (shown, lines) => dots(lines.join()) > dots(valuesOf(shown)),
}

/** The first rows of a table in at most so many characters; no lines where none would fit. */
export function tableLines(table: Table, format: Format, most: number): DrawnTable {
  return firstRows(table, format, most, DRAWING)
}

function dots(text: string): number {
  return text.split('…').length - 1
}

function valuesOf({ columns, rows }: Table): string {
  return [columns.map(({ label }) => label), ...rows.map((row) => Object.values(row))].join()
}
