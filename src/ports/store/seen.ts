/** What was delivered to us before: chat platforms deliver again when they are in doubt. */
export interface SeenStore {
  /** True the first time that a key is seen, in any process; remembered for a day. */
  first(key: string, now: Date): Promise<boolean>
}
