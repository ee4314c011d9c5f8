import type { APIEmbed } from 'discord.js'
import type { Card, CardFile, Tone } from '../../../core/card.js'
import type { Refusal } from '../../../core/refusal.js'
import { rowFacts } from '../../message/facts.js'
import type { Files } from '../../message/files.js'
import { messageFormat } from '../../message/format.js'
import { filesLeft } from '../../message/left-out.js'
import { lineOf } from '../../message/lines.js'
import { summaryOf } from '../../message/summary.js'
import { type ButtonRow, type DiscordButton, rowsOf } from './button.js'
import {
  type Drawing,
  drawChartOf,
  drawCode,
  drawFacts,
  drawHeading,
  drawSection,
  drawTableOf,
  drawText,
} from './draw.js'
import { codeSpan, fitted, inertLine } from './escape.js'
import { factLines } from './facts.js'
import { discordFiles, MOST_SAID } from './files.js'
import { actionsOf, type Foot, footOf } from './foot.js'
import { type Kept, page } from './page.js'

/** The one way from a neutral card to Discord's embeds. What does not fit becomes a file, and the message says so. */

export type DiscordDrawing = {
  readonly timeZone: string
  /** When it is drawn. Cards do not depend on it: the same state comes out the same. Pictures of charts do. */
  readonly now: Date
  readonly buttons?: readonly DiscordButton[]
  /** False where no file can go along: it is said that there is more. */
  readonly files?: false
  /** Then: words that show it, where there are some. */
  readonly more?: string
  /** Names of pictures that are attached; the first is shown in the embed, each other one in an embed of its own. */
  readonly images?: readonly string[]
  /** Words of the one grammar as people type them on Discord; what cannot be typed there stays `/pve words`. */
  readonly typed?: (words: string) => string
}

export type { ButtonRow, DiscordButton }

export type Rendered = {
  /** One plain line of at most 200 characters, escaped, for a notification or a log. */
  readonly text: string
  readonly embeds: APIEmbed[]
  readonly components: ButtonRow[]
  readonly files: readonly CardFile[]
}

/** Beside a sign and words, never alone. */
const COLOURS: Readonly<Record<Tone, number>> = {
  good: 0x2ea043,
  warning: 0xf0b132,
  danger: 0xda373c,
  muted: 0x80848e,
  neutral: 0x4a7ebb,
}

const MOST_TEXT = 200
const MOST_IMAGES = 9
const FILES_TITLE = 'files'
const ACTIONS_TITLE = 'what to try'

type Last = {
  readonly actions: string
  readonly foot: Foot
  readonly images: readonly string[]
  readonly tone: Tone
}

/** A card as a message: at most 10 embeds and 5,600 characters over all of them, and the files with what does not fit. */
export function renderCard(card: Card, options: DiscordDrawing): Rendered {
  const images = (options.images ?? []).slice(0, MOST_IMAGES)
  const files = discordFiles(options.files === false ? [] : card.files, images.length)
  const format = messageFormat(options.timeZone)
  const actions = actionsOf(card.actions, typedOf(options), files)
  const foot = footOf(card, options.timeZone, format, files)
  const drawing = drawingOf(options, files, {
    embeds: Math.max(1, images.length),
    characters:
      foot.text.length +
      (actions === '' ? 0 : ACTIONS_TITLE.length + actions.length) +
      FILES_TITLE.length +
      MOST_SAID +
      40,
  })
  drawHeading(drawing, card.heading, card.tone)
  if (card.text !== undefined) drawText(drawing, '', 'the text', card.text)
  const { table } = card
  const alone = table?.rows.length === 1 ? table.rows[0] : undefined
  if (table !== undefined && alone === undefined) drawTableOf(drawing, '', card.heading, table)
  for (const chart of card.charts) drawChartOf(drawing, chart)
  // One row alone reads better as facts.
  const row = table === undefined || alone === undefined ? [] : rowFacts(table, alone)
  drawFacts(drawing, factLines([...card.facts, ...row], format))
  for (const part of card.sections) drawSection(drawing, part)
  if (card.code !== undefined) drawCode(drawing, card.code)
  const embeds = finish(drawing, { actions, foot, images, tone: card.tone })
  return {
    text: textOf(drawing, card.heading, card.text),
    embeds,
    components: rowsOf(options.buttons ?? []),
    files: attached(drawing),
  }
}

/** A refusal: what is wrong, the details, what to do, and the stable code. */
export function renderRefusal(refusal: Refusal, options: DiscordDrawing): Rendered {
  const files = discordFiles([], 0)
  const foot: Foot = { text: refusal.code, at: null }
  const kept = { embeds: 1, characters: 100 + FILES_TITLE.length + MOST_SAID }
  const drawing = drawingOf(options, files, kept)
  // Names in what is wrong are not words to type.
  const plain: Drawing = { ...drawing, words: (span) => span }
  drawText(plain, '', 'what is wrong', `🚫 ${refusal.message}`)
  const details = refusal.details.map((detail) => `• ${lineOf(detail)}`).join('\n')
  drawText(plain, '', 'the details', details)
  if (refusal.hint !== '') drawText(drawing, '', 'what to do', `👉 ${refusal.hint}`)
  const embeds = finish(drawing, { actions: '', foot, images: [], tone: 'danger' })
  return {
    text: textOf(drawing, refusal.message, refusal.hint),
    embeds,
    components: rowsOf(options.buttons ?? []),
    files: attached(drawing),
  }
}

function typedOf(options: DiscordDrawing): (words: string) => string {
  return options.typed ?? ((words) => `/pve ${words}`)
}

function drawingOf(options: DiscordDrawing, files: Files, kept: Kept): Drawing {
  const typed = typedOf(options)
  return {
    to: page(kept),
    format: messageFormat(options.timeZone),
    files,
    mayAttach: options.files !== false,
    more: options.more === undefined ? null : codeSpan(typed(options.more)),
    words: (span) => {
      const words = span.replace(/^\/pve +/, '')
      const shown = typed(words)
      // What is no command stays what it is.
      return words === span && shown === `/pve ${words}` ? span : shown
    },
  }
}

function attached({ files, mayAttach }: Drawing): readonly CardFile[] {
  return mayAttach ? files.all() : []
}

function textOf({ words }: Drawing, heading: string, more: string | undefined): string {
  const said = summaryOf(heading, more, (line) =>
    line.replace(/`([^`]+)`/g, (_, span: string) => words(span)),
  )
  return fitted(said.trim() || 'An answer', MOST_TEXT, inertLine)
}

/** The end of a message: what to try, the files, the pictures, and how old it is. */
function finish({ to, files, mayAttach, more }: Drawing, { actions, foot, images, tone }: Last): APIEmbed[] {
  const said = filesLeft(files.said(), mayAttach, more)
  to.last()
  if (actions !== '') to.part(ACTIONS_TITLE, actions)
  if (said.length > 0) to.part(FILES_TITLE, said.join('\n'))
  const color = COLOURS[tone]
  const [first, ...others] = images.map((name) => ({ url: `attachment://${name}` }))
  const made = to.embeds()
  const shown = made.map(
    (embed, at): APIEmbed => ({
      color,
      ...embed,
      ...(at === 0 && first !== undefined ? { image: first } : {}),
      ...(at === made.length - 1 && foot.text !== '' ? { footer: { text: foot.text } } : {}),
      ...(at === made.length - 1 && foot.at !== null ? { timestamp: foot.at } : {}),
    }),
  )
  return [...shown, ...others.map((image): APIEmbed => ({ color, image }))]
}
