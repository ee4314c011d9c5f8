// What the fake workspace knows: people, channels, messages, views, files, and a record of all that happened.

import { randomBytes } from 'node:crypto'
import type { FormValues } from './forms.js'
import { isObj, type Obj } from './json.js'

/** A block as Slack stores it: with a block_id, given or made up. */
export type StoredBlock = {
  readonly type: string
  readonly block_id: string
  readonly [key: string]: unknown
}

export type User = {
  readonly id: string
  readonly name: string
  readonly team: string
  readonly is_bot: boolean
  readonly is_restricted: boolean
  readonly deleted: boolean
}

export type Channel = {
  readonly id: string
  readonly name: string
  readonly member: boolean
  readonly archived: boolean
  readonly private: boolean
  /** The other side of a direct message with the bot. */
  readonly dmOf?: string
  /** People in it; absent means everybody. */
  readonly members?: readonly string[]
}

export type Group = { readonly id: string; readonly handle: string; readonly users: readonly string[] }

/** A message everybody in the channel sees. Replaced, never changed: an old object is a snapshot. */
export type StoredMessage = {
  readonly kind: 'message'
  readonly channel: string
  readonly ts: string
  readonly user: string
  readonly bot: boolean
  readonly text: string
  readonly blocks: readonly StoredBlock[]
  readonly thread_ts?: string
  readonly files?: readonly string[]
  readonly edits: number
  readonly deleted: boolean
}

/** A message only one person sees. */
export type PrivateMessage = {
  readonly kind: 'private'
  readonly channel: string
  readonly ts: string
  readonly user: string
  readonly text: string
  readonly blocks: readonly StoredBlock[]
  readonly thread_ts?: string
  readonly via: 'postEphemeral' | 'response_url' | 'ack'
  /** The interaction it answers, when it came by ack or response_url. */
  readonly answers?: string
  readonly deleted: boolean
}

/** A modal or Home tab as stored; `body` is the view as the app sent it, with block ids. */
export type StoredView = {
  readonly kind: 'view'
  readonly id: string
  readonly type: 'modal' | 'home'
  readonly user: string
  readonly hash: string
  readonly callback_id: string
  readonly private_metadata: string
  readonly blocks: readonly StoredBlock[]
  readonly body: Obj
  readonly previous?: string
  readonly root: string
  /** The interaction whose trigger_id opened it. */
  readonly openedBy?: string
  readonly updates: number
}

export type StoredFile = {
  readonly id: string
  readonly name: string
  readonly title: string
  readonly bytes: Buffer
  readonly alt?: string
  readonly channel?: string
  readonly thread_ts?: string
  readonly comment?: string
}

/** One Web API call, as it arrived and as it was answered. */
export type Call = {
  readonly method: string
  readonly args: Obj
  readonly at: number
  readonly answer: Obj
  readonly status: number
}

/** One acknowledgement, or its absence at the deadline. */
export type Ack = {
  readonly delivery: string
  readonly kind: string
  readonly payload: unknown
  readonly afterMs: number
  readonly transport: 'socket' | 'http'
}

export type Trigger = {
  readonly id: string
  readonly user: string
  readonly at: number
  used: boolean
  readonly delivery: string
}

export type ResponseUrl = {
  readonly id: string
  readonly user: string
  readonly channel: string
  readonly at: number
  readonly delivery: string
  readonly origin?: { readonly kind: 'message' | 'private'; readonly ts: string }
  readonly thread_ts?: string
  uses: number
}

/** One use of a response_url. */
export type ResponseUse = {
  readonly id: string
  readonly body: Obj
  readonly at: number
  readonly accepted: boolean
}

/** A failure for the next call of a method (see `failNext`). */
export type Fault =
  | { readonly status: number; readonly retryAfter?: number }
  | { readonly error: string }
  | { readonly delayMs: number }
  /** `'before'`: the connection breaks and nothing happened; `'after'`: it happened, the answer is lost. */
  | { readonly hangUp: 'before' | 'after' }

/** The scopes the product asks for. */
export const DEFAULT_SCOPES = [
  'commands',
  'chat:write',
  'files:write',
  'users:read',
  'usergroups:read',
  'app_mentions:read',
  'channels:read',
  'groups:read',
  'im:write',
] as const

export type State = {
  readonly now: () => number
  readonly ids: {
    bot: string
    botId: string
    app: string
    team: string
    domain: string
    enterprise: string | null
  }
  readonly tokens: { bot: string; app: string; revoked: boolean }
  readonly signingSecret: string
  readonly scopes: Set<string>
  /** What the app's manifest says of its own conversation with a person. */
  readonly messagesTab: boolean
  readonly users: Map<string, User>
  readonly channels: Map<string, Channel>
  readonly groups: Map<string, Group>
  readonly messages: StoredMessage[]
  readonly privates: PrivateMessage[]
  readonly views: Map<string, StoredView>
  /** Open modals of each person, the topmost last. */
  readonly stacks: Map<string, readonly string[]>
  readonly homes: Map<string, string>
  /** What was filled in, by view id: `values[block_id][action_id]`. */
  readonly filled: Map<string, FormValues>
  readonly files: Map<string, StoredFile>
  readonly triggers: Map<string, Trigger>
  readonly responseUrls: Map<string, ResponseUrl>
  readonly responseUses: ResponseUse[]
  readonly calls: Call[]
  readonly acks: Ack[]
  readonly violations: string[]
  readonly untrusted: Set<string>
  readonly faults: Map<string, Fault[]>
  readonly watchers: Set<() => void>
  telling: boolean
  baseUrl: string
  slowMs: number
  counter: number
}

