import type { FieldValue } from '../fakes/slack/forms.js'
import type { Seen } from '../fakes/slack/human.js'
import { isObj, textOf } from '../fakes/slack/json.js'
import type { FakeSlack } from '../fakes/slack/server.js'
import type { StoredMessage, StoredView } from '../fakes/slack/state.js'
import type { ChatDriver, ChatFile, Filled, Form, Heard, Message, Values } from '../scenarios/driver.js'
import { readable } from './readable.js'
import { fieldsOf, messageOf, type Native, textsOf } from './slack-shown.js'
import { submission } from './slack-submission.js'

/** People in Slack: slash commands, mentions in threads, buttons and modals. */

const PATIENCE_MS = 20_000

export function slackDriver(slack: FakeSlack, transport: 'socket' | 'http'): ChatDriver {
  const known = {
    messages: new WeakMap<Message, Native>(),
    shown: new WeakMap<Native, Message>(),
    forms: new WeakMap<Form, StoredView>(),
  }
  const person = (name: string) => `U${name.toUpperCase()}`
  const channel = (place: string) => `C${place.toUpperCase().replace(/[^A-Z0-9]/g, '')}`
  const dm = (who: string) => `D${person(who).slice(1)}`
  const nativeOf = (message: Message): Native => {
    const native = known.messages.get(message)
    if (native === undefined) throw new Error('this message is of another chat')
    return native
  }
  const viewOf = (form: Form): StoredView => {
    const view = known.forms.get(form)
    if (view === undefined) throw new Error('this form is of another chat')
    return view
  }
  // A native message is never changed, only replaced.
  const shown = (native: Native): Message => {
    const message = known.shown.get(native) ?? messageOf(native)
    known.shown.set(native, message)
    known.messages.set(message, native)
    return message
  }
  const formOf = (view: StoredView): Form => {
    const form = { title: textOf(view.body.title), fields: fieldsOf(view) }
    known.forms.set(form, view)
    return form
  }
  const heard = (seen: Seen): Heard => ({
    acked: seen.acked,
    answer: async (withinMs = PATIENCE_MS) => shown(await seen.answer(withinMs)),
    form: async (withinMs) => formOf(await seen.view(withinMs)),
    again: async () => void (await slack.again(seen)),
  })
  const own = (messages: readonly StoredMessage[]) => messages.filter(({ bot }) => bot).map(shown)
  const privately = (who: string) => [
    ...slack.privateTo(person(who)).map(shown),
    ...own(slack.messages(dm(who))),
  ]
  const people = new Set<string>()
  const places = new Map<string, string>()

  const fill = async (who: string, form: Form, values: Values): Promise<Filled> => {
    const view = viewOf(form)
    const before = privately(who).map(({ key }) => key)
    const outcome = await slack.submit(person(who), view, await chosen(slack, person(who), view, values))
    const told = async (withinMs = PATIENCE_MS): Promise<string> => {
      if (outcome.kind === 'errors') return readable(Object.values(outcome.errors).join('\n'))
      if (outcome.kind === 'failed') throw new Error(`the form failed: ${outcome.why}`)
      if (outcome.kind === 'updated' || outcome.kind === 'pushed') {
        const first = outcome.view
        const next = () =>
          slack.viewsOf(person(who)).find(({ id, updates }) => id === first.id && updates > 1)
        return textsOf((await slack.until(next, 'what came of the form', withinMs)).blocks)
      }
      const answer = () => privately(who).find(({ key }) => !before.includes(key))
      return (await slack.until(answer, 'a private word about the form', withinMs)).text
    }
    return { told, retry: async () => formOf(view) }
  }

  return {
    platform: 'slack',
    transport,
    say: async (who, place, words) => heard(await slack.slash(person(who), channel(place), sent(words))),
    beginThread: async (who, place) => {
      const root = slack.say(person(who), channel(place), 'let us talk about this here')
      return { place, key: root.ts }
    },
    sayIn: async (who, { place, key }, words) => {
      const text = `<@${slack.botUserId}> ${sent(words)}`
      return heard(await slack.mention(person(who), channel(place), text, key))
    },
    press: async (who, message, label, { late = false } = {}) => {
      const native = nativeOf(message)
      return heard(await slack.click(person(who), native, label, late ? { stale: native } : {}))
    },
    fill,
    pick: async (who, place, command, values) => {
      const view = await (await slack.slash(person(who), channel(place), command)).view()
      return fill(who, formOf(view), values)
    },
    fillTwice: async (who, form, values) => {
      const view = viewOf(form)
      const sent = submission(slack, view, values)
      await Promise.all([slack.again(sent), slack.again(sent)])
      await slack.closeView(person(who), view)
    },
    offers: async (who, place, command, argument, typed) => {
      const user = person(who)
      const list = await (await slack.slash(user, channel(place), '')).view()
      const commands = await slack.suggest(user, list, 'pve_command', command)
      if (!commands.some(({ value }) => value === command)) {
        await slack.closeView(user, list)
        return []
      }
      await slack.click(user, list, 'pve_command', { value: command })
      const form = await slack.until(
        () => slack.viewsOf(user).find(({ callback_id }) => callback_id === 'pve_form'),
        `the form of ${command}`,
      )
      const offered = await slack.suggest(user, form, argument, typed)
      await slack.closeView(user, form)
      return offered.map(({ text, value }) => ({ text: readable(text), value }))
    },
    messages: (place) => own(slack.messages(channel(place))),
    inThread: ({ place, key }) => own(slack.thread(channel(place), key)),
    now: (message) => {
      const native = nativeOf(message)
      const found =
        native.kind === 'message'
          ? slack.message(native.channel, native.ts)
          : slack.privateTo(native.user).find(({ ts }) => ts === native.ts)
      return found === undefined ? null : shown(found)
    },
    below: (message) => {
      const { channel: where, ts } = nativeOf(message)
      return own(slack.thread(where, ts))
    },
    privately,
    files: () =>
      slack.files().map((file): ChatFile => {
        const owner = [...people].find((name) => dm(name) === file.channel)
        const seenIn = owner ?? places.get(file.channel ?? '') ?? ''
        return { name: file.name, bytes: file.bytes, seenIn }
      }),
    until: (look, what, withinMs = PATIENCE_MS) => slack.until(look, what, withinMs),
    addPlace: (place, { mayPost } = { mayPost: true }) => {
      places.set(channel(place), place)
      slack.addChannel({ id: channel(place), name: place, member: mayPost })
    },
    addPerson: (name) => {
      people.add(name)
      slack.addUser({ id: person(name), name })
    },
    account: person,
    channel,
    idOf: (message) => {
      const { channel: where, ts } = nativeOf(message)
      return { channel: where, message: ts }
    },
    outsiders: () => {
      const place = 'ops'
      slack.addUser({ id: person('visitor'), name: 'visitor', is_restricted: true })
      slack.addUser({ id: person('robot'), name: 'robot', is_bot: true })
      slack.addUser({ id: person('stranger'), name: 'stranger', team: 'T0OTHER' })
      return [
        { person: 'visitor', place, why: 'a guest' },
        { person: 'robot', place, why: 'a bot' },
        { person: 'stranger', place, why: 'of another workspace' },
      ]
    },
    outage: () => slack.outage(),
    restore: () => slack.restore(),
    limitNext: (seconds) => slack.failNext('chat.postMessage', { status: 429, retryAfter: seconds }),
    breaks: transport === 'http' ? [] : breaksOf(slack),
    untrusted: (...texts) => {
      // Slack formats nothing in these but what stands between angle brackets.
      for (const text of texts) if (/<[^>]+>/.test(text)) slack.untrusted(text)
    },
    takeViolations: () => slack.takeViolations(),
  }
}

