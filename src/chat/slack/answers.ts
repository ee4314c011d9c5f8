import type { RespondFn } from '@slack/bolt'
import type { KnownBlock } from '@slack/types'
import type { Answer } from '../../core/command.js'
import { isRefusal, type Refusal } from '../../core/refusal.js'
import type { PostFile } from '../../ports/store/outbox.js'
import { asPost } from '../below.js'
import { type Picture, picturesOf } from '../pictures.js'
import type { Said } from '../places.js'
import { renderCard, renderRefusal } from './blocks/card.js'
import { type SlackRun, slackDrawing } from './parts.js'
import { handIn } from './private-files.js'

/** How whoever asked is answered in private. */
export type Reply = (message: { readonly text: string; readonly blocks: KnownBlock[] }) => Promise<void>

/**
 * Through the address that Slack gave with the request: works where the bot is no member. Where Slack does not take it there,
 * in the conversation with the app.
 */
export function replyBy(run: Pick<SlackRun, 'client' | 'onFault'>, user: string, respond: RespondFn): Reply {
  return async ({ text, blocks }) => {
    try {
      await respond({ response_type: 'ephemeral', replace_original: false, text, blocks })
    } catch (error) {
      run.onFault(error)
      await directReply(run, user)({ text, blocks })
    }
  }
}

/** In App Home there is no channel: the answer goes into the conversation with the app. */
export function directReply(run: Pick<SlackRun, 'client'>, user: string): Reply {
  return async ({ text, blocks }) => {
    await run.client.chat.postMessage({ channel: user, text, blocks })
  }
}

/** Where there is no such address: a form, a mention. */
export function replyIn(run: SlackRun, user: string, { channel, thread }: Said): Reply {
  return async ({ text, blocks }) => {
    await run.client.chat.postEphemeral({
      channel,
      user,
      text,
      blocks,
      ...(thread === null ? {} : { thread_ts: thread }),
    })
  }
}

/** A refusal as whoever asked sees it. */
export async function tell(
  run: SlackRun,
  reply: Reply,
  refusal: Refusal,
  workspace: string | null,
): Promise<void> {
  const { text, blocks } = renderRefusal(refusal, slackDrawing(run, workspace))
  await reply({ text, blocks })
}

export type To = {
  readonly user: string
  readonly said: Said
  readonly workspace: string | null
  readonly reply: Reply
  /** Where `reply` takes the place of what was said before: how to say something more. */
  readonly aside?: Reply
}

/**
 * Answers whoever asked: queries and refusals in private, with files and charts in a conversation with them; an operation
 * by its card, which everybody in the channel sees.
 */
export async function answer(run: SlackRun, given: Answer, to: To): Promise<void> {
  if (isRefusal(given)) return tell(run, to.reply, given, to.workspace)
  if (given.kind === 'operation') {
    const { channel, thread } = to.said
    await run.stores.cards.want({ operation: given.report.number, surface: 'slack', channel, thread })
    run.kick()
    return
  }
  const drawing = slackDrawing(run, to.workspace)
  const { card, pictures } = await picturesOf(
    given.kind === 'card' ? given : given.card,
    drawing,
    run.onFault,
  )
  const { text, blocks, files } = renderCard(card, drawing)
  await to.reply({ text, blocks })
  const all = [...files.map(asPost), ...pictures.map(asPicture)]
  const told = await handIn(run, to.user, card.heading, all)
  // Beside the answer, never in its place.
  if (told !== null) await tell(run, to.aside ?? to.reply, told, to.workspace)
}

function asPicture({ name, bytes }: Picture): PostFile {
  return { name, mediaType: 'image/png', content: { encoding: 'base64', data: bytes.toString('base64') } }
}
