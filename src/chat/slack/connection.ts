import { App, HTTPReceiver, SocketModeReceiver } from '@slack/bolt'
import { type Logger, WebClient, type WebClientOptions } from '@slack/web-api'
import type { SurfaceHealth } from '../../ports/surface.js'
import { watchComing } from './coming.js'
import { slackCode, TOKEN_REFUSED } from './errors.js'
import { type SlackCalls, slackCalls } from './fetch.js'
import { boltLog } from './log.js'
import type { SlackParts } from './parts.js'
import type { OwnSlack } from './people.js'

/** Bolt's App on one of its two roads from Slack: sockets of ours, or requests to an address of ours. */

export type Connection = {
  readonly app: App
  readonly client: WebClient
  readonly botUser: () => string
  /** Which Slack this is; null until it has told. */
  readonly own: () => OwnSlack | null
  readonly health: () => SurfaceHealth
  /** Where requests are taken in HTTP mode; null with sockets, and before it listens. */
  readonly port: () => number | null
  /** Slack said itself that nothing is accepted from us any more. */
  readonly refused: (why: string) => void
  /** Connects, and stays at it until the signal aborts. Never throws. */
  readonly hold: (signal: AbortSignal) => Promise<void>
  /** Gives up every call that is still on its way. */
  readonly end: () => void
}

/** Slack replaces a socket now and then; with a second one nothing waits meanwhile. */
const SOCKETS = 2
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
/** How often the token is tried while all is well. */
const TRY_MS = 60_000
/** A call that takes longer is given up. */
const CALL_MS = 20_000

type Given = Pick<SlackParts, 'settings' | 'clock' | 'log' | 'onFault'> & {
  /** Something is on its way to its acknowledgement, over HTTP; gives what to call once it has it. */
  readonly coming: () => () => void
}
type Parts = Omit<Given, 'log'> & { readonly log: Logger }

type State = {
  user: string
  bot: string
  own: OwnSlack | null
  open: number
  port: number | null
  tokenWhy: string | null
  /** The Web API did not answer when it was asked last. */
  apiWhy: string | null
  /** Slack does not accept the token that sockets are opened with. */
  appWhy: string | null
  why: string | null
}

export function connection(given: Given): Connection {
  const { settings } = given
  const log = boltLog(given.log)
  const parts: Parts = { ...given, log }
  const state: State = {
    ...{ user: '', bot: '', own: null, open: 0, port: null },
    ...{ tokenWhy: null, apiWhy: null, appWhy: null, why: null },
  }
  const calls = slackCalls(CALL_MS)
  const options = clientOptions(parts, calls.fetch)
  const client = new WebClient(settings.botToken, options)
  const sockets = settings.mode === 'socket' ? socketReceivers(parts, options) : []
  const http = settings.mode === 'http' ? httpReceiver(parts) : null
  const receiver = http ?? sockets[0]
  if (receiver === undefined) throw new Error('no way to Slack')
  const app = new App({
    receiver,
    logger: log,
    clientOptions: options,
    convoStore: false,
    authorize: async () => ({
      botToken: settings.botToken,
      botId: state.bot,
      botUserId: state.user,
    }),
  })
  for (const socket of sockets) socket.init(app)
  return {
    app,
    client,
    botUser: () => state.user,
    own: () => state.own,
    port: () => state.port,
    health: () => healthOf(state),
    refused: (why) => {
      log.error(`Slack says of this app that ${why}`)
      state.tokenWhy = why
    },
    end: calls.end,
    hold: async (signal) => {
      await Promise.all([
        holdToken(parts, client, state, signal),
        ...sockets.map((socket) => holdSocket(parts, socket, state, signal)),
        ...(http === null ? [] : [holdServer(parts, http, state, signal)]),
      ])
    },
  }
}

function healthOf({ open, tokenWhy, apiWhy, appWhy, why, user }: State): SurfaceHealth {
  const surface = 'slack'
  const refusedWhy = tokenWhy ?? appWhy
  if (refusedWhy !== null) return { surface, state: 'refused', why: refusedWhy }
  // An open port of ours says nothing of Slack, and a socket may outlive what it is for.
  if (apiWhy !== null) return { surface, state: 'disconnected', why: apiWhy }
  if (open > 0 && user !== '') return { surface, state: 'connected', why: null }
  return { surface, state: why === null ? 'connecting' : 'disconnected', why }
}

