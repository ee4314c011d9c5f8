import { operationName } from '../core/operation.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import { type Asked, ask, type Saying } from './asking.js'
import { type Pressed, wordsOfButton } from './buttons.js'
import type { ChatRun } from './parts.js'

/** A button that was pressed on a card, or its form that was filled in: by the one road, as the words it stands for. */

export type Press = Pick<Saying, 'who' | 'mayShow' | 'said'> & {
  readonly pressed: Pressed
  readonly filled: { readonly reason: string | null; readonly typed: string | null }
}

/** Where the card is that was pressed. */
export type CardPlace = {
  readonly channel: string
  readonly thread: string | null
  readonly message: string
}

/**
 * The workspace is the operation's own: approvals of one workspace may be in a channel of another. Never throws: whoever
 * pressed gets an answer.
 */
export async function press(run: ChatRun, { pressed, filled, ...saying }: Press): Promise<Asked> {
  const words = wordsOfButton(pressed, filled)
  const found = await workspaceOf(run, pressed.operation)
  if (isRefusal(found)) return { answer: found, workspace: null }
  const { workspace } = found
  const reading = run.road.read(words.slice(0, 2).join(' '))
  return ask(run, { ...saying, reading, words, workspace })
}

async function workspaceOf(
  { board, onFault }: ChatRun,
  operation: number,
): Promise<{ readonly workspace: string | null } | Refusal> {
  try {
    return { workspace: (await board.view(operation))?.operation.workspace ?? null }
  } catch (error) {
    return refuse(
      'internal',
      'Something went wrong inside the program; nothing was decided.',
      `Press it again in a moment; it is in the log as ${onFault(error)}.`,
    )
  }
}

/**
 * A card that the store does not know was posted just before a crash. It becomes the card of its channel; where another one
 * was posted since, it is at least made to say what is so now, without buttons that lead nowhere.
 */
export async function adopt(
  run: Pick<ChatRun, 'surface'> & {
    readonly stores: Pick<ChatRun['stores'], 'cards'>
    readonly board: Pick<ChatRun['board'], 'view'>
  },
  operation: number,
  { channel, thread, message }: CardPlace,
  retire: (text: string) => Promise<void>,
): Promise<void> {
  const { surface, stores } = run
  const known = await stores.cards.byMessage(surface, channel, message)
  if (known !== null) return
  const view = await run.board.view(operation)
  if (view === null) return
  const card = { operation, surface, channel }
  await stores.cards.want({ ...card, thread })
  await stores.cards.delivered(card, { message, delivered: null, final: false })
  const kept = (await stores.cards.of(operation)).find(
    (each) => each.surface === surface && each.channel === channel,
  )
  if (kept?.message === message) return
  // Without its state: nobody edits this message again.
  await retire(`${operationName(operation)}: a newer message in this channel shows how it stands.`)
}
