import type { WebClient } from '@slack/web-api'
import type { Board } from '../../ports/board.js'
import type { Clock } from '../../ports/clock.js'
import type { Workspace } from '../../ports/query.js'
import type { CommandForm, Road } from '../../ports/road.js'
import type { SlackSettings } from '../../ports/slack-settings.js'
import type { Stores } from '../../ports/store/stores.js'
import type { SurfaceLog } from './log.js'

/** What the Slack surface needs of the inside. */
export type SlackParts = {
  readonly settings: SlackSettings
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

/** The parts, with what there is only once the surface runs. */
export type SlackRun = SlackParts & {
  readonly client: WebClient
  /** The bot's own account; empty until Slack has told it. */
  readonly botUser: () => string
  /** Makes cards in channels what their operations are, now. */
  readonly kick: () => void
}
