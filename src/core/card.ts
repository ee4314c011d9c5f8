/**
 * What a command answers, before any surface has drawn it. Values are raw (bytes, seconds, ISO times) and text is
 * untrusted data: each surface formats, escapes and colours at its own edge.
 */
export type Tone = 'neutral' | 'good' | 'warning' | 'danger' | 'muted'

/** How a surface prints a raw value. `state` is a word that also gets a tone; `ratio` is 0..1. */
export type Unit =
  | 'text'
  | 'state'
  | 'bytes'
  | 'bytes_per_second'
  | 'seconds'
  | 'ratio'
  | 'count'
  | 'time'
  | 'tags'

export type Value = string | number | boolean | null

export type Fact = {
  readonly label: string
  readonly value: Value
  readonly unit: Unit
  readonly tone?: Tone
  /** Said after the value, for example what privilege is missing. */
  readonly note?: string
}

export type Column = {
  readonly key: string
  readonly label: string
  readonly unit: Unit
  /** Columns with the highest number are dropped first on a narrow surface; 0 is never dropped. */
  readonly priority: number
}

export type Row = { readonly [key: string]: Value }

export type Table = {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** Said in place of the rows when there are none. */
  readonly empty: string
}

/** One line over time. `null` is a gap. All series of a chart share its times. */
export type Series = {
  readonly label: string
  readonly unit: Unit
  readonly values: readonly (number | null)[]
  /** The value that fills the scale, if there is a natural one (1 for ratios, the size of the memory). */
  readonly limit?: number
}

export type Chart = {
  readonly title: string
  /** ISO times of the first and last point. */
  readonly from: string
  readonly to: string
  readonly stepSeconds: number
  readonly series: readonly Series[]
}

export type Section = {
  readonly title: string
  readonly text?: string
  readonly facts?: readonly Fact[]
  readonly table?: Table
}

export type CardFile = { readonly name: string; readonly mediaType: string; readonly text: string }

export type CardAction = { readonly label: string; readonly words: string }

/** Where a card's facts come from and how old they are; one entry per cluster. */
export type Source = {
  readonly cluster: string
  readonly kind: 'live' | 'synced'
  /** ISO time of the reading; null when there never was one. */
  readonly at: string | null
  /** Why it is not newer, when it should be. */
  readonly note?: string
}

export type Card = {
  readonly kind: 'card'
  /** Why nothing had to be done, for scripts; absent on all other cards. */
  readonly outcome?: 'already'
  readonly heading: string
  readonly tone: Tone
  readonly text?: string
  readonly facts: readonly Fact[]
  readonly table?: Table
  readonly charts: readonly Chart[]
  readonly sections: readonly Section[]
  readonly code?: { readonly language: string; readonly text: string }
  readonly files: readonly CardFile[]
  readonly actions: readonly CardAction[]
  /** Empty only for cards that say nothing about a cluster. */
  readonly sources: readonly Source[]
}

/** Makes a card; what is left out is empty. */
export function card(parts: Partial<Omit<Card, 'kind'>> & Pick<Card, 'heading'>): Card {
  return {
    kind: 'card',
    tone: 'neutral',
    facts: [],
    charts: [],
    sections: [],
    files: [],
    actions: [],
    sources: [],
    ...parts,
  }
}

/** The meaning of a state word, the same on every surface. */
export function stateTone(state: string): Tone {
  switch (state) {
    case 'running':
    case 'online':
    case 'available':
    case 'active':
    case 'ok':
    case 'quorate':
    case 'verified':
    case 'already':
      return 'good'
    case 'paused':
    case 'suspended':
    case 'warnings':
    case 'warning':
    case 'locked':
    case 'hidden':
    case 'unknown':
    case 'waiting':
    case 'unverified':
    case 'stale':
    case 'denied':
      return 'warning'
    case 'offline':
    case 'error':
    case 'failed':
    case 'partial':
    case 'no quorum':
      return 'danger'
    case 'stopped':
    case 'template':
    case 'disabled':
    case 'skipped':
    case 'pending':
    case 'expired':
    case 'cancelled':
      return 'muted'
    default:
      // `ready`, `sent`, `following`: on its way.
      return 'neutral'
  }
}
