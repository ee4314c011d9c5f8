import { slashName } from '../../src/chat/derive/discord-commands.js'
import type { Seen } from '../fakes/discord/human.js'
import type { FakeDiscord } from '../fakes/discord/server.js'
import type { StoredMessage, StoredModal } from '../fakes/discord/state.js'
import type { ChatDriver, Form, Heard, Message } from '../scenarios/driver.js'
import { named, optionFor, optionsOf, textsFor } from './discord-options.js'
import { fieldsOf, filesOf, messageOf } from './discord-shown.js'
import { readable } from './readable.js'

/** People in Discord: slash commands with options, buttons, and modals. */

const PATIENCE_MS = 20_000
/** How long somebody looks at a button until they are asked whether they are sure. */
const QUESTION_MS = 60_000
export const GUILD = '700000000000000001'
const ELSEWHERE = '700000000000000002'

type Native = { readonly modal: StoredModal; readonly anew: () => Promise<Form> }

export function discordDriver(discord: FakeDiscord, transport: 'gateway' | 'http'): ChatDriver {
  const known = {
    messages: new WeakMap<Message, StoredMessage>(),
    shown: new WeakMap<StoredMessage, Message>(),
    forms: new WeakMap<Form, Native>(),
  }
  const people = ids(10n)
  const places = ids(1000n)
  const person = people.of
  const channel = places.of
  const nativeOf = (message: Message): StoredMessage => {
    const native = known.messages.get(message)
    if (native === undefined) throw new Error('this message is of another chat')
    return native
  }
  // A native message is never changed, only replaced.
  const shown = (native: StoredMessage): Message => {
    const message = known.shown.get(native) ?? messageOf(native)
    known.shown.set(native, message)
    known.messages.set(message, native)
    return message
  }
  const heard = (seen: Seen, anew: () => Promise<Seen>): Heard => ({
    acked: seen.acked,
    answer: async (withinMs = PATIENCE_MS) => shown(await seen.answer(withinMs)),
    form: async (withinMs) => formOf(await seen.modal(withinMs), anew),
    again: () => bringAgain(seen),
  })
  let brought = 0
  const bringAgain = async (seen: Seen) => {
    brought += 1
    await discord.again(seen)
  }
  const formOf = (modal: StoredModal, anew: () => Promise<Seen>): Form => {
    const form = { title: modal.title, fields: fieldsOf(modal) }
    known.forms.set(form, { modal, anew: async () => formOf(await (await anew()).modal(), anew) })
    return form
  }
  const slash = async (who: string, where: string, words: string): Promise<Heard> => {
    const { called, options } = optionsOf(words)
    const go = () => discord.slash(person(who), where, called, options)
    return heard(await go(), go)
  }
  const nativeForm = (form: Form): Native => {
    const native = known.forms.get(form)
    if (native === undefined) throw new Error('this form is of another chat')
    return native
  }
  const own = (messages: readonly StoredMessage[]) => messages.filter(({ bot }) => bot).map(shown)
  const privately = (who: string) => [
    ...discord.privateTo(person(who)).map(shown),
    ...own(discord.messages(discord.dmOf(person(who))?.id ?? '')),
  ]

  return {
    platform: 'discord',
    transport,
    say: (who, place, words) => slash(who, channel(place), words),
    beginThread: async (_, place) => {
      const key = places.fresh()
      discord.addThread({ id: key, name: 'let us talk about this here', parent: channel(place) })
      return { place, key }
    },
    sayIn: (who, { key }, words) => slash(who, key, words),
    press: async (who, message, label, { late = false } = {}) => {
      const native = nativeOf(message)
      const go = () => pressed(discord, person(who), native, label, late)
      return heard(await go(), go)
    },
    fill: async (who, form, values) => {
      const { modal, anew } = nativeForm(form)
      const seen = await discord.submit(person(who), modal, textsFor(values))
      return {
        told: async (withinMs = PATIENCE_MS) => messageOf(await seen.answer(withinMs)).text,
        // What Discord sent off is gone; a button under the answer opens it anew, or the command does.
        retry: async () => {
          const answer = await seen.answer(PATIENCE_MS)
          const [button] = messageOf(answer).buttons
          if (button === undefined) return anew()
          const go = () => pressed(discord, person(who), answer, button, false)
          return formOf(await (await go()).modal(), go)
        },
      }
    },
    fillTwice: async (who, form, values) => {
      await bringAgain(await discord.submit(person(who), nativeForm(form).modal, textsFor(values)))
    },
    pick: async (who, place, command, values) => {
      const found = named(command)
      const options = Object.fromEntries(
        Object.entries(textsFor(values)).map(([name, text]) => [name, optionFor(found.args[name], [text])]),
      )
      const seen = await discord.slash(person(who), channel(place), slashName(found).slice(1), options)
      return { told: async (withinMs = PATIENCE_MS) => messageOf(await seen.answer(withinMs)).text }
    },
    offers: async (who, place, command, argument, typed) => {
      const called = slashName(named(command)).slice(1)
      const seen = await discord.complete(
        person(who),
        channel(place),
        called,
        { [argument]: typed },
        argument,
      )
      return seen.choices().map(({ name, value }) => ({ text: readable(name), value: String(value) }))
    },
    messages: (place) => own(discord.messages(channel(place))),
    inThread: ({ key }) => own(discord.messages(key)),
    now: (message) => {
      const { channel: where, id } = nativeOf(message)
      const found = discord.message(where, id)
      return found === undefined ? null : shown(found)
    },
    below: (message) => own(discord.messages(discord.thread(nativeOf(message).id)?.id ?? '')),
    privately,
    files: () => filesOf(discord, people.names(), places.names(), person, channel),
    until: (look, what, withinMs = PATIENCE_MS) => discord.until(look, what, withinMs),
    addPlace: (place, { mayPost } = { mayPost: true }) => {
      discord.addChannel({ id: channel(place), name: place, ...(mayPost ? {} : { permissions: 1n << 10n }) })
    },
    addPerson: (name) => discord.addUser({ id: person(name), name, guilds: [GUILD] }),
    account: person,
    channel,
    idOf: (message) => {
      const { channel: where, id } = nativeOf(message)
      return { channel: where, message: id }
    },
    outsiders: () => {
      discord.addGuild({ id: ELSEWHERE, name: 'elsewhere' })
      discord.addChannel({ id: channel('elsewhere'), name: 'elsewhere', guild: ELSEWHERE })
      discord.addUser({ id: person('stranger'), name: 'stranger', guilds: [ELSEWHERE] })
      discord.addUser({ id: person('robot'), name: 'robot', guilds: [GUILD], bot: true })
      return [
        { person: 'robot', place: 'ops', why: 'a bot' },
        { person: 'stranger', place: 'elsewhere', why: 'of another server' },
      ]
    },
    outage: () => discord.outage(),
    restore: () => discord.restore(),
    limitNext: (seconds) =>
      discord.failNext('POST /channels/:channel/messages', { status: 429, retryAfter: seconds }),
    breaks: transport === 'http' ? [] : breaksOf(discord),
    untrusted: (...texts) => {
      for (const text of texts.filter(isMarkup)) discord.untrusted(text)
    },
    // Whether something was answered before it ended is known to nobody who has just begun: a second answer is refused.
    takeViolations: () =>
      discord.takeViolations().filter((each) => {
        const excused = brought > 0 && each.endsWith(': answered twice')
        brought -= excused ? 1 : 0
        return !excused
      }),
  }
}

