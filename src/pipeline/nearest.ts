import { distance } from 'fastest-levenshtein'

/**
 * The nearest of some candidates to a mistyped word, or null when none is near: at most one letter in three may differ,
 * and swapped neighbours count once.
 */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const typed = word.toLowerCase()
  const allowed = Math.max(1, Math.floor(typed.length / 3) + (typed.length > 3 ? 1 : 0))
  let best: string | null = null
  let least = allowed + 1
  for (const candidate of candidates) {
    const far = edits(typed, candidate.toLowerCase())
    if (far < least) {
      least = far
      best = candidate
    }
  }
  return best
}

function edits(typed: string, candidate: string): number {
  if (candidate.startsWith(typed) && typed.length >= 2) return 1
  return swapped(typed, candidate) ? 1 : distance(typed, candidate)
}

function swapped(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  const at = [...a].findIndex((char, i) => char !== b[i])
  if (at < 0 || at + 1 >= a.length) return false
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2)
}
