import type { Chart, Series } from '../../core/card.js'
import { displayWidth, pad, sanitise, truncate, wrap } from '../text.js'
import type { Drawing } from './table.js'
import { drawLine, type Span, span, type Theme } from './theme.js'

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const
const ASCII_BLOCKS = ['.', ':', '-', '=', '+', '*', '#', '@'] as const
const LEVELS = 8
/** More columns than this say nothing more. */
const WIDEST = 120

type Stat = { readonly name: string; readonly text: string }

/** Draws a chart: each series as bars with its smallest, mean, largest and newest value, and the times below. */
export function drawChart(chart: Chart, drawing: Drawing, indent: number): string[] {
  const { theme, format } = drawing
  const room = drawing.columns - indent
  const line = (spans: readonly Span[]) =>
    drawLine(theme, drawing.columns, [span(' '.repeat(indent)), ...spans])
  const labels = chart.series.map(({ label }) => sanitise(label.slice(0, 200), theme.unicode))
  const labelWidth = Math.min(Math.max(0, ...labels.map(displayWidth)), room < 50 ? 8 : 20)
  const stats = chart.series.map((series) => statsOf(series, drawing))
  const statWidths = [0, 1, 2, 3].map((at) =>
    Math.max(...stats.map((row) => displayWidth(row[at]?.text ?? '')), 4),
  )
  const beside = statWidths.reduce((sum, width) => sum + width + 2, 0)
  const points = Math.max(1, ...chart.series.map(({ values }) => values.length))
  const wide = room - labelWidth - 2 - beside >= Math.max(40, Math.min(60, points))
  const barWidth = widthFor(points, Math.min(WIDEST, room - labelWidth - 2 - (wide ? beside : 0)))
  const head = [span(pad('', labelWidth + 2 + barWidth))]
  const names = ['min', 'avg', 'max', 'now'].map((name, at) =>
    span(`  ${pad(name, statWidths[at] ?? 4, 'right')}`, 'dim'),
  )
  const lines = wide ? [line([...head, ...names])] : []
  chart.series.forEach((series, at) => {
    const label = pad(truncate(labels[at] ?? '', labelWidth, theme.unicode), labelWidth + 2)
    const flat = series.values.every((value) => value === null || value === 0)
    const rows = bars(series, barWidth, drawing.high && !flat ? 3 : 1, theme)
    if (drawing.high && at > 0) lines.push('')
    const row = stats[at] ?? []
    rows.forEach((bar, from) => {
      const last = from === rows.length - 1
      const beside = row.map(({ text }, stat) => span(`  ${pad(text, statWidths[stat] ?? 4, 'right')}`))
      const spans = [span(last ? label : pad('', labelWidth + 2)), span(pad(bar, barWidth), 'good')]
      lines.push(line(last && wide ? [...spans, ...beside] : spans))
    })
    if (!wide) lines.push(...below(row, labelWidth + 2, drawing, line))
  })
  const span1 = (new Date(chart.to).getTime() - new Date(chart.from).getTime()) / 1000
  const [from, to] = [format.axis(chart.from, span1), format.axis(chart.to, span1)]
  lines.push(line([span(pad('', labelWidth + 2) + axis(from, to, barWidth), 'dim')]))
  return lines
}

/** The figures under a series, where there is no room beside it. */
function below(
  row: readonly Stat[],
  at: number,
  drawing: Drawing,
  line: (spans: readonly Span[]) => string,
): string[] {
  const indent = drawing.columns < 50 ? 2 : at
  const text = row.map(({ name, text }) => `${name} ${text}`).join('   ')
  return wrap(text, Math.max(8, drawing.columns - indent - 2), 4, drawing.theme.unicode).map((part) =>
    line([span(pad('', indent)), span(part, 'dim')]),
  )
}

function axis(from: string, to: string, columns: number): string {
  const between = columns - displayWidth(from) - displayWidth(to)
  return between >= 1 ? from + ' '.repeat(between) + to : `${from} - ${to}`
}

/** A few points are drawn broad, many are averaged. */
function widthFor(points: number, room: number): number {
  const least = Math.max(4, room)
  return points >= least ? least : points * Math.min(3, Math.floor(least / points))
}

function statsOf({ values, unit }: Series, { format }: Drawing): readonly Stat[] {
  const known = values.filter((value) => value !== null && Number.isFinite(value))
  const print = (value: number | null | undefined) => format.value(value ?? null, unit)
  if (known.length === 0) return ['min', 'avg', 'max', 'now'].map((name) => ({ name, text: format.none }))
  const [least, most] = extremes(known)
  const mean = known.reduce<number>((sum, value) => sum + (value ?? 0), 0) / known.length
  return [
    { name: 'min', text: print(least) },
    { name: 'avg', text: print(unit === 'count' ? Math.round(mean * 100) / 100 : mean) },
    { name: 'max', text: print(most) },
    { name: 'now', text: print(values.at(-1)) },
  ]
}

function extremes(values: readonly (number | null)[]): readonly [number, number] {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value === null) continue
    if (value < least) least = value
    if (value > most) most = value
  }
  return [least, most]
}

/** The bars of a series, the upper row first. A gap stays blank, the smallest value has the lowest bar. */
function bars(series: Series, columns: number, rows: number, theme: Theme): string[] {
  const points = resample(series.values, columns)
  const [, most] = extremes(points)
  const top = series.limit ?? most
  const scale = Number.isFinite(top) && top > 0 ? top : 1
  const blocks = theme.unicode ? BLOCKS : ASCII_BLOCKS
  const steps = rows * LEVELS
  const heights = points.map((value) =>
    value === null ? null : Math.min(steps, Math.max(1, Math.ceil((value / scale) * steps))),
  )
  return Array.from({ length: rows }, (_, row) => {
    const floor = (rows - 1 - row) * LEVELS
    return heights
      .map((height) => {
        if (height === null || height <= floor) return ' '
        return blocks[Math.min(LEVELS, height - floor) - 1] ?? ' '
      })
      .join('')
  })
}

/** As many points as there are columns: means of those that fall together, repeats where there are fewer. */
function resample(values: readonly (number | null)[], columns: number): readonly (number | null)[] {
  return Array.from({ length: columns }, (_, at) => {
    const from = Math.floor((at * values.length) / columns)
    const to = Math.max(from + 1, Math.floor(((at + 1) * values.length) / columns))
    const known = values.slice(from, to).filter((value) => value !== null && Number.isFinite(value))
    return known.length === 0
      ? null
      : known.reduce<number>((sum, value) => sum + (value ?? 0), 0) / known.length
  })
}

/** A share of a whole as a bar of so many columns: `███░░░░░░░`. */
export function shareBar(share: number, columns: number, unicode: boolean): string {
  const filled = Math.min(columns, Math.max(share > 0 ? 1 : 0, Math.round(share * columns)))
  const [full, empty] = unicode ? ['█', '░'] : ['#', '.']
  return full.repeat(filled) + empty.repeat(columns - filled)
}
