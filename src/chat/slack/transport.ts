import { createHash } from 'node:crypto'
import type { KnownBlock } from '@slack/types'
import type { Card } from '../../core/card.js'
import { ENDED, type Operation, operationName } from '../../core/operation.js'
import type { BoardView } from '../../ports/board.js'
import type { OutboxItem, PostFile } from '../../ports/store/outbox.js'
import { buttonsOf, type CardButton } from '../buttons.js'
import type { Drawn, Transport } from '../delivery.js'
import { drawingOf } from '../parts.js'
import { readCard } from '../stored-card-schema.js'
import { LOG_TITLE, type Rendered, renderCard, type SlackButton } from './blocks/card.js'
import { deliveryError } from './errors.js'
import type { SlackRun } from './parts.js'

/** Cards of operations as messages: drawn, posted, edited, with what does not fit below them. */

export type SlackMessage = {
  readonly text: string
  readonly blocks: KnownBlock[]
  readonly files: Rendered['files']
}

type Run = Pick<SlackRun, 'client' | 'clock' | 'workspaces' | 'stores'>

export function slackTransport(run: Run): Transport<SlackMessage> {
  const { client } = run
  return {
    surface: 'slack',
    draw: (view) => draw(run, view),
    post: async (channel, thread, { text, blocks }) => {
      const { ts } = await calling(() =>
        client.chat.postMessage({
          channel,
          text,
          blocks,
          unfurl_links: false,
          unfurl_media: false,
          ...(thread === null ? {} : { thread_ts: thread }),
        }),
      )
      if (ts === undefined) throw deliveryError(new Error('Slack did not say where the message is'))
      return ts
    },
    edit: async (channel, ts, { text, blocks }) => {
      await calling(() => client.chat.update({ channel, ts, text, blocks }))
    },
    say: (item, thread) => say(run, item, thread),
    below: (view) => below(run, view),
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
  run: Pick<SlackRun, 'clock' | 'workspaces'>,
  { operation, card }: BoardView,
): Drawn<SlackMessage> {
  const { text, blocks, files } = renderCard(withoutLogs(card), {
    ...drawingOf(run, operation.workspace),
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

/** On which node a guest of the card is. */
export function nodesOf(card: Card): (index: number) => string | null {
  return (index) => {
    const node = card.table?.rows[index]?.node
    return typeof node === 'string' ? node : null
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

function withoutLogs(card: Card): Card {
  return { ...card, sections: card.sections.filter(({ title }) => !title.startsWith(LOG_TITLE)) }
}

/** What does not fit on a card, and how tasks ended, is said in its thread, once for each state. */
async function below(run: Run, view: BoardView): Promise<void> {
  const { operation, card } = view
  const { files } = draw(run, view).message
  const logs = ENDED.has(operation.state)
    ? card.sections.filter(({ title }) => title.startsWith(LOG_TITLE))
    : []
  if (files.length === 0 && logs.length === 0) return
  const cards = await run.stores.cards.of(operation.id)
  for (const { channel, message } of cards.filter((each) => each.surface === 'slack'))
    if (message !== null)
      await run.stores.outbox.add(
        {
          surface: 'slack',
          channel,
          under: { kind: 'operation', operation: operation.id },
          card: logs.length === 0 ? null : JSON.stringify(logsCard(operation, logs)),
          files: files.map(asPost),
          key: `slack:${channel}:${operationName(operation.id)}:${operation.state}`,
        },
        run.clock.now(),
      )
}

function logsCard(operation: Operation, sections: Card['sections']): Card {
  return {
    kind: 'card',
    heading: `${operationName(operation.id)}: how its tasks ended`,
    tone: 'neutral',
    facts: [],
    charts: [],
    sections,
    files: [],
    actions: [],
    sources: [],
  }
}

function asPost({ name, mediaType, text }: Rendered['files'][number]): PostFile {
  return { name, mediaType, content: { encoding: 'utf8', data: text } }
}

async function say(run: Run, item: OutboxItem, thread: string | null): Promise<void> {
  const under = thread === null ? {} : { thread_ts: thread }
  const drawn = item.card === null ? null : renderCard(readCard(item.card), drawingOf(run, null))
  if (drawn !== null)
    await calling(() =>
      run.client.chat.postMessage({
        channel: item.channel,
        text: drawn.text,
        blocks: drawn.blocks,
        ...under,
      }),
    )
  const files = [...item.files, ...(drawn?.files ?? []).map(asPost)]
  if (files.length === 0) return
  const uploads = files.map(({ name, content }) => ({
    filename: name,
    file: Buffer.from(content.data, content.encoding),
  }))
  await calling(() => run.client.filesUploadV2({ channel_id: item.channel, file_uploads: uploads, ...under }))
}
