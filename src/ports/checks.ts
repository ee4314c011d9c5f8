/** One thing `doctor` looked at. */
export type Check = {
  readonly subject: string
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly finding: string
  /** What to do; empty when all is well. */
  readonly hint: string
}
