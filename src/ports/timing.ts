/** How long executing processes wait for each other and for PVE's proxy. Milliseconds. */
export type Timing = {
  /** For how long a claim holds without a sign of life. */
  readonly lease: number
  readonly heartbeat: number
  /** So much of the lease must be left when a call is sent: PVE's proxy may go on with it for 30 s. */
  readonly sendMargin: number
  /** After so long without a task, a call whose answer was lost was not carried out. */
  readonly settleAfter: number
}
