import type { Card, Chart, Section, Table, Tone } from '../../../core/card.js'
import { LOG_TITLE } from '../../below.js'
import type { Format } from '../../format.js'
import { chartLines } from '../../message/chart-lines.js'
import { codeFile, fenced } from '../../message/code.js'
import { lastLines } from '../../message/cut.js'
import { rowFacts } from '../../message/facts.js'
import type { Files } from '../../message/files.js'
import { codeLeft, linesBefore, restOf, rowsLeft } from '../../message/left-out.js'
import { linesOf, trimmed } from '../../message/lines.js'
import { signOf } from '../../message/signs.js'
import { csvFile } from '../../message/table.js'
import { clip } from '../../text.js'
import { beginning } from './cut.js'
import { fitted, inertLine, preformatted, sentence } from './escape.js'
import { type FactLine, factLines } from './facts.js'
import type { Page } from './page.js'
import { tableLines } from './table.js'

/** The parts of a card, put on a page; what does not fit there goes into a file. */

export type Drawing = {
  readonly to: Page
  readonly format: Format
  readonly files: Files
  readonly mayAttach: boolean
  /** What to type to see what no file goes along for. */
  readonly more: string | null
  readonly words: (span: string) => string
}

const MOST_TITLE = 256
/** No message shows more of a text. */
const MOST_READ = 8000
/** Of fields that do not fit all together. */
const FIRST_FIELDS = 20
/** What a field can hold of a log, with its fences and what is said below. */
const MOST_LOG = 940

/** The title: the sign of its tone and the heading, which is whole below where it is too long for one. */
export function drawHeading(drawing: Drawing, heading: string, tone: Tone): void {
  const sign = signOf(tone)
  const shown = fitted(heading.trim() || 'Answer', MOST_TITLE - sign.length, inertLine)
  drawing.to.title(`${sign}${shown}`)
  if (heading.length > MOST_TITLE - sign.length || (shown.endsWith('…') && !heading.trim().endsWith('…')))
    drawText(drawing, '', 'the heading', heading)
}

/** Escaped, for the name of a field; what is cut of it is whole in the file. */
function titleOf({ files }: Drawing, title: string): string {
  const shown = fitted(title, MOST_TITLE - 6, inertLine)
  if (title.length > MOST_TITLE - 6) files.detail('a title', title)
  return shown
}

/** Sentences below a title (or none); what is too long is begun, and whole in the file. */
export function drawText(
  { to, files, mayAttach, words }: Drawing,
  title: string,
  name: string,
  said: string,
): void {
  if (said.trim() === '' && title === '') return
  const near = clip(trimmed(said), MOST_READ)
  const text = sentence(near, words).trim() || '–'
  if (said.length <= MOST_READ && to.part(title, text)) return
  files.detail(name, said)
  const most = to.begun()
  if (most > 0) to.part(title, `${beginning(text, most)}\n${restOf(mayAttach)}`)
}

function lose({ files }: Drawing, name: string, facts: readonly FactLine[]): void {
  if (facts.length > 0) files.detail(name, facts.map(({ whole }) => whole).join('\n'))
}

/** Facts as fields, the short ones side by side. */
export function drawFacts(drawing: Drawing, facts: readonly FactLine[]): void {
  // Long ones among them would break up the rows of three.
  const ordered = [...facts.filter(({ short }) => short), ...facts.filter(({ short }) => !short)]
  const fields = ordered.map(({ name, value, short }) => ({
    name,
    value,
    ...(short ? { inline: true } : {}),
  }))
  if (drawing.to.fields(fields)) {
    lose(
      drawing,
      'facts',
      facts.filter(({ cut }) => cut),
    )
    return
  }
  let shown = 0
  while (shown < FIRST_FIELDS && drawing.to.fields(fields.slice(shown, shown + 1))) shown += 1
  lose(drawing, 'facts', facts)
}

/** A table as text that lines up; one row alone reads better as facts. */
export function drawTableOf(drawing: Drawing, title: string, name: string, table: Table): void {
  const [only] = table.rows
  if (only === undefined) drawText(drawing, title, name, table.empty)
  else if (table.rows.length === 1)
    drawLines(drawing, title, name, factLines(rowFacts(table, only), drawing.format))
  else drawRows(drawing, title, name, table)
}

