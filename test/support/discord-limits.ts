import type { APIEmbed } from 'discord.js'
import type { ButtonRow } from '../../src/chat/discord/embeds/card.js'

/** Discord's limits on a message, written down a second time, apart from the code that keeps them. */

type Message = {
  readonly content?: string
  readonly embeds: readonly APIEmbed[]
  readonly components: readonly ButtonRow[]
  readonly files: readonly { readonly name: string }[]
}

/** Discord takes the blanks away before it counts. */
const within = (where: string, text: string | undefined, least: number, most: number): readonly string[] => {
  if (text === undefined) return []
  const long = text.length > most ? [`${where}: ${text.length} characters`] : []
  return text.trim().length < least ? [...long, `${where}: empty`] : long
}

/** Characters over all embeds. */
export function totalOf(embeds: readonly APIEmbed[]): number {
  return embeds.reduce((total, { title, description, footer, author, fields }) => {
    const texts = [
      title,
      description,
      footer?.text,
      author?.name,
      ...(fields ?? []).flatMap((f) => [f.name, f.value]),
    ]
    return total + texts.reduce((sum, text) => sum + (text?.length ?? 0), 0)
  }, 0)
}

function embedFaults(embed: APIEmbed, at: number): readonly string[] {
  const { title, description, footer, fields = [], image, timestamp } = embed
  const bare = [title, description, footer, image].every((part) => part === undefined) && fields.length === 0
  return [
    ...within(`embeds[${at}].title`, title, 1, 256),
    ...within(`embeds[${at}].description`, description, 1, 4096),
    ...within(`embeds[${at}].footer`, footer?.text, 1, 2048),
    ...(fields.length > 25 ? [`embeds[${at}]: ${fields.length} fields`] : []),
    ...fields.flatMap(({ name, value }, n) => [
      ...within(`embeds[${at}].fields[${n}].name`, name, 1, 256),
      ...within(`embeds[${at}].fields[${n}].value`, value, 1, 1024),
    ]),
    ...(bare ? [`embeds[${at}]: empty`] : []),
    ...(timestamp !== undefined && Number.isNaN(Date.parse(timestamp)) ? [`embeds[${at}]: no time`] : []),
  ]
}

function rowFaults(rows: readonly ButtonRow[]): readonly string[] {
  const buttons = rows.flatMap(({ components }) => components)
  const ids = buttons.map(({ custom_id }) => custom_id)
  return [
    ...(rows.length > 5 ? [`${rows.length} rows`] : []),
    ...(rows.some(({ components }) => components.length < 1 || components.length > 5) ? ['a row'] : []),
    ...buttons.flatMap(({ label }) => within('label', label ?? '', 1, 80)),
    ...ids.flatMap((id) => within('custom_id', id, 1, 100)),
    ...(new Set(ids).size < ids.length ? ['two buttons of one custom_id'] : []),
  ]
}

/** What Discord would refuse in a message. */
export function faultsOf({ content, embeds, components, files }: Message): readonly string[] {
  const total = totalOf(embeds)
  const names = files.map(({ name }) => name)
  return [
    ...within('content', content, 0, 2000),
    ...(embeds.length > 10 ? [`${embeds.length} embeds`] : []),
    ...(total > 6000 ? [`${total} characters`] : []),
    ...embeds.flatMap(embedFaults),
    ...rowFaults(components),
    ...(files.length > 10 ? [`${files.length} files`] : []),
    ...(new Set(names).size < names.length ? ['two files of one name'] : []),
  ]
}
