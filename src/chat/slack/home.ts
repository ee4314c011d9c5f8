import type {
  AllMiddlewareArgs,
  BlockAction,
  ButtonAction,
  SlackActionMiddlewareArgs,
  SlackEventMiddlewareArgs,
  SlackViewMiddlewareArgs,
  ViewSubmitAction,
} from '@slack/bolt'
import type { HomeView, KnownBlock, ModalView } from '@slack/types'
import type { Answer } from '../../core/command.js'
import { operationName } from '../../core/operation.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { Caller } from '../../ports/road.js'
import { admit } from '../admission.js'
import { buttonsForChoices } from '../choices.js'
import { directReply, tell } from './answers.js'
import { button, renderCard, renderRefusal, type SlackButton, type SlackDrawing } from './blocks/card.js'
import type { Talk } from './commands.js'
import { answerForm, refuseForm, type SentForm } from './form-answers.js'
import { plain } from './options.js'
import { slackDrawing } from './parts.js'
import { slackButton } from './transport.js'

/** App Home: how the clusters are, what waits for this person, what runs. */

type Opened = SlackEventMiddlewareArgs<'app_home_opened'> & AllMiddlewareArgs
type Click = SlackActionMiddlewareArgs<BlockAction<ButtonAction>> & AllMiddlewareArgs
type Submit = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs

export const REFRESH = 'home_refresh'
export const LINK = 'home_link'
export const LINK_FORM = 'link'

const LINK_TITLE = 'Link this account'

/** What a view of Slack takes. */
const MOST_BLOCKS = 100
/** Of one card; several stand below each other. */
const MOST_OF_ONE = 30
/** Operations with their buttons, of one workspace; each is a row of its own. */
const MOST_OPERATIONS = 10

export function homeHandler(talk: Talk): (args: Opened) => Promise<void> {
  return async ({ event }) => {
    if (event.tab === 'home') await publish(talk, event.user)
  }
}

export function refreshHandler(talk: Talk): (args: Click) => Promise<void> {
  return async ({ ack, body }) => {
    await ack()
    await publish(talk, body.user.id)
  }
}

/** It asks several things at once, and counts as one command. */
export async function publish(talk: Talk, user: string): Promise<void> {
  const { run } = talk
  const room = admit(talk, user)
  const put = (view: HomeView) => run.client.views.publish({ user_id: user, view })
  if (isRefusal(room)) {
    await put(view([refreshRow(), ...renderRefusal(room, slackDrawing(run, null)).blocks]))
    return
  }
  try {
    await put(await homeOf(talk, user))
  } finally {
    room.leave()
  }
}

type Asking = Pick<Talk['run'], 'board' | 'workspaces' | 'clock' | 'typed'> & {
  readonly road: Pick<Talk['run']['road'], 'ask'>
}

/** The view of one person. */
export async function homeOf(
  { run, people }: { readonly run: Asking; readonly people: Pick<Talk['people'], 'caller'> },
  user: string,
): Promise<HomeView> {
  const who = await people.caller(user)
  if (isRefusal(who)) return view([...renderRefusal(who, slackDrawing(run, null)).blocks])
  const blocks: KnownBlock[] = [refreshRow()]
  const workspaces = run.workspaces.map(({ name }) => name)
  const left: string[] = []
  for (const workspace of workspaces) {
    // Room for saying what is left out; a part is there whole or not at all.
    if (blocks.length >= MOST_BLOCKS - 1 || left.length > 0) left.push(workspace)
    else {
      const part = await partOf(run, who.caller, workspace, workspaces.length > 1)
      if (blocks.length + part.length <= MOST_BLOCKS - 1) blocks.push(...part)
      else left.push(workspace)
    }
  }
  if (left.length > 0)
    blocks.push(
      note(
        `Not shown, since it does not fit here: ${left.join(', ')}. /pve status tells of it in its channel.`,
      ),
    )
  return view(blocks)
}

const refreshRow = (): KnownBlock => actions([{ actionId: REFRESH, label: 'Refresh', value: 'refresh' }])

async function partOf(
  run: Asking,
  caller: Caller,
  workspace: string,
  titled: boolean,
): Promise<readonly KnownBlock[]> {
  const ask = (words: string) => run.road.ask({ caller, words, workspace })
  // No file can go along with a view.
  const drawing = { ...slackDrawing(run, workspace), files: false } as const
  const title: KnownBlock[] = titled ? [{ type: 'header', text: plain(`Workspace ${workspace}`, 150) }] : []
  const status = await ask('status')
  if (isRefusal(status)) {
    const unlinked = status.code === 'no_role'
    const link: SlackButton = { actionId: LINK, label: 'I have a code', value: 'link', style: 'primary' }
    return [...title, ...renderRefusal(status, drawing).blocks, ...(unlinked ? [actions([link])] : [])]
  }
  const waiting = await ask('approvals')
  return [
    ...title,
    ...blocksOf(waiting, drawing, 'approvals'),
    ...(await buttonRows(run, waiting)),
    { type: 'divider' },
    ...blocksOf(status, drawing, 'status'),
  ]
}

