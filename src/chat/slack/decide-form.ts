import type { ViewSubmitAction } from '@slack/bolt'
import type { KnownBlock, ModalView } from '@slack/types'
import { z } from 'zod'
import { SHORT_DIGEST } from '../../core/digest.js'
import { operationName } from '../../core/operation.js'
import { type Refusal, refuse } from '../../core/refusal.js'
import { nodesOf } from '../below.js'
import { aboutText, formOfButton, type Pressed, wordsOfButton } from '../buttons.js'
import { type Reply, tell } from './answers.js'
import { plain } from './options.js'
import type { SlackRun } from './parts.js'

/** The form that a button opens where the policy asks for more than a press: a reason, a typed name. */

export const DECIDE_FORM = 'decide'

/** Where a button was pressed; what comes back from Slack with the form is read again with care. */
const metadata = z.object({
  value: z.string().max(120),
  channel: z.string().max(40),
  message: z.string().max(40).nullable(),
  thread: z.string().max(40).nullable(),
})
export type Meta = z.infer<typeof metadata>

export function readMeta(text: string): Meta | null {
  try {
    const read = metadata.safeParse(JSON.parse(text))
    return read.success ? read.data : null
  } catch {
    return null
  }
}

type Opening = {
  readonly pressed: Pressed
  readonly meta: Meta
  readonly trigger: string
  /** How whoever pressed is told that it cannot be opened. */
  readonly reply: Reply
}

/**
 * The trigger lives for 3 s and the store may be busy: the form is opened at once, and then says what it is about. What was
 * filled in meanwhile stays, since its fields keep their names.
 */
export async function openDecideForm(
  run: SlackRun,
  { pressed, meta, trigger, reply }: Opening,
): Promise<void> {
  const name = operationName(pressed.operation)
  let opened: { readonly id?: string; readonly hash?: string } | undefined
  try {
    const view = decideForm(pressed, meta, `Looking up what ${name} is about…`)
    opened = (await run.client.views.open({ trigger_id: trigger, view })).view
  } catch (error) {
    run.onFault(error)
    return tell(run, reply, notOpened(run, pressed), null)
  }
  if (opened?.id === undefined) return
  const view = decideForm(pressed, meta, await aboutOf(run, pressed))
  // Sent or closed already, it needs to say nothing more.
  await run.client.views.update({ view_id: opened.id, view }).catch(() => {})
}

async function aboutOf({ board, onFault }: SlackRun, { operation }: Pressed): Promise<string> {
  const name = operationName(operation)
  try {
    const view = await board.view(operation)
    if (view === null) return `${name} is not known here any more.`
    const { planDigest } = view.operation
    const what = aboutText(view.operation, nodesOf(view.card), MOST_ABOUT)
    return `${what}\nPlan ${planDigest.slice(0, SHORT_DIGEST)}, as its card shows it.`
  } catch (error) {
    return `What ${name} is about cannot be read now: ${onFault(error)}. Its card shows it.`
  }
}

const MOST_ABOUT = 1500

function notOpened(run: SlackRun, pressed: Pressed): Refusal {
  const words = wordsOfButton(pressed, { reason: null, typed: null })
  const form = formOfButton(pressed.verb)
  const more = [
    ...(form?.typed === true ? ['--type NAME'] : []),
    ...(form?.reason === 'none' ? [] : ['--reason TEXT']),
  ]
  return refuse(
    'incomplete_command',
    'Slack did not let the form be opened in time; nothing was decided.',
    `Press it again, or type \`${run.typed([...words, ...more].join(' '))}\`.`,
  )
}

export function titleOf({ verb, operation }: Pressed): string {
  return `${labelOf(verb)} ${operationName(operation)}`
}

function labelOf(verb: string): string {
  const [what = ''] = verb.split('_')
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}`
}

/** Asks for what the policy asks for: a reason, or the name typed. */
function decideForm(pressed: Pressed, meta: Meta, about: string): ModalView {
  const form = formOfButton(pressed.verb) ?? { reason: 'none', typed: false }
  const blocks: KnownBlock[] = [{ type: 'section', block_id: 'about', text: plainLines(about) }]
  if (form.typed)
    blocks.push({
      type: 'input',
      block_id: 'typed',
      label: plain('Type the name of what this is about, as the card shows it', 2000),
      element: { type: 'plain_text_input', action_id: 'typed', max_length: 300 },
    })
  if (form.reason !== 'none')
    blocks.push({
      type: 'input',
      block_id: 'reason',
      optional: form.reason === 'optional',
      label: plain('Why', 2000),
      element: { type: 'plain_text_input', action_id: 'reason', multiline: true, max_length: 500 },
    })
  return {
    type: 'modal',
    callback_id: DECIDE_FORM,
    private_metadata: JSON.stringify(meta),
    title: plain(titleOf(pressed), 24),
    submit: plain(labelOf(pressed.verb), 24),
    close: plain('Back', 24),
    blocks,
  }
}

/** Our own line break stays one; all else is made safe to show. */
function plainLines(text: string) {
  const lines = text.split('\n').map((line) => plain(line, 2000).text)
  return { ...plain('', 1), text: lines.join('\n') }
}

type Sent = ViewSubmitAction['view']

/** In the field that it is about, where the form has that one. */
export function decideErrors({ code, message, hint }: Refusal, view: Sent): Readonly<Record<string, string>> {
  const field = code === 'typed_wrong' ? 'typed' : code === 'needs_reason' ? 'reason' : null
  if (field === null || !view.blocks.some(({ block_id }) => block_id === field)) return {}
  return { [field]: plain(`${message} ${hint}`, 300).text }
}

export function filledIn(view: Sent, name: string): string | null {
  const value = view.state.values[name]?.[name]?.value
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}
