import { DiscordAPIError, HTTPError, RateLimitError } from 'discord.js'
import { DeliveryError } from '../delivery.js'

const UNKNOWN_MESSAGE = 10008
/** What will not get better by trying again: the channel or the message is gone, or Discord does not take it. */
const HOPELESS: ReadonlySet<number | string> = new Set([10003, 10008, 40005, 50005, 50006, 50035])
/** What people or Discord may mend: a token, permissions, too much at once. 401 has no code of its own. */
const MENDABLE: ReadonlySet<number | string> = new Set([0, 20028, 50001, 50013, 130000])
const ACKNOWLEDGED = 40060

/** Discord's own code of an error, as `50013`; null where it said nothing. */
export function discordCode(error: unknown): number | string | null {
  return error instanceof DiscordAPIError ? error.code : null
}

/** The token of the interaction does not count any more: 15 minutes are over, or it was answered too late. */
export function tokenIsOver(error: unknown): boolean {
  const code = discordCode(error)
  return code === 10015 || code === 10062 || code === 50027 || code === 10008
}

/** The interaction was answered before: most likely by an answer of ours whose own answer was lost. */
export function isAcknowledged(error: unknown): boolean {
  return discordCode(error) === ACKNOWLEDGED
}

/** Nothing is known of what became of a call. */
export function isUnheard(error: unknown): boolean {
  return !(error instanceof DiscordAPIError || error instanceof HTTPError || error instanceof RateLimitError)
}

/** The bot token is not accepted. */
export function isRefused(error: unknown): boolean {
  if (error instanceof DiscordAPIError || error instanceof HTTPError) return error.status === 401
  return error instanceof Error && 'code' in error && error.code === 'TokenInvalid'
}

/** A failed call as delivery knows it. */
export function deliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  if (error instanceof RateLimitError)
    return new DeliveryError('Discord asks to wait (429)', { retryAfter: error.retryAfter, cause: error })
  const code = discordCode(error)
  if (code !== null)
    return new DeliveryError(`Discord refused it: ${messageOf(error)} (${code})`, {
      hopeless: HOPELESS.has(code),
      gone: code === UNKNOWN_MESSAGE,
      refused: !MENDABLE.has(code),
      cause: error,
    })
  if (error instanceof HTTPError)
    return new DeliveryError(`Discord answered ${error.status}`, { cause: error })
  return new DeliveryError(`Discord cannot be reached: ${messageOf(error)}`, { cause: error })
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
}
