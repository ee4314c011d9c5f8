import type { ContextBlock, KnownBlock, SectionBlock } from '@slack/types'
import { chunks } from '../../message/chunks.js'
import { fenced } from '../../message/code.js'
import { beginning, pieces } from './cut.js'
import { plainText } from './escape.js'

/** What fits into a message of Slack's, counted as it is put together. */

/** Of all blocks together; Slack refuses somewhat more than this without saying where. */
const MOST_CHARACTERS = 9000
const MOST_BLOCKS = 50
const MOST_LEAD = 500
const MOST_SECTION = 3000
const MOST_HEADER = 150
const MOST_FIELDS = 10
const MOST_FIELD = 2000
const MOST_ELEMENTS = 10
const FENCES = '```\n\n```'.length
/** Less of a text is not worth beginning. */
const LEAST = 200

export type Page = {
  readonly blocks: KnownBlock[]
  /** Characters that one more section could have. */
  readonly room: () => number
  readonly header: (text: string) => void
  /** Formatted lines; false when they did not fit, and nothing of them was put there. */
  readonly text: (lines: readonly string[]) => boolean
  /** As much of the lines as one section takes; false where not even a beginning fits. */
  readonly begin: (lines: readonly string[]) => boolean
  /** A block of code below a title (or none); false when it did not fit. */
  readonly code: (title: string, lines: readonly string[]) => boolean
  /** Fields below a title (or none); false when they did not fit. */
  readonly fields: (title: string, fields: readonly string[]) => boolean
  /** A small grey line; false when it did not fit. */
  readonly note: (text: string) => boolean
  /** Blocks for which room was kept. */
  readonly add: (blocks: readonly KnownBlock[]) => void
}

/** An empty page, on which so many blocks and characters are kept for what comes last. */
export function page(kept: { readonly blocks: number; readonly characters: number }): Page {
  const blocks: KnownBlock[] = []
  let characters = 0
  const room = (): number =>
    blocks.length + kept.blocks >= MOST_BLOCKS
      ? 0
      : Math.max(0, Math.min(MOST_SECTION, MOST_CHARACTERS - kept.characters - characters))
  const put = (made: readonly KnownBlock[], size: number): boolean => {
    if (blocks.length + made.length > MOST_BLOCKS - kept.blocks) return false
    if (characters + size > MOST_CHARACTERS - kept.characters) return false
    blocks.push(...made)
    characters += size
    return true
  }
  const sections = (texts: readonly string[]): boolean => put(texts.map(section), sum(texts))
  return {
    blocks,
    room,
    header: (text) => {
      const title = plainText(text, MOST_HEADER)
      put([{ type: 'header', text: title }], title.text.length)
    },
    text: (lines) => sections(pieces(lines, MOST_SECTION)),
    begin: (lines) => {
      const most = room() - 1
      const text = most < LEAST ? '' : beginning(lines.join('\n'), most)
      return text !== '' && sections([text])
    },
    code: (title, lines) => {
      // Most of the room is for the code.
      const lead = title === '' ? '' : `${beginning(title, MOST_LEAD)}\n`
      const [first = '', ...more] = pieces(lines, MOST_SECTION - FENCES - lead.length)
      return sections([`${lead}${fenced(first)}`, ...more.map((text) => fenced(text))])
    },
    fields: (title, fields) => {
      if (fields.some((text) => text.length > MOST_FIELD)) return false
      const made = chunks(fields, MOST_FIELDS).map((some, at): SectionBlock => {
        const part = some.map((text) => ({ type: 'mrkdwn', text, verbatim: true }) as const)
        return at === 0 && title !== ''
          ? { ...section(title), fields: part }
          : { type: 'section', fields: part }
      })
      return put(made, title.length + sum(fields))
    },
    note: (text) => put(contexts([text]), text.length),
    add: (more) => {
      blocks.push(...more)
    },
  }
}

export function section(text: string): SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } }
}

/** Small grey texts, as many as there are. */
export function contexts(texts: readonly string[]): readonly ContextBlock[] {
  return chunks(texts, MOST_ELEMENTS).map((some) => ({
    type: 'context',
    elements: some.map((text) => ({ type: 'mrkdwn', text, verbatim: true })),
  }))
}

export function sum(texts: readonly string[]): number {
  return texts.reduce((total, text) => total + text.length, 0)
}
