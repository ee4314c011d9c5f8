// What Discord refuses in a message. Usable without the rest of the fake.

import { isObj, type Obj, objs, str } from '../slack/json.js'
import type { Problem } from './errors.js'
import { checkRows } from './limits-components.js'
import {
  type Check,
  checkInteger,
  checkList,
  checkText,
  LIMITS,
  newCheck,
  problem,
  required,
} from './limits-text.js'

const URLS = /^(https?|attachment):\/\/\S+$/i

/** Everything Discord would refuse in the body of a message. `at` is set where the body is the `data` of a callback. */
export function checkMessage(body: Obj, at = ''): readonly Problem[] {
  const check = newCheck()
  const place = (name: string) => `${at}${name}`
  checkText(check, place('content'), body.content, { min: 0, max: LIMITS.content, optional: true })
  checkEmbeds(check, place('embeds'), body.embeds)
  checkRows(check, place('components'), body.components)
  checkInteger(check, place('flags'), body.flags, { min: 0, max: 2 ** 31, optional: true })
  if (typeof body.nonce === 'string')
    checkText(check, place('nonce'), body.nonce, { max: LIMITS.nonce, optional: true })
  return check.problems
}

function checkEmbeds(check: Check, at: string, value: unknown): undefined {
  const embeds = checkList(check, at, value, { min: 0, max: LIMITS.embeds, optional: true })
  for (const [where, embed] of embeds) checkEmbed(check, where, embed)
  if (embedChars(value) <= LIMITS.embedTotal) return
  const message = `Embed size exceeds maximum size of ${LIMITS.embedTotal}`
  problem(check, at, 'MAX_EMBED_SIZE_EXCEEDED', message)
}

function checkEmbed(check: Check, at: string, embed: Obj): undefined {
  const { title, description, fields, name, value, footer, author } = LIMITS.embed
  const parts = ['title', 'description', 'fields', 'footer', 'author', 'image', 'thumbnail']
  if (parts.every((part) => embed[part] === undefined)) required(check, `${at}.description`)
  checkText(check, `${at}.title`, embed.title, { max: title, optional: true })
  checkText(check, `${at}.description`, embed.description, { max: description, optional: true })
  const all = checkList(check, `${at}.fields`, embed.fields, { min: 0, max: fields, optional: true })
  for (const [where, field] of all) {
    checkText(check, `${where}.name`, field.name, { max: name })
    checkText(check, `${where}.value`, field.value, { max: value })
  }
  if (isObj(embed.footer)) checkText(check, `${at}.footer.text`, embed.footer.text, { max: footer })
  if (isObj(embed.author)) checkText(check, `${at}.author.name`, embed.author.name, { max: author })
  checkInteger(check, `${at}.color`, embed.color, { min: 0, max: 0xffffff, optional: true })
  checkUrls(check, at, embed)
  const time = str(embed.timestamp)
  if (time !== undefined && Number.isNaN(Date.parse(time)))
    problem(check, `${at}.timestamp`, 'DATE_TIME_TYPE_PARSE', `Could not parse ${time}. Should be ISO8601.`)
}

function checkUrls(check: Check, at: string, embed: Obj): undefined {
  const urls: readonly (readonly [string, unknown])[] = [
    ['url', embed.url],
    ['image.url', isObj(embed.image) ? (embed.image.url ?? '') : undefined],
    ['thumbnail.url', isObj(embed.thumbnail) ? (embed.thumbnail.url ?? '') : undefined],
    ['footer.icon_url', isObj(embed.footer) ? embed.footer.icon_url : undefined],
    ['author.icon_url', isObj(embed.author) ? embed.author.icon_url : undefined],
  ]
  for (const [name, url] of urls) {
    if (url === undefined) continue
    if (typeof url !== 'string' || !URLS.test(url))
      problem(check, `${at}.${name}`, 'URL_TYPE_INVALID_URL', 'Not a well formed URL.')
  }
}

/** Characters over all embeds: what the limit of 6,000 counts. */
export function embedChars(value: unknown): number {
  const length = (text: unknown) => str(text)?.length ?? 0
  return objs(value).reduce((sum, embed) => {
    const { title, description, footer, author } = embed
    const fields = objs(embed.fields).reduce((all, one) => all + length(one.name) + length(one.value), 0)
    const feet = (isObj(footer) ? length(footer.text) : 0) + (isObj(author) ? length(author.name) : 0)
    return sum + length(title) + length(description) + fields + feet
  }, 0)
}
