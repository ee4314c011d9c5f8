import type { Card, Source } from '../../core/card.js'

/** What comes last in a message: what to try, and how old the facts are. */

/** A small text as it is shown, escaped, and as a file holds it. */
export type Told = { readonly shown: string; readonly whole: string }

/** The texts that fit together into so many characters, each with so many between it and the next, and the others. */
export function fitting(
  texts: readonly Told[],
  most: number,
  gap: number,
): { readonly shown: readonly string[]; readonly lost: readonly string[] } {
  const shown: string[] = []
  const lost: string[] = []
  let size = 0
  for (const each of texts) {
    const more = each.shown.length + gap
    if (size + more > most || each.shown === '') lost.push(each.whole)
    else {
      shown.push(each.shown)
      size += more
    }
  }
  return { shown, lost }
}

/** Whether tables of a card hold times, which do not say of which zone they are. */
export function tellsTimes({ table, sections }: Card): boolean {
  return [table, ...sections.map((section) => section.table)].some(
    (each) => (each?.rows.length ?? 0) > 1 && each?.columns.some(({ unit }) => unit === 'time') === true,
  )
}

/** A source as it is, for a file. */
export function wholeSource({ cluster, kind, at, note }: Source): string {
  return `${cluster}: ${kind}, ${at ?? 'never read'}. ${note ?? ''}`
}

export function howRead({ kind }: Source): string {
  return kind === 'live' ? 'read live' : 'as of'
}
