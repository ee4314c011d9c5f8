export type StoreReport = {
  readonly path: string
  /** Bytes of the database file and its write-ahead log. */
  readonly size: number
  readonly migrations: readonly string[]
  /** Empty when the file is sound. */
  readonly problems: readonly string[]
}

export interface StoreHealth {
  /** SQLite's own integrity check, foreign keys, and the migrations applied. */
  check(): Promise<StoreReport>
}
