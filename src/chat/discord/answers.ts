import type { APIMessageTopLevelComponent } from 'discord.js'
import type { Answer } from '../../core/command.js'
import { operationName } from '../../core/operation.js'
import { isRefusal, type Refusal } from '../../core/refusal.js'
import { baseOf, buttonsForChoices } from '../choices.js'
import { drawingOf } from '../parts.js'
import { picturesOf } from '../pictures.js'
import type { DiscordMessage, MessageFile } from './api.js'
import { choiceRows } from './components.js'
import { type Rendered, renderCard, renderRefusal } from './embeds/card.js'
import { discordCode, tokenIsOver } from './errors.js'
import type { Where } from './heard-schema.js'
import type { DiscordRun } from './parts.js'

/** How whoever asked is answered, in private. */

/** Discord takes 10 MiB a file; what is longer is cut at a line, and says so in the message too. */
const MOST_BYTES = 9_000_000
const UNKNOWN_WEBHOOK = 10015

/**
 * Where one was promised. After the fifteen minutes of an interaction it comes as a direct message, without its buttons: they
 * are pressed in the server alone.
 */
export async function send(run: DiscordRun, where: Where, message: DiscordMessage): Promise<void> {
  try {
    await answered(run, where, message)
  } catch (error) {
    if (!tokenIsOver(error)) throw error
    const channel = await run.api.directChannel(where.user.id)
    await run.api.post(channel, { ...message, components: [] }, where.id.slice(0, 25))
  }
}

/** Over HTTP the first answer may still be on its way to Discord when what follows is there. */
async function answered({ api, clock }: DiscordRun, where: Where, message: DiscordMessage): Promise<void> {
  for (const pause of [250, 1000, 2500, null]) {
    try {
      return await api.answer(where, message)
    } catch (error) {
      if (discordCode(error) !== UNKNOWN_WEBHOOK || pause === null) throw error
      await clock.sleep(pause)
    }
  }
}

/** A refusal as whoever asked sees it; with buttons where a form would mend it. */
export async function tell(
  run: DiscordRun,
  where: Where,
  refusal: Refusal,
  workspace: string | null,
  operation: number | null = null,
): Promise<void> {
  const components = operation === null ? [] : await mending(run, refusal, operation)
  await send(run, where, { ...refusalMessage(run, refusal, workspace), components })
}

export function refusalMessage(
  run: Pick<DiscordRun, 'workspaces' | 'clock' | 'typed'>,
  refusal: Refusal,
  workspace: string | null,
): DiscordMessage {
  const drawn = renderRefusal(refusal, { ...drawingOf(run, workspace), typed: run.typed })
  return { embeds: drawn.embeds, components: [], files: attached(drawn) }
}

/** What lacks a reason or a typed name can be given it in a form. */
async function mending(
  { board }: DiscordRun,
  { code }: Refusal,
  operation: number,
): Promise<readonly APIMessageTopLevelComponent[]> {
  if (code !== 'needs_reason' && code !== 'typed_wrong') return []
  const words = (['approve', 'confirm'] as const).map((verb) => `${verb} op${operation}`)
  const choices = words.map((each) => ({ label: each, words: each, typed: null, reason: false }))
  const found = await buttonsForChoices({ board }, choices)
  return choiceRows(found.filter(({ button }) => button.verb !== baseOf(button.verb)))
}

/**
 * Answers whoever asked: queries and refusals in private, with their files and charts; an operation by its card, which
 * everybody in the channel sees.
 */
export async function answer(
  run: DiscordRun,
  where: Where,
  given: Answer,
  workspace: string | null,
): Promise<void> {
  if (isRefusal(given)) return tell(run, where, given, workspace)
  if (given.kind === 'operation') {
    const { channel, thread } = where
    const { number } = given.report
    await run.stores.cards.want({ operation: number, surface: 'discord', channel, thread })
    run.kick()
    return send(run, where, line(`${operationName(number)}: its card is in this channel.`))
  }
  const asked = given.kind === 'card' ? given : given.card
  const { card, pictures } = await picturesOf(asked, drawingOf(run, workspace), run.onFault)
  const drawn = renderCard(card, {
    ...drawingOf(run, workspace),
    typed: run.typed,
    images: pictures.map(({ name }) => name),
  })
  const components = given.kind === 'choice' ? choiceRows(await buttonsForChoices(run, given.choices)) : []
  await send(run, where, { embeds: drawn.embeds, components, files: [...attached(drawn), ...pictures] })
}

/** A line of our own words. */
export function line(text: string): DiscordMessage {
  return { content: text, embeds: [], components: [] }
}

function attached({ files }: Pick<Rendered, 'files'>): readonly MessageFile[] {
  return files.map(({ name, text }) => ({ name, bytes: bytesOf(text) }))
}

/** A text as bytes that Discord takes. */
export function bytesOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= MOST_BYTES) return bytes
  const end = bytes.lastIndexOf(0x0a, MOST_BYTES)
  const kept = bytes.subarray(0, end < 0 ? MOST_BYTES : end + 1)
  const said = `… Discord takes no more; ${bytes.length - kept.length} bytes are missing here.\n`
  return Buffer.concat([kept, Buffer.from(said, 'utf8')])
}
