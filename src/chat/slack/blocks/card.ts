import type { KnownBlock } from '@slack/types'
import type { Card, CardFile, Chart, Section, Table, Tone } from '../../../core/card.js'
import type { Refusal } from '../../../core/refusal.js'
import { LOG_TITLE } from '../../below.js'
import type { Format } from '../../format.js'
import { chartLines } from '../../message/chart-lines.js'
import { codeFile } from '../../message/code.js'
import { lastLines } from '../../message/cut.js'
import { rowFacts } from '../../message/facts.js'
import type { Files } from '../../message/files.js'
import { messageFormat } from '../../message/format.js'
import { codeLeft, filesLeft, linesBefore, restOf, rowsLeft } from '../../message/left-out.js'
import { lineOf, linesOf, trimmed } from '../../message/lines.js'
import { signOf } from '../../message/signs.js'
import { summaryOf } from '../../message/summary.js'
import { csvFile } from '../../message/table.js'
import { clip } from '../../text.js'
import { actionsOf, button, type SlackButton, sizeOf } from './button.js'
import { bold, codeSpan, mrkdwn, preformatted, sentence } from './escape.js'
import { type FactLine, factLines } from './facts.js'
import { slackFiles } from './files.js'
import { footOf } from './foot.js'
import { contexts, type Page, page } from './page.js'
import { tableLines } from './table.js'

/** The one way from a neutral card to Slack's blocks. What does not fit becomes a file, and the message says so. */

export type SlackDrawing = {
  readonly timeZone: string
  /** When it is drawn. Cards do not depend on it: the same state comes out the same. Pictures of charts do. */
  readonly now: Date
  readonly buttons?: readonly SlackButton[]
  /** False where no file can go along (App Home, a card that is edited): it is said that there is more. */
  readonly files?: false
  /** Words of the one grammar that show what does not fit, where no file can go along. */
  readonly more?: string
  /** What stands between backticks as people type it, where it is a command. */
  readonly typed?: (span: string) => string
}

export type { SlackButton }
export { button }

export type Rendered = {
  /** What a notification and a screen reader say. */
  readonly text: string
  readonly blocks: KnownBlock[]
  readonly files: readonly CardFile[]
}

const MOST_HEADING = 140
const MOST_FALLBACK = 600
/** For saying which files there are. */
const KEPT_FOR_FILES = { blocks: 1, characters: 1100 }

/** Of fields that do not fit all together. */
const FIRST_FIELDS = 20

type Drawing = {
  readonly to: Page
  readonly format: Format
  readonly files: Files
  readonly mayAttach: boolean
  readonly more: string | null
  readonly typed: (span: string) => string
}

/** A card as a message: at most 50 blocks and 9,000 characters, and the files with what does not fit. */
export function renderCard(card: Card, options: SlackDrawing): Rendered {
  const files = slackFiles(options.files === false ? [] : card.files)
  const format = messageFormat(options.timeZone)
  const foot = footOf(card, options.timeZone, format, files)
  const buttons = actionsOf(options.buttons ?? [])
  const to = page({
    blocks: foot.blocks.length + buttons.length + KEPT_FOR_FILES.blocks,
    characters: foot.characters + sizeOf(options.buttons ?? []) + KEPT_FOR_FILES.characters,
  })
  const drawing = drawingOf(options, to, files)
  drawHeading(drawing, card.heading, card.tone)
  if (card.text !== undefined) drawText(drawing, '', 'the text', card.text)
  drawFacts(drawing, '', 'facts', factLines(card.facts, format))
  if (card.table !== undefined) drawTableOf(drawing, '', card.heading, card.table)
  for (const chart of card.charts) drawChartOf(drawing, chart)
  for (const part of card.sections) drawSection(drawing, part)
  if (card.code !== undefined) drawCode(drawing, card.code)
  finish(drawing, foot.blocks, buttons)
  return { text: fallback(drawing, card.heading, card.text), blocks: to.blocks, files: attached(drawing) }
}

function drawingOf({ timeZone, files: attach, more, typed }: SlackDrawing, to: Page, files: Files): Drawing {
  return {
    ...{ to, files, format: messageFormat(timeZone), mayAttach: attach !== false },
    more: more === undefined ? null : codeSpan(`/pve ${more}`),
    typed: typed ?? ((span) => span),
  }
}

/** A refusal: what is wrong, the details, what to do, and the stable code. */
export function renderRefusal(refusal: Refusal, options: SlackDrawing): Rendered {
  const files = slackFiles([])
  const to = page({ blocks: 1 + KEPT_FOR_FILES.blocks, characters: 100 + KEPT_FOR_FILES.characters })
  const drawing = drawingOf(options, to, files)
  // Names in what is wrong are not words to type.
  const plain: Drawing = { ...drawing, typed: (span) => span }
  drawText(plain, '', 'what is wrong', `🚫 ${refusal.message}`)
  const details = refusal.details.map((detail) => `• ${lineOf(detail)}`).join('\n')
  drawText(plain, '', 'the details', details)
  if (refusal.hint !== '') drawText(drawing, '', 'what to do', `👉 ${refusal.hint}`)
  finish(drawing, contexts([codeSpan(refusal.code)]), [])
  return {
    text: fallback(drawing, refusal.message, refusal.hint),
    blocks: to.blocks,
    files: attached(drawing),
  }
}

function attached({ files, mayAttach }: Drawing): readonly CardFile[] {
  return mayAttach ? files.all() : []
}

