// The payloads Slack sends, each held against Bolt's own types.

import type {
  BlockAction,
  BlockElementAction,
  BlockSuggestion,
  ButtonAction,
  EnvelopedEvent,
  SlackOptions,
  SlashCommand,
  ViewClosedAction,
  ViewOutput,
  ViewSubmitAction,
} from '@slack/bolt'
import type { AppHomeOpenedEvent, AppMentionEvent, Option, PlainTextElement } from '@slack/types'
import type { FormValues } from './forms.js'
import { type Obj, objs, str, textOf } from './json.js'
import {
  type Channel,
  findMessage,
  newId,
  newTs,
  type PrivateMessage,
  type State,
  type StoredBlock,
  type StoredMessage,
  type StoredView,
  type User,
} from './state.js'
import { messageJson } from './web-chat.js'

/** What a click or a suggestion happens on. */
export type Target = StoredMessage | PrivateMessage | StoredView

/** An element found in blocks. */
export type Found = { readonly block: StoredBlock; readonly element: Obj }

function plain(value: unknown): PlainTextElement {
  return { type: 'plain_text', text: textOf(value), emoji: true }
}

/** An option as Slack gives it back. */
export function optionJson(value: Obj): Option & { text: PlainTextElement; value: string } {
  return { text: plain(value.text), value: str(value.value) ?? '' }
}

function teamOf(state: State) {
  return { id: state.ids.team, domain: state.ids.domain }
}

function person(user: User) {
  return { id: user.id, name: user.name, username: user.name, team_id: user.team }
}

/** The legacy verification token every payload carries; nobody may rely on it. */
const TOKEN = 'legacy-verification-token'

/** A slash command as typed by a person. */
export function slashPayload(
  state: State,
  of: { user: User; channel: Channel; command: string; text: string; triggerId: string; responseUrl: string },
) {
  return {
    token: TOKEN,
    command: of.command,
    text: of.text,
    response_url: of.responseUrl,
    trigger_id: of.triggerId,
    user_id: of.user.id,
    user_name: of.user.name,
    team_id: of.user.team,
    team_domain: state.ids.domain,
    channel_id: of.channel.id,
    channel_name: of.channel.name,
    api_app_id: state.ids.app,
    is_enterprise_install: 'false',
  } satisfies SlashCommand
}

/** What was chosen in an element. */
export type Chosen = { readonly option?: Obj; readonly options?: readonly Obj[]; readonly text?: string }

/** The `actions` entry of a click or choice. */
export function actionOf(state: State, found: Found, chosen: Chosen): BlockElementAction {
  const { block, element } = found
  const action_id = str(element.action_id) ?? newId(state, 'a')
  const base = { block_id: block.block_id, action_id, action_ts: newTs(state) }
  const option = optionJson(chosen.option ?? {})
  switch (element.type) {
    case 'static_select':
      return { ...base, type: 'static_select', selected_option: option }
    case 'external_select':
      return { ...base, type: 'external_select', selected_option: option }
    case 'overflow':
      return { ...base, type: 'overflow', selected_option: option }
    case 'radio_buttons':
      return { ...base, type: 'radio_buttons', selected_option: option }
    case 'checkboxes':
      return { ...base, type: 'checkboxes', selected_options: (chosen.options ?? []).map(optionJson) }
    case 'plain_text_input':
      return { ...base, type: 'plain_text_input', value: chosen.text ?? '' }
    case 'users_select':
      return { ...base, type: 'users_select', selected_user: chosen.text ?? '' }
    default:
      return buttonAction(base, element)
  }
}

function buttonAction(base: { block_id: string; action_id: string; action_ts: string }, element: Obj) {
  const value = str(element.value)
  const url = str(element.url)
  return {
    ...base,
    type: 'button',
    text: plain(element.text),
    ...(value === undefined ? {} : { value }),
    ...(url === undefined ? {} : { url }),
  } satisfies ButtonAction
}

type Context = {
  readonly user: User
  readonly target: Target
  readonly values: FormValues
}

function containerOf(target: Target) {
  if (target.kind === 'view') return { type: 'view', view_id: target.id }
  const { channel, ts, thread_ts } = target
  const thread = thread_ts === undefined ? {} : { thread_ts }
  return {
    type: 'message',
    message_ts: ts,
    channel_id: channel,
    is_ephemeral: target.kind === 'private',
    ...thread,
  }
}

function placeOf(state: State, target: Target) {
  if (target.kind === 'view') return {}
  const channel = state.channels.get(target.channel)
  return { channel: { id: target.channel, name: channel?.name ?? '' } }
}

// The message as it is shown now; an ephemeral message is never part of a payload.
function shownMessage(state: State, target: Target) {
  if (target.kind !== 'message') return {}
  const now = findMessage(state, target.channel, target.ts) ?? target
  return { message: { ...messageJson(state, now), type: 'message', ts: now.ts, text: now.text } as const }
}

