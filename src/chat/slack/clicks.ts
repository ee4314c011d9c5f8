import type {
  AllMiddlewareArgs,
  BlockAction,
  ButtonAction,
  SlackActionMiddlewareArgs,
  SlackViewMiddlewareArgs,
  ViewSubmitAction,
} from '@slack/bolt'
import type { ModalView } from '@slack/types'
import { z } from 'zod'
import type { Answer } from '../../core/command.js'
import { operationName } from '../../core/operation.js'
import { isRefusal } from '../../core/refusal.js'
import { formOfButton, type Pressed, parseButton } from '../buttons.js'
import type { Said } from '../places.js'
import { adopt, press } from '../pressing.js'
import { type Reply, replyBy, replyIn, tell } from './answers.js'
import { asker, type Talk } from './commands.js'
import { plain } from './options.js'
import type { SlackRun } from './parts.js'

/** Buttons on cards, and the forms that some of them open first. */

type Click = SlackActionMiddlewareArgs<BlockAction<ButtonAction>> & AllMiddlewareArgs
type Submit = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs

export const DECIDE_FORM = 'decide'

/** Where a button was pressed; what comes back from Slack with the form is read again with care. */
const Meta = z.object({
  value: z.string().max(120),
  channel: z.string().max(40),
  message: z.string().max(40).nullable(),
  thread: z.string().max(40).nullable(),
})
type Meta = z.infer<typeof Meta>

export function clickHandler(talk: Talk): (args: Click) => Promise<void> {
  return async ({ ack, action, body, respond }) => {
    await ack()
    const pressed = parseButton(action.value ?? '')
    if (pressed === null) return
    const meta: Meta = {
      value: action.value ?? '',
      channel: body.channel?.id ?? '',
      message: body.message?.ts ?? null,
      thread: threadOf(body.message),
    }
    if (formOfButton(pressed.verb) !== null) {
      const view = decideForm(pressed, meta)
      await talk.run.client.views.open({ trigger_id: body.trigger_id, view })
      return
    }
    // The same press may be delivered again.
    if (!(await talk.run.stores.seen.first(`slack:${body.trigger_id}`, talk.run.clock.now()))) return
    const reply = body.channel === undefined ? directReply(talk.run, body.user.id) : replyBy(respond)
    await decide(talk, { pressed, meta, user: body.user.id, reply, filled: { reason: null, typed: null } })
  }
}

function threadOf(message: BlockAction['message']): string | null {
  const thread: unknown = message?.thread_ts
  return typeof thread === 'string' ? thread : null
}

/** In App Home there is no channel: the answer goes into the conversation with the app. */
export function directReply(run: SlackRun, user: string): Reply {
  return async ({ text, blocks }) => {
    await run.client.chat.postMessage({ channel: user, text, blocks })
  }
}

type Decide = {
  readonly pressed: Pressed
  readonly meta: Meta
  readonly user: string
  readonly reply: Reply
  readonly filled: { readonly reason: string | null; readonly typed: string | null }
}

/** By the one road: a press is the words it stands for. Whoever may not is told in private. */
async function decide(talk: Talk, { pressed, meta, user, reply, filled }: Decide): Promise<Answer> {
  const { run } = talk
  const said: Said = { channel: meta.channel, name: '', thread: meta.thread }
  const { answer, workspace } = await press(run, { pressed, filled, said, ...asker(talk, user, said) })
  if (isRefusal(answer)) await tell(run, reply, answer, workspace)
  const { channel, thread, message } = meta
  if (message !== null && channel !== '')
    await adopt(run, pressed.operation, { channel, thread, message }, async (text) => {
      await run.client.chat.update({ channel, ts: message, text, blocks: [] })
    })
  run.kick()
  return answer
}

/** Asks for what the policy asks for: a reason, or the name typed. */
function decideForm(pressed: Pressed, meta: Meta): ModalView {
  const form = formOfButton(pressed.verb) ?? { reason: 'none', typed: false }
  const name = operationName(pressed.operation)
  const [what = ''] = pressed.verb.split('_')
  const title = `${what[0]?.toUpperCase() ?? ''}${what.slice(1)} ${name}`
  return {
    type: 'modal',
    callback_id: DECIDE_FORM,
    private_metadata: JSON.stringify(meta),
    title: plain(title, 24),
    submit: plain(`${what[0]?.toUpperCase() ?? ''}${what.slice(1)}`, 24),
    close: plain('Back', 24),
    blocks: [
      ...(form.typed
        ? [
            {
              type: 'input' as const,
              block_id: 'typed',
              label: plain('Type the name of what this is about, as the card shows it', 2000),
              element: { type: 'plain_text_input' as const, action_id: 'typed', max_length: 300 },
            },
          ]
        : []),
      ...(form.reason === 'none'
        ? []
        : [
            {
              type: 'input' as const,
              block_id: 'reason',
              optional: form.reason === 'optional',
              label: plain('Why', 2000),
              element: {
                type: 'plain_text_input' as const,
                action_id: 'reason',
                multiline: true,
                max_length: 500,
              },
            },
          ]),
    ],
  }
}

export function decideFormHandler(talk: Talk): (args: Submit) => Promise<void> {
  const { run } = talk
  return async ({ ack, body, view }) => {
    const meta = metaOf(view.private_metadata)
    const pressed = meta === null ? null : parseButton(meta.value)
    if (meta === null || pressed === null) {
      await ack()
      return
    }
    const filled = { reason: filledIn(view, 'reason'), typed: filledIn(view, 'typed') }
    if (!(await run.stores.seen.first(`slack:${body.trigger_id}`, run.clock.now()))) {
      await ack()
      return
    }
    const refusals: string[] = []
    const shown: Reply = async ({ text }) => void refusals.push(text)
    const answer = await decide(talk, { pressed, meta, user: body.user.id, reply: shown, filled })
    if (!isRefusal(answer)) {
      await ack()
      return
    }
    const field = answer.code === 'typed_wrong' ? 'typed' : answer.code === 'needs_reason' ? 'reason' : null
    if (field !== null && formOfButton(pressed.verb) !== null) {
      await ack({
        response_action: 'errors',
        errors: { [field]: `${answer.message} ${answer.hint}`.slice(0, 300) },
      })
      return
    }
    await ack()
    const said: Said = { channel: meta.channel, name: '', thread: meta.thread }
    const reply = meta.channel === '' ? directReply(run, body.user.id) : replyIn(run, body.user.id, said)
    await tell(run, reply, answer, null)
  }
}

function metaOf(text: string): Meta | null {
  try {
    const parsed = Meta.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

function filledIn(view: Submit['view'], name: string): string | null {
  const value = view.state.values[name]?.[name]?.value
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}
