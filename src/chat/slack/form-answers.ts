import type { SlackViewMiddlewareArgs, ViewSubmitAction } from '@slack/bolt'
import type { ModalView } from '@slack/types'
import type { Answer } from '../../core/command.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { Asked } from '../asking.js'
import type { Said } from '../places.js'
import { directReply, type Reply, replyIn, tell } from './answers.js'
import { plain } from './options.js'
import type { SlackRun } from './parts.js'

/** How a form that was sent is answered: in its fields while Slack waits for that, in its place later, and elsewhere once it is closed. */

/** Slack waits 3 s for an answer; what takes longer is told as under way. */
export const PATIENCE_MS = 2000

type Submitted = Pick<SlackViewMiddlewareArgs<ViewSubmitAction>, 'ack' | 'view'>

/** What Slack shows below a field. */
const MOST_ERROR = 300

export type SentForm = Submitted & {
  readonly user: string
  /** Where it was opened; no channel in App Home. */
  readonly said: Said
  /** What is on its title. */
  readonly title: string
  /** A refusal in the fields that it is about; none where it belongs into no field. */
  readonly errors: (refusal: Refusal) => Readonly<Record<string, string>>
  /** Says what came of it, where that was no refusal. `late`: the form still stands there, with `reply` in its place. */
  readonly done: (asked: Done) => Promise<void>
}

export type Done = {
  readonly answer: Exclude<Answer, Refusal>
  readonly workspace: string | null
  readonly reply: Reply
  /** Beside the form. */
  readonly aside: Reply
  readonly late: boolean
}

/** `going` gives null for what was sent before. */
export async function answerForm(
  run: SlackRun,
  form: SentForm,
  going: () => Promise<Asked | null>,
): Promise<void> {
  const { ack, title } = form
  const asking = settled(run, going)
  const intime = await within(PATIENCE_MS, run, asking)
  if (intime === null) await ack({ response_action: 'update', view: modal(title, UNDER_WAY) })
  else if (intime.asked !== null && isRefusal(intime.asked.answer)) {
    const errors = form.errors(spelled(run, intime.asked.answer))
    if (Object.keys(errors).length > 0) return ack({ response_action: 'errors', errors: { ...errors } })
    await ack()
  } else await ack()
  const { asked } = intime ?? (await asking)
  if (asked === null) return
  const { answer, workspace } = asked
  const late = intime === null
  const aside = privately(run, form.user, form.said)
  const reply = late ? inForm(run, form.view.id, title, aside) : aside
  if (isRefusal(answer)) await tell(run, reply, answer, workspace)
  else await form.done({ answer, workspace, reply, aside, late })
}

/** Its commands as they are typed here: fields of forms show text as it is. */
export function spelled({ typed }: Pick<SlackRun, 'typed'>, refusal: Refusal): Refusal {
  const write = (text: string): string =>
    text.replace(/`([^`]+)`/g, (_, span: string) => `\`${typed(span)}\``)
  const { message, hint, details } = refusal
  return { ...refusal, message: write(message), hint: write(hint), details: details.map(write) }
}

const UNDER_WAY = 'This takes a moment; the answer comes here.'

/** Never rejects: a form that gets no answer stands there for ever. */
async function settled(
  run: SlackRun,
  going: () => Promise<Asked | null>,
): Promise<{ readonly asked: Asked | null }> {
  try {
    return { asked: await going() }
  } catch (error) {
    const reference = run.onFault(error)
    const answer = refuse(
      'internal',
      'Something went wrong inside the program.',
      `It is in the log as ${reference}; please report it.`,
    )
    return { asked: { answer, workspace: null } }
  }
}

/** A form that is not taken on: said in its first field, or in its place where it has none. */
export async function refuseForm(
  { ack, view }: Submitted,
  title: string,
  { message, hint }: Refusal,
): Promise<void> {
  const text = `${message} ${hint}`.replaceAll('`', '"')
  const field = view.blocks.find(({ type }) => type === 'input')?.block_id
  if (field === undefined) await ack({ response_action: 'update', view: modal(title, text) })
  else await ack({ response_action: 'errors', errors: { [field]: text.slice(0, MOST_ERROR) } })
}

/** Says something in the place of a form; beside it once it is closed. */
function inForm(run: SlackRun, view: string, title: string, aside: Reply): Reply {
  return async (message) => {
    const shown = { ...modal(title, ''), blocks: message.blocks.slice(0, MOST_BLOCKS) }
    await run.client.views.update({ view_id: view, view: shown }).catch(() => aside(message))
  }
}

const MOST_BLOCKS = 100

/** That it was done, where something else shows what came of it; nobody misses it in a form that is closed. */
export async function sayDone(run: SlackRun, view: string, title: string, text: string): Promise<void> {
  await run.client.views.update({ view_id: view, view: modal(title, text) }).catch(() => {})
}

/** In private where it was asked, or in the conversation with the app. */
export function privately(run: SlackRun, user: string, said: Said): Reply {
  if (said.channel === '') return directReply(run, user)
  const inChannel = replyIn(run, user, said)
  // Where the bot is no member it cannot answer in the channel, not even in private.
  return (message) => inChannel(message).catch(() => directReply(run, user)(message))
}

/** A form with nothing to fill in. */
export function modal(title: string, text: string): ModalView {
  return {
    type: 'modal',
    title: plain(title, 24),
    close: plain('Close', 24),
    blocks: [{ type: 'section', text: plain(text, 3000) }],
  }
}

/** What comes of it within so many milliseconds; null for later. */
export async function within<T>(
  milliseconds: number,
  { clock }: Pick<SlackRun, 'clock'>,
  going: Promise<T>,
): Promise<T | null> {
  const over = new AbortController()
  const late = clock.sleep(milliseconds, over.signal).then(
    () => null,
    () => null,
  )
  try {
    return await Promise.race([going, late])
  } finally {
    over.abort()
  }
}
