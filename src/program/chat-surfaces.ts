import type { OpenHome } from '../compose.js'
import type { Environment } from '../config/secrets.js'
import { isRefusal } from '../core/refusal.js'
import type { ChatSurface } from '../ports/surface.js'
import { registry } from '../registry.js'
import { slackSettings } from '../setup/slack-settings.js'
import { systemClock } from '../system/clock.js'

export type ChatSurfaces = {
  readonly surfaces: readonly ChatSurface[]
  /** What stays off, and why, in a line each. */
  readonly off: readonly string[]
}

/** The surfaces that a home's config names. One without its secrets stays off; the others do not mind. */
export async function chatSurfaces(home: OpenHome, environment: Environment): Promise<ChatSurfaces> {
  const { slack } = home.config
  if (slack === undefined) return { surfaces: [], off: [] }
  const read = slackSettings(slack, home.paths.home, environment)
  if (isRefusal(read)) return { surfaces: [], off: [`Slack stays off: ${read.message} ${read.hint}`] }
  // Loaded only where it is used: it is heavy.
  const { slackSurface } = await import('../chat/slack/surface.js')
  const { road, board, stores, workspaces, holder, log, onFault } = home
  const surface = slackSurface({
    ...{ road, board, stores, workspaces, holder, log, onFault },
    settings: read.settings,
    commands: registry,
    clock: systemClock,
  })
  return { surfaces: [surface], off: [] }
}
