import type { APIEmbed, APIEmbedField } from 'discord.js'

/** What fits into a message of Discord's, counted as it is put together. */

/** Of all embeds together; Discord takes 6,000 and does not say how it counts what lies outside the first plane. */
const MOST_CHARACTERS = 5600
const MOST_EMBEDS = 10
const MOST_TITLE = 256
const MOST_DESCRIPTION = 4096
const MOST_FIELDS = 25
const MOST_VALUE = 1024
/** What a beginning may take: who wants to read on opens the file. */
const MOST_BEGUN = 1800
/** Less of a text is not worth beginning. */
const LEAST = 200

type Draft = { title: string; description: string; readonly fields: APIEmbedField[] }

/** Room that is kept for what comes last. */
export type Kept = { readonly embeds: number; readonly characters: number }

export type Page = {
  /** Characters that one more part could have. */
  readonly room: () => number
  /** The first embed's title; at most 256 characters. */
  readonly title: (text: string) => void
  /**
   * A text below a title, as a field where it is short, otherwise as a description; without a title always as one. False
   * where it did not fit, and nothing of it was put there.
   */
  readonly part: (title: string, text: string) => boolean
  /** Fields side by side; false where they did not all fit, and none was put there. */
  readonly fields: (fields: readonly APIEmbedField[]) => boolean
  /** How many characters of a text can be begun; 0 where it is not worth it. */
  readonly begun: () => number
  /** From now on the room that was kept may be used. */
  readonly last: () => void
  readonly embeds: () => APIEmbed[]
}

/** An empty page. */
export function page(keep: Kept): Page {
  const drafts: Draft[] = [{ title: '', description: '', fields: [] }]
  let kept = keep
  let used = 0
  const current = (): Draft => drafts.at(-1) ?? fresh()
  const fresh = (): Draft => {
    const draft = { title: '', description: '', fields: [] }
    drafts.push(draft)
    return draft
  }
  const left = (): number => MOST_CHARACTERS - kept.characters - used
  const more = (count: number): boolean => drafts.length + count <= MOST_EMBEDS - kept.embeds
  const describe = (text: string): boolean => {
    const now = current()
    const gap = now.description === '' ? '' : now.description.endsWith('```') ? '\n' : '\n\n'
    const joins = now.fields.length === 0 && now.description.length + 2 + text.length <= MOST_DESCRIPTION
    if (text.length + 2 > left() || text.length > MOST_DESCRIPTION || !(joins || more(1))) return false
    const to = joins ? now : fresh()
    const put = joins ? `${gap}${text}` : text
    to.description += put
    used += put.length
    return true
  }
  const fields = (some: readonly APIEmbedField[]): boolean => {
    const size = some.reduce((total, { name, value }) => total + name.length + value.length, 0)
    const beyond = current().fields.length + some.length - MOST_FIELDS
    if (size > left() || !more(Math.max(0, Math.ceil(beyond / MOST_FIELDS)))) return false
    for (const field of some) {
      const to = current().fields.length < MOST_FIELDS ? current() : fresh()
      to.fields.push(field)
    }
    used += size
    return true
  }
  return {
    room: () => Math.max(0, Math.min(MOST_DESCRIPTION, left()) - MOST_TITLE - 10),
    title: (text) => {
      current().title = text
      used += text.length
    },
    part: (title, text) => {
      if (title !== '' && text.length <= MOST_VALUE) return fields([{ name: title, value: text }])
      return describe(title === '' ? text : `**${title}**\n${text}`)
    },
    fields,
    begun: () => {
      const most = Math.min(MOST_BEGUN, left() - MOST_TITLE - 100)
      return most < LEAST || !more(1) ? 0 : most
    },
    last: () => {
      kept = { embeds: 0, characters: 0 }
    },
    embeds: () => drafts.map(embedOf),
  }
}

function embedOf({ title, description, fields }: Draft): APIEmbed {
  return {
    ...(title === '' ? {} : { title }),
    ...(description === '' ? {} : { description }),
    ...(fields.length === 0 ? {} : { fields }),
  }
}
