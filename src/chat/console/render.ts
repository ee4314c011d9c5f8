import type { Card, CardAction, CardFile, Fact, Section, Source } from '../../core/card.js'
import type { Answer } from '../../core/command.js'
import { isRefusal, type Refusal } from '../../core/refusal.js'
import { bytes, makeFormat } from '../format.js'
import { displayWidth, pad, sanitise, sanitiseLines, truncate, wrap } from '../text.js'
import { drawChart, shareBar } from './chart.js'
import { codeLines } from './code.js'
import { type Drawing, drawTable } from './table.js'
import { drawLine, type Span, span, stateSpan, type Theme, toneGlyph, toneStyle } from './theme.js'

export type RenderOptions = {
  /** The width of the terminal; below 20 it is drawn as for 20. */
  readonly columns: number
  readonly theme: Theme
  /** The workspace's time zone, as IANA names them. */
  readonly timeZone: string
  readonly now: Date
  /** There is room for charts of several rows. */
  readonly high?: boolean
}

const INDENT = 2
/** Running text is not drawn wider than this: long lines are hard to read. */
const TEXT_WIDTH = 100
const WIDE = 120

/** Draws any answer as lines without line ends. */
export function renderAnswer(answer: Answer, options: RenderOptions): string[] {
  if (isRefusal(answer)) return renderRefusal(answer, options)
  return renderCard(cardOf(answer), options)
}

/** What there is to see of an answer. */
export function cardOf(answer: Exclude<Answer, Refusal>): Card {
  switch (answer.kind) {
    case 'card':
      return answer
    case 'session':
    case 'choice':
    case 'operation':
      return answer.card
  }
}

/** Draws a card: the heading first, how old its facts are last. No line is wider than the terminal. */
export function renderCard(card: Card, options: RenderOptions): string[] {
  const drawing = drawingOf(options)
  const blocks: string[][] = [
    heading(card, drawing),
    card.text === undefined ? [] : paragraph(card.text, drawing),
    drawFacts(card.facts, drawing),
    card.table === undefined ? [] : drawTable(card.table, drawing, INDENT),
    ...card.charts.map((chart) => [...titled(chart.title, drawing), ...drawChart(chart, drawing, INDENT)]),
    ...card.sections.map((section) => drawSection(section, drawing)),
    card.code === undefined ? [] : drawCode(card.code, drawing),
    card.files.map((file) => fileLine(file, drawing)),
    actionLines(card.actions, drawing),
    sourceLines(card.sources, drawing),
  ]
  return blocks
    .filter((block) => block.length > 0)
    .flatMap((block, at) => (at === 0 ? block : ['', ...block]))
}

function drawingOf(options: RenderOptions): Drawing {
  const { theme, timeZone, now } = options
  return {
    columns: Math.max(20, options.columns),
    theme,
    format: makeFormat({ timeZone, now, unicode: theme.unicode }),
    high: options.high ?? false,
  }
}

function heading(card: Card, { columns, theme }: Drawing): string[] {
  const sign =
    theme.glyphs && theme.unicode && card.tone !== 'neutral' ? `${toneGlyph(theme, card.tone)} ` : ''
  const lines = wrap(sanitise(card.heading, theme.unicode), columns - sign.length, 4, theme.unicode)
  return lines.map((text, at) => {
    const lead = at === 0 ? sign : ' '.repeat(sign.length)
    return drawLine(theme, columns, [span(lead, toneStyle(card.tone)), span(text, 'title')])
  })
}

function titled(title: string, { columns, theme }: Drawing): string[] {
  return wrap(sanitise(title, theme.unicode), columns, 2, theme.unicode).map((text) =>
    drawLine(theme, columns, [span(text, 'title')]),
  )
}

/** Running text; its own line breaks are kept. It is indented, so that it cannot pose as a heading. */
function paragraph(text: string, { columns, theme }: Drawing): string[] {
  const width = Math.min(TEXT_WIDTH, columns - INDENT)
  return trimBlank(sanitiseLines(text, theme.unicode)).flatMap((line) => {
    const lead = /^ */.exec(line)?.[0].slice(0, Math.floor(width / 3)) ?? ''
    return wrap(line.trimStart(), width - lead.length, Number.POSITIVE_INFINITY, theme.unicode).map((part) =>
      drawLine(theme, columns, [span(' '.repeat(INDENT) + lead), span(part)]),
    )
  })
}

