import type { APIEmbed } from 'discord.js'
import type { FakeDiscord } from '../fakes/discord/server.js'
import type { StoredMessage, StoredModal } from '../fakes/discord/state.js'
import { isObj, objs, str } from '../fakes/slack/json.js'
import type { ChatFile, Message } from '../scenarios/driver.js'
import { readable } from './readable.js'

/** What people read of messages and modals in Discord. */

export function fieldsOf(modal: StoredModal): readonly string[] {
  return modal.components.flatMap((item) => {
    const inputs = item.type === 18 && isObj(item.component) ? [item.component] : objs(item.components)
    return inputs.map(({ custom_id }) => str(custom_id) ?? '')
  })
}

export function messageOf(native: StoredMessage): Message {
  const buttons = native.components
    .flatMap((row) => row.components)
    .flatMap((one) => (one.type === 2 && 'label' in one && one.label !== undefined ? [one.label] : []))
  return {
    key: native.id,
    text: [marked(native.content), ...native.embeds.map(textOfEmbed)].join('\n'),
    buttons,
    edits: native.edits,
  }
}

function textOfEmbed({ title, description, fields = [], footer, timestamp }: APIEmbed): string {
  return [
    marked(title ?? ''),
    marked(description ?? ''),
    ...fields.flatMap(({ name, value }) => [marked(name), marked(value)]),
    readable(footer?.text ?? ''),
    timestamp ?? '',
  ].join('\n')
}

/** Outside of code, what stands behind a backslash is shown as it is. */
function marked(text: string): string {
  const parts = text.split(/(```[\s\S]*?```|(?<!\\)`[^`]*`)/)
  const plain = parts.map((part, at) =>
    at % 2 === 1
      ? part
      : part
          .replace(/<t:(-?\d+)(?::\w)?>/g, (_, unix: string) => new Date(Number(unix) * 1000).toISOString())
          .replace(/\\([\s\S])/g, '$1'),
  )
  return readable(plain.join(''))
}

export function filesOf(
  discord: FakeDiscord,
  people: readonly string[],
  places: readonly string[],
  person: (name: string) => string,
  channel: (name: string) => string,
): readonly ChatFile[] {
  const filesIn = (seenIn: string, messages: readonly StoredMessage[]) =>
    messages.flatMap(({ attachments }) => attachments.map(({ name, bytes }) => ({ name, bytes, seenIn })))
  return [
    ...people.flatMap((name) => {
      const dm = discord.dmOf(person(name))?.id ?? ''
      return filesIn(name, [...discord.privateTo(person(name)), ...discord.messages(dm)])
    }),
    ...places.flatMap((name) => {
      const messages = discord.messages(channel(name))
      const below = messages.flatMap(({ id }) => discord.messages(discord.thread(id)?.id ?? ''))
      return filesIn(name, [...messages, ...below])
    }),
  ]
}