function blocksOf(given: Answer, drawing: SlackDrawing, words: string): readonly KnownBlock[] {
  const drawn = isRefusal(given)
    ? renderRefusal(given, drawing)
    : renderCard(given.kind === 'card' ? given : given.card, { ...drawing, more: words })
  if (drawn.blocks.length <= MOST_OF_ONE) return drawn.blocks
  return [
    ...drawn.blocks.slice(0, MOST_OF_ONE),
    note(`There is more than fits here: /pve ${words} shows it.`),
  ]
}

/** What this person may decide now, with the same buttons as on the cards: a row for each operation, all of its buttons or none. */
async function buttonRows(run: Asking, given: Answer): Promise<readonly KnownBlock[]> {
  if (isRefusal(given) || given.kind !== 'choice') return []
  const rows = new Map<number, SlackButton[]>()
  for (const { operation, button: each } of await buttonsForChoices(run, given.choices)) {
    const label = `${each.label} ${operationName(operation)}`
    const actionId = `op:${each.verb}:${operation}`
    rows.set(operation, [...(rows.get(operation) ?? []), { ...slackButton(each), actionId, label }])
  }
  const left = [...rows.keys()].slice(MOST_OPERATIONS).map(operationName)
  const shown = left.slice(0, MOST_OPERATIONS).join(', ')
  const more = left.length > MOST_OPERATIONS ? ` and ${left.length - MOST_OPERATIONS} more` : ''
  return [
    ...[...rows.values()].slice(0, MOST_OPERATIONS).map(actions),
    ...(left.length === 0
      ? []
      : [note(`Without buttons here: ${shown}${more}. Their cards have them; /pve approvals lists all.`)]),
  ]
}

function note(text: string): KnownBlock {
  return { type: 'context', elements: [plain(text, 300)] }
}

function actions(buttons: readonly SlackButton[]): KnownBlock {
  return { type: 'actions', elements: buttons.map(button) }
}

function view(blocks: readonly KnownBlock[]): HomeView {
  return { type: 'home', blocks: [...blocks] }
}

/** Asks for the code of an invitation. It goes into no message. */
export function linkHandler({ run }: Talk): (args: Click) => Promise<void> {
  return async ({ ack, body }) => {
    await ack()
    const form: ModalView = {
      type: 'modal',
      callback_id: LINK_FORM,
      title: plain(LINK_TITLE, 24),
      submit: plain('Link', 24),
      close: plain('Close', 24),
      blocks: [
        {
          type: 'input',
          block_id: 'code',
          label: plain('The code that an admin gave you', 2000),
          element: { type: 'plain_text_input', action_id: 'code', max_length: 64 },
        },
      ],
    }
    try {
      await run.client.views.open({ trigger_id: body.trigger_id, view: form })
    } catch (error) {
      run.onFault(error)
      await tell(run, directReply(run, body.user.id), notOpened(), null)
    }
  }
}

function notOpened(): Refusal {
  return refuse(
    'incomplete_command',
    'Slack did not let the form be opened in time.',
    'Press it again, or type `link CODE` in a channel.',
  )
}

export function linkFormHandler(talk: Talk): (args: Submit) => Promise<void> {
  const { run, people } = talk
  return async ({ ack, body, view: sent }) => {
    const user = body.user.id
    const room = admit(talk, user)
    if (isRefusal(room)) return refuseForm({ ack, view: sent }, LINK_TITLE, room)
    const code = sent.state.values.code?.code?.value ?? ''
    const form: SentForm = {
      ...{ ack, view: sent, user, said: { channel: '', name: '', thread: null }, title: LINK_TITLE },
      errors: ({ message, hint }) => ({ code: plain(`${message} ${hint}`, 300).text }),
      done: async ({ answer, reply }) => {
        if (answer.kind === 'operation') return
        const { text, blocks } = renderCard(
          answer.kind === 'card' ? answer : answer.card,
          slackDrawing(run, null),
        )
        await reply({ text, blocks })
        await publish(talk, user)
      },
    }
    await answerForm(run, form, async () => {
      const who = await people.caller(user)
      const words = ['link', code.trim()]
      const answer = isRefusal(who) ? who : await run.road.ask({ caller: who.caller, words, workspace: null })
      return { answer, workspace: null }
    }).finally(room.leave)
  }
}