/** The values as the client has them; what is picked from a list was offered before. */
async function chosen(
  slack: FakeSlack,
  user: string,
  view: StoredView,
  values: Values,
): Promise<Readonly<Record<string, FieldValue>>> {
  const given: Record<string, FieldValue> = {}
  for (const [name, value] of Object.entries(values)) {
    const element = view.blocks
      .map((block) => block.element)
      .find((one) => isObj(one) && one.action_id === name)
    const many = isObj(element) && element.type === 'multi_external_select'
    const list = typeof value === 'string' ? [value] : value
    if (many) await slack.suggest(user, view, name, list.length === 1 ? (list[0] ?? '') : '')
    given[name] = many ? list : value
  }
  return given
}

function breaksOf(slack: FakeSlack): ChatDriver['breaks'] {
  const opened = () => slack.calls('apps.connections.open').length
  const anew = async (end: () => void) => {
    const once = opened()
    end()
    await slack.until(() => opened() === once + 2 && slack.connections() === 2, 'two new sockets')
  }
  return [
    { name: 'a socket that Slack replaces', go: () => anew(() => slack.requestRefresh()) },
    { name: 'a socket that breaks', go: () => anew(() => slack.dropSockets()) },
  ]
}

/** Slack's client writes these three as entities, so that nothing typed is taken for one of its own marks. */
function sent(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
