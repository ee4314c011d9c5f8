import type { ChatSurface } from '../../ports/surface.js'
import { messageBudget } from '../budget.js'
import { delivery } from '../delivery.js'
import { ending } from '../ending.js'
import { backlog, idleWithin, type Quiet, quiet } from '../pace.js'
import { rateLimit } from '../rate-limit.js'
import { recent } from '../recent.js'
import { heardBefore } from './again.js'
import { discordApi } from './api.js'
import { app } from './app.js'
import { type Endpoint, endpoint } from './endpoint.js'
import { gateway } from './gateway.js'
import { hear } from './hear.js'
import type { DiscordParts, DiscordRun, Talk } from './parts.js'
import type { Respond } from './respond.js'
import { discordTransport } from './transport.js'
import { typedOnDiscord } from './typed.js'

/** Discord limits by route, and says how in its answers; this keeps well below what it lets through. */
const LIMITS = { perMinute: { post: 120, edit: 90 }, betweenPosts: 500 } as const

export type DiscordSurface = ChatSurface & {
  /** Where requests are taken in HTTP mode, once they are. */
  readonly port: () => number | null
}

/** Discord as a surface of a home: the same words, the same road. */
export function discordSurface(parts: DiscordParts): DiscordSurface {
  const { settings, clock, commands } = parts
  const { commandsPerMinute: perMinute } = settings
  const api = discordApi(settings)
  const typed = typedOnDiscord(commands)
  const transport = discordTransport({ ...parts, api, typed })
  const mail = delivery({ ...parts, transport, budget: messageBudget(LIMITS, clock) })
  const end = ending()
  const run: DiscordRun = {
    ...parts,
    surface: 'discord',
    platform: 'Discord',
    // Who may be talked to in a direct conversation is told there and then.
    isDirect: () => false,
    typed,
    kick: mail.kick,
    ending: end,
    api,
  }
  const still = quiet(clock)
  const talk: Talk = {
    run,
    limit: rateLimit(() => clock.monotonic(), { perMinute, burst: Math.ceil(perMinute / 3) }),
    backlog: backlog(),
    recent: recent(),
    again: heardBefore(),
    turn: still.turn,
  }
  const known = app(run)
  const way = wayOf(talk, still)
  return {
    health: () => {
      const why = known.refused()
      return why === null ? way.health() : { surface: 'discord', state: 'refused', why }
    },
    port: way.port,
    run: async (signal) => {
      if (signal.aborted) end.begin()
      else signal.addEventListener('abort', end.begin, { once: true })
      await Promise.all([way.hold(signal), mail.run(signal), known.hold(signal)])
      // Whoever waits for an answer is told, and what ended meanwhile is shown as it is, before we go; not at any price.
      await Promise.all([mail.last(LAST_MS), idleWithin(LAST_MS, clock, talk.backlog)])
    },
  }
}

/** Discord may not answer at all while we end. */
const LAST_MS = 5000

/** One of the two ways from Discord. On the gateway the first answer is a call, over HTTP it is the response. */
function wayOf(talk: Talk, still: Quiet): Endpoint {
  const counted = (respond: Respond): Respond => acknowledged(still, respond)
  const { run } = talk
  if (run.settings.mode === 'http')
    return endpoint(run, (raw, respond) => hear(talk, raw, () => counted(respond)))
  const by = gateway(run, (raw) => {
    void hear(talk, raw, (where) => counted((answer) => run.api.respond(where, answer)))
  })
  return { ...by, port: () => null }
}

/** Work waits for it: on Discord an acknowledgement is a call of ours, which takes several turns of the event loop. */
function acknowledged(still: Quiet, respond: Respond): Respond {
  return async (answer) => {
    const over = still.coming()
    await respond(answer).finally(over)
  }
}
