import { createRequire } from 'node:module'
import { Resvg } from '@resvg/resvg-js'
import type { APIEmbed } from 'discord.js'
import type { ButtonRow } from '../../src/chat/discord/embeds/card.js'
import { type Part, partsOf, type Run, stampOf } from './discord-html.js'

/** A message as a picture in Discord's dark theme: no Discord, but near enough to see whether a card can be read. */

const require = createRequire(import.meta.url)
const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSansMono.ttf'].map((name) =>
  require.resolve(`dejavu-fonts-ttf/ttf/${name}`),
)
const FONT = { loadSystemFonts: false, fontFiles, defaultFontFamily: 'DejaVu Sans' } as const

type Face = 'sans' | 'bold' | 'mono'
const FACES: Readonly<Record<Face, string>> = {
  sans: 'font-family="DejaVu Sans"',
  bold: 'font-family="DejaVu Sans" font-weight="bold"',
  mono: 'font-family="DejaVu Sans Mono"',
}

/** Without what is invisible. */
const seen = (text: string): string => text.replace(/[\u2060-\u2069]|\ufe0f/g, '')

const xml = (text: string): string =>
  seen(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Widths at size 100, by face and character; drawn once each, between two bars. */
const ADVANCES = new Map<string, number>()

function drawnWidth(face: Face, text: string): number {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="200"><text x="50" y="120" ${FACES[face]} font-size="100" fill="#fff" xml:space="preserve">|${xml(text)}|</text></svg>`
  return new Resvg(svg, { font: FONT }).getBBox()?.width ?? 0
}

function advance(face: Face, char: string): number {
  const key = `${face}${char}`
  const known = ADVANCES.get(key)
  if (known !== undefined) return known
  const made = char === '' ? drawnWidth(face, '') : drawnWidth(face, char) - advance(face, '')
  ADVANCES.set(key, made)
  return made
}

/** Signs that the font has not, in a box of 16 by 16. */
const SIGNS: Readonly<Record<string, string>> = {
  '✅': '<rect x="1" y="1" width="14" height="14" rx="3" fill="#3ba55d"/><path d="M4 8.5 7 11.5 12 5" stroke="#fff" stroke-width="2" fill="none"/>',
  '⚠️': '<path d="M8 1 15.5 15H.5Z" fill="#f2c744"/><path d="M8 6v4M8 11.5v2" stroke="#1d1c1d" stroke-width="1.7"/>',
  '🛑': '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z" fill="#dd2e44"/>',
  '⚪': '<circle cx="8" cy="8" r="6.5" fill="#e6e7e8"/>',
  '🟢': '<circle cx="8" cy="8" r="6.5" fill="#78b159"/>',
  '🟡': '<circle cx="8" cy="8" r="6.5" fill="#fdcb58"/>',
  '🔴': '<circle cx="8" cy="8" r="6.5" fill="#dd2e44"/>',
  '📎': '<path d="M4 9 9 4a2.5 2.5 0 0 1 3.5 3.500L7 13a3.5 3.5 0 0 1-5-5l5-5" stroke="#b5bac1" stroke-width="1.6" fill="none"/>',
  '👉': '<path d="M1 6.500h8V3l6 5-6 5V9.500H1Z" fill="#ffdc5d"/>',
  '🚫': '<circle cx="8" cy="8" r="6" fill="none" stroke="#dd2e44" stroke-width="2.2"/><path d="M4 4 12 12" stroke="#dd2e44" stroke-width="2.2"/>',
}
const SIGN = /(✅|⚠️|🛑|⚪|🟢|🟡|🔴|📎|👉|🚫)/u
const SIGN_WIDE = 1.3

function width(face: Face, size: number, text: string): number {
  return text.split(SIGN).reduce((total, piece, at) => {
    if (at % 2 === 1) return total + size * SIGN_WIDE
    return total + [...seen(piece)].reduce((sum, char) => sum + (advance(face, char) * size) / 100, 0)
  }, 0)
}

/** What is drawn so far, and how far down that goes. */
type Sheet = { readonly out: string[]; y: number }
type Place = {
  readonly x: number
  readonly wide: number
  readonly size: number
  readonly fill: string
  readonly bold?: true
}

const INK = '#dbdee1'
const BRIGHT = '#f2f3f5'
const BOX: Readonly<Partial<Record<Run['look'], string>>> = {
  code: '#1e1f22',
  time: '#3f4147',
  live: '#7a1f1f',
}

function put(
  sheet: Sheet,
  x: number,
  y: number,
  face: Face,
  size: number,
  fill: string,
  text: string,
): number {
  let at = x
  for (const [n, piece] of text.split(SIGN).entries()) {
    if (n % 2 === 1) {
      const scale = (size * 1.15) / 16
      sheet.out.push(
        `<g transform="translate(${at} ${y - size * 0.95}) scale(${scale})">${SIGNS[piece] ?? ''}</g>`,
      )
    } else if (piece !== '')
      sheet.out.push(
        `<text x="${at}" y="${y}" ${FACES[face]} font-size="${size}" fill="${fill}" xml:space="preserve">${xml(piece)}</text>`,
      )
    at += n % 2 === 1 ? size * SIGN_WIDE : width(face, size, piece)
  }
  return at
}

type Word = { readonly text: string; readonly face: Face; readonly fill: string; readonly box: string | null }

function wordsOf(runs: readonly Run[], { fill, bold }: Place): readonly Word[] {
  return runs.flatMap(({ text, look }): readonly Word[] => {
    const strong = look === 'bold' || bold === true
    const face: Face = look === 'code' ? 'mono' : strong ? 'bold' : 'sans'
    const box = BOX[look] ?? null
    const made = { face, fill: look === 'bold' ? BRIGHT : fill, box }
    return (look === 'time' ? [text] : text.split(/(?<= )/)).map((word) => ({ ...made, text: word }))
  })
}

function drawRuns(sheet: Sheet, runs: readonly Run[], place: Place): void {
  const high = Math.round(place.size * 1.4)
  sheet.y += high
  let at = place.x
  for (const word of wordsOf(runs, place).flatMap((each) => broken(each, place))) {
    const size = word.face === 'mono' ? place.size - 2 : place.size
    if (at > place.x && at + width(word.face, size, word.text.trimEnd()) > place.x + place.wide) {
      sheet.y += high
      at = place.x
    }
    const wide = width(word.face, size, word.text)
    if (word.box !== null)
      sheet.out.push(
        `<rect x="${at - 1}" y="${sheet.y - high + 3}" width="${wide + 2}" height="${high - 1}" rx="3" fill="${word.box}"/>`,
      )
    at = put(sheet, at, sheet.y - place.size * 0.3, word.face, size, word.fill, word.text)
  }
}

/** A word that is wider than its place goes on in the next line. */
function broken(word: Word, { wide, size }: Place): readonly Word[] {
  const all = width(word.face, word.face === 'mono' ? size - 2 : size, word.text)
  if (all <= wide) return [word]
  const most = Math.max(4, Math.floor((word.text.length * wide) / all) - 1)
  return Array.from({ length: Math.ceil(word.text.length / most) }, (_, n) => ({
    ...word,
    text: word.text.slice(n * most, (n + 1) * most),
  }))
}

function drawPart(sheet: Sheet, part: Part, place: Place): void {
  if (part.kind === 'line') {
    if (part.runs.length === 0) sheet.y += 9
    else drawRuns(sheet, part.runs, place)
    return
  }
  const [size, high] = [11.5, 16]
  const top = sheet.y + 6
  const tall = part.lines.length * high + 14
  sheet.out.push(
    `<rect x="${place.x}" y="${top}" width="${place.wide}" height="${tall}" rx="4" fill="#1e1f22" stroke="#1a1b1e"/>`,
  )
  for (const [n, line] of part.lines.entries())
    put(sheet, place.x + 8, top + 7 + (n + 1) * high - 4, 'mono', size, INK, line)
  sheet.y = top + tall + 2
}

function drawText(sheet: Sheet, text: string, place: Place): void {
  for (const part of partsOf(text)) drawPart(sheet, part, place)
}

const [LEFT, WIDE] = [72, 516]
const BODY: Place = { x: LEFT + 16, wide: WIDE - 32, size: 13, fill: INK }
const NAME: Place = { ...BODY, fill: BRIGHT, bold: true }

/** Fields side by side are three in a row, and share it where they are fewer. */
function drawFields(sheet: Sheet, fields: NonNullable<APIEmbed['fields']>): void {
  let rest = [...fields]
  while (rest.length > 0) {
    const first = rest.findIndex(({ inline }) => inline !== true)
    const count = first === 0 ? 1 : Math.min(3, first < 0 ? rest.length : first)
    const row = rest.slice(0, count)
    rest = rest.slice(count)
    const each = row.length === 1 ? BODY.wide : BODY.wide / (row.length === 2 ? 2 : 3)
    sheet.y += 6
    const top = sheet.y
    let bottom = top
    for (const [n, { name, value }] of row.entries()) {
      const place = { x: BODY.x + n * each, wide: each - (row.length > 1 ? 10 : 0) }
      sheet.y = top
      drawText(sheet, name, { ...NAME, ...place })
      sheet.y += 1
      drawText(sheet, value, { ...BODY, ...place })
      bottom = Math.max(bottom, sheet.y)
    }
    sheet.y = bottom
  }
}

function drawEmbed(sheet: Sheet, embed: APIEmbed, images: ReadonlyMap<string, Uint8Array>): void {
  const top = sheet.y + 4
  const at = sheet.out.push('') - 1
  sheet.y = top + 8
  if (embed.title !== undefined) drawText(sheet, embed.title, { ...NAME, size: 14.5 })
  if (embed.description !== undefined) {
    sheet.y += 4
    drawText(sheet, embed.description, BODY)
  }
  if (embed.fields !== undefined) drawFields(sheet, embed.fields)
  if (embed.image !== undefined) drawImage(sheet, images.get(embed.image.url.replace('attachment://', '')))
  const stamp = stampOf(embed)
  if (stamp !== '') {
    sheet.y += 6
    for (const line of stamp.split('\n'))
      drawRuns(sheet, [{ text: line, look: 'plain' }], { ...BODY, size: 10.5 })
  }
  sheet.y += 14
  const tall = sheet.y - top
  const colour = `#${(embed.color ?? 0).toString(16).padStart(6, '0')}`
  sheet.out[at] =
    `<rect x="${LEFT}" y="${top}" width="${WIDE}" height="${tall}" rx="4" fill="#2b2d31"/><rect x="${LEFT}" y="${top}" width="4" height="${tall}" rx="2" fill="${colour}"/>`
}

function drawImage(sheet: Sheet, png: Uint8Array | undefined): void {
  const data = png === undefined ? null : Buffer.from(png)
  const tall = data === null ? 120 : (BODY.wide * data.readUInt32BE(20)) / data.readUInt32BE(16)
  sheet.y += 10
  sheet.out.push(
    data === null
      ? `<rect x="${BODY.x}" y="${sheet.y}" width="${BODY.wide}" height="${tall}" rx="4" fill="#1e1f22"/>`
      : `<image x="${BODY.x}" y="${sheet.y}" width="${BODY.wide}" height="${tall}" href="data:image/png;base64,${data.toString('base64')}"/>`,
  )
  sheet.y += tall
}

function drawButtons(sheet: Sheet, { components }: ButtonRow): void {
  const top = sheet.y + 6
  let x = LEFT
  for (const { label = '', style } of components) {
    const wide = width('sans', 13, label) + 32
    const fill = style === 1 ? '#5865f2' : style === 4 ? '#da373c' : '#4e5058'
    sheet.out.push(`<rect x="${x}" y="${top}" width="${wide}" height="32" rx="3" fill="${fill}"/>`)
    put(sheet, x + 16, top + 21, 'sans', 13, '#ffffff', label)
    x += wide + 8
  }
  sheet.y = top + 34
}

/** What lies below a message, or all of the file's name for one without a picture. */
function drawFile(sheet: Sheet, name: string): void {
  const top = sheet.y + 6
  sheet.out.push(
    `<rect x="${LEFT}" y="${top}" width="400" height="44" rx="6" fill="#2b2d31" stroke="#232428"/>`,
  )
  put(sheet, LEFT + 14, top + 27, 'sans', 13, '#00a8fc', `📎 ${name}`)
  sheet.y = top + 46
}

function drawSender(sheet: Sheet): void {
  sheet.out.push(
    `<circle cx="36" cy="${sheet.y + 20}" r="20" fill="#e57000"/><path d="M27 ${sheet.y + 11} 45 ${sheet.y + 29}M45 ${sheet.y + 11} 27 ${sheet.y + 29}" stroke="#fff" stroke-width="4.5"/>`,
  )
  const end = put(sheet, LEFT, sheet.y + 13, 'bold', 14, BRIGHT, 'Proxmox-MPC')
  sheet.out.push(`<rect x="${end + 6}" y="${sheet.y + 1}" width="32" height="15" rx="3" fill="#5865f2"/>`)
  put(sheet, end + 10, sheet.y + 12, 'bold', 9.5, '#ffffff', 'APP')
  put(sheet, end + 46, sheet.y + 13, 'sans', 10.5, '#949ba4', '12/03/2026 15:03')
  sheet.y += 18
}

/** PNG bytes of a message by the app; `images` are the pictures it shows, by name. */
export function discordPicture(
  message: {
    readonly embeds: readonly APIEmbed[]
    readonly components: readonly ButtonRow[]
    readonly files: readonly { readonly name: string }[]
  },
  frame: 'message' | 'private' = 'message',
  images: ReadonlyMap<string, Uint8Array> = new Map(),
): Uint8Array {
  const sheet: Sheet = { out: [], y: 16 }
  drawSender(sheet)
  for (const { name } of message.files) drawFile(sheet, name)
  for (const embed of message.embeds) drawEmbed(sheet, embed, images)
  for (const row of message.components) drawButtons(sheet, row)
  if (frame === 'private') {
    sheet.y += 4
    const place: Place = { x: LEFT, wide: WIDE, size: 10.5, fill: '#949ba4' }
    drawRuns(sheet, [{ text: 'Only you can see this • Dismiss message', look: 'plain' }], place)
  }
  const tall = Math.ceil(sheet.y + 18)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="620" height="${tall}"><rect width="620" height="${tall}" fill="#313338"/>${sheet.out.join('')}</svg>`
  return new Resvg(svg, { font: FONT, fitTo: { mode: 'width', value: 930 } }).render().asPng()
}
