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
import { isRefusal } from '../../core/refusal.js'
import type { Caller } from '../../ports/road.js'
import { buttonsForChoices } from '../choices.js'
import { drawingOf } from '../parts.js'
import { button, renderCard, renderRefusal, type SlackButton, type SlackDrawing } from './blocks/card.js'
import { directReply } from './clicks.js'
import type { Talk } from './commands.js'
import { plain } from './options.js'
import { slackButton } from './transport.js'

/** App Home: how the clusters are, what waits for this person, what runs. */

type Opened = SlackEventMiddlewareArgs<'app_home_opened'> & AllMiddlewareArgs
type Click = SlackActionMiddlewareArgs<BlockAction<ButtonAction>> & AllMiddlewareArgs
type Submit = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs

export const REFRESH = 'home_refresh'
export const LINK = 'home_link'
export const LINK_FORM = 'link'

/** What a view of Slack takes. */
const MOST_BLOCKS = 100
/** Of one card; several stand below each other. */
const MOST_OF_ONE = 30
const MOST_BUTTONS = 10

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

async function publish(talk: Talk, user: string): Promise<void> {
  const view = await homeOf(talk, user)
  await talk.run.client.views.publish({ user_id: user, view })
}

/** The view of one person. */
export async function homeOf(talk: Talk, user: string): Promise<HomeView> {
  const { run, people } = talk
  const who = await people.caller(user)
  if (isRefusal(who)) return view([...renderRefusal(who, drawingOf(run, null)).blocks])
  const blocks: KnownBlock[] = [actions([{ actionId: REFRESH, label: 'Refresh', value: 'refresh' }])]
  const workspaces = run.workspaces.map(({ name }) => name)
  for (const workspace of workspaces)
    blocks.push(...(await partOf(talk, who.caller, workspace, workspaces.length > 1)))
  return view(blocks)
}

async function partOf(
  talk: Talk,
  caller: Caller,
  workspace: string,
  titled: boolean,
): Promise<readonly KnownBlock[]> {
  const { run } = talk
  const ask = (words: string) => run.road.ask({ caller, words, workspace })
  // No file can go along with a view.
  const drawing = { ...drawingOf(run, workspace), files: false } as const
  const status = await ask('status')
  if (isRefusal(status)) {
    const unlinked = status.code === 'no_role'
    const link: SlackButton = { actionId: LINK, label: 'I have a code', value: 'link', style: 'primary' }
    return [...renderRefusal(status, drawing).blocks, ...(unlinked ? [actions([link])] : [])]
  }
  const waiting = await ask('approvals')
  const title: KnownBlock[] = titled ? [{ type: 'header', text: plain(`Workspace ${workspace}`, 150) }] : []
  return [
    ...title,
    ...blocksOf(waiting, drawing, await buttonsFor(talk, waiting)),
    { type: 'divider' },
    ...blocksOf(status, drawing, []),
  ]
}

function blocksOf(
  given: Answer,
  drawing: SlackDrawing,
  buttons: readonly SlackButton[],
): readonly KnownBlock[] {
  const drawn = isRefusal(given)
    ? renderRefusal(given, drawing)
    : renderCard(given.kind === 'card' ? given : given.card, drawing)
  const shown = drawn.blocks.slice(0, MOST_OF_ONE)
  const cut: KnownBlock[] =
    shown.length < drawn.blocks.length
      ? [
          {
            type: 'context',
            elements: [plain('There is more: /pve status and /pve approvals show it.', 300)],
          },
        ]
      : []
  return [...shown, ...cut, ...(buttons.length === 0 ? [] : [actions(buttons)])]
}

/** What this person may decide now, with the same buttons as on the cards. */
async function buttonsFor({ run }: Talk, given: Answer): Promise<readonly SlackButton[]> {
  if (isRefusal(given) || given.kind !== 'choice') return []
  const found = await buttonsForChoices(run, given.choices)
  return found.slice(0, MOST_BUTTONS).map(({ operation, button: each }) => ({
    ...slackButton(each),
    actionId: `op:${each.verb}:${operation}`,
    label: `${each.label} ${operationName(operation)}`,
  }))
}

function actions(buttons: readonly SlackButton[]): KnownBlock {
  return { type: 'actions', elements: buttons.map(button) }
}

function view(blocks: readonly KnownBlock[]): HomeView {
  return { type: 'home', blocks: blocks.slice(0, MOST_BLOCKS) }
}

/** Asks for the code of an invitation. It goes into no message. */
export function linkHandler({ run }: Talk): (args: Click) => Promise<void> {
  return async ({ ack, body }) => {
    await ack()
    const form: ModalView = {
      type: 'modal',
      callback_id: LINK_FORM,
      title: plain('Link this account', 24),
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
    await run.client.views.open({ trigger_id: body.trigger_id, view: form })
  }
}

export function linkFormHandler(talk: Talk): (args: Submit) => Promise<void> {
  const { run, people } = talk
  return async ({ ack, body, view: form }) => {
    const code = form.state.values.code?.code?.value ?? ''
    const who = await people.caller(body.user.id)
    const given = isRefusal(who)
      ? who
      : await run.road.ask({ caller: who.caller, words: ['link', code.trim()], workspace: null })
    if (isRefusal(given)) {
      await ack({
        response_action: 'errors',
        errors: { code: `${given.message} ${given.hint}`.slice(0, 300) },
      })
      return
    }
    await ack()
    const { text, blocks } = renderCard(given.kind === 'card' ? given : given.card, drawingOf(run, null))
    await directReply(run, body.user.id)({ text, blocks })
    await publish(talk, body.user.id)
  }
}
