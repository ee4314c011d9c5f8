// Looking at the world: what is shown to whom, and what the app did.

import type { APIApplicationCommand } from 'discord.js'
import type { RouteName } from './rest.js'
import { GLOBAL } from './rest-commands.js'
import type { Call, Identify, Interaction, Resume, State, StoredFile, StoredMessage } from './state.js'
import { until } from './until.js'
import type { Channel } from './world.js'

export type Sight = {
  /** Messages of a channel, thread or direct message that all in it see, oldest first, without deleted ones. */
  messages(channel: string): readonly StoredMessage[]
  /** The newest form of a message, or undefined when it is gone. */
  message(channel: string, id: string): StoredMessage | undefined
  /** Ephemeral messages a person sees, without what still says "thinking…". */
  privateTo(user: string): readonly StoredMessage[]
  /** The thread that was begun at a message. */
  thread(messageId: string): Channel | undefined
  /** The direct message channel of the bot and a person. */
  dmOf(user: string): Channel | undefined
  /** Files of messages, with their bytes. */
  files(): readonly StoredFile[]
  /** The record of REST calls, of one route or of all. */
  calls(route?: RouteName): readonly Call[]
  interactions(): readonly Interaction[]
  /** Commands of `global` or of a guild, in the form Discord keeps them. */
  registered(scope?: string): readonly APIApplicationCommand[]
  identifies(): readonly Identify[]
  resumes(): readonly Resume[]
  /** Everything a well-behaved app never does. */
  violations(): readonly string[]
  /** Forgets the violations so far and gives them: for tests that produce one on purpose. */
  takeViolations(): readonly string[]
  /** Waits until `look` gives something (10 s). */
  until<T>(look: () => T | undefined | null | false, what?: string, withinMs?: number): Promise<T>
}

/** The reading side of the fake. */
export function createSight(state: State): Sight {
  const there = () => [...state.messages.values()].filter((one) => !one.deleted)
  return {
    messages: (channel) => there().filter((one) => one.channel === channel && one.onlyFor === null),
    message: (channel, id) => there().find((one) => one.channel === channel && one.id === id),
    privateTo: (user) => there().filter((one) => one.onlyFor === user && !one.loading),
    thread: (messageId) => {
      const found = state.channels.get(messageId)
      return found === undefined || found.deleted ? undefined : found
    },
    dmOf: (user) => [...state.channels.values()].find((channel) => channel.dmOf === user),
    files: () => there().flatMap((one) => one.attachments),
    calls: (route) => state.calls.filter((call) => route === undefined || call.route === route),
    interactions: () => [...state.interactions.values()],
    registered: (scope = GLOBAL) => state.commands.get(scope) ?? [],
    identifies: () => [...state.identifies],
    resumes: () => [...state.resumes],
    violations: () => [...state.violations],
    takeViolations: () => state.violations.splice(0),
    until: (look, what, withinMs) => until(state, look, what, withinMs),
  }
}
