import type { OpenHome } from '../compose.js'
import type { Environment } from '../config/secrets.js'
import { isRefusal } from '../core/refusal.js'
import type { ChatSurface } from '../ports/surface.js'
import { registry } from '../registry.js'
import { discordSettings } from '../setup/discord-settings.js'
import { slackSettings } from '../setup/slack-settings.js'
import { systemClock } from '../system/clock.js'

export type ChatSurfaces = {
  readonly surfaces: readonly ChatSurface[]
  /** What stays off, and why, in a line each. */
  readonly off: readonly string[]
}

/**
 * The surfaces that a home's config names. One without its secrets stays off; the others do not mind. Their libraries are
 * loaded only where they are used: they are heavy.
 */
export async function chatSurfaces(home: OpenHome, environment: Environment): Promise<ChatSurfaces> {
  const { config, paths, road, board, stores, workspaces, holder, log, onFault } = home
  const inside = {
    ...{ road, board, stores, workspaces, holder, log, onFault },
    commands: registry,
    clock: systemClock,
  }
  const surfaces: ChatSurface[] = []
  const off: string[] = []
  if (config.slack !== undefined) {
    const read = slackSettings(config.slack, paths.home, environment)
    if (isRefusal(read)) off.push(`Slack stays off: ${read.message} ${read.hint}`)
    else {
      const { slackSurface } = await import('../chat/slack/surface.js')
      surfaces.push(slackSurface({ ...inside, settings: read.settings }))
    }
  }
  if (config.discord !== undefined) {
    const read = discordSettings(config.discord, paths.home, environment)
    if (isRefusal(read)) off.push(`Discord stays off: ${read.message} ${read.hint}`)
    else {
      const { discordSurface } = await import('../chat/discord/surface.js')
      surfaces.push(discordSurface({ ...inside, settings: read.settings }))
    }
  }
  return { surfaces, off }
}