function fallback({ typed }: Drawing, heading: string, more: string | undefined): string {
  const write = (line: string) => line.replace(/`([^`]+)`/g, (_, span: string) => typed(span))
  const said = mrkdwn(clip(summaryOf(heading, more, write), MOST_FALLBACK))
  return said.replaceAll('\n', ' ').trim() || 'An answer'
}

function drawHeading(drawing: Drawing, heading: string, tone: Tone): void {
  drawing.to.header(`${signOf(tone)}${heading.trim() || 'Answer'}`)
  // A header is one line, and not a long one.
  if (heading.length > MOST_HEADING) drawText(drawing, '', 'the heading', heading)
}

/** Sentences below a title (or none); what is too long is begun, and whole in the file. */
function drawText({ to, files, mayAttach, typed }: Drawing, title: string, name: string, said: string): void {
  if (said.trim() === '' && title === '') return
  const text = sentence(trimmed(said), typed)
  const lines = [...(title === '' ? [] : [title]), ...(text === '' ? [] : text.split('\n'))]
  if (lines.join('\n').length <= to.room() && to.text(lines)) return
  files.detail(name, said)
  if (to.begin(lines)) to.note(restOf(mayAttach))
}

function drawFacts(drawing: Drawing, title: string, name: string, facts: ReturnType<typeof factLines>): void {
  const { to, files } = drawing
  const { fields, lines } = facts
  const lose = (some: readonly FactLine[]): void => {
    if (some.length > 0) files.detail(name, some.map(({ whole }) => whole).join('\n'))
  }
  const some = (count: number): boolean =>
    to.fields(
      title,
      fields.slice(0, count).map(({ shown }) => shown),
    )
  if (fields.length > 0 && !some(fields.length)) {
    some(FIRST_FIELDS)
    lose(fields)
  } else if (fields.length === 0 && title !== '') to.text([title])
  const lost: FactLine[] = lines.filter(({ cut }) => cut)
  if (lines.length > 0 && !to.text(lines.map(({ shown }) => shown)))
    for (const line of lines) if (!to.text([line.shown]) && !line.cut) lost.push(line)
  lose(lost)
}

/** A table as text that lines up; one row alone reads better as facts. */
function drawTableOf(drawing: Drawing, title: string, name: string, table: Table): void {
  const { format } = drawing
  const [only] = table.rows
  if (only === undefined) drawText(drawing, title, name, table.empty)
  else if (table.rows.length === 1) drawFacts(drawing, title, name, factLines(rowFacts(table, only), format))
  else drawRows(drawing, title, name, table)
}

function drawRows(
  { to, format, files, mayAttach }: Drawing,
  title: string,
  name: string,
  table: Table,
): void {
  const drawn = tableLines(table, format, to.room() - title.length - 10)
  const whole = drawn.lines.length > 0 && to.code(title, drawn.lines)
  const shown = whole ? drawn.rows : 0
  const total = table.rows.length
  if (shown === total && !drawn.cut) return
  const known = files.add(csvFile(table, format), `all ${total} rows of ${clip(lineOf(name), 60)}`)
  const note = rowsLeft(total, shown, known, mayAttach)
  const said = whole ? to.note(note) : to.text([...(title === '' ? [] : [title]), note])
  if (said && mayAttach) files.told(known)
}

/** What a chart says, in figures; the picture comes beside it. */
function drawChartOf({ to, format, files }: Drawing, chart: Chart): void {
  const lines = chartLines(chart.series, format, preformatted)
  if (!to.code(bold(chart.title), lines)) files.detail(chart.title, lines.join('\n'))
}

function drawSection(drawing: Drawing, part: Section): void {
  const { title, text, facts, table } = part
  let heading = bold(title)
  if (text !== undefined) {
    if (title.startsWith(LOG_TITLE)) drawLog(drawing, heading, title, text)
    else drawText(drawing, heading, title, text)
    heading = ''
  }
  if (facts !== undefined && facts.length > 0) {
    drawFacts(drawing, heading, title, factLines(facts, drawing.format))
    heading = ''
  }
  if (table !== undefined) drawTableOf(drawing, heading, title, table)
  else if (heading !== '') drawText(drawing, heading, title, '')
}

function drawCode(drawing: Drawing, code: NonNullable<Card['code']>): void {
  const { to, files, mayAttach } = drawing
  if (code.language === 'log') {
    drawLog(drawing, '', 'the log', code.text)
    return
  }
  const lines = linesOf(trimmed(code.text)).map(preformatted)
  if (lines.length === 0 || to.code('', lines)) return
  const name = files.add(codeFile(code), 'the code')
  if (to.text([codeLeft(name, mayAttach)]) && mayAttach) files.told(name)
}

/** The end of a log says most; all of it is in the file where it is long. */
function drawLog({ to, files, mayAttach }: Drawing, title: string, name: string, text: string): void {
  const lines = linesOf(text.replace(/\s+$/, '')).map(preformatted)
  const shown = lastLines(lines, to.room() - title.length - 100)
  if (shown.length > 0) to.code(title, shown)
  if (shown.length === lines.length) return
  files.detail(name, text)
  to.note(linesBefore(lines.length - shown.length, mayAttach))
}

/** The end of a message: the files, what to try, how old it is, and last what may be pressed. */
function finish(
  { to, files, mayAttach, more }: Drawing,
  foot: readonly KnownBlock[],
  buttons: readonly KnownBlock[],
): void {
  to.add([...contexts(filesLeft(files.said(), mayAttach, more)), ...foot, ...buttons])
}
