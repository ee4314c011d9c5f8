import { randomBytes } from 'node:crypto'
import type {
  AllMiddlewareArgs,
  BlockAction,
  ExternalSelectAction,
  SlackActionMiddlewareArgs,
  SlackOptionsMiddlewareArgs,
  SlackViewMiddlewareArgs,
  ViewSubmitAction,
} from '@slack/bolt'
import type { ModalView, PlainTextOption } from '@slack/types'
import { commandName } from '../../core/command.js'
import { isRefusal } from '../../core/refusal.js'
import type { Reading } from '../../ports/road.js'
import { argumentOf, lineFor } from '../offers.js'
import type { Said } from '../places.js'
import { answer, type Reply, replyIn, tell } from './answers.js'
import { directReply } from './clicks.js'
import { ask, type Talk } from './commands.js'
import {
  CHOOSE_ACTION,
  chooserOf,
  commandNamed,
  commandOptions,
  type FormContext,
  firstAnswer,
  formOf,
} from './form.js'
import { readMetadata } from './form-metadata.js'
import { errorsOf, wordsOf } from './form-values.js'
import { optionsFor, plain } from './options.js'

/** Forms for commands: opened when words are missing, filled with what fits, answered in their own fields. */

type Choose = SlackActionMiddlewareArgs<BlockAction<ExternalSelectAction>> & AllMiddlewareArgs
type Options = SlackOptionsMiddlewareArgs<'block_suggestion'> & AllMiddlewareArgs
type Submit = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs

/** Slack waits 3 s for an answer; what takes longer is told as under way. */
const PATIENCE_MS = 2000

/** Opens the form that words without all they need ask for; false where there is none. */
export async function openForm(
  { run }: Talk,
  reading: Reading,
  from: { readonly trigger: string; readonly said: Said },
): Promise<boolean> {
  const first = firstAnswer(reading, { modal: true })
  if (first.kind !== 'form') return false
  const context = contextOf(from.said)
  const view =
    first.form === 'choose' ? chooserOf(first.commands, context) : formOf(first.command, first.given, context)
  await run.client.views.open({ trigger_id: from.trigger, view })
  return true
}

function contextOf({ channel, thread }: Pick<Said, 'channel' | 'thread'>): FormContext {
  const nonce = randomBytes(4).toString('hex')
  return { channel: channel === '' ? null : channel, thread, workspace: null, nonce }
}

/** A command was chosen: its form takes the place of the list. */
export function chooseHandler({ run }: Talk): (args: Choose) => Promise<void> {
  return async ({ ack, action, body }) => {
    await ack()
    const { view } = body
    const metadata = readMetadata(view?.private_metadata ?? '')
    const command = commandNamed(run.commands, action.selected_option?.value ?? '')
    if (view === undefined || metadata === null || command === null) return
    const context = contextOf({ channel: metadata.channel ?? '', thread: metadata.thread })
    await run.client.views.update({ view_id: view.id, hash: view.hash, view: formOf(command, {}, context) })
  }
}

/** What may stand in a list, of what this person may see. Late or in trouble it is empty, and can be typed. */
export function optionsHandler(talk: Talk): (args: Options) => Promise<void> {
  return async ({ ack, body }) => {
    const none: PlainTextOption[] = []
    const found = await within(
      PATIENCE_MS,
      talk,
      offers(talk, body).catch(() => none),
    )
    await ack({ options: found ?? none })
  }
}

async function offers({ run, people, recent }: Talk, body: Options['body']): Promise<PlainTextOption[]> {
  const metadata = readMetadata(body.view?.private_metadata ?? '')
  if (metadata === null) return []
  if (body.action_id === CHOOSE_ACTION) {
    const who = await people.caller(body.user.id)
    if (isRefusal(who)) return []
    const usable = await run.road.complete('help ', null, who.caller, 'all')
    return commandOptions(usable, metadata.command, body.value)
  }
  const command = metadata.command === null ? null : commandNamed(run.commands, metadata.command)
  if (command === null) return []
  const spec = argumentOf(command, body.action_id)
  const who = await people.caller(body.user.id)
  if (spec === null || isRefusal(who)) return []
  const workspace = await workspaceIn(run, metadata.channel)
  const completions = await run.road.complete(lineFor(command, body.action_id), workspace, who.caller, 'all')
  return optionsFor(spec, body.value, completions, recent.of(body.user.id))
}

