// The Web API: who may call what, one-shot faults, the record of every call.

import { isObj, type Obj, parseJson, str } from './json.js'
import { type Call, changed, type Fault, type State, violate } from './state.js'
import { type Answer, CHAT, fail } from './web-chat.js'
import { VIEWS } from './web-views.js'
import { WORKSPACE } from './web-workspace.js'

/** What goes back over HTTP; `hangUp` means: break the connection instead. */
export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Obj
  readonly delayMs: number
  readonly hangUp: boolean
}

type Method = (state: State, args: Obj) => Answer

// Every scope list says: one of these is enough. No entry: no scope is needed.
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  'chat.postMessage': ['chat:write'],
  'chat.postEphemeral': ['chat:write'],
  'chat.update': ['chat:write'],
  'chat.delete': ['chat:write'],
  'reactions.add': ['reactions:write'],
  'conversations.info': ['channels:read', 'groups:read'],
  'conversations.list': ['channels:read', 'groups:read'],
  'conversations.members': ['channels:read', 'groups:read'],
  'conversations.history': ['channels:history', 'groups:history'],
  'conversations.replies': ['channels:history', 'groups:history'],
  'conversations.open': ['im:write'],
  'users.info': ['users:read'],
  'usergroups.list': ['usergroups:read'],
  'usergroups.users.list': ['usergroups:read'],
  'files.getUploadURLExternal': ['files:write'],
  'files.completeUploadExternal': ['files:write'],
}

const METHODS: Readonly<Record<string, Method>> = { ...CHAT, ...VIEWS, ...WORKSPACE }

const NESTED = new Set(['blocks', 'view', 'attachments', 'files', 'metadata', 'unfurls'])

/** The arguments of a call: form fields (nested values are JSON) or a JSON body. */
export function parseArgs(contentType: string, body: string): Obj {
  if (contentType.startsWith('application/json')) {
    const parsed = parseJson(body)
    return isObj(parsed) ? parsed : {}
  }
  const fields: Record<string, unknown> = {}
  for (const [key, value] of new URLSearchParams(body)) {
    fields[key] = NESTED.has(key) ? (parseJson(value) ?? value) : value
  }
  return fields
}

/** True when the call may be made at all; else the refusal. */
function allowed(state: State, method: string, token: string): Answer | undefined {
  if (method === 'api.test') return undefined
  if (token === '') return fail('not_authed')
  const wantsApp = method === 'apps.connections.open'
  const { bot, app, revoked } = state.tokens
  if (token !== bot && token !== app) return fail('invalid_auth')
  if (revoked && token === bot) return fail('token_revoked')
  if (token !== (wantsApp ? app : bot)) return fail('not_allowed_token_type')
  const needed = SCOPES[method]
  if (needed === undefined || needed.some((scope) => state.scopes.has(scope))) return undefined
  return fail('missing_scope', { needed: needed[0], provided: [...state.scopes].join(',') })
}

function takeFault(state: State, method: string): Fault | undefined {
  for (const key of [method, '*']) {
    const waiting = state.faults.get(key)
    const fault = waiting?.shift()
    if (fault !== undefined) return fault
  }
  return undefined
}

/**
 * Runs one call and records it. `openSocket` makes the answer of apps.connections.open.
 */
export function callMethod(
  state: State,
  method: string,
  token: string,
  args: Obj,
  openSocket: () => Answer,
): Reply {
  const fault = takeFault(state, method)
  const headers = { 'x-oauth-scopes': [...state.scopes].join(',') }
  const early = faultReply(fault, headers)
  const answer = early?.body ?? run(state, method, token, args, openSocket)
  const delayMs = state.slowMs + (fault !== undefined && 'delayMs' in fault ? fault.delayMs : 0)
  const hangUp = fault !== undefined && 'hangUp' in fault
  const reply = early ?? { status: 200, headers, body: answer, delayMs, hangUp }
  record(state, { method, args, at: state.now(), answer, status: reply.status })
  return { ...reply, delayMs }
}

function faultReply(fault: Fault | undefined, headers: Readonly<Record<string, string>>): Reply | undefined {
  if (fault === undefined || 'delayMs' in fault) return undefined
  const base = { headers, delayMs: 0, hangUp: false }
  if ('error' in fault) return { ...base, status: 200, body: fail(fault.error) }
  if ('hangUp' in fault) {
    return fault.hangUp === 'after' ? undefined : { ...base, status: 0, body: fail('hang_up'), hangUp: true }
  }
  const after = fault.retryAfter ?? 1
  const more = fault.status === 429 ? { 'retry-after': String(after) } : {}
  const body = fault.status === 429 ? fail('ratelimited') : fail('fatal_error')
  return { ...base, status: fault.status, headers: { ...headers, ...more }, body }
}

function run(state: State, method: string, token: string, args: Obj, openSocket: () => Answer): Answer {
  const refusal = allowed(state, method, token)
  if (refusal !== undefined) return refusal
  if (method === 'apps.connections.open') return openSocket()
  const known = METHODS[method]
  if (known === undefined) {
    violate(state, `${method}: no such method in this fake`)
    return fail('unknown_method', { req_method: method })
  }
  return known(state, args)
}

function record(state: State, call: Call): void {
  const { token: _token, ...args } = call.args
  state.calls.push({ ...call, args })
  changed(state)
}

/** The bearer token of a request, or the one in its body. */
export function tokenOf(header: string | undefined, args: Obj): string {
  return header?.replace(/^Bearer\s+/i, '') ?? str(args.token) ?? ''
}
