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
import type { PlainTextOption } from '@slack/types'
import { commandName } from '../../core/command.js'
import { isRefusal } from '../../core/refusal.js'
import type { Reading } from '../../ports/road.js'
import { admit } from '../admission.js'
import { argumentOf, lineFor } from '../offers.js'
import { outdated } from '../outdated.js'
import type { Said } from '../places.js'
import { answer } from './answers.js'
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
import {
  answerForm,
  type Done,
  PATIENCE_MS,
  refuseForm,
  type SentForm,
  sayDone,
  spelled,
  within,
} from './form-answers.js'
import { readMetadata } from './form-metadata.js'
import { errorsOf, wordsOf } from './form-values.js'
import { optionsFor } from './options.js'

/** Forms for commands: opened when words are missing, filled with what fits, answered in their own fields. */

type Choose = SlackActionMiddlewareArgs<BlockAction<ExternalSelectAction>> & AllMiddlewareArgs
type Options = SlackOptionsMiddlewareArgs<'block_suggestion'> & AllMiddlewareArgs
type Submit = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs

/**
 * Opens the form that words without all they need ask for; false where there is none. Who asks is not looked up before, since
 * the trigger lives for 3 s: an outsider sees a form, whose lists are empty, and which is refused when it is sent.
 */
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
      talk.run,
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
    if (metadata === null || command === null) return refuseForm({ ack, view }, 'Proxmox-MPC', outdated())
    const { values } = view.state
    const words = wordsOf(command, values)
    if (isRefusal(words)) {
      await ack({ response_action: 'errors', errors: { ...errorsOf(spelled(run, words), command, values) } })
      return
    }
    const user = body.user.id
    const title = `/pve ${commandName(command)}`
    const room = admit(talk, user)
    if (isRefusal(room)) return refuseForm({ ack, view }, title, room)
    const said: Said = { channel: metadata.channel ?? '', name: '', thread: metadata.thread }
    const form: SentForm = {
      ...{ ack, view, user, said, title },
      errors: (refusal) => errorsOf(refusal, command, values),
      done: (done) => answered(run, { user, said, title, view: view.id }, done),
    }
    await answerForm(run, form, async () => {
      if (!(await run.stores.seen.first(`slack:${body.trigger_id}`, run.clock.now()))) return null
      talk.recent.note(user, words)
      return ask(talk, { reading: { kind: 'whole', command }, words, user, said })
    }).finally(room.leave)
  }
}

async function answered(
  run: Talk['run'],
  at: { readonly user: string; readonly said: Said; readonly title: string; readonly view: string },
  { answer: given, workspace, reply, aside, late }: Done,
): Promise<void> {
  const { user, said, title, view } = at
  await answer(run, given, { user, said, workspace, reply, aside })
  if (late && given.kind === 'operation')
    await sayDone(run, view, title, 'It is on its way; its card is in the channel.')
}
