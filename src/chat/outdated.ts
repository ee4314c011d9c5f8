import { type Refusal, refuse } from '../core/refusal.js'

/** A button or a form of another version of this program, which stands where it was posted. */
export function outdated(): Refusal {
  return refuse(
    'wrong_argument',
    'This is of another version of this app.',
    'Ask anew: `approvals` shows what waits.',
  )
}
