import type { ChatLab } from '../support/chat-lab.js'
import type { ChatFile, Message } from './driver.js'
import { prepareHostile } from './hostile.js'

/** What tests do again and again, on whichever chat. */

const STATES = [
  ...['waiting', 'ready', 'running', 'unknown', 'verified', 'unverified', 'failed', 'partial', 'stale'],
  ...['denied', 'expired', 'cancelled'],
] as const
export type State = (typeof STATES)[number]

/** An operation that was asked for in a chat. */
export type Asked = {
  readonly number: number
  /** Its card where it was asked for. */
  readonly own: Message
  /** Waits for its card where plans are approved. */
  readonly approval: () => Promise<Message>
}

export type Stage = {
  readonly lab: ChatLab
  readonly driver: ChatLab['driver']
  /** Where things are said, unless another place is named. */
  readonly place: string
  readonly at: (place: string) => Stage
  /** Who approves what is asked for there: somebody who has one form at a time. */
  readonly approver: string
  /** Says something, and gives the private answer. */
  readonly told: (who: string, words: string, place?: string) => Promise<string>
  readonly asked: (who: string, words: string, place?: string) => Promise<Asked>
  /** Waits until the card of an operation says so in its heading. */
  readonly becomes: (card: Message, state: State, withinMs?: number) => Promise<Message>
  /** Waits until a text stands there. */
  readonly shows: (message: Message, text: string | RegExp, withinMs?: number) => Promise<Message>
  /** Waits for a private word to somebody that holds this, newer than what they have seen. */
  readonly hears: (who: string, text: string | RegExp, go: () => Promise<unknown>) => Promise<Message>
  /** Waits for a file of that name that comes to whoever alone sees it, or into a place. */
  readonly filed: (seenIn: string, name: RegExp, go: () => Promise<unknown>) => Promise<ChatFile>
  /** A guest that no other test touches; gives its name. */
  readonly on: (tag?: Tag) => string
  readonly off: () => string
  readonly vmid: (guest: string) => number
  /** What was sent to Proxmox VE for a guest: `stop`, `start`. */
  readonly sent: (guest: string) => Promise<readonly string[]>
}

/** Guests that rules are about; each is there a few times. */
export type Tag = keyof typeof TAGGED
const TAGGED = { twice: 4, named: 4, brief: 4, never: 2 } as const
const PLAIN = 40

export const POLICY = `policy:
  rules:
    - { name: two persons, when: { tag: twice }, require: { approvals: 2, reason: true } }
    - { name: by name, when: { tag: named, command: reset }, require: { confirm: typed } }
    - { name: brief, when: { tag: brief }, require: { ttl: 3s } }
    - { name: never, when: { tag: never, command: stop }, refuse: it holds the archive }
`

const APPROVERS: Readonly<Record<string, string>> = {
  ops: 'bob',
  web: 'bea',
  night: 'ben',
  day: 'bill',
  deep: 'britt',
}
const FIRST = { on: 3001, off: 3101, tag: 3201 } as const

type Guest = {
  readonly vmid: number
  readonly name: string
  readonly running: boolean
  readonly tags?: string
}

function roster(): readonly Guest[] {
  const plain = Array.from({ length: PLAIN }, (_, n): readonly Guest[] => [
    { vmid: FIRST.on + n, name: `on-${n + 1}`, running: true },
    { vmid: FIRST.off + n, name: `off-${n + 1}`, running: false },
  ]).flat()
  const tagged = Object.entries(TAGGED).flatMap(([tags, count], kind) =>
    Array.from(
      { length: count },
      (_, n): Guest => ({
        vmid: FIRST.tag + 10 * kind + n,
        name: `${tags}-${n + 1}`,
        running: true,
        tags,
      }),
    ),
  )
  return [...plain, ...tagged]
}

function vmidOf(guest: string): number {
  const found = roster().find(({ name }) => name === guest)
  if (found === undefined) throw new Error(`no test has a guest ${guest}`)
  return found.vmid
}

/** The guests of the tests, before the cluster is read for the first time. */
export async function prepare(control: ChatLab['control']): Promise<void> {
  for (const guest of roster()) await control.change({ kind: 'create', node: 'pve1', ...guest })
  await prepareHostile(control)
}

export function stageOf(lab: ChatLab, here = 'ops', used: Map<string, number> = new Map()): Stage {
  const { driver } = lab
  const next = (kind: string, most: number): string => {
    const number = (used.get(kind) ?? 0) + 1
    if (number > most) throw new Error(`there are only ${most} guests ${kind}-N`)
    used.set(kind, number)
    return `${kind}-${number}`
  }
  const shows: Stage['shows'] = (message, text, withinMs) =>
    driver.until(
      () => {
        const now = driver.now(message)
        return now !== null && matches(now.text, text) ? now : null
      },
      `${text} on ${firstLine(message.text)}`,
      withinMs,
    )
  return {
    lab,
    driver,
    place: here,
    at: (place) => stageOf(lab, place, used),
    approver: APPROVERS[here] ?? 'bob',
    told: async (who, words, place = here) => (await (await driver.say(who, place, words)).answer()).text,
    asked: async (who, words, place = here) => {
      const before = driver.messages(place).map(({ key }) => key)
      await driver.say(who, place, words)
      const own = await driver.until(
        () =>
          driver.messages(place).find(({ key, text }) => !before.includes(key) && numberIn(text) !== null),
        `the card of ${words}`,
      )
      const number = numberIn(own.text) ?? 0
      const approval = () => cardOf(driver, 'approvals', number)
      return { number, own, approval }
    },
    becomes: (card, state, withinMs) => {
      const number = numberIn(card.text)
      return shows(card, new RegExp(`\\bop${number}\\b.*: ${state}\\b`), withinMs)
    },
    shows,
    hears: async (who, text, go) => {
      const before = driver.privately(who).map(heardAs)
      await go()
      return driver.until(
        () => driver.privately(who).find((one) => !before.includes(heardAs(one)) && matches(one.text, text)),
        `${text} told to ${who}`,
      )
    },
    filed: async (seenIn, name, go) => {
      const there = () => driver.files().filter((file) => file.seenIn === seenIn && name.test(file.name))
      const before = there().length
      await go()
      return driver.until(() => there()[before], `a file ${name} for ${seenIn}`)
    },
    on: (tag) => (tag === undefined ? next('on', PLAIN) : next(tag, TAGGED[tag])),
    off: () => next('off', PLAIN),
    vmid: vmidOf,
    sent: async (guest) => {
      const vmid = vmidOf(guest)
      const calls = await lab.control.calls()
      return calls.flatMap(({ path }) => {
        const [, number, verb] = /\/(\d+)\/status\/(\w+)$/.exec(path) ?? []
        return Number(number) === vmid && verb !== undefined ? [verb] : []
      })
    },
  }
}

/** What stands in a private message may be changed in place. */
const heardAs = ({ key, edits }: Message): string => `${key} ${edits}`

export function cardOf(driver: Stage['driver'], place: string, number: number): Promise<Message> {
  return driver.until(
    () => driver.messages(place).find(({ text }) => numberIn(text) === number),
    `the card of op${number} in ${place}`,
  )
}

/** The operation that a card is of: `op12 stop web-01: waiting`. */
export function numberIn(text: string): number | null {
  const found = new RegExp(`\\bop(\\d+) .*: (?:${STATES.join('|')})\\b`).exec(text)
  return found === null ? null : Number(found[1])
}

function matches(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? ''
