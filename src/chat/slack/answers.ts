import type { RespondFn } from '@slack/bolt'
import type { KnownBlock } from '@slack/types'
import type { Answer } from '../../core/command.js'
import { isRefusal, type Refusal } from '../../core/refusal.js'
import { chartPng } from '../chart-png.js'
import { drawingOf } from '../parts.js'
import type { Said } from '../places.js'
import { type Rendered, renderCard, renderRefusal } from './blocks/card.js'
import type { SlackRun } from './parts.js'

/** How whoever asked is answered in private. */
export type Reply = (message: { readonly text: string; readonly blocks: KnownBlock[] }) => Promise<void>

/** Through the address that Slack gave with the request: works where the bot is no member. */
export function replyBy(respond: RespondFn): Reply {
  return async ({ text, blocks }) => {
    await respond({ response_type: 'ephemeral', replace_original: false, text, blocks })
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
  const { text, blocks } = renderRefusal(refusal, drawingOf(run, workspace))
  await reply({ text, blocks })
}

/**
 * Answers whoever asked: queries and refusals in private, with files and charts in a conversation with them; an operation
 * by its card, which everybody in the channel sees.
 */
export async function answer(
  run: SlackRun,
  given: Answer,
  to: {
    readonly user: string
    readonly said: Said
    readonly workspace: string | null
    readonly reply: Reply
  },
): Promise<void> {
  if (isRefusal(given)) return tell(run, to.reply, given, to.workspace)
  if (given.kind === 'operation') {
    const { channel, thread } = to.said
    await run.stores.cards.want({ operation: given.report.number, surface: 'slack', channel, thread })
    run.kick()
    return
  }
  const card = given.kind === 'card' ? given : given.card
  const drawing = drawingOf(run, to.workspace)
  const rendered = renderCard(card, drawing)
  const images = await Promise.all(
    card.charts.map(async (chart, at) => ({
      name: card.charts.length === 1 ? 'chart.png' : `chart-${at + 1}.png`,
      bytes: Buffer.from(await chartPng(chart, { ...drawing, heading: card.heading })),
    })),
  )
  await to.reply({ text: rendered.text, blocks: rendered.blocks })
  await sendFiles(run, to.user, rendered, images)
}

/** Files that belong to a private answer go into a conversation between the app and whoever asked. */
async function sendFiles(
  run: SlackRun,
  user: string,
  { text, files }: Rendered,
  images: readonly { readonly name: string; readonly bytes: Buffer }[],
): Promise<void> {
  const uploads = [
    ...files.map((file) => ({ filename: file.name, file: Buffer.from(file.text, 'utf8') })),
    ...images.map(({ name, bytes }) => ({ filename: name, file: bytes })),
  ]
  if (uploads.length === 0) return
  const { channel, ts } = await run.client.chat.postMessage({ channel: user, text: `Files for: ${text}` })
  if (channel === undefined || ts === undefined) return
  await run.client.filesUploadV2({ channel_id: channel, thread_ts: ts, file_uploads: uploads })
}
