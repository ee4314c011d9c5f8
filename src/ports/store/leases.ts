/** Exclusive roles among the processes of one home, such as `runner`. */
export interface LeaseStore {
  /** Takes or renews the lease; false while another holder's has not run out. `ttl` in milliseconds. */
  acquire(name: string, holder: string, ttl: number, now: Date): Promise<boolean>
  release(name: string, holder: string): Promise<void>
  /** Who holds it at `now`; null when nobody. */
  holder(name: string, now: Date): Promise<string | null>
}
