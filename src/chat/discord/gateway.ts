import { Client, Events, GatewayDispatchEvents, GatewayIntentBits, Status } from 'discord.js'
import type { SurfaceHealth } from '../../ports/surface.js'
import { isRefused, messageOf } from './errors.js'
import { makeRequest } from './make-request.js'
import type { DiscordParts } from './parts.js'

/** discord.js's Client on the gateway: connects, and stays at it until the signal aborts. */

export type Gateway = {
  readonly health: () => SurfaceHealth
  readonly hold: (signal: AbortSignal) => Promise<void>
}

type Parts = Pick<DiscordParts, 'settings' | 'clock' | 'log' | 'onFault'>

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** discord.js mends a lost connection by itself; where it has not after so long, it is made anew. */
const MENDING_MS = 60_000
const LOOK_MS = 1000
const ENDING_MS = 3000

type State = { client: Client<boolean> | null; refused: string | null; why: string | null }

/** `heard` gets the raw JSON of each interaction. */
export function gateway(parts: Parts, heard: (raw: unknown) => void): Gateway {
  const state: State = { client: null, refused: null, why: null }
  return {
    health: () => healthOf(state),
    hold: async (signal) => {
      for (let failures = 0; !signal.aborted; ) {
        try {
          await connected(parts, state, heard, signal)
          failures = 0
        } catch (error) {
          failures += 1
          const refused = isRefused(error)
          if (refused && state.refused === null)
            parts.log.error({ from: 'discord' }, 'Discord does not accept the bot token')
          else if (!refused && failures === 1) parts.onFault(error)
          state.refused = refused ? 'the bot token is not accepted' : null
          state.why = messageOf(error)
        }
        const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS)
        await parts.clock.sleep(pauseMs, signal).catch(() => {})
      }
    },
  }
}

function healthOf({ client, refused, why }: State): SurfaceHealth {
  const surface = 'discord'
  if (refused !== null) return { surface, state: 'refused', why: refused }
  if (isOpen(client)) return { surface, state: 'connected', why: null }
  return { surface, state: why === null ? 'connecting' : 'disconnected', why }
}

/** The manager of the connections says that it is ready for ever; the one connection knows better. */
function isOpen(client: Client<boolean> | null): boolean {
  return client?.ws.shards.first()?.status === Status.Ready
}

/** Comes back when the connection is lost for good, and throws where it cannot be made. */
async function connected(
  { settings, clock, log }: Parts,
  state: State,
  heard: (raw: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const client = new Client({
    intents: [GatewayIntentBits.Guilds],
    allowedMentions: { parse: [] },
    rest: { version: '10', makeRequest, ...(settings.apiUrl === null ? {} : { api: settings.apiUrl }) },
  })
  // An emitter of errors without a listener would end the process.
  client.on(Events.Error, (error) => log.warn({ from: 'discord' }, messageOf(error)))
  client.on(Events.ShardError, (error) => {
    state.why = messageOf(error)
    log.warn({ from: 'discord' }, messageOf(error))
  })
  client.on(Events.Warn, (text) => log.warn({ from: 'discord' }, text))
  client.ws.on(GatewayDispatchEvents.InteractionCreate, heard)
  const ended = new AbortController()
  client.on(Events.ShardDisconnect, ({ code }) => {
    state.refused = code === 4004 ? 'the bot token is not accepted' : state.refused
    state.why = `Discord closed the connection (${code})`
    ended.abort()
  })
  client.on(Events.Invalidated, () => ended.abort())
  try {
    await client.login(settings.botToken)
    state.client = client
    state.refused = null
    state.why = null
    await whileMended(client, clock, AbortSignal.any([signal, ended.signal]))
  } finally {
    state.client = null
    // Whatever is left of it is not heard any more: it does not always come back from being ended while it connects.
    client.ws.off(GatewayDispatchEvents.InteractionCreate, heard)
    const late = new AbortController()
    await Promise.race([client.destroy(), clock.sleep(ENDING_MS, late.signal)]).catch(() => {})
    late.abort()
  }
}

/** Until it is over, or has been without a connection for too long. */
async function whileMended(client: Client, clock: Parts['clock'], signal: AbortSignal): Promise<void> {
  let since = clock.monotonic()
  while (!signal.aborted && clock.monotonic() - since < MENDING_MS) {
    if (isOpen(client)) since = clock.monotonic()
    await clock.sleep(LOOK_MS, signal).catch(() => {})
  }
}
