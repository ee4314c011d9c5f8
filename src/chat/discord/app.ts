import { Routes } from 'discord.js'
import { z } from 'zod'
import { isRefused, messageOf } from './errors.js'
import type { DiscordRun } from './parts.js'
import { register, unregisterElsewhere } from './register.js'

/** The app as Discord knows it: makes it have the commands that this program has, and notices when its token is refused. */

export type App = {
  /** Why the token is not accepted; null while it is. */
  readonly refused: () => string | null
  readonly hold: (signal: AbortSignal) => Promise<void>
}

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000
/** How often the token is tried while all is well. */
const TRY_MS = 60_000
const application = z.object({ id: z.string() })

type Run = Pick<DiscordRun, 'api' | 'settings' | 'commands' | 'clock' | 'log' | 'onFault'>

export function app(run: Run): App {
  const state: { refused: string | null } = { refused: null }
  return {
    refused: () => state.refused,
    hold: async (signal) => {
      let registered = false
      for (let failures = 0; !signal.aborted; ) {
        try {
          const { id } = application.parse(await run.api.rest.get(Routes.currentApplication()))
          if (!registered) await registerCommands(run, id)
          if (state.refused !== null) run.log.info(FROM, 'Discord accepts the bot token again')
          registered = true
          state.refused = null
          failures = 0
        } catch (error) {
          failures += 1
          const refused = isRefused(error)
          if (refused && state.refused === null) run.log.error(FROM, 'Discord does not accept the bot token')
          else if (!refused && failures === 1) run.onFault(error)
          state.refused = refused ? `the bot token is not accepted (${messageOf(error)})` : null
        }
        const pauseMs = failures === 0 ? TRY_MS : FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10)
        await run.clock.sleep(Math.min(pauseMs, LONGEST_PAUSE_MS), signal).catch(() => {})
      }
    },
  }
}

const FROM = { from: 'discord' }

async function registerCommands({ api, settings, commands, log }: Run, applicationId: string): Promise<void> {
  const { guild } = settings
  const one = settings.commands === 'guild'
  const at = { rest: api.rest, applicationId, guildId: one ? guild : null, commands }
  const done = await register(at)
  if (await unregisterElsewhere({ ...at, elsewhere: { guildId: one ? null : guild } }))
    log.info({ ...FROM, left: one ? 'global' : 'guild' }, 'took away commands that were registered elsewhere')
  if (done.kind === 'unchanged') return
  log.info({ ...FROM, differences: done.differences.slice(0, 50) }, 'registered the commands at Discord')
}
