import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Permissions } from './acl.js'
import { type Answer, type Hop, type Rendered, render, send } from './http.js'
import type { Matched } from './router.js'
import type { SimNode, World } from './state.js'
import type { Timers } from './timers.js'

export const NO_HOP: Hop = { relayed: false, forwarded: false }

/** What the listeners share. Delays are real milliseconds. */
export type ApiSettings = {
  readonly world: World
  readonly permissions: Permissions
  readonly lookup: (method: string, path: string) => Matched | null
  readonly timers: Timers
  readonly latencyMs: number
  /** How long a 401 and a 595 are held back. */
  readonly authDelayMs: number
  /** How long pveproxy waits for what it has relayed. */
  readonly proxyTimeoutMs: number
}

/** One request with its response. */
export type Exchange = {
  readonly settings: ApiSettings
  readonly local: SimNode
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Whether this is the last request the connection may carry. */
  readonly last: boolean
}

/** Puts the members of an object in another order; long lists keep theirs, they have been shuffled already. */
export function shuffleKeys(world: World): (value: unknown) => unknown {
  const again = (value: unknown, depth: number): unknown => {
    if (depth > 3 || typeof value !== 'object' || value === null) return value
    if (Array.isArray(value))
      return value.length > 200 ? value : value.map((entry) => again(entry, depth + 1))
    const entries = Object.entries(value)
    const by = world.rng.int(0, Math.max(0, entries.length - 1))
    const turned = [...entries.slice(by), ...entries.slice(0, by)]
    return Object.fromEntries(turned.map(([key, inner]) => [key, again(inner, depth + 1)]))
  }
  return (value) => again(value, 0)
}

/** Answers, after the time that PVE holds some answers back. */
export async function respond(exchange: Exchange, answer: Answer, hop: Hop): Promise<void> {
  const { world, timers, authDelayMs } = exchange.settings
  const rendered = render(answer, shuffleKeys(world))
  const held = rendered.status === 401 || rendered.status === 595
  if (held && authDelayMs > 0) await timers.pause(authDelayMs)
  sendRendered(exchange, rendered, hop)
}

/** Sends a rendered answer, unless the connection is gone. */
export function sendRendered(exchange: Exchange, rendered: Rendered, hop: Hop): void {
  const { request, response, settings } = exchange
  if (response.destroyed || response.writableEnded) return
  const wantsClose = /(?:^|,)\s*close\s*(?:,|$)/i.test(request.headers.connection ?? '')
  send(response, rendered, {
    now: new Date(settings.world.clock.now()),
    hop,
    gzip: /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')),
    close: exchange.last || wantsClose,
  })
}
