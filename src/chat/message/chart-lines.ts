import type { Series } from '../../core/card.js'
import type { Format } from '../format.js'
import { displayWidth, pad, sanitise, truncate } from '../text.js'

/** The smallest, mean, largest and newest value of each line of a chart: what a picture says, in words. */
export function chartLines(
  series: readonly Series[],
  format: Format,
  write: (line: string) => string,
): readonly string[] {
  const rows = series.map((one) => [truncate(sanitise(one.label), 20), ...statsOf(one, format)])
  const head = ['', 'now', 'min', 'avg', 'max', ...(series.some(hasLimit) ? ['of'] : [])]
  const widths = head.map((name, at) =>
    Math.max(displayWidth(name), ...rows.map((row) => displayWidth(row[at] ?? ''))),
  )
  return [head, ...rows].map((row) =>
    write(
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
