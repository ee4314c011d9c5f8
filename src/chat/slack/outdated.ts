import type { AllMiddlewareArgs, SlackViewMiddlewareArgs, ViewSubmitAction } from '@slack/bolt'
import { type Refusal, refuse } from '../../core/refusal.js'
import { refuseForm } from './form-answers.js'

/** Buttons and forms of another version of this program, which stand where they were posted. */

type Submit = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs

export function outdated(): Refusal {
  return refuse(
    'wrong_argument',
    'This is of another version of this app.',
    'Ask anew: `approvals` shows what waits.',
  )
}

/** A form of a kind that is not there any more. */
export async function unknownForm({ ack, view }: Submit): Promise<void> {
  await refuseForm({ ack, view }, 'Proxmox-MPC', outdated())
}
