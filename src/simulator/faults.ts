/** Which requests a fault applies to, and how often. */
export type FaultMatch = {
  /** A regular expression over the path below `/api2/json`, query excluded. */
  readonly path?: string | undefined
  readonly method?: string | undefined
  /** How many requests it hits; without it, all until cleared. */
  readonly count?: number | undefined
}

export type RequestFault = FaultMatch &
  (
    | { readonly kind: 'proxy-error'; readonly status: 595 | 596; readonly when: 'before' | 'after' }
    | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
    | { readonly kind: 'slow'; readonly ms: number }
    | { readonly kind: 'truncated' }
    | { readonly kind: 'html' }
    | { readonly kind: 'oversized'; readonly bytes: number }
    | { readonly kind: 'wrong-content'; readonly body: string }
    | { readonly kind: 'status'; readonly status: number; readonly reason: string }
  )

/** An active fault; `left` counts down to 0. */
export type Fault = {
  readonly id: number
  readonly fault: RequestFault
  left: number | null
  readonly path: RegExp | null
}

/** Makes an active fault out of a request for one. */
export function armFault(id: number, fault: RequestFault): Fault {
  return {
    id,
    fault,
    left: fault.count ?? null,
    path: fault.path === undefined ? null : new RegExp(fault.path),
  }
}

/** The faults that hit a request; each counts as used. */
export function hitFaults(faults: readonly Fault[], method: string, path: string): RequestFault[] {
  const hit: RequestFault[] = []
  for (const entry of faults) {
    if (entry.left === 0) continue
    if (entry.fault.method !== undefined && entry.fault.method !== method) continue
    if (entry.path !== null && !entry.path.test(path)) continue
    if (entry.left !== null) entry.left -= 1
    hit.push(entry.fault)
  }
  return hit
}
