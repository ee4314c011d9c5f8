import { randomUUID } from 'node:crypto'
import { type Card, card } from '../../core/card.js'
import { type Refusal, refuse } from '../../core/refusal.js'
import type { Post, PostFile } from '../../ports/store/outbox.js'
import { renderCard } from './blocks/card.js'
import { slackCode } from './errors.js'
import { type SlackRun, slackDrawing } from './parts.js'

/**
 * Files that belong to a private answer. Slack knows no private upload in a channel: they go into the conversation between
 * the app and whoever asked, below a message that says what they are for, and wait in the outbox while Slack is away.
 */

type Begun = Pick<Post, 'channel' | 'under' | 'card'> & {
  /** What Slack says against it. */
  readonly refused: string | null
}

/** Hands them in. Never throws: gives what whoever asked is to be told of them. */
export async function handIn(
  run: Pick<SlackRun, 'client' | 'stores' | 'clock' | 'workspaces' | 'typed' | 'kick' | 'onFault'>,
  user: string,
  about: string,
  files: readonly PostFile[],
): Promise<Refusal | null> {
  if (files.length === 0) return null
  try {
    const { refused, ...where } = await begin(run, user, card({ heading: `Files for: ${about}` }))
    const key = `slack:files:${randomUUID()}`
    await run.stores.outbox.add({ surface: 'slack', ...where, files, key }, run.clock.now())
    run.kick()
    return refused === null ? null : waiting(refused)
  } catch (error) {
    const reference = run.onFault(error)
    return refuse(
      'internal',
      'The files of this answer were lost inside the program.',
      `It is in the log as ${reference}; please report it, and ask again.`,
    )
  }
}

/** The message above them, at once where Slack takes it: whether it does is told to whoever asked. */
async function begin(
  run: Pick<SlackRun, 'client' | 'workspaces' | 'clock' | 'typed'>,
  user: string,
  lead: Card,
): Promise<Begun> {
  // Slack takes a person for their conversation with the app.
  const later = { channel: user, under: null, card: JSON.stringify(lead), refused: null }
  try {
    const { text, blocks } = renderCard(lead, slackDrawing(run, null))
    const { channel, ts } = await run.client.chat.postMessage({ channel: user, text, blocks })
    if (channel === undefined || ts === undefined) return later
    return { channel, under: { kind: 'message', message: ts }, card: null, refused: null }
  } catch (error) {
    return { ...later, refused: slackCode(error) }
  }
}

function waiting(code: string): Refusal {
  return refuse(
    'channel_refused',
    `The files of this answer wait: Slack does not let this app write to you (${code}).`,
    code === 'messages_tab_disabled'
      ? 'Whoever looks after the app turns its Messages Tab on: api.slack.com/apps, this app, App Home. Then they come.'
      : '`doctor slack` tells more. They come once Slack takes them.',
  )
}
