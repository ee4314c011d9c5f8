import { createHash } from 'node:crypto'
import type { KnownBlock } from '@slack/types'
import { ENDED, operationName } from '../../core/operation.js'
import type { BoardView } from '../../ports/board.js'
import type { OutboxItem } from '../../ports/store/outbox.js'
import { asPost, below, nodesOf, withoutLogs } from '../below.js'
import { buttonsOf, type CardButton } from '../buttons.js'
import { DeliveryError, type Drawn, type Spot, type Transport } from '../delivery.js'
import { readCard } from '../stored-card-schema.js'
import { type Rendered, renderCard, type SlackButton } from './blocks/card.js'
import { deliveryError, NO_THREAD, slackCode } from './errors.js'
import { type SlackRun, slackDrawing } from './parts.js'

/** Cards of operations as messages: drawn, posted, edited, with what does not fit below them. */

export type SlackMessage = {
  readonly text: string
  readonly blocks: KnownBlock[]
  readonly files: Rendered['files']
}

type Run = Pick<SlackRun, 'client' | 'clock' | 'workspaces' | 'stores' | 'typed' | 'onFault'>

export function slackTransport(run: Run): Transport<SlackMessage> {
  const { client } = run
  return {
    surface: 'slack',
    draw: (view) => draw(run, view),
    post: async ({ channel, thread }, { text, blocks }) => {
      const { ts } = await calling(() =>
        inThread(thread, (under) =>
          client.chat.postMessage({
            channel,
            text,
            blocks,
            unfurl_links: false,
            unfurl_media: false,
            ...under,
          }),
        ),
      )
      if (ts === undefined) throw deliveryError(new Error('Slack did not say where the message is'))
      return ts
    },
    edit: async ({ channel }, ts, { text, blocks }) => {
      const put = (some: KnownBlock[]) =>
        calling(() => client.chat.update({ channel, ts, text, blocks: some }))
      try {
        await put(blocks)
      } catch (error) {
        if (!isUndrawable(error)) throw error
        // Its words alone, without buttons: they are true.
        run.onFault(error)
        await put([])
      }
    },
    say: (item, thread) => say(run, item, thread),
    below: (view) => below(run, 'slack', view, draw(run, view).message.files),
  }
}

/** Slack does not take what the card is made of. */
function isUndrawable(error: unknown): boolean {
  return error instanceof DeliveryError && error.hopeless && !error.gone
}

/** In its thread, or where that is gone in the channel. */
async function inThread<T>(
  thread: string | null,
  call: (under: { readonly thread_ts?: string }) => Promise<T>,
): Promise<T> {
  if (thread === null) return call({})
  try {
    return await call({ thread_ts: thread })
  } catch (error) {
    if (!NO_THREAD.has(slackCode(error) ?? '')) throw error
    return call({})
  }
}

async function calling<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw deliveryError(error)
  }
}

/** An operation's card: its buttons while there is something to press, and no ends of logs, which go below it. */
export function draw(
  run: Pick<SlackRun, 'clock' | 'workspaces' | 'typed'>,
  { operation, card }: BoardView,
): Drawn<SlackMessage> {
  // Files come below a card when it is new and when it is over; in between it is only edited.
  const edited = operation.state !== 'waiting' && !ENDED.has(operation.state)
  const { text, blocks, files } = renderCard(withoutLogs(card), {
    ...slackDrawing(run, operation.workspace),
    ...(edited ? { files: false, more: `why ${operationName(operation.id)}` } : {}),
    buttons: buttonsOf(operation, nodesOf(card)).map(slackButton),
  })
  const message = { text, blocks, files }
  // Times are drawn as such by Slack, so that the same state always comes out the same.
  return {
    message,
    hash: createHash('sha256')
      .update(JSON.stringify([text, blocks]))
      .digest('hex'),
  }
}

export function slackButton({ verb, label, value, style, sure }: CardButton): SlackButton {
  return {
    actionId: `op:${verb}`,
    label,
    value,
    ...(style === 'plain' ? {} : { style }),
    ...(sure === null
      ? {}
      : {
          confirm: {
            title: sure.title,
            text: sure.text,
            confirm: label,
            deny: 'Back',
            ...(style === 'danger' ? { style } : {}),
          },
        }),
  }
}

async function say(run: Run, item: OutboxItem, thread: string | null): Promise<void> {
  const drawn = item.card === null ? null : renderCard(readCard(item.card), slackDrawing(run, null))
  const at = { channel: item.channel, thread }
  const files = [...item.files, ...(drawn?.files ?? []).map(asPost)]
  if (drawn !== null) {
    const { channel, message } = await sayCard(run, at, drawn)
    // By themselves, so that what is said is not said again where they cannot be sent.
    if (files.length > 0)
      await run.stores.outbox.add(
        {
          surface: 'slack',
          channel,
          under: { kind: 'message', message },
          card: null,
          files,
          key: `${item.key}:files`,
        },
        run.clock.now(),
      )
    return
  }
  if (files.length === 0) return
  const uploads = files.map(({ name, content }) => ({
    filename: name,
    file: Buffer.from(content.data, content.encoding),
  }))
  const { channel } = item
  await calling(() =>
    inThread(thread, (under) =>
      run.client.filesUploadV2({ channel_id: channel, file_uploads: uploads, ...under }),
    ),
  )
}

/** Gives where its files belong: its own thread, where it stands in none; and never a person, whom uploads do not take. */
async function sayCard(
  { client }: Run,
  { channel, thread }: Spot,
  { text, blocks }: Rendered,
): Promise<{ readonly channel: string; readonly message: string }> {
  const said = await calling(() =>
    inThread(thread, (under) => client.chat.postMessage({ channel, text, blocks, ...under })),
  )
  const { ts, message } = said
  if (ts === undefined) throw deliveryError(new Error('Slack did not say where the message is'))
  return { channel: said.channel ?? channel, message: message?.thread_ts ?? ts }
}
