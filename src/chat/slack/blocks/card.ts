import type { KnownBlock } from '@slack/types'
import type { Card, CardFile, Chart, Section, Source, Table, Tone } from '../../../core/card.js'
import type { Refusal } from '../../../core/refusal.js'
import { LOG_TITLE } from '../../below.js'
import type { Format } from '../../format.js'
import { chartLines } from '../../message/chart-lines.js'
import { rowFacts } from '../../message/facts.js'
import type { Files } from '../../message/files.js'
import { messageFormat } from '../../message/format.js'
import { lineOf, linesOf, trimmed } from '../../message/lines.js'
import { signOf } from '../../message/signs.js'
import { csvFile } from '../../message/table.js'
import { clip } from '../../text.js'
import { actionsOf, button, type SlackButton, sizeOf } from './button.js'
import { beginning } from './cut.js'
import { bold, codeSpan, dateToken, mrkdwn, preformatted, sentence } from './escape.js'
import { type FactLine, factLines } from './facts.js'
import { slackFiles } from './files.js'
import { contexts, type Page, page, sum } from './page.js'
import { tableLines } from './table.js'

/** The one way from a neutral card to Slack's blocks. What does not fit becomes a file, and the message says so. */

export type SlackDrawing = {
  readonly timeZone: string
  /** When it is drawn. Cards do not depend on it: the same state comes out the same. Pictures of charts do. */
  readonly now: Date
  readonly buttons?: readonly SlackButton[]
  /** False where no file can go along (App Home): it is said that there is more. */
  readonly files?: false
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
const MOST_ACTIONS = 1500
const MOST_SOURCES = 1800
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
}

/** A card as a message: at most 50 blocks and 9,000 characters, and the files with what does not fit. */
export function renderCard(card: Card, options: SlackDrawing): Rendered {
  const files = slackFiles(options.files === false ? [] : card.files)
  const format = messageFormat(options.timeZone)
  const footer = footerOf(card, options.timeZone, format, files)
  const buttons = actionsOf(options.buttons ?? [])
  const to = page({
    blocks: footer.blocks.length + buttons.length + KEPT_FOR_FILES.blocks,
    characters: footer.characters + sizeOf(options.buttons ?? []) + KEPT_FOR_FILES.characters,
  })
  const drawing: Drawing = { to, format, files, mayAttach: options.files !== false }
  drawHeading(drawing, card.heading, card.tone)
  if (card.text !== undefined) drawText(drawing, '', 'the text', card.text)
  drawFacts(drawing, '', 'facts', factLines(card.facts, format))
  if (card.table !== undefined) drawTableOf(drawing, '', card.heading, card.table)
  for (const chart of card.charts) drawChartOf(drawing, chart)
  for (const part of card.sections) drawSection(drawing, part)
  if (card.code !== undefined) drawCode(drawing, card.code)
  finish(drawing, footer.blocks, buttons)
  return { text: fallback(card.heading, card.text), blocks: to.blocks, files: attached(drawing) }
}

/** A refusal: what is wrong, the details, what to do, and the stable code. */
export function renderRefusal(refusal: Refusal, options: SlackDrawing): Rendered {
  const files = slackFiles([])
  const to = page({ blocks: 1 + KEPT_FOR_FILES.blocks, characters: 100 + KEPT_FOR_FILES.characters })
  const drawing: Drawing = {
    to,
    format: messageFormat(options.timeZone),
    files,
    mayAttach: options.files !== false,
  }
  drawText(drawing, '', 'what is wrong', `🚫 ${refusal.message}`)
  const details = refusal.details.map((detail) => `• ${lineOf(detail)}`).join('\n')
  drawText(drawing, '', 'the details', details)
  if (refusal.hint !== '') drawText(drawing, '', 'what to do', `👉 ${refusal.hint}`)
  finish(drawing, contexts([codeSpan(refusal.code)]), [])
  return { text: fallback(refusal.message, refusal.hint), blocks: to.blocks, files: attached(drawing) }
}

function attached({ files, mayAttach }: Drawing): readonly CardFile[] {
  return mayAttach ? files.all() : []
}

/** The heading, and the most important line below it. */
function fallback(heading: string, more: string | undefined): string {
  const first = more?.split('\n').find((line) => line.trim() !== '') ?? ''
  const said = first === '' ? heading : `${heading.replace(/[.:]$/, '')}. ${first}`
  // A notification draws no code spans.
  return (
    mrkdwn(clip(said.replaceAll('`', ''), MOST_FALLBACK))
      .replaceAll('\n', ' ')
      .trim() || 'An answer'
  )
}

function drawHeading(drawing: Drawing, heading: string, tone: Tone): void {
  drawing.to.header(`${signOf(tone)}${heading.trim() || 'Answer'}`)
  // A header is one line, and not a long one.
  if (heading.length > MOST_HEADING) drawText(drawing, '', 'the heading', heading)
}

