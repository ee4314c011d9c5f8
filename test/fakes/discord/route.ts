// What a route is told, and what it gives back.

import type { Obj } from '../slack/json.js'
import type { Upload } from './body.js'
import type { Reply } from './errors.js'
import type { State } from './state.js'

export type Ask = {
  readonly state: State
  /** For the record of violations: `POST /channels/…/messages`. */
  readonly where: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  /** The body as it came. */
  readonly raw: unknown
  /** The body, when it is an object; else an empty one. */
  readonly body: Obj
  readonly files: readonly Upload[]
}

export type Route = (ask: Ask) => Reply

/** A parameter of the path. */
export function param({ params }: Ask, name: string): string {
  return params[name] ?? ''
}

export function ok(body: unknown): Reply {
  return { status: 200, body }
}

export const EMPTY: Reply = { status: 204, body: undefined }
