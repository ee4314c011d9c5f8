import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Resvg } from '@resvg/resvg-js'
import type { KnownBlock, MrkdwnElement, PlainTextElement } from '@slack/types'
import { type Part, partsOf, type Run } from './slack-html.js'

/** Block Kit as a picture: no Slack, but near enough to see whether a card can be read. */

const FOLDER = 'dejavu-fonts-ttf/ttf'
const FILES = {
  sans: 'DejaVuSans.ttf',
  bold: 'DejaVuSans-Bold.ttf',
  mono: 'DejaVuSansMono.ttf',
} as const
type Face = keyof typeof FILES

const require = createRequire(import.meta.url)
const pathOf = (face: Face): string => require.resolve(`${FOLDER}/${FILES[face]}`)

type Measure = (text: string, size: number) => number

/** Widths out of the font's own tables (cmap format 4 and hmtx). */
function measureOf(face: Face): Measure {
  const font = readFileSync(pathOf(face))
  const tables = new Map<string, number>()
  for (let n = 0; n < font.readUInt16BE(4); n++) {
    const at = 12 + n * 16
    tables.set(font.toString('latin1', at, at + 4), font.readUInt32BE(at + 8))
  }
  const at = (name: string): number => tables.get(name) ?? 0
  const unitsPerEm = font.readUInt16BE(at('head') + 18)
  const metrics = font.readUInt16BE(at('hhea') + 34)
  const glyphOf = cmapOf(font, at('cmap'))
  return (text, size) => {
    let units = 0
    for (const char of text) {
      const code = char.codePointAt(0) ?? 0
      if (INVISIBLE.test(char)) continue
      const glyph = glyphOf(code)
      units +=
        glyph === 0 ? unitsPerEm * 1.2 : font.readUInt16BE(at('hmtx') + Math.min(glyph, metrics - 1) * 4)
    }
    return (units * size) / unitsPerEm
  }
}

const INVISIBLE = /\u2060|[\u2066-\u2069]|\ufe0f/gu

function cmapOf(font: Buffer, cmap: number): (code: number) => number {
  const count = font.readUInt16BE(cmap + 2)
  const offsets = Array.from({ length: count }, (_, n) => cmap + font.readUInt32BE(cmap + 8 + n * 8))
  const table = offsets.find((offset) => font.readUInt16BE(offset) === 4) ?? cmap
  const segments = font.readUInt16BE(table + 6) / 2
  const u16 = (part: number, n: number): number =>
    font.readUInt16BE(table + 14 + part * segments * 2 + (part > 0 ? 2 : 0) + n * 2)
  return (code) => {
    if (code > 0xffff) return 0
    for (let n = 0; n < segments; n++) {
      if (u16(0, n) < code) continue
      const start = u16(1, n)
      if (start > code) return 0
      const [delta, range] = [u16(2, n), u16(3, n)]
      if (range === 0) return (code + delta) & 0xffff
      const where = table + 16 + 3 * segments * 2 + n * 2 + range + (code - start) * 2
      const glyph = font.readUInt16BE(where)
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff
    }
    return 0
  }
}

const MEASURES = new Map<Face, Measure>()
function width(face: Face, text: string, size: number): number {
  const known = MEASURES.get(face) ?? measureOf(face)
  MEASURES.set(face, known)
  const signs = [...text.matchAll(EMOJI)].length
  return known(text.replace(EMOJI, ''), size) + signs * size * 1.35
}

const EMOJI = /✅|⚠️|🛑|⚪|🟢|🟡|🔴|📎|👉|🚫/gu

/** Signs that the font has not, in a box of 16 by 16. */
const SIGNS: Readonly<Record<string, string>> = {
  '✅': '<rect x="1" y="1" width="14" height="14" rx="3" fill="#2bac76"/><path d="M4 8.5 7 11.5 12 5" stroke="#fff" stroke-width="2" fill="none"/>',
  '⚠️': '<path d="M8 1 15.5 15H.5Z" fill="#f2c744"/><path d="M8 6v4M8 11.5v2" stroke="#1d1c1d" stroke-width="1.7"/>',
  '🛑': '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z" fill="#d92c3a"/>',
  '⚪': '<circle cx="8" cy="8" r="6.5" fill="#ececec" stroke="#9a9a9a"/>',
  '🟢': '<circle cx="8" cy="8" r="6.5" fill="#37a853"/>',
  '🟡': '<circle cx="8" cy="8" r="6.5" fill="#f2c744"/>',
  '🔴': '<circle cx="8" cy="8" r="6.5" fill="#d92c3a"/>',
  '📎': '<path d="M4 9 9 4a2.5 2.5 0 0 1 3.5 3.5L7 13a3.5 3.5 0 0 1-5-5l5-5" stroke="#7a8794" stroke-width="1.6" fill="none"/>',
  '👉': '<path d="M1 6.5h8V3l6 5-6 5V9.500H1Z" fill="#e8b33f"/>',
  '🚫': '<circle cx="8" cy="8" r="6" fill="none" stroke="#d92c3a" stroke-width="2.2"/><path d="M4 4 12 12" stroke="#d92c3a" stroke-width="2.2"/>',
}