/** Facts of a section, in lines below its title. */
function drawLines(drawing: Drawing, title: string, name: string, facts: readonly FactLine[]): void {
  if (facts.length === 0) return
  const said = facts.map(({ line }) => line).join('\n')
  if (drawing.to.part(title, said)) {
    lose(
      drawing,
      name,
      facts.filter(({ cut }) => cut),
    )
    return
  }
  lose(drawing, name, facts)
  const most = drawing.to.begun()
  let text = ''
  for (const { line } of facts) {
    if (text.length + line.length + 1 > most) break
    text += `${line}\n`
  }
  if (text !== '') drawing.to.part(title, `${text}…`)
}

function drawRows(
  { to, format, files, mayAttach }: Drawing,
  title: string,
  name: string,
  table: Table,
): void {
  const room = to.room() - 200
  const drawn = room > 0 ? tableLines(table, format, room) : { lines: [], rows: 0, cut: false }
  const total = table.rows.length
  const code = drawn.rows === 0 ? '' : fenced(drawn.lines.join('\n'))
  if (drawn.rows === total && !drawn.cut && to.part(title, code)) return
  const known = files.add(csvFile(table, format), `all ${total} rows of ${fitted(name, 60, (line) => line)}`)
  const note = (shown: number): string => rowsLeft(total, shown, known, mayAttach)
  const said = (code !== '' && to.part(title, `${code}\n${note(drawn.rows)}`)) || to.part(title, note(0))
  if (said && mayAttach) files.told(known)
}

/** What a chart says, in figures; the picture comes beside it. */
export function drawChartOf(drawing: Drawing, chart: Chart): void {
  const { to, format, files } = drawing
  const lines = chartLines(chart.series, format, preformatted)
  const title = titleOf(drawing, chart.title)
  if (!to.part('', `**${title}**\n${fenced(lines.join('\n'))}`)) files.detail(chart.title, lines.join('\n'))
}

/** A part of a card below its title. */
export function drawSection(drawing: Drawing, part: Section): void {
  const { title, text, facts, table } = part
  let heading = titleOf(drawing, title)
  const begun = (): void => {
    heading = fitted(`${title} …`, MOST_TITLE - 6, inertLine)
  }
  if (text !== undefined) {
    if (title.startsWith(LOG_TITLE)) drawLog(drawing, heading, title, text)
    else drawText(drawing, heading, title, text)
    begun()
  }
  if (facts !== undefined && facts.length > 0) {
    drawLines(drawing, heading, title, factLines(facts, drawing.format))
    begun()
  }
  if (table !== undefined) drawTableOf(drawing, heading, title, table)
  else if (text === undefined && (facts === undefined || facts.length === 0))
    drawText(drawing, heading, title, '')
}

/** Code to copy; in a file where it is long. */
export function drawCode(drawing: Drawing, code: NonNullable<Card['code']>): void {
  const { to, files, mayAttach } = drawing
  const { language, text } = code
  if (language === 'log') {
    drawLog(drawing, '', 'the log', text)
    return
  }
  const lines = linesOf(trimmed(text)).map(preformatted)
  if (lines.join('').trim() === '') return
  if (to.part('', fenced(lines.join('\n'), /^[a-z]{1,12}$/.test(language) ? language : ''))) return
  const name = files.add(codeFile(code), 'the code')
  if (to.part('', codeLeft(name, mayAttach)) && mayAttach) files.told(name)
}

/** The end of a log says most; all of it is in the file where it is long. */
function drawLog({ to, files, mayAttach }: Drawing, title: string, name: string, text: string): void {
  const lines = linesOf(text.replace(/\s+$/, '')).map(preformatted)
  const most = Math.min(to.room() - 100, title === '' ? Number.POSITIVE_INFINITY : MOST_LOG)
  const shown = lastLines(lines, most)
  const before = lines.length - shown.length
  const note = before === 0 ? '' : `\n${linesBefore(before, mayAttach)}`
  const put = shown.length > 0 && to.part(title, `${fenced(shown.join('\n'))}${note}`)
  if (put && before === 0) return
  files.detail(name, text)
}
