// What an app wants to be shown: checked, and made into what is stored.

import type { APIEmbed } from 'discord.js'
import { isObj, type Obj, objs, str } from '../slack/json.js'
import type { Upload } from './body.js'
import { invalidForm, type Problem, problemText, type Refusal, refuse } from './errors.js'
import { checkMessage } from './limits-message.js'
import { LIMITS } from './limits-text.js'
import { checkAllowedMentions, checkLive } from './live.js'
import { newId, type Row, type State, type StoredFile, type StoredMessage, violate } from './state.js'

/** The parts of a message that its author decides. */
export type Content = Pick<StoredMessage, 'content' | 'embeds' | 'components' | 'attachments'>

export const NO_CONTENT: Content = { content: '', embeds: [], components: [], attachments: [] }

const FIELDS = [
  ...['content', 'embeds', 'components', 'attachments', 'allowed_mentions', 'flags', 'tts', 'nonce'],
  ...['enforce_nonce', 'message_reference', 'poll', 'sticker_ids', 'thread_name', 'applied_tags'],
]

export type Asked = {
  /** For the record of violations: `POST /channels/…/messages`. */
  readonly where: string
  readonly body: Obj
  readonly files: readonly Upload[]
  /** What stands there already, for an edit. */
  readonly old?: Content
  /** Set where the body is the `data` of something: `data.`. */
  readonly at?: string
}

/** Checks and reads a message. What the body does not name stays as it was. */
export function readContent(
  state: State,
  asked: Asked,
): { readonly content: Content } | { readonly refusal: Refusal } {
  const { where, body, old = NO_CONTENT, at = '' } = asked
  const problems = [...checkMessage(body, at), ...checkFiles(asked)]
  if (problems.length > 0) return overLimit(state, where, problems)
  if (asked.files.some((file) => file.bytes.length > LIMITS.fileBytes)) return tooLarge(state, where)
  for (const name of Object.keys(body)) {
    if (!FIELDS.includes(name)) violate(state, `${where}: ${name} is no field of a message`)
  }
  checkAllowedMentions(state, where, body)
  checkLive(state, where, body)
  const embeds = body.embeds ?? old.embeds
  const components = body.components ?? old.components
  const content = {
    content: body.content === undefined ? old.content : (str(body.content) ?? ''),
    embeds: isEmbeds(embeds) ? embeds : [],
    components: isRows(components) ? components : [],
    attachments: attachmentsOf(state, asked, old),
  }
  checkPictures(state, where, content)
  const shown = content.content.trim() !== '' || content.embeds.length > 0 || content.attachments.length > 0
  if (shown) return { content }
  violate(state, `${where}: an empty message`)
  return { refusal: refuse(50006) }
}

/** Records what was over a limit, and refuses it as Discord does. */
export function overLimit(
  state: State,
  where: string,
  problems: readonly Problem[],
): { readonly refusal: Refusal } {
  violate(state, `${where}: refused: ${problems.map(problemText).join('; ')}`)
  return { refusal: invalidForm(problems) }
}

function tooLarge(state: State, where: string): { readonly refusal: Refusal } {
  violate(state, `${where}: a file of more than ${LIMITS.fileBytes} bytes`)
  return { refusal: refuse(40005) }
}

// The limits are held before this is asked, so the form is right.
function isEmbeds(value: unknown): value is APIEmbed[] {
  return Array.isArray(value)
}

function isRows(value: unknown): value is Row[] {
  return Array.isArray(value)
}

function checkFiles({ body, files, old, at = '' }: Asked): readonly Problem[] {
  const place = `${at}attachments`
  const named = objs(body.attachments)
  const problems: Problem[] = []
  const all = new Set([...keptOf(body, old).map(({ id }) => id), ...files.map(({ index }) => `new ${index}`)])
  if (all.size > LIMITS.files) {
    const message = `Must be ${LIMITS.files} or fewer in length.`
    problems.push({ at: place, code: 'BASE_TYPE_MAX_LENGTH', message })
  }
  for (const [i, { id, description }] of named.entries()) {
    const known =
      files.some(({ index }) => index === Number(id)) ||
      (old?.attachments.some((file) => file.id === String(id)) ?? false)
    if (!known)
      problems.push({
        at: `${place}.${i}.id`,
        code: 'ATTACHMENT_NOT_FOUND',
        message: `Attachment ${String(id)} not found`,
      })
    if ((str(description)?.length ?? 0) > LIMITS.fileDescription) {
      const message = `Must be ${LIMITS.fileDescription} or fewer in length.`
      problems.push({ at: `${place}.${i}.description`, code: 'BASE_TYPE_MAX_LENGTH', message })
    }
  }
  return problems
}

// An edit that names no attachments keeps them all; one that does keeps only those it names.
function keptOf(body: Obj, old: Content | undefined): readonly StoredFile[] {
  const before = old?.attachments ?? []
  if (body.attachments === undefined) return before
  const named = objs(body.attachments).map(({ id }) => String(id))
  return before.filter(({ id }) => named.includes(id))
}

function attachmentsOf(state: State, { body, files }: Asked, old: Content): readonly StoredFile[] {
  const named = objs(body.attachments)
  const fresh = files.map((file): StoredFile => {
    const about = named.find(({ id }) => String(id) === String(file.index))
    const description = str(about?.description)
    return {
      id: newId(state),
      name: str(about?.filename) ?? file.name,
      bytes: file.bytes,
      type: file.type,
      ...(description === undefined ? {} : { description }),
    }
  })
  state.files.push(...fresh)
  return [...keptOf(body, old), ...fresh]
}

// A picture of an embed that is not among the files is simply not shown: nobody would notice.
function checkPictures(state: State, where: string, { embeds, attachments }: Content): void {
  for (const url of embeds.flatMap(pictures)) {
    const name = /^attachment:\/\/(.*)$/.exec(url)?.[1]
    if (name !== undefined && !attachments.some((file) => file.name === name))
      violate(state, `${where}: ${url} is not among the files`)
  }
}

/** The addresses of all pictures in an embed. */
export function pictures(embed: APIEmbed): readonly string[] {
  const { image, thumbnail, footer, author } = embed
  return [image?.url, thumbnail?.url, footer?.icon_url, author?.icon_url].filter((url) => url !== undefined)
}

/** Whether a body has anything for eyes in it. */
export function hasContent(body: unknown): body is Obj {
  return isObj(body) && Object.keys(body).some((name) => name !== 'flags')
}
