import type { Metrics } from '../ports/pve.js'

type Point = { readonly time: number; readonly row: Readonly<Record<string, unknown>> }

/**
 * Points over time out of rrddata. Rows that hold only a time are gaps; the step is the smallest distance of two
 * points, which is the recording's own where parts of it are missing. `at` is the ISO time of the reading.
 */
export function metricsOf(rows: readonly Readonly<Record<string, unknown>>[], at: string): Metrics {
  const points = pointsOf(rows)
  const names = new Set(points.flatMap(({ row }) => Object.keys(row)))
  names.delete('time')
  const columns = [...names]
    .sort()
    .map((name) => [name, points.map(({ row }) => numberOf(row[name]))] as const)
    // A column of texts has no points.
    .filter(([, values]) => values.some((value) => value !== null))
  return {
    at,
    stepSeconds: stepOf(points),
    times: points.map(({ time }) => time),
    columns: Object.fromEntries(columns),
  }
}

function pointsOf(rows: readonly Readonly<Record<string, unknown>>[]): readonly Point[] {
  const byTime = new Map<number, Point>()
  for (const row of rows) {
    const time = numberOf(row.time)
    if (time !== null) byTime.set(time, { time, row })
  }
  return [...byTime.values()].sort((a, b) => a.time - b.time)
}

function stepOf(points: readonly Point[]): number {
  const steps = points.slice(1).map(({ time }, index) => time - (points[index]?.time ?? time))
  const positive = steps.filter((step) => step > 0)
  return positive.length === 0 ? 0 : positive.reduce((least, step) => Math.min(least, step))
}

function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string' || value.trim() === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}
