import { z } from 'zod'
import { parseDuration } from '../core/args.js'

/** The `timing:` block of the config file, and the times that follow from it. */

const LONGEST = 10 * 60_000

/** Like any time span, and for tests also in milliseconds. */
function parseSpan(text: string): number | null {
  const short = /^([1-9]\d{0,6})ms$/.exec(text)
  return short === null ? parseDuration(text) : Number(short[1])
}

const span = z
  .string()
  .refine((text) => parseSpan(text) !== null, 'a time span like 30s or 1m; for tests also 500ms')
  .transform((text) => parseSpan(text) ?? 0)
  .refine((milliseconds) => milliseconds <= LONGEST, 'at most 10m')

/** How long others may be silent. Milliseconds once it is read. */
export const TimingConfig = z
  .strictObject({
    /** For how long PVE's proxy goes on with a request whose asker has given up. */
    proxy_timeout: span.default(30_000),
    /** How long a claim on an operation holds without a sign of life. */
    lease: span.default(60_000),
  })
  .superRefine((timing, context) => {
    const { sendMargin, lease } = timingOf(timing)
    if (lease > sendMargin) return
    context.addIssue({
      code: 'custom',
      path: ['lease'],
      message:
        `a lease of ${spanText(lease)} is too short for a proxy_timeout of ${spanText(timing.proxy_timeout)}: ` +
        `it must be longer than ${spanText(sendMargin)}`,
    })
  })
export type TimingConfig = z.infer<typeof TimingConfig>

/** Milliseconds; what `ports/timing.ts` calls `Timing`. */
type Times = {
  readonly lease: number
  readonly heartbeat: number
  readonly sendMargin: number
  readonly settleAfter: number
}

/** The times by which executing processes wait for each other, in the proportions of 30, 35 and 45 seconds. */
export function timingOf({ proxy_timeout: proxyTimeout, lease }: TimingConfig): Times {
  return {
    lease,
    heartbeat: lease / 6,
    sendMargin: (proxyTimeout * 35) / 30,
    settleAfter: (proxyTimeout * 45) / 30,
  }
}

function spanText(milliseconds: number): string {
  const whole = Math.ceil(milliseconds)
  return whole % 1000 === 0 ? `${whole / 1000}s` : `${whole}ms`
}
