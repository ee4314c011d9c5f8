import type { DiscordSettings } from '../../ports/discord-settings.js'
import type { Backlog } from '../pace.js'
import type { ChatParts, ChatRun } from '../parts.js'
import type { RateLimit } from '../rate-limit.js'
import type { Recent } from '../recent.js'
import type { DiscordApi } from './api.js'

/** What the Discord surface needs of the inside. */
export type DiscordParts = ChatParts & { readonly settings: DiscordSettings }

/** The parts, with what there is only once the surface runs. */
export type DiscordRun = DiscordParts & ChatRun & { readonly api: DiscordApi }

export type Talk = {
  readonly run: DiscordRun
  readonly limit: RateLimit
  readonly backlog: Backlog
  /** What somebody used last, for their lists. */
  readonly recent: Recent
  /** Whether this process has heard an interaction before; it cannot be acknowledged twice. */
  readonly again: (id: string) => boolean
  /** Waits until what arrived meanwhile is acknowledged. */
  readonly turn: () => Promise<void>
}
