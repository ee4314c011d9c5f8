// Discord's refusals in their real form.

import type { Obj } from '../slack/json.js'

export type Refusal = { readonly status: number; readonly body: Obj }

/** What comes of a call. A body of undefined means: 204, with nothing in it. */
export type Reply = { readonly status: number; readonly body: unknown }

/** One thing Discord would refuse: where (`embeds.0.title`), and why. */
export type Problem = { readonly at: string; readonly code: string; readonly message: string }

const ERRORS = {
  10003: [404, 'Unknown Channel'],
  10004: [404, 'Unknown Guild'],
  10007: [404, 'Unknown Member'],
  10008: [404, 'Unknown Message'],
  10011: [404, 'Unknown Role'],
  10013: [404, 'Unknown User'],
  10015: [404, 'Unknown Webhook'],
  10062: [404, 'Unknown interaction'],
  10063: [404, 'Unknown application command'],
  40005: [413, 'Request entity too large'],
  40060: [400, 'Interaction has already been acknowledged.'],
  50001: [403, 'Missing Access'],
  50005: [403, 'Cannot edit a message authored by another user'],
  50006: [400, 'Cannot send an empty message'],
  50007: [403, 'Cannot send messages to this user'],
  50013: [403, 'Missing Permissions'],
  50024: [403, 'Cannot execute action on this channel type'],
  50027: [401, 'Invalid Webhook Token'],
  50033: [400, 'Invalid Recipient(s)'],
  50035: [400, 'Invalid Form Body'],
  50083: [400, 'Thread is archived'],
  50109: [400, 'The request body contains invalid JSON.'],
  160004: [400, 'A thread has already been created for this message'],
} as const

export type ErrorCode = keyof typeof ERRORS

/** One of the coded errors. */
export function refuse(code: ErrorCode): Refusal {
  const [status, message] = ERRORS[code]
  return { status, body: { message, code } }
}

/** Any coded error, also one the fake itself never gives. */
export function anyError(code: number): Refusal {
  const known = Object.entries(ERRORS).find(([key]) => Number(key) === code)?.[1]
  return { status: known?.[0] ?? 400, body: { message: known?.[1] ?? `Error ${code}`, code } }
}

/** Errors without a code of their own: 401, 404, 5xx. */
export function plainError(status: number, message: string): Refusal {
  return { status, body: { message: `${status}: ${message}`, code: 0 } }
}

type Nested = { [key: string]: Nested | { code: string; message: string }[] }

/** 50035 with the nested `errors`. */
export function invalidForm(problems: readonly Problem[]): Refusal {
  const errors: Nested = {}
  for (const { at, code, message } of problems) {
    let here = errors
    for (const key of at === '' ? [] : at.split('.')) {
      const below = here[key]
      const next: Nested = below === undefined || Array.isArray(below) ? {} : below
      here[key] = next
      here = next
    }
    const before = here._errors
    here._errors = [...(Array.isArray(before) ? before : []), { code, message }]
  }
  return { status: 400, body: { message: 'Invalid Form Body', code: 50035, errors } }
}

/** A problem in one line. */
export function problemText({ at, message }: Problem): string {
  return `${at === '' ? '' : `${at}: `}${message}`
}
