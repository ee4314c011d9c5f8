import type { AllMiddlewareArgs, SlackCommandMiddlewareArgs, SlackEventMiddlewareArgs } from '@slack/bolt'
import { commandName } from '../../core/command.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { Caller, Reading } from '../../ports/road.js'
import type { RateLimit } from '../rate-limit.js'
import { answer, type Reply, replyBy, replyIn, tell } from './answers.js'
import { mayPost, type Said, worksAnywhere, workspaceOf } from './channels.js'
import { openForm } from './forms.js'
import type { SlackRun } from './parts.js'
import type { SlackPeople } from './people.js'
import type { Recent } from './recent.js'
import { mentionLine, slashLine } from './words.js'

/** What was typed: a slash command, or a mention in a thread, where Slack has no slash commands. */

export type Talk = {
  readonly run: SlackRun
  readonly people: SlackPeople
  readonly limit: RateLimit
  /** Waits until what arrived meanwhile is acknowledged. */
  readonly turn: () => Promise<void>
  /** What somebody used last, for their lists. */
  readonly recent: Recent
}

type Slash = SlackCommandMiddlewareArgs & AllMiddlewareArgs
type Mention = SlackEventMiddlewareArgs<'app_mention'> & AllMiddlewareArgs

export function commandHandler(talk: Talk): (args: Slash) => Promise<void> {
  const { run } = talk
  return async ({ ack, command, respond }) => {
    // Nothing is looked up before Slack has its acknowledgement.
    const taken = talk.limit.take(command.user_id)
    if (taken.kind === 'wait') {
      await ack({ response_type: 'ephemeral', text: tooFast(taken.seconds).message })
      return
    }
    await ack()
    const said: Said = { channel: command.channel_id, name: nameOf(command), thread: null }
    const reply = replyBy(respond)
    const words = slashLine(command.text)
    const reading = typeof words === 'string' ? run.road.read(words) : words
    if (!isRefusal(reading) && reading.kind !== 'whole') {
      await openForm(talk, reading, { trigger: command.trigger_id, said })
      return
    }
    await talk.turn()
    // A question that is delivered twice is answered twice; a change is carried out once.
    const weighty = !isRefusal(reading) && reading.kind === 'whole' && reading.command.risk !== 'read'
    if (weighty && !(await run.stores.seen.first(`slack:${command.trigger_id}`, run.clock.now()))) return
    const line = typeof words === 'string' ? words : ''
    await carryOut(talk, { reading, words: line, user: command.user_id, said, reply })
  }
}

/** A direct conversation has no name of its own. */
const nameOf = ({ channel_id, channel_name }: Slash['command']): string =>
  channel_id.startsWith('D') ? '' : channel_name

function tooFast(seconds: number): Refusal {
  return refuse(
    'rate_limited',
    `That was a lot in a short time. You can go on in ${seconds} s.`,
    'Wait, then say it again.',
  )
}

export function mentionHandler(talk: Talk): (args: Mention) => Promise<void> {
  const { run } = talk
  return async ({ event, body }) => {
    const { user, channel, ts, thread_ts: thread } = event
    if (user === undefined) return
    if (!(await run.stores.seen.first(`slack:${body.event_id}`, run.clock.now()))) return
    const said: Said = { channel, name: '', thread: thread ?? ts }
    const reply = replyIn(run, user, thread === undefined ? { ...said, thread: null } : said)
    const taken = talk.limit.take(user)
    if (taken.kind === 'wait') return tell(run, reply, tooFast(taken.seconds), null)
    const words = mentionLine(event.text, run.botUser())
    const reading = typeof words === 'string' ? run.road.read(words) : words
    await carryOut(talk, {
      reading: isRefusal(reading) || reading.kind === 'whole' ? reading : helpFor(reading),
      words: typeof words === 'string' ? words : '',
      user,
      said,
      reply,
    })
  }
}

/** A mention can open no form: Slack gives no trigger with it. */
function helpFor(reading: Exclude<Reading, Refusal>): Refusal {
  const name = reading.kind === 'lacking' ? commandName(reading.command) : null
  return name === null
    ? refuse(
        'incomplete_command',
        'Nothing was asked.',
        'Say for example `status`, `ls` or `help` behind the mention.',
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

export type Asked = {
  readonly answer: Awaited<ReturnType<SlackRun['road']['ask']>>
  readonly workspace: string | null
}

/** The same without drawing the answer; for forms, which show a refusal in their fields. */
export async function ask(
  talk: Talk,
  { reading, words, user, said, workspace }: Omit<Typed, 'reply'> & { readonly workspace?: string | null },
): Promise<Asked> {
  const { run, people } = talk
  if (isRefusal(reading)) return { answer: reading, workspace: null }
  const who = await guarded(run, () => people.caller(user))
  if (isRefusal(who)) return { answer: who, workspace: null }
  const where =
    workspace === undefined
      ? await placeFor(run, reading, said)
      : ({ kind: 'workspace', name: workspace } as const)
  if (isRefusal(where)) return { answer: where, workspace: null }
  const given = await run.road.ask(requestOf(who.caller, words, where.name, said))
  return { answer: given, workspace: where.name }
}

function requestOf(caller: Caller, words: string | readonly string[], workspace: string | null, said: Said) {
  const { channel, name } = said
  return { caller, words, workspace, channel: { surface: 'slack' as const, id: channel, name } }
}

async function placeFor(
  run: SlackRun,
  reading: Exclude<Reading, Refusal>,
  said: Said,
): Promise<{ readonly kind: 'workspace'; readonly name: string | null } | Refusal> {
  const first = run.road.startWorkspace()
  const home = { bindings: run.stores.bindings, first, workspaces: run.workspaces }
  const where = await workspaceOf(said, home)
  if (reading.kind !== 'whole') return where
  const { command } = reading
  if (worksAnywhere(commandName(command)))
    return isRefusal(where) ? { kind: 'workspace', name: first } : where
  if (isRefusal(where) || command.kind !== 'change') return where
  const refused = await guarded(run, async () => (await mayPost(run.client, said)) ?? where)
  return refused
}

/** What Slack must be asked for and does not answer is a refusal. */
async function guarded<T>(run: SlackRun, go: () => Promise<T | Refusal>): Promise<T | Refusal> {
  try {
    return await go()
  } catch (error) {
    const reference = run.onFault(error)
    return refuse(
      'channel_refused',
      'Slack did not answer, so it is not known who asks or where.',
      `Say it again in a moment; it is in the log as ${reference}.`,
    )
  }
}
