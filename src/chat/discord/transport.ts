import { createHash } from 'node:crypto'
import { ENDED, operationName } from '../../core/operation.js'
import type { BoardView } from '../../ports/board.js'
import type { OutboxItem } from '../../ports/store/outbox.js'
import { below, nodesOf, withoutLogs } from '../below.js'
import { buttonsOf } from '../buttons.js'
import type { Drawn, Spot, Transport } from '../delivery.js'
import { chunks } from '../message/chunks.js'
import { drawingOf } from '../parts.js'
import { readCard } from '../stored-card-schema.js'
import { bytesOf } from './answers.js'
import type { MessageFile } from './api.js'
import { discordButton } from './components.js'
import { type Rendered, renderCard } from './embeds/card.js'
import { deliveryError, discordCode } from './errors.js'
import type { DiscordRun } from './parts.js'

/** Cards of operations as messages: drawn, posted, edited, with what does not fit in the thread that hangs on them. */

type Run = Pick<DiscordRun, 'api' | 'clock' | 'workspaces' | 'stores' | 'typed'>

export type Sent = Pick<Rendered, 'embeds' | 'components' | 'files'>
type Shown = Pick<Sent, 'embeds' | 'components'>

const MOST_FILES = 10
/** There is a thread on this message already; it is no message of the channel, but a thread of somebody's. */
const THREAD_EXISTS = 160004
const UNKNOWN_MESSAGE = 10008
const ARCHIVED = 50083
const INVALID = 50035
/** Nothing can be posted in a thread: it is gone, archived or locked, or the app may not. In its channel it can. */
const NO_THREAD: ReadonlySet<number | string | null> = new Set([10003, ARCHIVED, 160005, 50001, 50013])

export function discordTransport(run: Run): Transport<Sent> {
  const { api } = run
  return {
    surface: 'discord',
    draw: (view) => draw(run, view),
    post: (to, { embeds, components }, key) =>
      calling(async () => {
        const { id, older } = await api.post(placeOf(to), { embeds, components }, nonceOf(key))
        if (older) await api.edit(placeOf(to), id, { embeds, components })
        return id
      }),
    edit: (at, id, { embeds, components }) =>
      calling(() => edited(api, placeOf(at), id, { embeds, components })),
    say: (item, thread) => say(run, item, thread),
    below: (view) => below(run, 'discord', view, draw(run, view).message.files),
  }
}

const placeOf = ({ channel, thread }: Spot): string => thread ?? channel

/** The same for each try; Discord takes 25 characters. */
const nonceOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 25)

async function calling<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw deliveryError(error)
  }
}

async function edited({ edit, reopen }: Run['api'], place: string, id: string, sent: Shown): Promise<void> {
  try {
    await edit(place, id, sent)
  } catch (error) {
    const code = discordCode(error)
    if (code === ARCHIVED) {
      await reopen(place)
      await edit(place, id, sent)
    } else if (code === INVALID) {
      // Discord does not take what the card is made of: its heading alone, without buttons, is true.
      const [{ title = '' } = {}] = sent.embeds
      await edit(place, id, { embeds: [{ title }], components: [] })
    } else throw error
  }
}

/** An operation's card: its buttons while there is something to press, and no ends of logs, which go below it. */
export function draw(
  run: Pick<DiscordRun, 'clock' | 'workspaces' | 'typed'>,
  { operation, card }: BoardView,
): Drawn<Sent> {
  // Files come below a card when it is new and when it is over; in between it is only edited.
  const edited = operation.state !== 'waiting' && !ENDED.has(operation.state)
  const { embeds, components, files } = renderCard(withoutLogs(card), {
    ...drawingOf(run, operation.workspace),
    typed: run.typed,
    ...(edited ? { files: false, more: `why ${operationName(operation.id)}` } : {}),
    buttons: buttonsOf(operation, nodesOf(card)).map(discordButton),
  })
  return {
    message: { embeds, components, files },
    // Times are drawn as such by Discord, so that the same state always comes out the same.
    hash: createHash('sha256')
      .update(JSON.stringify([embeds, components]))
      .digest('hex'),
  }
}

/** Below the card of its channel, in the thread on it, or where it was asked in one. */
async function say(run: Run, item: OutboxItem, thread: string | null): Promise<void> {
  const drawn =
    item.card === null ? null : renderCard(readCard(item.card), { ...drawingOf(run, null), typed: run.typed })
  const files: readonly MessageFile[] = [
    ...item.files.map(({ name, content: { data, encoding } }) => ({
      name,
      bytes: encoding === 'utf8' ? bytesOf(data) : Buffer.from(data, encoding),
    })),
    ...(drawn?.files ?? []).map(({ name, text }) => ({ name, bytes: bytesOf(text) })),
  ]
  const to = thread === null ? item.channel : await calling(() => threadAt(run, item, thread))
  const groups = files.length === 0 ? [[]] : chunks(files, MOST_FILES)
  for (const [at, some] of groups.entries()) {
    const message = { embeds: at === 0 ? (drawn?.embeds ?? []) : [], components: [], files: some }
    await calling(() => said(run.api, [to, item.channel], message, nonceOf(`${item.key}:${at}`)))
  }
}

/** In the thread, or where that cannot be in its channel. */
async function said(
  { post }: Run['api'],
  [to, channel]: readonly [string, string],
  message: Parameters<typeof post>[1],
  nonce: string,
): Promise<void> {
  try {
    await post(to, message, nonce)
  } catch (error) {
    if (to === channel || !NO_THREAD.has(discordCode(error))) throw error
    await post(channel, message, nonce)
  }
}

/** The thread on a message, which bears its id; where a thread was named, that. */
async function threadAt(
  { api }: Run,
  { channel, under }: Pick<OutboxItem, 'channel' | 'under'>,
  thread: string,
): Promise<string> {
  const name = under?.kind === 'operation' ? `op${under.operation}` : 'more'
  try {
    await api.startThread(channel, thread, name)
    return thread
  } catch (error) {
    const code = discordCode(error)
    if (code === THREAD_EXISTS || code === UNKNOWN_MESSAGE) return thread
    // Without the right to start threads, or in a channel that has none, it stands below in the channel.
    if (code === 50001 || code === 50013 || code === 50024) return channel
    throw error
  }
}
