// What notifies people or is live markup although it came from outside.

import { isObj, type Obj, objs, str } from '../slack/json.js'
import { type State, violate } from './state.js'

const BROADCAST = /@(?:everyone|here)\b/
const MENTION = /<(?:@[!&]?|#)(\d+)>/g

/** Every text of a message that Discord reads as markdown. The foot and the author of an embed are not. */
export function markdownTexts(body: Obj): readonly string[] {
  const embeds = objs(body.embeds).flatMap((embed) => [
    embed.title,
    embed.description,
    ...objs(embed.fields).flatMap(({ name, value }) => [name, value]),
  ])
  return [body.content, ...embeds].filter((text) => typeof text === 'string')
}

/** Records each live mention, and untrusted text that is alive. */
export function checkLive(state: State, where: string, body: Obj): void {
  for (const text of markdownTexts(body)) {
    const alive = withoutCode(text)
    const broadcast = BROADCAST.exec(alive)
    if (broadcast !== null) violate(state, `${where}: ${broadcast[0]} would notify many: ${excerpt(text)}`)
    for (const [mention, id = ''] of alive.matchAll(MENTION)) {
      if (!state.mentionable.has(id))
        violate(state, `${where}: ${mention} is a live mention: ${excerpt(text)}`)
    }
    for (const fragment of state.untrusted) {
      if (alive.includes(fragment)) violate(state, `${where}: untrusted text is live: ${excerpt(fragment)}`)
    }
  }
}

/** Records it when a send or an edit leaves it to Discord whom to notify. */
export function checkAllowedMentions(state: State, where: string, body: Obj): void {
  const allowed = body.allowed_mentions
  const parse = isObj(allowed) ? allowed.parse : undefined
  const closed = Array.isArray(parse) && parse.length === 0
  const named = isObj(allowed) ? [allowed.users, allowed.roles].flat().filter((id) => id !== undefined) : []
  if (!closed) violate(state, `${where}: without allowed_mentions {parse: []}`)
  else if (named.some((id) => !state.mentionable.has(str(id) ?? '')))
    violate(state, `${where}: allowed_mentions names ${named.join(', ')}`)
}

/** A text without what stands in code, where nothing is alive. A tick behind a backslash begins no code. */
export function withoutCode(text: string): string {
  let rest = text
  let alive = ''
  while (rest !== '') {
    const [literal = ''] = /^(?:\\.|[^`\\]|\\$)+/su.exec(rest) ?? []
    alive += literal
    rest = rest.slice(literal.length)
    const [ticks = ''] = /^`+/.exec(rest) ?? []
    if (ticks === '') continue
    const end = closing(rest, ticks.length)
    if (end === undefined) alive += ticks
    else alive += ' '
    rest = rest.slice(end ?? ticks.length)
  }
  return alive
}

// Where code that begins with so many ticks ends: behind as many.
function closing(text: string, count: number): number | undefined {
  for (const found of text.slice(count).matchAll(/`+/g)) {
    if (found[0].length === count) return count + found.index + count
  }
  return undefined
}

function excerpt(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