async function workspaceIn(run: Talk['run'], channel: string | null): Promise<string | null> {
  const binding = channel === null ? null : await run.stores.bindings.of('slack', channel)
  return binding?.workspace ?? run.road.startWorkspace()
}

/** What was filled in goes the one road. A refusal that comes in time is shown in the field that it is about. */
export function submitHandler(talk: Talk): (args: Submit) => Promise<void> {
  const { run } = talk
  return async ({ ack, body, view }) => {
    const metadata = readMetadata(view.private_metadata)
    const command = metadata?.command == null ? null : commandNamed(run.commands, metadata.command)
    if (metadata === null || command === null) {
      await ack()
      return
    }
    const { values } = view.state
    const words = wordsOf(command, values)
    if (isRefusal(words)) {
      await ack({ response_action: 'errors', errors: { ...errorsOf(words, command, values) } })
      return
    }
    if (!(await run.stores.seen.first(`slack:${body.trigger_id}`, run.clock.now()))) {
      await ack()
      return
    }
    const user = body.user.id
    talk.recent.note(user, words)
    const said: Said = { channel: metadata.channel ?? '', name: '', thread: metadata.thread }
    const reading: Reading = { kind: 'whole', command }
    const asking = ask(talk, { reading, words, user, said })
    const asked = await within(PATIENCE_MS, talk, asking)
    const errors = asked !== null && isRefusal(asked.answer) ? errorsOf(asked.answer, command, values) : {}
    if (Object.keys(errors).length > 0) {
      await ack({ response_action: 'errors', errors: { ...errors } })
      return
    }
    if (asked === null) await ack({ response_action: 'update', view: patience(commandName(command)) })
    else await ack()
    const late = asked ?? (await asking)
    const reply = replyFor(talk, user, said, asked === null ? view.id : null)
    if (isRefusal(late.answer)) await tell(run, reply, late.answer, late.workspace)
    else {
      await answer(run, late.answer, { user, said, workspace: late.workspace, reply })
      if (asked === null && late.answer.kind === 'operation')
        await run.client.views.update({ view_id: view.id, view: done(commandName(command)) })
    }
  }
}

/** In the form while it still stands there; else in private where it was asked, or in the conversation with the app. */
function replyFor({ run }: Talk, user: string, said: Said, view: string | null): Reply {
  if (view !== null)
    return async ({ blocks }) => {
      await run.client.views.update({
        view_id: view,
        view: { ...done('Answer'), blocks: blocks.slice(0, 100) },
      })
    }
  if (said.channel === '') return directReply(run, user)
  const inChannel = replyIn(run, user, said)
  // Where the bot is no member it cannot answer in the channel, not even in private.
  return (message) => inChannel(message).catch(() => directReply(run, user)(message))
}

function patience(name: string): ModalView {
  return modal(name, 'This takes a moment; the answer comes here.')
}

function done(name: string): ModalView {
  return modal(name, 'It is on its way; its card is in the channel.')
}

function modal(name: string, text: string): ModalView {
  return {
    type: 'modal',
    title: plain(`/pve ${name}`, 24),
    close: plain('Close', 24),
    blocks: [{ type: 'section', text: plain(text, 3000) }],
  }
}

/** What comes of it within so many milliseconds; null for later. */
async function within<T>(milliseconds: number, { run }: Talk, going: Promise<T>): Promise<T | null> {
  const over = new AbortController()
  const late = run.clock.sleep(milliseconds, over.signal).then(
    () => null,
    () => null,
  )
  try {
    return await Promise.race([going, late])
  } finally {
    over.abort()
  }
}