/** Nothing is tried again behind our back: whoever calls knows best whether, and when. */
function clientOptions({ settings, log }: Parts, fetch: SlackCalls['fetch']): WebClientOptions {
  return {
    logger: log,
    fetch,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    ...(settings.apiUrl === null ? {} : { slackApiUrl: settings.apiUrl }),
  }
}

function socketReceivers({ settings, log }: Parts, clientOptions: WebClientOptions): SocketModeReceiver[] {
  const appToken = settings.appToken ?? ''
  return Array.from(
    { length: SOCKETS },
    () =>
      new SocketModeReceiver({
        appToken,
        logger: log,
        // Bolt's own way gives up, with an error that nobody catches, when Slack cannot be reached.
        autoReconnectEnabled: false,
        installerOptions: { clientOptions },
      }),
  )
}

function httpReceiver({ settings, log }: Parts): HTTPReceiver {
  return new HTTPReceiver({ signingSecret: settings.signingSecret ?? '', logger: log, port: settings.port })
}

/** Learns who the bot is, and notices when its token is not accepted any more. */
async function holdToken(
  { clock, onFault, log }: Parts,
  client: WebClient,
  state: State,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      const {
        user_id: user,
        bot_id: bot,
        team_id: team,
        enterprise_id: enterprise,
      } = await client.auth.test()
      if (state.tokenWhy !== null) log.info('Slack accepts the bot token again')
      state.user = user ?? ''
      state.bot = bot ?? ''
      state.own = team === undefined ? null : { team, enterprise: enterprise ?? null }
      state.tokenWhy = null
      state.apiWhy = null
      failures = 0
    } catch (error) {
      failures += 1
      const code = slackCode(error)
      const refused = code !== null && TOKEN_REFUSED.has(code)
      if (refused && state.tokenWhy === null) log.error(`Slack does not accept the bot token: ${code}`)
      else if (!refused && failures === 1) onFault(error)
      state.tokenWhy = refused ? `the bot token is not accepted (${code})` : null
      state.apiWhy = refused ? null : `Slack does not answer: ${reasonOf(error)}`
    }
    await pause(clock, failures === 0 ? TRY_MS : pauseAfter(failures), signal)
  }
}

/** Keeps one socket open: a new one at once when Slack replaces it, ever later while it cannot be had. */
async function holdSocket(
  { clock, onFault, log }: Parts,
  receiver: SocketModeReceiver,
  state: State,
  signal: AbortSignal,
): Promise<void> {
  const { client } = receiver
  // An emitter of errors without a listener would end the process.
  client.on('error', (error: unknown) => log.warn(`socket: ${reasonOf(error)}`))
  let closed = (): void => {}
  client.on('disconnected', () => closed())
  const ending = aborted(signal)
  for (let failures = 0; !signal.aborted; ) {
    let open = false
    try {
      const gone = new Promise<void>((done) => {
        closed = done
      })
      // Rejects by itself when the socket is closed before Slack has said hello.
      const starting = receiver.start()
      starting.catch(() => {})
      await Promise.race([starting, ending])
      if (signal.aborted) break
      open = true
      state.open += 1
      state.why = null
      state.appWhy = null
      failures = 0
      await Promise.race([gone, ending])
    } catch (error) {
      failures += 1
      state.why = reasonOf(error)
      const code = slackCode(error)
      const refused = code !== null && TOKEN_REFUSED.has(code)
      if (refused && state.appWhy === null) log.error(`Slack does not accept the app token: ${code}`)
      state.appWhy = refused ? `the app token is not accepted (${code})` : null
      if (failures === 1 && !signal.aborted) onFault(error)
    } finally {
      if (open) state.open -= 1
    }
    if (signal.aborted) break
    await pause(clock, pauseAfter(failures), signal)
  }
  await receiver.stop().catch(() => {})
}

async function holdServer(
  { settings, clock, onFault, coming }: Parts,
  receiver: HTTPReceiver,
  state: State,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      const server = await receiver.start({ port: settings.port, host: settings.host })
      watchComing(server, coming)
      const address = server.address()
      state.port = typeof address === 'object' && address !== null ? address.port : null
      state.open += 1
      await aborted(signal)
      state.open -= 1
      await receiver.stop()
      return
    } catch (error) {
      // Its port is taken, most likely.
      failures += 1
      state.why = reasonOf(error)
      onFault(error)
      await pause(clock, pauseAfter(failures), signal)
    }
  }
}

const pauseAfter = (failures: number): number =>
  failures === 0 ? 50 : Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS)

async function pause(clock: SlackParts['clock'], milliseconds: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(milliseconds, signal).catch(() => {})
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }))
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
