import type { Column, Table, Unit, Value } from '../../core/card.js'
import type { Format } from '../format.js'
import { displayWidth, pad, sanitise, truncate, wrap } from '../text.js'
import { drawLine, type Span, type Style, span, stateSpan, type Theme } from './theme.js'

/** What every part of an answer needs to be drawn; `columns` is the width of the whole line. */
export type Drawing = {
  readonly columns: number
  readonly theme: Theme
  readonly format: Format
  /** There is room for charts of several rows. */
  readonly high: boolean
}

const GAP = 2
/** How many lines a sentence may take in a cell before it is cut. */
const CELL_LINES = 6
const CELL_CHARACTERS = 2000

type Laid = {
  readonly column: Column
  readonly label: string
  readonly cells: readonly Span[]
  readonly natural: number
  readonly align: 'left' | 'right'
  /** Sentences go on in the next line, names are cut. */
  readonly wraps: boolean
  width: number
}

export type DrawnLines = {
  readonly lines: string[]
  /** Columns that did not fit. */
  readonly hidden: readonly Column[]
  /** Some cell did not fit whole. */
  readonly cut: boolean
}

/** Draws a table as lines, indented by so many blanks. Columns that do not fit are named below it. */
export function drawTable(table: Table, drawing: Drawing, indent: number): string[] {
  return tableLines(table, drawing, indent).lines
}

/** The same, with what did not fit. */
export function tableLines(table: Table, drawing: Drawing, indent: number): DrawnLines {
  const { theme, columns } = drawing
  const line = (spans: readonly Span[]) => drawLine(theme, columns, [span(' '.repeat(indent)), ...spans])
  if (table.rows.length === 0) {
    const empty = table.empty === '' ? [] : [line([span(sanitise(table.empty, theme.unicode), 'dim')])]
    return { lines: empty, hidden: [], cut: false }
  }
  const all = table.columns.map((column, at) => layColumn(column, at === 0, table, drawing))
  const { shown, hidden } = layOut(all, columns - indent)
  const total = widthOf(shown)
  const lines = [
    line(joined(shown.map((laid) => span(aligned(truncate(laid.label, laid.width, theme.unicode), laid))))),
    line([span((theme.unicode ? '─' : '-').repeat(total), 'dim')]),
  ]
  let cut = table.rows.some((row) => table.columns.some(({ key }) => isEndless(row[key] ?? null)))
  for (let row = 0; row < table.rows.length; row++) {
    const drawn = rowLines(shown, row, theme.unicode)
    for (const spans of drawn.lines) lines.push(line(joined(spans)))
    cut ||= drawn.cut
  }
  if (hidden.length > 0) {
    const names = `columns hidden: ${hidden.map(({ label }) => label).join(', ')}`
    for (const text of wrap(names, columns - indent, 3, theme.unicode)) lines.push(line([span(text, 'dim')]))
  }
  return { lines, hidden: hidden.map(({ column }) => column), cut }
}

function isEndless(value: Value): boolean {
  return typeof value === 'string' && value.length > CELL_CHARACTERS
}

function layColumn(column: Column, first: boolean, table: Table, drawing: Drawing): Laid {
  const cells = table.rows.map((row) => cell(row[column.key] ?? null, column.unit, drawing))
  const label = sanitise(column.label, drawing.theme.unicode)
  const prose = column.unit === 'text' && column.priority === 0
  const numbers = table.rows.every((row) => isNumber(row[column.key] ?? null))
  return {
    column,
    label,
    cells,
    natural: cells.reduce((most, { text }) => Math.max(most, displayWidth(text)), displayWidth(label)),
    align: isQuantity(column.unit) || (column.unit === 'text' && numbers) ? 'right' : 'left',
    wraps: prose && (!first || cells.some(({ text }) => text.includes(' '))),
    width: 0,
  }
}

function cell(value: Value, unit: Unit, { theme, format }: Drawing): Span {
  if (value === null) return span(format.none, 'dim')
  const cut = typeof value === 'string' ? value.slice(0, CELL_CHARACTERS) : value
  const text = format.value(cut, unit)
  return unit === 'state' && text !== '' ? stateSpan(theme, text) : span(text)
}

function isNumber(value: Value): boolean {
  return value === null || typeof value === 'number'
}

