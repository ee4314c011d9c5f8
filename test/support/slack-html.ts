import type { ActionsBlock, KnownBlock, MrkdwnElement, PlainTextElement } from '@slack/types'

/** Block Kit as a page of its own that looks somewhat like Slack: for looking at cards, and at what Slack makes of a text. */

/** A piece of text as it is drawn. */
export type Run = { readonly text: string; readonly look: 'plain' | 'bold' | 'code' | 'mention' | 'link' }
/** A line of text, or a block of code. */
export type Part =
  | { readonly kind: 'line'; readonly runs: readonly Run[] }
  | { readonly kind: 'code'; readonly lines: readonly string[] }

type Text = PlainTextElement | MrkdwnElement

export function partsOf(text: Text): readonly Part[] {
  if (text.type === 'plain_text')
    return text.text
      .split('\n')
      .map((line) => ({ kind: 'line', runs: [{ text: line, look: 'plain' }] }) as const)
  return text.text.split(/```\n?(.*?)\n?```/s).flatMap((part, at): readonly Part[] => {
    if (at % 2 === 1) return [{ kind: 'code', lines: part.split('\n').map(unescaped) }]
    const lines = part.replace(/^\n|\n$/g, '')
    return lines === '' ? [] : lines.split('\n').map((line) => ({ kind: 'line', runs: runsOf(line) }))
  })
}

const MARKUP = /`([^`]+)`|<([^>]*)>|(?<![\p{L}\p{N}])\*(\S|\S[^*]*\S)\*(?![\p{L}\p{N}])/gu

function runsOf(line: string): readonly Run[] {
  const runs: Run[] = []
  let from = 0
  const say = (text: string, look: Run['look']): void => {
    if (text !== '') runs.push({ text: unescaped(text), look })
  }
  for (const match of line.matchAll(MARKUP)) {
    const [whole, code, token, bold] = match
    say(line.slice(from, match.index), 'plain')
    from = match.index + whole.length
    if (code !== undefined) say(code, 'code')
    else if (bold !== undefined) say(bold, 'bold')
    else if (token !== undefined) tokenRun(token, say)
  }
  say(line.slice(from), 'plain')
  return runs
}

function tokenRun(token: string, say: (text: string, look: Run['look']) => void): void {
  const [what = '', shown] = token.split('|')
  if (what.startsWith('!date^')) say(shown ?? '', 'plain')
  else say(shown ?? what, /^[!@#]/.test(what) ? 'mention' : 'link')
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

const html = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

function runHtml({ text, look }: Run): string {
  return look === 'plain' ? html(text) : `<span class="${look}">${html(text)}</span>`
}

function textHtml(text: Text): string {
  return partsOf(text)
    .map((part) =>
      part.kind === 'code'
        ? `<pre>${html(part.lines.join('\n'))}</pre>`
        : `<div class="line">${part.runs.map(runHtml).join('') || '&nbsp;'}</div>`,
    )
    .join('')
}

function buttonsHtml({ elements }: ActionsBlock): string {
  return elements
    .map((element) =>
      element.type === 'button'
        ? `<button class="${element.style ?? ''}">${html(element.text.text)}</button>`
        : `<button>${html(element.type)}</button>`,
    )
    .join('')
}

function blockHtml(block: KnownBlock): string {
  switch (block.type) {
    case 'header':
      return `<h3>${html(block.text.text)}</h3>`
    case 'section': {
      const fields = (block.fields ?? []).map((field) => `<div>${textHtml(field)}</div>`).join('')
      const text = block.text === undefined ? '' : textHtml(block.text)
      return `<div class="section">${text}${fields === '' ? '' : `<div class="fields">${fields}</div>`}</div>`
    }
    case 'context': {
      const texts = block.elements.map((element) =>
        element.type === 'image' ? '[image]' : `<span>${textHtml(element)}</span>`,
      )
      return `<div class="context">${texts.join('')}</div>`
    }
    case 'actions':
      return `<div class="actions">${buttonsHtml(block)}</div>`
    case 'divider':
      return '<hr>'
    default:
      return `<div class="section">[${block.type}]</div>`
  }
}

const STYLE = `body{font:15px/22px Lato,"Helvetica Neue",Arial,sans-serif;color:#1d1c1d;max-width:720px;margin:24px}
h3{font-size:18px;margin:6px 0}.section{margin:8px 0}.fields{display:grid;grid-template-columns:1fr 1fr;gap:8px 16px}
.context{font-size:13px;line-height:18px;color:#616061;margin:8px 0}.context>span{margin-right:12px}
.context .line,.context>span{display:inline-block}.bold{font-weight:700}pre,.code{font:12px/17px Monaco,Menlo,monospace;
background:#f8f8f8;border:1px solid #ddd;border-radius:4px}pre{padding:8px;overflow-x:auto;margin:4px 0}
.code{color:#e01e5a;padding:1px 3px}.mention{background:#fff3c4;color:#1264a3}.link{color:#1264a3}
button{font-weight:700;border:1px solid #bbb;border-radius:4px;background:#fff;padding:6px 12px;margin:0 8px 8px 0}
.primary{background:#007a5a;border-color:#007a5a;color:#fff}.danger{background:#e01e5a;border-color:#e01e5a;color:#fff}`

/** A page with one message, or with the blocks of App Home. */
export function slackHtml(title: string, blocks: readonly KnownBlock[]): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${html(title)}</title><style>${STYLE}</style>
<body>${blocks.map(blockHtml).join('\n')}</body></html>\n`
}