/** A click or choice; `action` comes from `actionOf`. Views have no response_url. */
export function blockActionPayload(
  state: State,
  of: Context & { action: BlockElementAction; triggerId: string; responseUrl?: string },
) {
  const base = {
    type: 'block_actions',
    user: person(of.user),
    api_app_id: state.ids.app,
    token: TOKEN,
    container: containerOf(of.target),
    trigger_id: of.triggerId,
    team: teamOf(state),
    is_enterprise_install: false,
    ...placeOf(state, of.target),
    ...shownMessage(state, of.target),
    ...(of.target.kind === 'view' ? { view: viewOutput(state, of.target, of.values) } : {}),
    state: { values: of.values },
    actions: [of.action],
  } satisfies Omit<BlockAction<BlockElementAction>, 'response_url'>
  return of.responseUrl === undefined
    ? base
    : ({ ...base, response_url: of.responseUrl } satisfies BlockAction<BlockElementAction>)
}

/** A view in the form payloads carry it. */
export function viewOutput(state: State, view: StoredView, values: FormValues) {
  const optional = (key: 'submit' | 'close') => (view.body[key] === undefined ? null : plain(view.body[key]))
  const external = str(view.body.external_id)
  return {
    id: view.id,
    team_id: state.ids.team,
    type: view.type,
    blocks: [...view.blocks],
    private_metadata: view.private_metadata,
    callback_id: view.callback_id,
    state: { values },
    hash: view.hash,
    title: plain(view.body.title),
    clear_on_close: view.body.clear_on_close === true,
    notify_on_close: view.body.notify_on_close === true,
    close: optional('close'),
    submit: optional('submit'),
    previous_view_id: view.previous ?? null,
    root_view_id: view.root,
    app_id: state.ids.app,
    app_installed_team_id: state.ids.team,
    bot_id: state.ids.botId,
    ...(external === undefined ? {} : { external_id: external }),
  } satisfies ViewOutput
}

/** A modal was submitted. */
export function submitPayload(
  state: State,
  of: { user: User; view: StoredView; values: FormValues; triggerId: string },
) {
  return {
    type: 'view_submission',
    team: teamOf(state),
    user: person(of.user),
    api_app_id: state.ids.app,
    token: TOKEN,
    trigger_id: of.triggerId,
    view: viewOutput(state, of.view, of.values),
    response_urls: [],
    is_enterprise_install: false,
  } satisfies ViewSubmitAction
}

/** A modal was closed with its own button. */
export function closedPayload(state: State, of: { user: User; view: StoredView; values: FormValues }) {
  return {
    type: 'view_closed',
    team: teamOf(state),
    user: person(of.user),
    api_app_id: state.ids.app,
    token: TOKEN,
    view: viewOutput(state, of.view, of.values),
    is_cleared: false,
    is_enterprise_install: false,
  } satisfies ViewClosedAction
}

/** Somebody typed into an external select. */
export function suggestionPayload(state: State, of: Context & { found: Found; value: string }) {
  return {
    type: 'block_suggestion',
    user: person(of.user),
    container: containerOf(of.target),
    api_app_id: state.ids.app,
    token: TOKEN,
    action_id: str(of.found.element.action_id) ?? '',
    block_id: of.found.block.block_id,
    value: of.value,
    team: teamOf(state),
    is_enterprise_install: false,
    ...placeOf(state, of.target),
    ...(of.target.kind === 'view' ? { view: viewOutput(state, of.target, of.values) } : {}),
  } satisfies SlackOptions & BlockSuggestion
}

/** An event in its envelope. */
export function envelope<Event extends { readonly type: string }>(
  state: State,
  event: Event,
  eventId?: string,
) {
  const authorization = { enterprise_id: null, team_id: state.ids.team, user_id: state.ids.bot, is_bot: true }
  return {
    token: TOKEN,
    team_id: state.ids.team,
    context_team_id: state.ids.team,
    api_app_id: state.ids.app,
    event,
    type: 'event_callback',
    event_id: eventId ?? newId(state, 'Ev'),
    event_time: Math.floor(state.now() / 1000),
    is_ext_shared_channel: false,
    authorizations: [{ ...authorization, is_enterprise_install: false }],
  } satisfies EnvelopedEvent<Event>
}

/** Somebody mentioned the bot. */
export function mentionEvent(state: State, message: StoredMessage, user: User) {
  return {
    type: 'app_mention',
    user: user.id,
    text: message.text,
    ts: message.ts,
    channel: message.channel,
    event_ts: message.ts,
    team: user.team,
    user_team: user.team,
    source_team: user.team,
    ...(user.is_bot ? { bot_id: `B${user.id.slice(1)}` } : {}),
    ...(message.thread_ts === undefined ? {} : { thread_ts: message.thread_ts }),
    client_msg_id: newId(state, 'm'),
    team_id: state.ids.team,
  } satisfies AppMentionEvent & { readonly client_msg_id: string; readonly team_id: string }
}

/** Somebody opened the App Home. The view is the one shown so far. */
export function homeEvent(state: State, user: User, channel: string, tab: 'home' | 'messages') {
  return {
    type: 'app_home_opened',
    user: user.id,
    channel,
    tab,
    event_ts: newTs(state),
  } satisfies AppHomeOpenedEvent
}

/** The options of a select or group list, flat. */
export function optionsIn(holder: Obj): readonly Obj[] {
  return [...objs(holder.options), ...objs(holder.option_groups).flatMap((group) => objs(group.options))]
}
