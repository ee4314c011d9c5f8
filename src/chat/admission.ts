import { type Refusal, refuse } from '../core/refusal.js'
import { tooFast } from './asking.js'
import type { Backlog } from './pace.js'
import type { RateLimit } from './rate-limit.js'

/** Whether one more thing that somebody does is taken on: before anything is looked up, so that the answer can be the acknowledgement. */

export type Admitted = {
  readonly kind: 'admitted'
  /** It is over. */
  readonly leave: () => void
}

export function admit(
  { limit, backlog }: { readonly limit: RateLimit; readonly backlog: Backlog },
  user: string,
): Admitted | Refusal {
  const taken = limit.take(user)
  if (taken.kind === 'wait') return tooFast(taken.seconds)
  const leave = backlog.enter()
  return leave === null ? busy() : { kind: 'admitted', leave }
}

function busy(): Refusal {
  return refuse(
    'rate_limited',
    'Too much is being asked at once; this was not taken on.',
    'Say it again in a moment.',
  )
}
