import type {
  AllMiddlewareArgs,
  BlockAction,
  ButtonAction,
  SlackActionMiddlewareArgs,
  SlackViewMiddlewareArgs,
  ViewSubmitAction,
} from '@slack/bolt'
import { isRefusal } from '../../core/refusal.js'
import { admit } from '../admission.js'
import type { Asked } from '../asking.js'
import { formOfButton, type Pressed, parseButton } from '../buttons.js'
import { outdated } from '../outdated.js'
import type { Said } from '../places.js'
import { adopt, press } from '../pressing.js'
import { directReply, type Reply, replyBy, tell } from './answers.js'
import { asker, type Talk } from './commands.js'
import { decideErrors, filledIn, type Meta, openDecideForm, readMeta, titleOf } from './decide-form.js'
import { answerForm, refuseForm, type SentForm, sayDone } from './form-answers.js'
import { publish } from './home.js'

/** Buttons on cards, and the forms that some of them open first. */

type Click = SlackActionMiddlewareArgs<BlockAction<ButtonAction>> & AllMiddlewareArgs
type Submit = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs

export function clickHandler(talk: Talk): (args: Click) => Promise<void> {
  return async ({ ack, action, body, respond }) => {
    await ack()
    const pressed = parseButton(action.value ?? '')
    const user = body.user.id
    const reply = body.channel === undefined ? directReply(talk.run, user) : replyBy(talk.run, user, respond)
    const room = pressed === null ? outdated() : admit(talk, user)
    if (isRefusal(room) || pressed === null)
      return tell(talk.run, reply, isRefusal(room) ? room : outdated(), null)
    const meta: Meta = {
      value: action.value ?? '',
      channel: body.channel?.id ?? '',
      message: body.message?.ts ?? null,
      thread: threadOf(body.message),
    }
    try {
      if (formOfButton(pressed.verb) !== null)
        await openDecideForm(talk.run, { pressed, meta, trigger: body.trigger_id, reply })
      else await pressedOnce(talk, { pressed, meta, user, reply, trigger: body.trigger_id })
    } finally {
      room.leave()
    }
  }
}

function threadOf(message: BlockAction['message']): string | null {
  const thread: unknown = message?.thread_ts
  return typeof thread === 'string' ? thread : null
}

type Decide = {
  readonly pressed: Pressed
  readonly meta: Meta
  readonly user: string
  readonly filled: { readonly reason: string | null; readonly typed: string | null }
}

/** The same press may be delivered again. Whoever may not press is told in private. */
async function pressedOnce(
  talk: Talk,
  { reply, trigger, ...press }: Omit<Decide, 'filled'> & { readonly reply: Reply; readonly trigger: string },
): Promise<void> {
  const { run } = talk
  if (!(await run.stores.seen.first(`slack:${trigger}`, run.clock.now()))) return
  const { answer, workspace } = await decide(talk, { ...press, filled: { reason: null, typed: null } })
  if (isRefusal(answer)) await tell(run, reply, answer, workspace)
  await shownWhere(talk, press)
}

/** By the one road: a press is the words it stands for. */
function decide(talk: Talk, { pressed, meta, user, filled }: Decide): Promise<Asked> {
  const said = saidAt(meta)
  return press(talk.run, { pressed, filled, said, ...asker(talk, user, said) })
}

const saidAt = ({ channel, thread }: Meta): Said => ({ channel, name: '', thread })

/** What came of it is shown where it was pressed: in App Home, or on the card, which may be one that the store does not know. */
async function shownWhere(
  talk: Talk,
  { pressed, meta, user }: Pick<Decide, 'pressed' | 'meta' | 'user'>,
): Promise<void> {
  const { run } = talk
  const { channel, thread, message } = meta
  if (channel === '') await publish(talk, user)
  if (message !== null && channel !== '')
    await adopt(run, pressed.operation, { channel, thread, message }, async (text) => {
      await run.client.chat.update({ channel, ts: message, text, blocks: [] })
    })
  run.kick()
}

export function decideFormHandler(talk: Talk): (args: Submit) => Promise<void> {
  const { run } = talk
  return async ({ ack, body, view }) => {
    const meta = readMeta(view.private_metadata)
    const pressed = meta === null ? null : parseButton(meta.value)
    if (meta === null || pressed === null) return refuseForm({ ack, view }, 'Proxmox-MPC', outdated())
    const user = body.user.id
    const title = titleOf(pressed)
    const room = admit(talk, user)
    if (isRefusal(room)) return refuseForm({ ack, view }, title, room)
    const filled = { reason: filledIn(view, 'reason'), typed: filledIn(view, 'typed') }
    const form: SentForm = {
      ...{ ack, view, user, said: saidAt(meta), title },
      errors: (refusal) => decideErrors(refusal, view),
      done: async ({ answer, late }) => {
        const card = answer.kind === 'card' ? answer : answer.card
        if (late) await sayDone(run, view.id, title, card.heading)
      },
    }
    await answerForm(run, form, async () => {
      if (!(await run.stores.seen.first(`slack:${body.trigger_id}`, run.clock.now()))) return null
      return decide(talk, { pressed, meta, user, filled })
    })
      .then(() => shownWhere(talk, { pressed, meta, user }))
      .finally(room.leave)
  }
}