/** Sentences below a title (or none); what is too long is begun, and whole in the file. */
function drawText({ to, files, mayAttach }: Drawing, title: string, name: string, said: string): void {
  if (said.trim() === '' && title === '') return
  const text = sentence(trimmed(said))
  const lines = [...(title === '' ? [] : [title]), ...(text === '' ? [] : text.split('\n'))]
  if (lines.join('\n').length <= to.room() && to.text(lines)) return
  files.detail(name, said)
  if (to.begin(lines)) to.note(mayAttach ? '… the rest is in the file below' : '… and more')
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
  const left = table.rows.length - shown
  if (left === 0 && !drawn.cut) return
  const holds = `all ${table.rows.length} rows of ${clip(lineOf(name), 60)}`
  const known = files.add(csvFile(table, format), holds)
  const where = mayAttach ? `, all ${table.rows.length} rows are in 📎 ${known}` : ''
  const said = !whole
    ? to.text([...(title === '' ? [] : [title]), `${table.rows.length} rows${where}`])
    : to.note(left > 0 ? `… and ${left} more${where}` : `cells were cut${where}`)
  if (said) files.told(known)
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

function drawCode(drawing: Drawing, { language, text }: NonNullable<Card['code']>): void {
  if (language === 'log') {
    drawLog(drawing, '', 'the log', text)
    return
  }
  const { to, files, mayAttach } = drawing
  const lines = linesOf(trimmed(text)).map(preformatted)
  if (lines.length === 0 || to.code('', lines)) return
  const shell = ['sh', 'bash', 'shell'].includes(language)
  const script = { name: shell ? 'script.sh' : 'code.txt', mediaType: 'text/plain', text }
  const name = files.add(script, 'the code')
  if (to.text([mayAttach ? `The code is in 📎 ${name}.` : 'The code does not fit here.'])) files.told(name)
}

/** The end of a log says most; all of it is in the file where it is long. */
function drawLog({ to, files, mayAttach }: Drawing, title: string, name: string, text: string): void {
  const lines = linesOf(text.replace(/\s+$/, '')).map(preformatted)
  const most = to.room() - title.length - 100
  const shown: string[] = []
  let size = 0
  for (const line of lines.toReversed()) {
    size += line.length + 1
    if (size > most) break
    shown.unshift(line)
  }
  if (shown.length > 0) to.code(title, shown)
  if (shown.length === lines.length) return
  files.detail(name, text)
  const before = lines.length - shown.length
  to.note(
    `… ${before} ${before === 1 ? 'line' : 'lines'} before these${mayAttach ? ' in the file below' : ''}`,
  )
}

type Footer = { readonly blocks: readonly KnownBlock[]; readonly characters: number }

/** What to type next, and where the facts come from. */
function footerOf(card: Card, timeZone: string, format: Format, files: Files): Footer {
  const tables = [card.table, ...card.sections.map(({ table }) => table)]
  const timed = tables.some(
    (table) => (table?.rows.length ?? 0) > 1 && table?.columns.some(({ unit }) => unit === 'time') === true,
  )
  const actions = fitting(
    card.actions.map(({ label, words }) => ({
      shown: `${codeSpan(`/pve ${words}`)} ${mrkdwn(clip(label, 100))}`,
      whole: `/pve ${words}: ${label}`,
    })),
    MOST_ACTIONS,
  )
  const sources = fitting(
    [
      ...card.sources.map((source) => sourceText(source, format)),
      ...(timed ? [{ shown: `times in tables: ${mrkdwn(timeZone)}`, whole: timeZone }] : []),
    ],
    MOST_SOURCES,
  )
  if (actions.lost.length > 0) files.detail('what to try', actions.lost.join('\n'))
  if (sources.lost.length > 0) files.detail('how old it is', sources.lost.join('\n'))
  return {
    blocks: [...contexts(actions.shown), ...contexts(sources.shown)],
    characters: sum(actions.shown) + sum(sources.shown),
  }
}

type Told = { readonly shown: string; readonly whole: string }

/** Small texts that fit together into so many characters, and the others. */
function fitting(
  texts: readonly Told[],
  most: number,
): { readonly shown: readonly string[]; readonly lost: readonly string[] } {
  const shown: string[] = []
  const lost: string[] = []
  let size = 0
  for (const each of texts) {
    if (size + each.shown.length > most || each.shown.length === 0) lost.push(each.whole)
    else {
      shown.push(each.shown)
      size += each.shown.length
    }
  }
  return { shown, lost }
}

const MOST_NOTE = 500

function sourceText({ cluster, kind, at, note }: Source, format: Format): Told {
  const name = mrkdwn(clip(cluster, 100))
  const said = note === undefined ? '' : sentence(note).replaceAll('\n', ' ')
  const more = said === '' ? '' : `. ${said.length > MOST_NOTE ? `${beginning(said, MOST_NOTE)}…` : said}`
  const whole = `${cluster}: ${kind}, ${at ?? 'never read'}. ${note ?? ''}`
  if (at === null) return { shown: `⚠️ ${name}: never read${more}`, whole }
  const when = dateToken(at, format.time(at))
  const late = said === '' ? '' : '⚠️ '
  return { shown: `${late}${name}: ${kind === 'live' ? 'read live' : 'as of'} ${when}${more}`, whole }
}

/** The end of a message: what to try, how old it is, the files, and last what may be pressed. */
function finish(
  { to, files, mayAttach }: Drawing,
  footer: readonly KnownBlock[],
  buttons: readonly KnownBlock[],
): void {
  const said = files.said()
  const more = mayAttach || said.length === 0 ? said : ['There is more than fits here.']
  to.add([...contexts(more), ...footer, ...buttons])
}
