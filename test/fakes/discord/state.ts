// What the fake Discord knows, and a record of all that happened.

import type {
  APIActionRowComponent,
  APIApplicationCommand,
  APIComponentInMessageActionRow,
  APIEmbed,
} from 'discord.js'
import type { Obj } from '../slack/json.js'
import type { Channel, Guild, Member, Role, User } from './world.js'

/** A file as it was uploaded. */
export type StoredFile = {
  readonly id: string
  readonly name: string
  readonly bytes: Buffer
  readonly type: string
  readonly description?: string
}

export type Row = APIActionRowComponent<APIComponentInMessageActionRow>

/** A message. Replaced, never changed: an old object is a snapshot. */
export type StoredMessage = {
  readonly kind: 'message'
  readonly id: string
  readonly channel: string
  readonly author: string
  readonly bot: boolean
  readonly content: string
  /** As they were sent; a picture may be `attachment://name`. */
  readonly embeds: readonly APIEmbed[]
  readonly components: readonly Row[]
  readonly attachments: readonly StoredFile[]
  readonly flags: number
  /** The only person who sees it; null when all do. */
  readonly onlyFor: string | null
  /** True while it says "thinking…": deferred, and not yet edited. */
  readonly loading: boolean
  /** How it came here. */
  readonly via: 'channel' | 'interaction' | 'person'
  /** The interaction it answers. */
  readonly answers: string | null
  readonly nonce: string | number | null
  readonly at: number
  readonly editedAt: number | null
  readonly edits: number
  readonly deleted: boolean
}

/** A form as the app opened it for a person. */
export type StoredModal = {
  readonly kind: 'modal'
  /** The id of the interaction that opened it. */
  readonly id: string
  readonly user: string
  readonly channel: string
  readonly custom_id: string
  readonly title: string
  readonly components: readonly Obj[]
  /** The message whose button opened it. */
  readonly source: string | null
}

export type Choice = { readonly name: string; readonly value: string | number }

export type Kind = 'command' | 'autocomplete' | 'component' | 'modal'

/** One interaction, from the keystroke to the end of its token. */
export type Interaction = {
  readonly id: string
  readonly token: string
  readonly kind: Kind
  readonly user: string
  readonly channel: string
  readonly payload: Obj
  /** By the clock of the world, for the 15 minutes. */
  readonly at: number
  /** By the clock of the machine, for the 3 seconds. */
  readonly sentAt: number
  /** The message a component sits on, or the one whose button opened the modal. */
  readonly source: string | null
  /** For an autocomplete: the type of the option that is typed into. */
  readonly optionType: number | null
  status: 'open' | 'acked' | 'late'
  /** True while it waits for a connection to come back: nobody is to blame when that takes too long. */
  kept: boolean
  callback: { readonly type: number; readonly afterMs: number; readonly via: 'rest' | 'http' } | null
  /** The message that `@original` means. */
  original: string | null
  /** Messages that answer it, in the order in which they were shown first. */
  readonly shown: string[]
  opened: StoredModal | null
  choices: readonly Choice[]
  /** Tells who waits for the acknowledgement. */
  settle: () => void
}

/** One REST call, as it arrived and as it was answered. */
export type Call = {
  readonly method: string
  /** Without `/api/v10` and without the query. */
  readonly path: string
  /** The name of its route, as `failNext` takes it; null for one the fake does not know. */
  readonly route: string | null
  readonly query: Readonly<Record<string, string>>
  /** The JSON body, also when it came as `payload_json`. */
  readonly body: unknown
  readonly files: readonly { readonly name: string; readonly bytes: number }[]
  readonly status: number
  readonly answer: unknown
  readonly at: number
}

/** A failure for the next call of a route (see `failNext`). */
export type Fault =
  /** Seconds for a 429. */
  | { readonly status: number; readonly retryAfter?: number; readonly global?: boolean }
  /** One of Discord's own error codes, in its form. */
  | { readonly code: number }
  | { readonly delayMs: number }
  /** `'before'`: the connection breaks and nothing happened; `'after'`: it happened, the answer is lost. */
  | { readonly hangUp: 'before' | 'after' }

/** One IDENTIFY, as it came. */
export type Identify = { readonly intents: number; readonly ok: boolean; readonly properties: Obj }

/** One RESUME, as it came. */
export type Resume = { readonly session: string; readonly seq: number; readonly ok: boolean }

export type StateOptions = {
  /** For the 15 minutes of a token, for nonces, and for the times of messages. */
  readonly clock?: { now(): number }
}

export type State = {
  readonly now: () => number
  readonly ids: { readonly app: string; readonly bot: string }
  readonly token: string
  revoked: boolean
  readonly guilds: Map<string, Guild>
  readonly users: Map<string, User>
  readonly roles: Map<string, Role>
  readonly members: Member[]
  readonly channels: Map<string, Channel>
  readonly messages: Map<string, StoredMessage>
  readonly interactions: Map<string, Interaction>
  readonly tokens: Map<string, Interaction>
  /** Registered commands by scope: `global` or the id of a guild. */
  readonly commands: Map<string, readonly APIApplicationCommand[]>
  readonly files: StoredFile[]
  readonly calls: Call[]
  readonly identifies: Identify[]
  readonly resumes: Resume[]
  readonly violations: string[]
  readonly untrusted: Set<string>
  readonly mentionable: Set<string>
  readonly faults: Map<string, Fault[]>
  readonly watchers: Set<() => void>
  telling: boolean
  baseUrl: string
  slowMs: number
  /** How far `advance` has moved the clock. */
  ahead: number
  counter: number
  /** Sends an event over the gateway to the sessions whose intents ask for it. */
  emit: (event: string, data: object, intents: number) => void
}

const EPOCH = 1_420_070_400_000

/** A world with the app and its bot in it, and nothing else. */
export function createState(options: StateOptions = {}): State {
  const clock = options.clock ?? { now: () => Date.now() }
  const ids = { app: '1100000000000000001', bot: '1100000000000000002' }
  const state: State = {
    now: () => clock.now() + state.ahead,
    ids,
    token: `${Buffer.from(ids.app).toString('base64url')}.fake00.${'not-a-secret-'.repeat(3)}`,
    revoked: false,
    guilds: new Map(),
    users: new Map(),
    roles: new Map(),
    members: [],
    channels: new Map(),
    messages: new Map(),
    interactions: new Map(),
    tokens: new Map(),
    commands: new Map(),
    files: [],
    calls: [],
    identifies: [],
    resumes: [],
    violations: [],
    untrusted: new Set(),
    mentionable: new Set(),
    faults: new Map(),
    watchers: new Set(),
    telling: false,
    baseUrl: '',
    slowMs: 0,
    ahead: 0,
    counter: 0,
    emit: () => undefined,
  }
  state.users.set(ids.bot, { id: ids.bot, name: 'pve', shownAs: null, bot: true, takesDms: false })
  return state
}

/** A new snowflake: unique, rising, and with its time in it. */
export function newId(state: State): string {
  state.counter += 1
  return String((BigInt(Math.max(0, Math.floor(state.now()) - EPOCH)) << 22n) + BigInt(state.counter))
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
