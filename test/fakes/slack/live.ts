// What notifies people or is live markup although it came from outside.

import { isObj, type Obj, str } from './json.js'
import { type State, violate } from './state.js'

const BROADCAST = /<!(?:channel|here|everyone)(?:\|[^>]*)?>|<!subteam\^/
const USER = /<@([UW][A-Z0-9]*)(?:\|[^>]*)?>/g
const CHANNEL = /<#([CG][A-Z0-9]*)(?:\|[^>]*)?>/g

/** Every text in blocks or a view that Slack reads as markup. */
export function markupTexts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(markupTexts)
  if (!isObj(value)) return []
  const own = str(value.text)
  if ((value.type === 'mrkdwn' || value.type === 'markdown') && own !== undefined) return [own]
  if (value.type === 'broadcast') return [`<!${String(value.range)}>`]
  if (value.type === 'usergroup') return [`<!subteam^${String(value.usergroup_id)}>`]
  if (value.type === 'user' && typeof value.user_id === 'string') return [`<@${value.user_id}>`]
  return Object.values(value).flatMap(markupTexts)
}

/** Records each live mention in the top-level text and the blocks of what an app sent. */
export function checkLive(state: State, where: string, content: Obj): void {
  const top = str(content.text)
  const all = [...(top === undefined ? [] : [top]), ...markupTexts(content.blocks)]
  for (const text of all) checkText(state, where, text)
  if (content.parse === 'full' || content.link_names === true || content.link_names === '1') {
    violate(state, `${where}: parse=full or link_names makes plain names live`)
  }
}

function checkText(state: State, where: string, text: string): void {
  const broadcast = BROADCAST.exec(text)
  if (broadcast !== null) violate(state, `${where}: ${broadcast[0]} would notify many: ${excerpt(text)}`)
  for (const [mention, id] of text.matchAll(USER)) {
    if (id === undefined || !state.users.has(id))
      violate(state, `${where}: ${mention} mentions an unknown user`)
  }
  for (const [mention, id] of text.matchAll(CHANNEL)) {
    if (id === undefined || !state.channels.has(id))
      violate(state, `${where}: ${mention} links an unknown channel`)
  }
  for (const fragment of state.untrusted) {
    if (text.includes(fragment)) violate(state, `${where}: untrusted text is live: ${excerpt(fragment)}`)
  }
}

function excerpt(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