const xml = (text: string): string =>
  text.replace(INVISIBLE, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const FAMILY = { sans: 'DejaVu Sans', bold: 'DejaVu Sans', mono: 'DejaVu Sans Mono' } as const
const INK = '#1d1c1d'
const DIM = '#616061'

type Word = { readonly text: string; readonly face: Face; readonly fill: string; readonly box: boolean }

/** What is drawn so far, and how far down that goes. */
type Sheet = { readonly parts: string[]; y: number }

function say(sheet: Sheet, x: number, y: number, size: number, word: Word): number {
  let at = x
  if (word.box) {
    const wide = width(word.face, word.text, size) + 6
    sheet.parts.push(
      `<rect x="${x}" y="${y - size}" width="${wide}" height="${size + 5}" rx="3" fill="#f8f8f8" stroke="#dddddd"/>`,
    )
    at += 3
  }
  for (const [n, part] of word.text.split(new RegExp(`(${EMOJI.source})`, 'u')).entries()) {
    if (n % 2 === 1) {
      const scale = (size * 1.15) / 16
      sheet.parts.push(
        `<g transform="translate(${at} ${y - size * 0.95}) scale(${scale})">${SIGNS[part] ?? ''}</g>`,
      )
      at += size * 1.35
      continue
    }
    const weight = word.face === 'bold' ? ' font-weight="bold"' : ''
    if (part !== '')
      sheet.parts.push(
        `<text x="${at}" y="${y}" font-family="${FAMILY[word.face]}"${weight} font-size="${size}" fill="${word.fill}" xml:space="preserve">${xml(part)}</text>`,
      )
    at += width(word.face, part, size)
  }
  return at + (word.box ? 3 : 0)
}

function wordsOf(runs: readonly Run[], fill: string): readonly Word[] {
  return runs.flatMap(({ text, look }): readonly Word[] => {
    if (look === 'code') return [{ text, face: 'mono', fill: '#e01e5a', box: true }]
    const face: Face = look === 'bold' ? 'bold' : 'sans'
    const colour = look === 'plain' || look === 'bold' ? fill : '#1264a3'
    return text.split(/(?<= )/).map((word) => ({ text: word, face, fill: colour, box: false }))
  })
}

type Area = { readonly x: number; readonly wide: number; readonly size: number; readonly fill: string }

/** Wrapped text at the sheet's place; goes on below it. */
function drawRuns(sheet: Sheet, runs: readonly Run[], { x, wide, size, fill }: Area): void {
  const high = Math.round(size * 1.55)
  let at = x
  sheet.y += high
  for (const word of wordsOf(runs, fill).flatMap((each) => shortWords(each, wide, size))) {
    const small = word.box ? size - 1.5 : size
    const needs = width(word.face, word.text.trimEnd(), small) + (word.box ? 6 : 0)
    if (at > x && at + needs > x + wide) {
      sheet.y += high
      at = x
    }
    at = say(sheet, at, sheet.y - size * 0.35, small, word)
  }
}

function shortWords(word: Word, wide: number, size: number): readonly Word[] {
  if (width(word.face, word.text, size) <= wide) return [word]
  const most = Math.max(8, Math.floor((word.text.length * wide) / width(word.face, word.text, size)) - 1)
  return Array.from({ length: Math.ceil(word.text.length / most) }, (_, n) => ({
    ...word,
    text: word.text.slice(n * most, (n + 1) * most),
  }))
}

function drawPart(sheet: Sheet, part: Part, area: Area): void {
  if (part.kind === 'line') {
    if (part.runs.length === 0) sheet.y += 8
    else drawRuns(sheet, part.runs, area)
    return
  }
  const [size, high] = [12, 17]
  const top = sheet.y + 4
  sheet.parts.push(
    `<rect x="${area.x}" y="${top}" width="${area.wide}" height="${part.lines.length * high + 16}" rx="4" fill="#f8f8f8" stroke="#dddddd"/>`,
  )
  const word = { face: 'mono', fill: INK, box: false } as const
  for (const [n, line] of part.lines.entries())
    say(sheet, area.x + 9, top + 8 + (n + 1) * high - 5, size, { ...word, text: line })
  sheet.y = top + part.lines.length * high + 20
}

const X = 66
const WIDE = 640

function drawText(sheet: Sheet, text: PlainTextElement | MrkdwnElement, area: Area): void {
  for (const part of partsOf(text)) drawPart(sheet, part, area)
}

const BODY: Area = { x: X, wide: WIDE, size: 13.5, fill: INK }

function drawBlock(sheet: Sheet, block: KnownBlock): void {
  sheet.y += 8
  switch (block.type) {
    case 'header': {
      const runs: readonly Run[] = [{ text: block.text.text, look: 'bold' }]
      drawRuns(sheet, runs, { ...BODY, size: 16.5 })
      return
    }
    case 'section': {
      if (block.text !== undefined) drawText(sheet, block.text, BODY)
      const fields = block.fields ?? []
      for (let n = 0; n < fields.length; n += 2) {
        if (n > 0 || block.text !== undefined) sheet.y += 2
        const top = sheet.y
        let most = top
        for (const [side, field] of fields.slice(n, n + 2).entries()) {
          sheet.y = top
          drawText(sheet, field, { ...BODY, x: X + side * (WIDE / 2 + 8), wide: WIDE / 2 - 16 })
          most = Math.max(most, sheet.y)
        }
        sheet.y = most
      }
      return
    }
    case 'context': {
      const runs = block.elements.flatMap((element, n): readonly Run[] => {
        if (element.type === 'image') return []
        const gap: readonly Run[] = n === 0 ? [] : [{ text: '    ', look: 'plain' }]
        return [...gap, ...partsOf(element).flatMap((part) => (part.kind === 'line' ? part.runs : []))]
      })
      drawRuns(sheet, runs, { ...BODY, size: 11.5, fill: DIM })
      return
    }
    case 'actions': {
      let x = X
      const top = sheet.y + 4
      for (const element of block.elements) {
        if (element.type !== 'button') continue
        const wide = width('bold', element.text.text, 12.5) + 26
        const fill =
          element.style === 'primary' ? '#007a5a' : element.style === 'danger' ? '#e01e5a' : '#ffffff'
        sheet.parts.push(
          `<rect x="${x}" y="${top}" width="${wide}" height="32" rx="5" fill="${fill}" stroke="${element.style === undefined ? '#bbbbbb' : fill}"/>`,
        )
        const ink = element.style === undefined ? INK : '#ffffff'
        say(sheet, x + 13, top + 21, 12.5, { text: element.text.text, face: 'bold', fill: ink, box: false })
        x += wide + 8
      }
      sheet.y = top + 36
      return
    }
    case 'divider':
      sheet.parts.push(
        `<line x1="${X}" y1="${sheet.y + 6}" x2="${X + WIDE}" y2="${sheet.y + 6}" stroke="#dddddd"/>`,
      )
      sheet.y += 12
      return
    default:
      drawRuns(sheet, [{ text: `[${block.type}]`, look: 'plain' }], BODY)
  }
}

/** PNG bytes of a message by the app, or of its Home. */
export function slackPicture(
  blocks: readonly KnownBlock[],
  frame: 'message' | 'private' | 'home' = 'message',
): Uint8Array {
  const sheet: Sheet = { parts: [], y: frame === 'home' ? 8 : 20 }
  if (frame === 'private') {
    drawRuns(sheet, [{ text: 'Only visible to you', look: 'plain' }], { ...BODY, size: 11.5, fill: DIM })
    sheet.y += 2
  }
  if (frame !== 'home') drawSender(sheet)
  for (const block of blocks) drawBlock(sheet, block)
  const height = Math.ceil(sheet.y + 20)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="740" height="${height}"><rect width="740" height="${height}" fill="#ffffff"/>${sheet.parts.join('')}</svg>`
  const fontFiles = [pathOf('sans'), pathOf('bold'), pathOf('mono')]
  const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: FAMILY.sans }
  return new Resvg(svg, { font, fitTo: { mode: 'width', value: 1110 } }).render().asPng()
}

function drawSender(sheet: Sheet): void {
  sheet.parts.push(
    `<rect x="16" y="${sheet.y}" width="38" height="38" rx="8" fill="#e57000"/><path d="M25 ${sheet.y + 10} 45 ${sheet.y + 28}M45 ${sheet.y + 10} 25 ${sheet.y + 28}" stroke="#fff" stroke-width="4.500"/>`,
  )
  const name: Word = { text: 'Proxmox-MPC', face: 'bold', fill: INK, box: false }
  const end = say(sheet, X, sheet.y + 14, 13.5, name)
  sheet.parts.push(`<rect x="${end + 6}" y="${sheet.y + 3}" width="28" height="14" rx="2" fill="#e8e8e8"/>`)
  say(sheet, end + 9, sheet.y + 13.5, 9, { text: 'APP', face: 'bold', fill: DIM, box: false })
  say(sheet, end + 42, sheet.y + 14, 11, { text: '2:03 PM', face: 'sans', fill: DIM, box: false })
  sheet.y += 16
}
