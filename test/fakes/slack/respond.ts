// response_url: five uses in thirty minutes, private unless said otherwise. Also: what an ack shows.

import { isObj, type Obj, str, yes } from './json.js'
import {
  changed,
  findMessage,
  newId,
  type PrivateMessage,
  type ResponseUrl,
  replaceMessage,
  replacePrivate,
  type State,
  violate,
} from './state.js'
import { type Answer, addMessage, addPrivate, fail, readContent } from './web-chat.js'

const USES = 5
const LIFE_MS = 30 * 60_000

/** A new response_url for an interaction; gives the absolute URL. */
export function makeResponseUrl(state: State, of: Omit<ResponseUrl, 'id' | 'uses' | 'at'>): string {
  const id = newId(state, 'R')
  state.responseUrls.set(id, { ...of, id, at: state.now(), uses: 0 })
  return `${state.baseUrl}/respond/${id}`
}

/** One POST to a response_url. */
export function useResponseUrl(
  state: State,
  id: string,
  body: Obj,
): { readonly status: number; readonly body: Answer } {
  const known = state.responseUrls.get(id)
  const refusal = known === undefined ? 'invalid_url' : worn(state, known)
  const answer = known === undefined || refusal !== undefined ? fail(refusal ?? '') : show(state, known, body)
  state.responseUses.push({ id, body, at: state.now(), accepted: answer.ok })
  changed(state)
  if (answer.ok) return { status: 200, body: answer }
  return { status: refusal === undefined ? 400 : 404, body: answer }
}

function worn(state: State, url: ResponseUrl): string | undefined {
  if (state.now() - url.at > LIFE_MS) {
    violate(state, `response_url of ${url.user} used after 30 min`)
    return 'expired_url'
  }
  url.uses += 1
  if (url.uses <= USES) return undefined
  violate(state, `response_url of ${url.user} used ${url.uses} times`)
  return 'used_url'
}

function show(state: State, url: ResponseUrl, body: Obj): Answer {
  if (yes(body.delete_original)) return removeOrigin(state, url)
  const content = readContent(state, 'response_url', body)
  if (!content.ok) return content.answer
  const { text, blocks } = content
  if (yes(body.replace_original) && url.origin !== undefined) {
    return changeOrigin(state, url, (origin) => ({ ...origin, text, blocks }))
  }
  const thread_ts = str(body.thread_ts) ?? url.thread_ts
  const place = { channel: url.channel, text, blocks, ...(thread_ts === undefined ? {} : { thread_ts }) }
  if (body.response_type === 'in_channel') addMessage(state, { ...place, user: state.ids.bot })
  else addPrivate(state, { ...place, user: url.user, via: 'response_url', answers: url.delivery })
  return { ok: true }
}

type Change = (origin: { readonly text: string; readonly blocks: PrivateMessage['blocks'] }) => {
  readonly text: string
  readonly blocks: PrivateMessage['blocks']
}

function changeOrigin(state: State, url: ResponseUrl, change: Change): Answer {
  const { origin } = url
  if (origin?.kind === 'private') {
    const old = state.privates.find((message) => message.channel === url.channel && message.ts === origin.ts)
    if (old === undefined) return fail('message_not_found')
    replacePrivate(state, { ...old, ...change(old) })
    return { ok: true }
  }
  const old = findMessage(state, url.channel, origin?.ts ?? '')
  if (old === undefined || old.deleted) return fail('message_not_found')
  replaceMessage(state, { ...old, ...change(old), edits: old.edits + 1 })
  return { ok: true }
}

function removeOrigin(state: State, url: ResponseUrl): Answer {
  const { origin } = url
  const hidden = state.privates.find(
    (message) => message.channel === url.channel && message.ts === origin?.ts,
  )
  if (hidden !== undefined) replacePrivate(state, { ...hidden, deleted: true })
  const shown = findMessage(state, url.channel, origin?.ts ?? '')
  if (shown !== undefined) replaceMessage(state, { ...shown, deleted: true })
  return hidden === undefined && shown === undefined ? fail('message_not_found') : { ok: true }
}

/** Shows what the ack of a slash command carried: a text, or a message. */
export function showAck(
  state: State,
  of: { user: string; channel: string; delivery: string },
  payload: unknown,
): void {
  const body = typeof payload === 'string' ? { text: payload } : payload
  if (!isObj(body) || (body.text === undefined && body.blocks === undefined) || body.text === '') return
  const content = readContent(state, 'ack', body)
  if (!content.ok) return
  const { text, blocks } = content
  if (body.response_type === 'in_channel') {
    addMessage(state, { channel: of.channel, user: state.ids.bot, text, blocks })
    return
  }
  addPrivate(state, { channel: of.channel, user: of.user, text, blocks, via: 'ack', answers: of.delivery })
}