function trimBlank(lines: readonly string[]): readonly string[] {
  const filled = lines.map((line) => line.trim() !== '')
  return lines.slice(Math.max(0, filled.indexOf(true)), filled.lastIndexOf(true) + 1)
}

function drawSection(section: Section, drawing: Drawing): string[] {
  const parts = [
    section.text === undefined ? [] : paragraph(section.text, drawing),
    drawFacts(section.facts ?? [], drawing),
    section.table === undefined ? [] : drawTable(section.table, drawing, INDENT),
  ].filter((part) => part.length > 0)
  return [
    ...titled(section.title, drawing),
    ...parts.flatMap((part, at) => (at === 0 ? part : ['', ...part])),
  ]
}

type FactText = { readonly label: string; readonly spans: readonly Span[]; readonly width: number }

/** Label and value, aligned; two side by side where there is room for it and somebody looks. */
function drawFacts(facts: readonly Fact[], drawing: Drawing): string[] {
  const { columns, theme } = drawing
  const texts = facts.map((fact) => factText(fact, drawing))
  const half = Math.floor((columns - INDENT) / 2)
  const labels = (some: readonly FactText[]) =>
    Math.min(Math.max(0, ...some.map(({ label }) => displayWidth(label))), Math.floor((columns - INDENT) / 3))
  const middle = Math.ceil(texts.length / 2)
  const [left, right] = [texts.slice(0, middle), texts.slice(middle)]
  const fits = (some: readonly FactText[]) => some.every(({ width }) => labels(some) + 2 + width <= half - 4)
  if (theme.glyphs && columns >= WIDE && texts.length >= 4 && fits(left) && fits(right)) {
    const start = Math.max(...left.map(({ width }) => labels(left) + 2 + width))
    const column = Math.min(half, Math.max(start + 6, Math.min(half, 56)))
    return left.map((fact, at) => {
      const other = right[at]
      const first = [span(' '.repeat(INDENT)), span(pad(fact.label, labels(left) + 2), 'dim'), ...fact.spans]
      if (other === undefined) return drawLine(theme, columns, first)
      const gap = span(' '.repeat(Math.max(2, column - labels(left) - 2 - fact.width)))
      const second = [span(pad(other.label, labels(right) + 2), 'dim'), ...other.spans]
      return drawLine(theme, columns, [...first, gap, ...second])
    })
  }
  return texts.flatMap((fact) => factLines(fact, labels(texts), drawing))
}

function factLines(fact: FactText, labelWidth: number, { columns, theme }: Drawing): string[] {
  const label = pad(truncate(fact.label, labelWidth, theme.unicode), labelWidth + 2)
  const room = columns - INDENT - labelWidth - 2
  const lead = [span(' '.repeat(INDENT)), span(label, 'dim')]
  if (fact.width <= room) return [drawLine(theme, columns, [...lead, ...fact.spans])]
  const style = fact.spans[0]?.style ?? 'none'
  const text = fact.spans.map((part) => part.text).join('')
  return wrap(text, Math.min(room, TEXT_WIDTH), 8, theme.unicode).map((part, at) =>
    drawLine(theme, columns, [
      ...(at === 0 ? lead : [span(' '.repeat(INDENT + labelWidth + 2))]),
      span(part, style),
    ]),
  )
}

function factText(fact: Fact, { theme, format, columns }: Drawing): FactText {
  const value = typeof fact.value === 'string' ? fact.value.slice(0, 4000) : fact.value
  const text = (value === '' ? '' : format.value(value, fact.unit)) || format.none
  const spans: Span[] = []
  if (fact.unit === 'state' && value !== null) spans.push(stateSpan(theme, text))
  else spans.push(span(text, text === format.none ? 'dim' : 'none'))
  if (fact.tone !== undefined) spans.push(span(spans.pop()?.text ?? '', toneStyle(fact.tone)))
  if (fact.unit === 'time' && typeof value === 'string') spans.push(span(`  ${format.ago(value)}`, 'dim'))
  if (fact.note !== undefined) {
    const note = sanitise(fact.note, theme.unicode)
    spans.push(span(note.startsWith('of ') ? ` ${note}` : ` (${note})`, 'dim'))
  }
  if (fact.unit === 'ratio' && typeof value === 'number' && theme.glyphs && columns >= 60)
    spans.unshift(span(`${shareBar(value, 10, theme.unicode)} `, 'dim'))
  const width = spans.reduce((sum, part) => sum + displayWidth(part.text), 0)
  return { label: sanitise(fact.label, theme.unicode), spans, width }
}

