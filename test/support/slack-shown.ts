import { isObj, type Obj, objs, str, textOf } from '../fakes/slack/json.js'
import type { PrivateMessage, StoredMessage, StoredView } from '../fakes/slack/state.js'
import type { Message } from '../scenarios/driver.js'
import { readable } from './readable.js'

/** What people read of messages and modals in Slack. */

export type Native = StoredMessage | PrivateMessage

export function messageOf(native: Native): Message {
  const { blocks, text } = native
  return {
    key: `${native.channel} ${native.ts}`,
    text: blocks.length === 0 ? marked(text) : textsOf(blocks),
    buttons: elementsIn(blocks).map(({ text: label }) => textOf(label)),
    edits: native.kind === 'message' ? native.edits : 0,
  }
}

function elementsIn(blocks: readonly Obj[]): readonly Obj[] {
  return blocks
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements }) => objs(elements))
    .filter(({ type }) => type === 'button')
}

/** All texts but those of buttons, in their order. */
export function textsOf(value: unknown): string {
  return texts(value).join('\n')
}

function texts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(texts)
  if (!isObj(value) || value.type === 'button') return []
  const text = str(value.text)
  if (text !== undefined && value.type === 'plain_text') return [readable(text)]
  if (text !== undefined && value.type === 'mrkdwn') return [marked(text)]
  return Object.values(value).flatMap(texts)
}

function marked(text: string): string {
  const plain = text
    .replace(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
  return readable(plain)
}

export function fieldsOf(view: StoredView): readonly string[] {
  return view.blocks.flatMap(({ element }) => {
    const name = isObj(element) ? str(element.action_id) : undefined
    return name === undefined ? [] : [name]
  })
}
