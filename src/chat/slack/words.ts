import { type Refusal, refuse } from '../../core/refusal.js'

/** A command from Slack that is longer is refused; Slack itself names no limit. */
export const LONGEST_TEXT = 2000
/** `&` arrives as five characters, and links carry what they point to besides what was typed. */
const LONGEST_RAW = 8 * LONGEST_TEXT

/**
 * The line that was typed after `/pve`, as the grammar reads it. Slack and telephones rewrite what is typed (entities,
 * links, curly quotes, dashes, blanks); all of that is taken back once. Gives `too_long`; never throws.
 */
export function slashLine(text: string): string | Refusal {
  return asTyped(text)
}

/** The line that was typed in a message which mentions the bot; the mention at its front is dropped. */
export function mentionLine(text: string, botUser: string): string | Refusal {
  const front = /^\s*<@([A-Z0-9]{1,32})(?:\|[^<>]{0,100})?>[:,]?/i.exec(text.slice(0, 500))
  const rest =
    front !== null && front[1]?.toUpperCase() === botUser.toUpperCase() ? text.slice(front[0].length) : text
  const line = asTyped(rest)
  return typeof line === 'string' ? withoutFence(line) : line
}

function asTyped(text: string): string | Refusal {
  if (text.length > LONGEST_RAW) return tooLong(text.length)
  // One pass: what a reference or an entity stands for is never read again.
  const plain = text.replace(
    /<([^<>\r\n]{1,3000})>|&(amp|lt|gt);/g,
    (whole, reference: string | undefined, entity: string | undefined, at: number) => {
      if (reference === undefined) return ENTITIES[entity ?? ''] ?? whole
      // There is no way back from a channel's name to its ID, which is what such an argument takes.
      if (CHANNEL.test(reference) && WANTS_CHANNEL.test(text.slice(Math.max(0, at - 20), at))) return whole
      return typedReference(reference) ?? whole
    },
  )
  const line = straightened(plain).trim()
  return line.length > LONGEST_TEXT ? tooLong(line.length) : line
}

const CHANNEL = /^#[A-Z0-9]{2,32}(?:\|[^|]{0,100})?$/
/** The dashes may have been made one by a telephone. */
const WANTS_CHANNEL = /(?:^|\s)(?:--|[\u2013\u2014])channel(?:=|\s+)["'\u2018\u201c]?$/i

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>' }

/** What stands between `<` and `>` as it was typed; null where Slack did not put the brackets there. */
function typedReference(reference: string): string | null {
  const cut = reference.indexOf('|')
  const target = cut < 0 ? reference : reference.slice(0, cut)
  const label = decoded(cut < 0 ? '' : reference.slice(cut + 1))
  const id = /^([@#])([A-Z0-9]{2,32})$/.exec(target)
  if (id !== null) return prefixed(id[1] ?? '', label === '' ? (id[2] ?? '') : label)
  if (/^!subteam\^[A-Z0-9]+$/.test(target)) return prefixed('@', label === '' ? target.slice(9) : label)
  if (/^!(channel|here|everyone)$/.test(target)) return `@${target.slice(1)}`
  if (target.startsWith('!date^')) return label === '' ? null : label
  if (!/^[a-z][a-z0-9+.-]{1,20}:\S+$/i.test(target)) return null
  return label === '' ? decoded(target).replace(/^mailto:/, '') : label
}

function prefixed(mark: string, name: string): string {
  return name.startsWith(mark) ? name : `${mark}${name}`
}

function decoded(text: string): string {
  return text.replace(/&(amp|lt|gt);/g, (whole, entity: string) => ENTITIES[entity] ?? whole)
}

/** Quotes, blanks and dashes as a keyboard has them. An apostrophe within a word stays: it would open a quote. */
function straightened(text: string): string {
  return text
    .replace(/[\u200b\u2060\ufeff]/g, '')
    .replace(/[\u00a0\u2007\u202f]/g, ' ')
    .replace(/[\u201c\u201d\u201e\u201f]/g, '"')
    .replace(/(?<![\p{L}\p{N}])[\u2018\u2019]|[\u2018\u2019](?![\p{L}\p{N}])/gu, "'")
    .replace(/(^|\s)[\u2013\u2014](?=[a-z])/g, '$1--')
}

/** A command that was copied out of a hint arrives in the hint's own backticks. */
function withoutFence(line: string): string {
  const inside = /^(`{3}|`)([^`]+)\1$/.exec(line)?.[2]
  return inside === undefined ? line : inside.trim()
}

function tooLong(length: number): Refusal {
  return refuse(
    'too_long',
    `That is ${length} characters long.`,
    `Keep a command under ${LONGEST_TEXT} characters.`,
  )
}
