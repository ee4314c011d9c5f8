import type { AllMiddlewareArgs, SlackViewMiddlewareArgs, ViewSubmitAction } from '@slack/bolt'
import { outdated } from '../outdated.js'
import { refuseForm } from './form-answers.js'

type Submit = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs

/** A form of a kind that is not there any more. */
export async function unknownForm({ ack, view }: Submit): Promise<void> {
  await refuseForm({ ack, view }, 'Proxmox-MPC', outdated())
}