function drawCode({ language, text }: NonNullable<Card['code']>, { columns, theme }: Drawing): string[] {
  const indent = columns >= 40 ? 4 : 2
  return trimBlank(codeLines(language, text, columns - indent, theme.unicode)).map((line) =>
    drawLine(theme, columns, [span(' '.repeat(indent)), span(line)]),
  )
}

function fileLine({ name, mediaType, text }: CardFile, { columns, theme }: Drawing): string {
  const size = bytes(new TextEncoder().encode(text).length)
  return drawLine(theme, columns, [
    span('file: '),
    span(sanitise(name, theme.unicode)),
    span(`  ${sanitise(mediaType, theme.unicode)}, ${size}`, 'dim'),
  ])
}

function actionLines(actions: readonly CardAction[], { columns, theme }: Drawing): string[] {
  const words = actions.map((action) =>
    truncate(sanitise(action.words, theme.unicode), columns - 5, theme.unicode),
  )
  const width = Math.min(Math.max(0, ...words.map(displayWidth)), Math.floor(columns / 2))
  return actions.map(({ label }, at) =>
    drawLine(theme, columns, [
      span('try: ', 'dim'),
      span(pad(words[at] ?? '', width)),
      span(`   ${sanitise(label, theme.unicode)}`, 'dim'),
    ]),
  )
}

/** How old the facts of each cluster are; those without a remark share a line if there is room. */
function sourceLines(sources: readonly Source[], drawing: Drawing): string[] {
  const { columns, theme } = drawing
  const said = sources.map((source) => ({ ...sourceText(source, drawing), plain: source.note === undefined }))
  const together = said.map(({ text }) => text).join(' | ')
  if (said.length > 0 && said.every(({ plain, late }) => plain && !late) && displayWidth(together) <= columns)
    return [drawLine(theme, columns, [span(together, 'dim')])]
  return said.flatMap(({ text, late }) =>
    wrap(text, Math.max(16, Math.min(columns, TEXT_WIDTH + 20) - INDENT), 6, theme.unicode).map((part, at) =>
      drawLine(theme, columns, [
        span(at === 0 ? '' : ' '.repeat(INDENT)),
        span(part, late ? 'warning' : 'dim'),
      ]),
    ),
  )
}

function sourceText(source: Source, { format, theme }: Drawing): { text: string; late: boolean } {
  const cluster = sanitise(source.cluster, theme.unicode)
  const note = source.note === undefined ? '' : sanitise(source.note, theme.unicode)
  if (source.at === null)
    return { text: `${cluster}: never read${note === '' ? '' : `. ${note}`}`, late: true }
  const ago = format.ago(source.at)
  const what = source.kind === 'live' ? `read live ${ago}` : `as of ${format.time(source.at)}, ${ago}`
  return { text: `${cluster}: ${what}${note === '' ? '' : `. ${note}`}`, late: note !== '' }
}

/** Draws a refusal: what is wrong, the details, what to do, and the stable code in brackets. */
export function renderRefusal(refusal: Refusal, options: RenderOptions): string[] {
  const { columns, theme } = drawingOf(options)
  const mark = !theme.glyphs ? 'error: ' : theme.unicode ? '✖ ' : 'x '
  const arrow = !theme.glyphs ? 'hint: ' : theme.unicode ? '→ ' : '-> '
  const bullet = theme.glyphs && theme.unicode ? '• ' : '- '
  const block = (lead: string, indent: number, text: string, style: Span['style'], most: number) =>
    wrap(sanitise(text, theme.unicode), Math.max(8, columns - indent - lead.length), most, theme.unicode).map(
      (part, at) =>
        drawLine(theme, columns, [
          span(' '.repeat(indent) + (at === 0 ? lead : ' '.repeat(lead.length)), style),
          span(part, lead === mark && theme.colour ? 'title' : 'none'),
        ]),
    )
  return [
    ...block(mark, 0, refusal.message, 'danger', 6),
    ...refusal.details.flatMap((detail) => block(bullet, INDENT, detail, 'dim', 6)),
    ...(refusal.hint === '' ? [] : block(arrow, 0, refusal.hint, 'good', 6)),
    drawLine(theme, columns, [span(`[${refusal.code}]`, 'dim')]),
  ]
}