export function isQuantity(unit: Unit): boolean {
  switch (unit) {
    case 'bytes':
    case 'bytes_per_second':
    case 'seconds':
    case 'ratio':
    case 'count':
      return true
    case 'text':
    case 'state':
    case 'time':
    case 'tags':
      return false
  }
}

function widthOf(laid: readonly Laid[]): number {
  return laid.reduce((sum, { width }) => sum + width, 0) + GAP * Math.max(0, laid.length - 1)
}

/** What a column should have before another one is dropped for it. */
function wanted({ column, natural, wraps }: Laid): number {
  if (column.unit === 'text') return Math.min(natural, wraps ? 36 : 28)
  return column.unit === 'tags' ? Math.min(natural, 24) : natural
}

function layOut(
  all: readonly Laid[],
  available: number,
): { shown: readonly Laid[]; hidden: readonly Laid[] } {
  let shown = all.map((laid) => ({ ...laid, width: wanted(laid) }))
  const dropWhile = (tooWide: () => boolean, may: (laid: Laid) => boolean) => {
    while (tooWide()) {
      const last = shown
        .slice(1)
        .filter(may)
        .reduce<Laid | null>((a, b) => (a !== null && a.column.priority > b.column.priority ? a : b), null)
      if (last === null) return
      shown = shown.filter((laid) => laid !== last)
    }
  }
  dropWhile(
    () => widthOf(shown) > available,
    ({ column }) => column.priority > 0,
  )
  shrink(shown, available)
  dropWhile(
    () => {
      shrink(shown, available)
      return widthOf(shown) > available
    },
    () => true,
  )
  widen(shown, available)
  const kept = new Set(shown.map(({ column }) => column.key))
  return { shown, hidden: all.filter(({ column }) => !kept.has(column.key)) }
}

/** Takes from the widest texts first, then from anything, never below what can still be read. */
function shrink(shown: readonly Laid[], available: number): void {
  const takeFrom = (may: (laid: Laid) => boolean, least: number) => {
    while (widthOf(shown) > available) {
      const widest = shown
        .filter((laid) => may(laid) && laid.width > least)
        .reduce<Laid | null>((a, b) => (a !== null && a.width >= b.width ? a : b), null)
      if (widest === null) return
      widest.width -= 1
    }
  }
  takeFrom(({ column }) => column.unit === 'text' || column.unit === 'tags', 8)
  takeFrom(({ column }) => !isQuantity(column.unit), 6)
  takeFrom(() => shown.length === 1, 1)
}

/** Gives what is left to the columns that were cut, the important ones first. */
function widen(shown: readonly Laid[], available: number): void {
  let left = available - widthOf(shown)
  for (const laid of [...shown].sort((a, b) => a.column.priority - b.column.priority)) {
    const more = Math.min(left, laid.natural - laid.width)
    if (more <= 0) continue
    laid.width += more
    left -= more
  }
}

function rowLines(
  shown: readonly Laid[],
  row: number,
  unicode: boolean,
): { readonly lines: Span[][]; readonly cut: boolean } {
  const cells = shown.map((laid) => {
    const { text, style } = laid.cells[row] ?? span('')
    if (!laid.wraps) {
      const line = truncate(text, laid.width, unicode)
      return { lines: [line], cut: line !== text, style, laid }
    }
    const lines = wrap(text, laid.width, CELL_LINES, unicode)
    // One line more than may be shown tells whether all of it is.
    const cut =
      lines.length === CELL_LINES && wrap(text, laid.width, CELL_LINES + 1, unicode).length > CELL_LINES
    return { lines, cut, style, laid }
  })
  const height = Math.max(1, ...cells.map(({ lines }) => lines.length))
  const lines = Array.from({ length: height }, (_, at) =>
    cells.map(({ lines, style, laid }) => span(aligned(lines[at] ?? '', laid), styleOf(style, lines[at]))),
  )
  return { lines, cut: cells.some(({ cut }) => cut) }
}

function styleOf(style: Style, line: string | undefined): Style {
  return line === undefined ? 'none' : style
}

function aligned(text: string, { width, align }: Laid): string {
  return pad(text, width, align)
}

function joined(cells: readonly Span[]): Span[] {
  return cells.flatMap((part, at) => (at === 0 ? [part] : [span(' '.repeat(GAP)), part]))
}
