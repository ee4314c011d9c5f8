import type { APIEmbed } from 'discord.js'
import type { ButtonRow } from '../../src/chat/discord/embeds/card.js'

/**
 * Discord's markdown as its clients read it, as far as that is known, and embeds as a page that looks somewhat like its dark
 * theme: for looking at cards, and at what Discord makes of a text.
 */

/** A piece of text as it is drawn; `live` does something (links, mentions, shows a picture) or is formatted by others. */
export type Run = { readonly text: string; readonly look: 'plain' | 'bold' | 'code' | 'time' | 'live' }
/** A line of text, or a block of code. */
export type Part =
  | { readonly kind: 'line'; readonly runs: readonly Run[] }
  | { readonly kind: 'code'; readonly lines: readonly string[] }

type Rule = { readonly at: RegExp; readonly make: (match: RegExpExecArray) => readonly Run[] }

const live = (text: string): readonly Run[] => [{ text, look: 'live' }]

/** In the order in which they are tried, at each place of a line. */
const RULES: readonly Rule[] = [
  { at: /^\\([^0-9A-Za-z\s])/u, make: ([, char = '']) => [{ text: char, look: 'plain' }] },
  { at: /^(`+)(.*?[^`])\1(?!`)/s, make: ([, , code = '']) => [{ text: code, look: 'code' }] },
  {
    at: /^\*\*((?:\\.|[^\\])+?)\*\*(?!\*)/s,
    make: ([, inner = '']) =>
      runsOf(inner).map((run) => (run.look === 'plain' ? { ...run, look: 'bold' } : run)),
  },
  { at: /^__((?:\\.|[^\\])+?)__(?!_)/s, make: ([whole]) => live(whole) },
  { at: /^\*(?=\S)((?:\*\*|\s+(?:[^*\s]|\*\*)|[^\s*])+?)\*(?!\*)/, make: ([whole]) => live(whole) },
  { at: /^_((?:__|\\.|[^\\_])+?)_(?![\p{L}\p{N}_])/su, make: ([whole]) => live(whole) },
  { at: /^~~(?=\S)(.*?\S)~~(?!_)/s, make: ([whole]) => live(whole) },
  { at: /^\|\|(.+?)\|\|/s, make: ([whole]) => live(whole) },
  { at: /^\[(?:[^\][]|\\.)*\]\([^)]*\)/, make: ([whole]) => live(whole) },
  { at: /^[a-z][a-z0-9+.-]*:\/\/[^\s<]+/i, make: ([whole]) => live(whole) },
  { at: /^discord(?:app)?\.[a-z]+\/\S+/i, make: ([whole]) => live(whole) },
  {
    at: /^<t:(-?\d+)(?::[tTdDfFR])?>/,
    make: ([, unix = '0']) => [{ text: timeText(Number(unix)), look: 'time' }],
  },
  { at: /^<(?:@[!&]?\d+|#\d+|a?:\w+:\d+|\/[^:>\n]+:\d+|id:\w+)>/, make: ([whole]) => live(whole) },
  { at: /^<(?:[^: >\n]+:\/?[^ >\n]+|[^ >\n]+@[^ >\n]+|\+[\d ]+)>/, make: ([whole]) => live(whole) },
  { at: /^@(?:everyone|here)/i, make: ([whole]) => live(whole) },
  { at: /^:[\p{L}\p{N}_+'-]+:/u, make: ([whole]) => live(whole) },
]

const BLOCKS = /^\s*(?:#{1,3}\s|-#\s|>(?:>>)?(?:\s|$)|[-*+]\s|\d+[.)]\s)/
const FENCE = /```(?:[a-z0-9_+.#-]+(?=\n))?\n*([^\n].*?)\n*```/is
/** Nothing begins within a word but at these. */
const STEP = /^(?:[\p{L}\p{N}]+(?![:.])|.)/su

/** How Discord would draw a text. */
export function partsOf(text: string): readonly Part[] {
  const fence = FENCE.exec(text)
  if (fence === null) return linesOf(text)
  const after = text.slice(fence.index + fence[0].length)
  return [
    ...linesOf(text.slice(0, fence.index).replace(/\n$/, '')),
    { kind: 'code', lines: (fence[1] ?? '').split('\n') },
    ...partsOf(after.replace(/^\n/, '')),
  ]
}

function linesOf(text: string): readonly Part[] {
  if (text === '') return []
  return text
    .split('\n')
    .map((line) => ({ kind: 'line', runs: BLOCKS.test(line) ? live(line) : runsOf(line) }) as const)
}

function runsOf(line: string): readonly Run[] {
  const runs: Run[] = []
  let plain = ''
  let rest = line
  const flush = (): void => {
    if (plain !== '') runs.push({ text: plain, look: 'plain' })
    plain = ''
  }
  while (rest !== '') {
    const found = first(rest)
    if (found === null) {
      const step = STEP.exec(rest)?.[0] ?? rest.charAt(0)
      plain += step
      rest = rest.slice(step.length)
      continue
    }
    if (found.runs.length === 1 && found.runs[0]?.look === 'plain') plain += found.runs[0].text
    else {
      flush()
      runs.push(...found.runs)
    }
    rest = rest.slice(found.length)
  }
  flush()
  return runs
}

function first(rest: string): { readonly runs: readonly Run[]; readonly length: number } | null {
  for (const { at, make } of RULES) {
    const match = at.exec(rest)
    if (match !== null) return { runs: make(match), length: match[0].length }
  }
  return null
}

const TIME = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'Europe/Berlin',
})

function timeText(unix: number): string {
  const date = new Date(unix * 1000)
  return Number.isNaN(date.getTime()) ? 'Invalid Date' : TIME.format(date).replace(' at ', ' ')
}

/** What comes alive in a text. */
export function liveIn(text: string): readonly string[] {
  return partsOf(text).flatMap((part) =>
    part.kind === 'code' ? [] : part.runs.filter(({ look }) => look === 'live').map((run) => run.text),
  )
}

/** What people read. */
export function readOf(text: string): string {
  return partsOf(text)
    .map((part) => (part.kind === 'code' ? part.lines.join('\n') : part.runs.map((run) => run.text).join('')))
    .join('\n')
    .replaceAll('\u2060', '')
}

/** What stands beside the foot of an embed. */
export function stampOf({ footer, timestamp }: APIEmbed): string {
  const at = timestamp === undefined ? [] : [timeText(Date.parse(timestamp) / 1000)]
  return [...(footer === undefined ? [] : [footer.text]), ...at].join(' • ')
}

const html = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

function textHtml(text: string): string {
  return partsOf(text)
    .map((part) =>
      part.kind === 'code'
        ? `<pre>${html(part.lines.join('\n'))}</pre>`
        : `<div class="line">${part.runs.map(({ text: said, look }) => (look === 'plain' ? html(said) : `<span class="${look}">${html(said)}</span>`)).join('') || '&nbsp;'}</div>`,
    )
    .join('')
}

function embedHtml(embed: APIEmbed): string {
  const colour = `#${(embed.color ?? 0).toString(16).padStart(6, '0')}`
  const fields = (embed.fields ?? []).map(
    ({ name, value, inline }) =>
      `<div class="${inline === true ? 'third' : 'whole'}"><b>${textHtml(name)}</b>${textHtml(value)}</div>`,
  )
  const stamp = stampOf(embed)
  return `<div class="embed" style="border-left-color:${colour}">
${embed.title === undefined ? '' : `<h3>${textHtml(embed.title)}</h3>`}
${embed.description === undefined ? '' : textHtml(embed.description)}
${fields.length === 0 ? '' : `<div class="fields">${fields.join('\n')}</div>`}
${embed.image === undefined ? '' : `<div class="image">${html(embed.image.url)}</div>`}
${stamp === '' ? '' : `<footer>${html(stamp).replaceAll('\n', '<br>')}</footer>`}</div>`
}

const STYLE = `body{background:#313338;color:#dbdee1;font:14px/18px "gg sans","Noto Sans",Helvetica,Arial,sans-serif;margin:24px}
.embed{background:#2b2d31;border-left:4px solid;border-radius:4px;max-width:516px;padding:8px 16px 16px 12px;margin:4px 0}
h3{font-size:16px;margin:8px 0;color:#f2f3f5}b,.bold{color:#f2f3f5;font-weight:600}.line{min-height:18px}
.fields{display:grid;grid-template-columns:1fr 1fr 1fr;gap:8px}.whole{grid-column:1/-1}pre,.code{font:12px/16px Consolas,
monospace;background:#1e1f22;border-radius:4px}pre{padding:8px;margin:6px 0;overflow-x:auto;white-space:pre-wrap}.code{padding:2px 4px}
.time{background:#3f4147;border-radius:3px;padding:0 2px}.live{background:#7a1f1f;color:#fff}footer{font-size:12px;margin-top:8px}
button{border:0;border-radius:3px;color:#fff;background:#4e5058;padding:8px 16px;margin:4px 8px 4px 0}.s1{background:#5865f2}
.s4{background:#da373c}.image{background:#1e1f22;padding:60px;text-align:center;margin-top:12px}`

/** A page with one message. */
export function discordHtml(
  title: string,
  message: { readonly embeds: readonly APIEmbed[]; readonly components: readonly ButtonRow[] },
): string {
  const rows = message.components.map(
    ({ components }) =>
      `<div>${components.map(({ style, label }) => `<button class="s${style}">${html(label ?? '')}</button>`).join('')}</div>`,
  )
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${html(title)}</title><style>${STYLE}</style>
<body>${[...message.embeds.map(embedHtml), ...rows].join('\n')}</body></html>\n`
}