export type StateOptions = {
  readonly clock?: { now(): number }
  readonly signingSecret?: string
  readonly scopes?: readonly string[]
  /** What the app was made from: its scopes and its tabs. Without one everything is on. */
  readonly manifest?: object
  /** The organisation that the workspace belongs to (Enterprise Grid). */
  readonly enterprise?: string
}

type Known = { readonly scopes: readonly string[]; readonly messagesTab: boolean }

function readManifest(manifest: object | undefined): Known {
  if (manifest === undefined) return { scopes: DEFAULT_SCOPES, messagesTab: true }
  const at = (value: unknown, ...path: readonly string[]): unknown =>
    path.reduce<unknown>((inside, key) => (isObj(inside) ? inside[key] : undefined), value)
  const scopes = at(manifest, 'oauth_config', 'scopes', 'bot')
  return {
    scopes: Array.isArray(scopes) ? scopes.map(String) : [],
    messagesTab: at(manifest, 'features', 'app_home', 'messages_tab_enabled') === true,
  }
}

/** An empty workspace with the bot in it. `clock` gives milliseconds since 1970. */
export function createState(options: StateOptions = {}): State {
  const clock = options.clock ?? { now: () => Date.now() }
  const known = readManifest(options.manifest)
  const enterprise = options.enterprise ?? null
  const ids = { bot: 'U0BOT', botId: 'B0BOT', app: 'A0APP', team: 'T0HOME', domain: 'home', enterprise }
  const state: State = {
    now: () => clock.now(),
    ids,
    tokens: {
      bot: `xoxb-${randomBytes(8).toString('hex')}`,
      app: `xapp-${randomBytes(8).toString('hex')}`,
      revoked: false,
    },
    signingSecret: options.signingSecret ?? randomBytes(16).toString('hex'),
    scopes: new Set(options.scopes ?? known.scopes),
    messagesTab: known.messagesTab,
    users: new Map(),
    channels: new Map(),
    groups: new Map(),
    messages: [],
    privates: [],
    views: new Map(),
    stacks: new Map(),
    homes: new Map(),
    filled: new Map(),
    files: new Map(),
    triggers: new Map(),
    responseUrls: new Map(),
    responseUses: [],
    calls: [],
    acks: [],
    violations: [],
    untrusted: new Set(),
    faults: new Map(),
    watchers: new Set(),
    telling: false,
    baseUrl: '',
    slowMs: 0,
    counter: 0,
  }
  const bot = { id: ids.bot, name: 'pve', team: ids.team, is_bot: true, is_restricted: false, deleted: false }
  state.users.set(bot.id, bot)
  return state
}

/** The next number: unique in this workspace. */
export function nextNumber(state: State): number {
  state.counter += 1
  return state.counter
}

/** A new id with a prefix (`V`, `F`, …). */
export function newId(state: State, prefix: string): string {
  return `${prefix}${String(nextNumber(state)).padStart(6, '0')}`
}

/** A new message timestamp: unique and rising. */
export function newTs(state: State): string {
  return `${Math.floor(state.now() / 1000)}.${String(nextNumber(state)).padStart(6, '0')}`
}

/** Tells everybody who waits that something may have changed; many changes in a row are told once. */
export function changed(state: State): void {
  if (state.telling || state.watchers.size === 0) return
  state.telling = true
  setImmediate(() => {
    state.telling = false
    for (const watcher of [...state.watchers]) watcher()
  })
}

/** Records something a well-behaved app never does. */
export function violate(state: State, what: string): void {
  state.violations.push(what)
  changed(state)
}

/** The blocks with a block_id each, as Slack gives them out. */
export function withBlockIds(state: State, blocks: readonly Obj[]): readonly StoredBlock[] {
  return blocks.map((block) => ({
    ...block,
    type: String(block.type),
    block_id: typeof block.block_id === 'string' ? block.block_id : newId(state, 'b'),
  }))
}

/** A direct message channel with a person; made when it is first needed. */
export function dmChannel(state: State, user: string): Channel {
  const id = `D${user.slice(1)}`
  const known = state.channels.get(id)
  if (known !== undefined) return known
  const made = {
    id,
    name: 'directmessage',
    member: true,
    archived: false,
    private: true,
    dmOf: user,
    members: [user],
  }
  state.channels.set(id, made)
  return made
}

/** The newest form of a message, deleted or not. */
export function findMessage(state: State, channel: string, ts: string): StoredMessage | undefined {
  return state.messages.find((message) => message.channel === channel && message.ts === ts)
}

/** Puts a newer form in the place of a message. */
export function replaceMessage(state: State, next: StoredMessage): void {
  const at = state.messages.findIndex((old) => old.channel === next.channel && old.ts === next.ts)
  if (at >= 0) state.messages[at] = next
  changed(state)
}

/** Puts a newer form in the place of a private message. */
export function replacePrivate(state: State, next: PrivateMessage): void {
  const at = state.privates.findIndex((old) => old.channel === next.channel && old.ts === next.ts)
  if (at >= 0) state.privates[at] = next
  changed(state)
}
