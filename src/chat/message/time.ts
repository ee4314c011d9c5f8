/** A moment as ISO writes it in UTC; null for what is no such time (dates are read from almost anything otherwise). */
export function isoTime(iso: string): string | null {
  const time = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})$/.test(iso) ? Date.parse(iso) : Number.NaN
  return Number.isFinite(time) ? new Date(time).toISOString() : null
}
