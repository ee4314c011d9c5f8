import type { PveError } from '../ports/pve.js'
import { type Asked, errorOf, errorOfAnswer } from './errors.js'
import type { HttpAnswer, HttpFailure, Method } from './http.js'

/** What an attempt that did not bring a 200 means for the request. */
export type Verdict = {
  readonly error: PveError
  /** Whether the host itself is to blame: it was not reached, or broke off. */
  readonly blame: boolean
  /** Another host may do. */
  readonly elsewhere: boolean
  /** The same may be asked once more, of whichever host. */
  readonly again: boolean
  /** Whether PVE itself said so; then it counts more than any failed connection before. */
  readonly answered: boolean
}

/** Statuses of a proxy that did not get through; a read may be tried again. */
const PASSING: ReadonlySet<number> = new Set([595, 596, 597, 599])

/**
 * A failed connection. A mutation goes on only where the host provably never saw it; where it may have, the error is
 * ambiguous and final.
 */
export function verdictOfFailure(asked: Asked, method: Method, failure: HttpFailure): Verdict {
  const mutation = method !== 'GET'
  const error = errorOf(asked, failure.kind, failure.message, { ambiguous: mutation && failure.sent })
  // The host was there and spoke, or we gave up ourselves: nobody else would do better.
  const final = failure.kind === 'aborted' || failure.kind === 'tooLarge'
  const spoke = failure.kind === 'notProxmox' && failure.sent
  if (final || spoke) return { error, blame: false, elsewhere: false, again: false, answered: true }
  const open = failure.kind !== 'timeout' && !(mutation && failure.sent)
  return {
    error,
    blame: true,
    elsewhere: open,
    again: open && !mutation && failure.kind === 'transport',
    answered: failure.sent,
  }
}

/** An answer that is not 200. `itself`: whether its node is the host that was asked, or none in particular. */
export function verdictOfAnswer(asked: Asked, method: Method, answer: HttpAnswer, itself: boolean): Verdict {
  const mutation = method !== 'GET'
  const passing = !mutation && PASSING.has(answer.status)
  const blame = itself && answer.status === 595
  return {
    error: foreign(asked, answer, mutation) ?? errorOfAnswer(asked, answer, mutation),
    blame,
    elsewhere: passing && blame,
    again: passing,
    answered: true,
  }
}

/** The error for what PVE's API never answers; null when it may be PVE's. */
function foreign(asked: Asked, { status, type, body }: HttpAnswer, mutation: boolean): PveError | null {
  // What stands in between may have passed a mutation on before it gave up.
  const more = { status, ambiguous: mutation && status >= 500 }
  if (status >= 300 && status < 400)
    return errorOf(asked, 'notProxmox', `it redirects (${status}) instead of answering`, more)
  if (status >= 400 && !type.includes('html') && !/^\s*</.test(body)) return null
  if (status >= 400) return errorOf(asked, 'notProxmox', `a web page came back (${status})`, more)
  return errorOf(asked, 'notProxmox', `it answers with status ${status}`, { ...more, ambiguous: mutation })
}

/** The envelope of a 200. Throws `notProxmox` when it is not what PVE sends. */
export function opened(
  asked: Asked,
  method: Method,
  { type, body }: HttpAnswer,
): { readonly data: unknown; readonly total: number | null } {
  const bad = (message: string): PveError =>
    errorOf(asked, 'notProxmox', message, { status: 200, ambiguous: method !== 'GET' })
  if (!type.startsWith('application/json')) throw bad(`the answer is ${type || 'of no type'}, not JSON`)
  const parsed = parsedJson(body)
  if (parsed === undefined)
    throw bad(`the answer is no whole JSON; it may be cut off (${body.length} characters)`)
  if (typeof parsed !== 'object' || parsed === null || !('data' in parsed))
    throw bad('the answer has no data')
  return {
    data: parsed.data,
    total: 'total' in parsed && typeof parsed.total === 'number' ? parsed.total : null,
  }
}

function parsedJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}
