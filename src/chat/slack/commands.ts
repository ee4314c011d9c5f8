import type { AllMiddlewareArgs, SlackCommandMiddlewareArgs, SlackEventMiddlewareArgs } from '@slack/bolt'
import { commandName } from '../../core/command.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { Reading } from '../../ports/road.js'
import { admit } from '../admission.js'
import { type Asked, ask as askRoad } from '../asking.js'
import type { Backlog } from '../pace.js'
import type { Said } from '../places.js'
import type { RateLimit } from '../rate-limit.js'
import type { Recent } from '../recent.js'
import { answer, type Reply, replyBy, replyIn, tell } from './answers.js'
import { mayShow } from './channels.js'
import { openForm } from './forms.js'
import type { SlackRun } from './parts.js'
import type { SlackPeople } from './people.js'
import { mentionLine, slashLine } from './words.js'

/** What was typed: a slash command, or a mention in a thread, where Slack has no slash commands. */

export type Talk = {
  readonly run: SlackRun
  readonly people: SlackPeople
  readonly limit: RateLimit
  /** What is acknowledged and not answered yet. */
  readonly backlog: Backlog
  /** Waits until what arrived meanwhile is acknowledged. */
  readonly turn: () => Promise<void>
  /** What somebody used last, for their lists. */
  readonly recent: Recent
}

type Slash = SlackCommandMiddlewareArgs & AllMiddlewareArgs
type Mention = SlackEventMiddlewareArgs<'app_mention'> & AllMiddlewareArgs

export function commandHandler(talk: Talk): (args: Slash) => Promise<void> {
  return async ({ ack, command, respond }) => {
    // Nothing is looked up before Slack has its acknowledgement.
    const room = admit(talk, command.user_id)
    if (isRefusal(room)) {
      await ack({ response_type: 'ephemeral', text: `${room.message} ${room.hint}` })
      return
    }
    try {
      await ack()
      await typed(talk, command, replyBy(talk.run, command.user_id, respond))
    } finally {
      room.leave()
    }
  }
}

async function typed(talk: Talk, command: Slash['command'], reply: Reply): Promise<void> {
  const { run } = talk
  const said: Said = { channel: command.channel_id, name: nameOf(command), thread: null }
  const words = slashLine(command.text)
  const reading = typeof words === 'string' ? run.road.read(words) : words
  const from = { trigger: command.trigger_id, said }
  if (!isRefusal(reading) && reading.kind !== 'whole') {
    const opened = await openForm(talk, reading, from).catch((error: unknown) => {
      run.onFault(error)
      return helpFor(reading)
    })
    if (opened === true) return
    // It came too late for a form, most likely.
    if (opened !== false) return tell(run, reply, opened, null)
  }
  await talk.turn()
  // A question that is delivered twice is answered twice; a change is carried out once.
  const weighty = !isRefusal(reading) && reading.kind === 'whole' && reading.command.risk !== 'read'
  if (weighty && !(await run.stores.seen.first(`slack:${command.trigger_id}`, run.clock.now()))) return
  const line = typeof words === 'string' ? words : ''
  await carryOut(talk, { reading, words: line, user: command.user_id, said, reply })
}

/** A direct conversation has no name of its own. */
const nameOf = ({ channel_id, channel_name }: Slash['command']): string =>
  channel_id.startsWith('D') ? '' : channel_name

export function mentionHandler(talk: Talk): (args: Mention) => Promise<void> {
  const { run } = talk
  return async ({ event, body }) => {
    const { user, channel, ts, thread_ts: thread, edited } = event
    if (user === undefined) return
    if (!(await run.stores.seen.first(`slack:${body.event_id}`, run.clock.now()))) return
    const said: Said = { channel, name: '', thread: thread ?? ts }
    const reply = replyIn(run, user, thread === undefined ? { ...said, thread: null } : said)
    const room = admit(talk, user)
    if (isRefusal(room)) return tell(run, reply, room, null)
    // Slack brings a mention again, as a new event, each time its message is edited.
    if (edited !== undefined) return tell(run, reply, onlyOnce(), null).finally(room.leave)
    const words = mentionLine(event.text, run.botUser())
    const reading = typeof words === 'string' ? run.road.read(words) : words
    await carryOut(talk, {
      reading: isRefusal(reading) || reading.kind === 'whole' ? reading : helpFor(reading),
      words: typeof words === 'string' ? words : '',
      user,
      said,
      reply,
    }).finally(room.leave)
  }
}

function onlyOnce(): Refusal {
  return refuse(
    'channel_refused',
    'A message that was edited is not carried out again.',
    'Say it anew, in a message of its own.',
  )
}

/** A mention can open no form, since Slack gives no trigger with it, and a trigger that came late opens none either. */
function helpFor(reading: Exclude<Reading, Refusal>): Refusal {
  const name = reading.kind === 'lacking' ? commandName(reading.command) : null
  return name === null
    ? refuse(
        'incomplete_command',
        'Nothing was asked.',
        'Say for example `status`, `ls` or `help`, behind `/pve` or behind the mention.',
      )
    : refuse(
        'missing_argument',
        `\`${name}\` needs more: ${reading.kind === 'lacking' ? reading.missing.join(', ') : ''}.`,
        `\`help ${name}\` shows what; \`/pve ${name}\` opens a form, outside of threads.`,
      )
}

type Typed = {
  readonly reading: Reading
  readonly words: string | readonly string[]
  readonly user: string
  readonly said: Said
  readonly reply: Reply
}

/** The way of words to their answer: who, where, whether they may be said there, and then the road. */
export async function carryOut(talk: Talk, { reading, words, user, said, reply }: Typed): Promise<void> {
  const { run } = talk
  const asked = await ask(talk, { reading, words, user, said })
  const { workspace } = asked
  await answer(run, asked.answer, { user, said, workspace, reply })
}

/** The same without drawing the answer; for forms, which show a refusal in their fields. */
export function ask({ run, people }: Talk, { user, said, ...words }: Omit<Typed, 'reply'>): Promise<Asked> {
  return askRoad(run, { ...words, said, ...asker({ run, people }, user, said) })
}

/** Who asks, and whether their channel would see what comes of it. */
export function asker({ run, people }: Pick<Talk, 'run' | 'people'>, user: string, said: Said) {
  return {
    who: (weighty: boolean) => people.caller(user, weighty),
    mayShow: () => mayShow(run.client, said, () => people.conversation(user)),
  }
}
