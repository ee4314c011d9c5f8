import type { Board } from '../ports/board.js'
import type { Clock } from '../ports/clock.js'
import type { Workspace } from '../ports/query.js'
import type { CommandForm, Road } from '../ports/road.js'
import type { Binding } from '../ports/store/bindings.js'
import type { Stores } from '../ports/store/stores.js'
import type { Ending } from './ending.js'

/** Where a surface's own doings are noted. */
export type SurfaceLog = Readonly<Record<'info' | 'warn' | 'error', (facts: object, text: string) => void>>

/** What a chat needs of the inside. */
export type ChatParts = {
  readonly road: Road
  readonly board: Board
  readonly stores: Pick<Stores, 'bindings' | 'cards' | 'outbox' | 'leases' | 'seen'>
  readonly workspaces: readonly Workspace[]
  readonly commands: readonly CommandForm[]
  readonly clock: Clock
  /** This process, for leases. */
  readonly holder: string
  readonly log: SurfaceLog
  /** Told of what should not happen. */
  readonly onFault: (error: unknown) => string
}

/** The parts, with what there is only once a surface runs. */
export type ChatRun = ChatParts & {
  readonly surface: Binding['surface']
  /** What the platform is called. */
  readonly platform: string
  /** Whether a channel is a conversation with the app alone. */
  readonly isDirect: (channel: string) => boolean
  /** Words of the grammar as people type them there. */
  readonly typed: (words: string) => string
  /** Makes cards in channels what their operations are, now. */
  readonly kick: () => void
  /** The end of the surface; without it, what is being answered then takes it for an outage of the cluster. */
  readonly ending?: Ending
}

/** How things are drawn in a workspace. */
export function drawingOf(run: Pick<ChatParts, 'workspaces' | 'clock'>, workspace: string | null) {
  const timeZone = run.workspaces.find(({ name }) => name === workspace)?.timeZone ?? 'UTC'
  return { timeZone, now: run.clock.now() }
}