/** What Discord would make something of, outside of code; `<!channel>` and the like are Slack's. */
function isMarkup(text: string): boolean {
  return !/^(?:<!|<[@#][A-Z]|<https?:)/.test(text)
}

/** Where they are sure, they say so: the question comes as a message that they alone see. */
async function pressed(
  discord: FakeDiscord,
  user: string,
  native: StoredMessage,
  label: string,
  late: boolean,
): Promise<Seen> {
  const seen = await discord.click(user, native, label, late ? { stale: native } : {})
  const shown = late ? native : (discord.message(native.channel, native.id) ?? native)
  if (!asksFirst(shown, label)) return seen
  const question = await seen.answer(QUESTION_MS)
  const yes = messageOf(question).buttons.find((each) => each.startsWith('Yes, '))
  return yes === undefined ? seen : discord.click(user, question, yes)
}

function asksFirst({ components }: StoredMessage, label: string): boolean {
  const buttons = components.flatMap((row) => row.components)
  return buttons.some(
    (one) => 'label' in one && one.label === label && 'custom_id' in one && one.custom_id.startsWith('sure:'),
  )
}

/** Ids as Discord gives them, by plain names. */
function ids(from: bigint) {
  const known = new Map<string, string>()
  let last = BigInt(GUILD) + from
  const fresh = () => {
    last += 1n
    return String(last)
  }
  const of = (name: string) => {
    const id = known.get(name) ?? fresh()
    known.set(name, id)
    return id
  }
  return { of, fresh, names: () => [...known.keys()] }
}

function breaksOf(discord: FakeDiscord): ChatDriver['breaks'] {
  const anew = async (end: () => void) => {
    const once = discord.identifies().length + discord.resumes().length
    end()
    const count = () => discord.identifies().length + discord.resumes().length
    await discord.until(() => count() > once && discord.connections() === 1, 'a new connection', 30_000)
  }
  return [
    { name: 'a gateway that breaks', go: () => anew(() => discord.dropGateway()) },
    { name: 'a gateway that asks to come back', go: () => anew(() => discord.requestReconnect()) },
  ]
}
