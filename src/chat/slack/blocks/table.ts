import type { Table } from '../../../core/card.js'
import type { Format } from '../../format.js'
import { type DrawnTable, firstRows, type TableDrawing } from '../../message/table.js'
import { preformatted } from './escape.js'

const DRAWING: TableDrawing = {
  // A laptop wraps nothing of them.
  columns: 68,
  line: preformatted,
}

/** The first rows of a table, escaped, in at most so many characters; no lines where none would fit. */
export function tableLines(table: Table, format: Format, most: number): DrawnTable {
  return firstRows(table, format, most, DRAWING)
}
