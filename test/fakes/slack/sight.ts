// Looking at the workspace: what is shown to whom, and what the app did.

import type {
  Ack,
  Call,
  PrivateMessage,
  ResponseUse,
  State,
  StoredFile,
  StoredMessage,
  StoredView,
} from './state.js'
import { until } from './until.js'

export type Sight = {
  /** Messages of a channel outside threads, oldest first, without deleted ones. */
  messages(channel: string): readonly StoredMessage[]
  /** Replies in a thread, without its first message. */
  thread(channel: string, ts: string): readonly StoredMessage[]
  /** The newest form of a message, or undefined when it is gone. */
  message(channel: string, ts: string): StoredMessage | undefined
  /** Private messages a person sees: by chat.postEphemeral, response_url or ack. */
  privateTo(user: string): readonly PrivateMessage[]
  /** Open modals of a person, the topmost last. */
  viewsOf(user: string): readonly StoredView[]
  homeOf(user: string): StoredView | undefined
  /** Files that were shared, with their bytes. */
  files(): readonly StoredFile[]
  /** The record: Web API calls (of one method), acks, uses of response_urls. */
  calls(method?: string): readonly Call[]
  acks(): readonly Ack[]
  responses(): readonly ResponseUse[]
  /** Everything a well-behaved app never does. */
  violations(): readonly string[]
  /** Forgets the violations so far and gives them: for tests that produce one on purpose. */
  takeViolations(): readonly string[]
  /** Waits until `look` gives something (10 s). */
  until<T>(look: () => T | undefined | null | false, what?: string, withinMs?: number): Promise<T>
}

/** The reading side of the fake. */
export function createSight(state: State): Sight {
  return {
    messages: (channel) =>
      state.messages.filter((one) => one.channel === channel && one.thread_ts === undefined && !one.deleted),
    thread: (channel, ts) =>
      state.messages.filter((one) => one.channel === channel && one.thread_ts === ts && !one.deleted),
    message: (channel, ts) =>
      state.messages.find((one) => one.channel === channel && one.ts === ts && !one.deleted),
    privateTo: (user) => state.privates.filter((one) => one.user === user && !one.deleted),
    viewsOf: (user) => (state.stacks.get(user) ?? []).flatMap((id) => state.views.get(id) ?? []),
    homeOf: (user) => state.views.get(state.homes.get(user) ?? ''),
    files: () => [...state.files.values()].filter((file) => file.channel !== undefined),
    calls: (method) => state.calls.filter((call) => method === undefined || call.method === method),
    acks: () => [...state.acks],
    responses: () => [...state.responseUses],
    violations: () => [...state.violations],
    takeViolations: () => state.violations.splice(0),
    until: (look, what, withinMs) => until(state, look, what, withinMs),
  }
}
