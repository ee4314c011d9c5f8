import type { Caller, Permissions } from './acl.js'
import { type Answer, bare, died, forbidden, type Hop, invalid, notImplemented } from './http.js'
import { checkParam, checkParams, type ParamRule, type ParamRules, type Params, VMID } from './params.js'
import { findNode, type SimNode, type World } from './state.js'

/** Everything a handler works with. Times are simulated. */
export type Context = {
  readonly world: World
  readonly permissions: Permissions
  readonly caller: Caller
  /** What stood in the path: node, vmid, storage … */
  readonly vars: Params
  readonly params: Params
  /** Unix seconds. */
  readonly now: number
  /** The node whose listener got the request. */
  readonly local: SimNode
}

/** A privilege check of which one name is enough; `path` may name variables in braces. */
export type Need = { readonly path: string; readonly any: readonly string[] }

export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below `/api2/json`, with variables in braces. */
  readonly path: string
  /** Whether pveproxy relays it to pvedaemon, which shows in its headers. */
  readonly relayed: boolean
  readonly need: Need | null
  readonly params: ParamRules
  /** Rules for families of parameters, `net0` … */
  readonly ruleFor?: (name: string) => ParamRule | null
  readonly handle: (context: Context) => Answer
}

export type Matched = { readonly route: Route; readonly vars: Params }

/** The part of a request that routing needs. */
export type ApiRequest = { readonly method: string; readonly path: string; readonly params: Params }

/** `handled` says whether the call got as far as its handler. */
export type Routed = { readonly answer: Answer; readonly hop: Hop; readonly handled: boolean }

type Node = {
  readonly fixed: Map<string, Node>
  variable: { readonly name: string; readonly node: Node } | null
  readonly routes: Map<string, Route>
}

const emptyNode = (): Node => ({ fixed: new Map(), variable: null, routes: new Map() })

/** Builds the lookup; a variable segment must have the same name in all routes that share it. */
export function buildRouter(routes: readonly Route[]): (method: string, path: string) => Matched | null {
  const root = emptyNode()
  for (const route of routes) {
    let at = root
    for (const part of route.path.split('/').filter((segment) => segment !== '')) {
      const name = /^\{(.+)\}$/.exec(part)?.[1]
      if (name === undefined) {
        const next = at.fixed.get(part) ?? emptyNode()
        at.fixed.set(part, next)
        at = next
      } else {
        at.variable ??= { name, node: emptyNode() }
        at = at.variable.node
      }
    }
    at.routes.set(route.method, route)
  }
  return (method, path) => find(root, method, path)
}

function find(root: Node, method: string, path: string): Matched | null {
  const vars: { [name: string]: string } = {}
  let at = root
  for (const part of path.split('/')) {
    if (part === '') continue
    const fixed = at.fixed.get(part)
    if (fixed !== undefined) {
      at = fixed
      continue
    }
    if (at.variable === null) return null
    try {
      vars[at.variable.name] = decodeURIComponent(part)
    } catch {
      return null
    }
    at = at.variable.node
  }
  const route = at.routes.get(method)
  return route === undefined ? null : { route, vars }
}

function fill(template: string, vars: Params): string {
  return template.replace(/\{(\w+)\}/g, (_all, name: string) => vars[name] ?? '')
}

const LOCAL: Hop = { relayed: false, forwarded: false }

/** What happens between routing and the handler, in PVE's order: conflicts, privileges, the hop, the schema. */
function refuse(
  matched: Matched,
  request: ApiRequest,
  context: Omit<Context, 'params' | 'vars'>,
): Answer | null {
  const { route, vars } = matched
  for (const [name, value] of Object.entries(request.params)) {
    if (vars[name] !== undefined && vars[name] !== value) {
      return invalid({ [name]: 'duplicate parameter (already defined in URI) with conflicting values!' })
    }
  }
  if (route.need !== null) {
    const path = fill(route.need.path, vars)
    if (!context.permissions.hasAny(context.caller, path, route.need.any))
      return forbidden(path, route.need.any)
  }
  const name = vars.node
  if (name !== undefined) {
    const node = findNode(context.world, name)
    if (node === undefined) {
      return died(
        `hostname lookup '${name}' failed - failed to get address info for: ${name}: Name or service not known`,
      )
    }
    if (node.offlineSince !== null) return bare(595, 'No route to host')
  }
  const vmid = vars.vmid
  if (vmid !== undefined) {
    const wrong = checkParam(VMID, vmid)
    if (wrong !== null) return invalid({ vmid: wrong })
  }
  return null
}

/** Answers an authenticated request. */
export function route(
  lookup: (method: string, path: string) => Matched | null,
  request: ApiRequest,
  base: Omit<Context, 'params' | 'vars'>,
): Routed {
  const matched = lookup(request.method, request.path)
  if (matched === null)
    return { answer: notImplemented(request.method, request.path), hop: LOCAL, handled: false }
  const target = matched.vars.node
  const forwarded = target !== undefined && target !== base.local.name
  const hop = { relayed: matched.route.relayed, forwarded }
  const refusal = refuse(matched, request, base)
  if (refusal !== null) return { answer: refusal, hop, handled: false }
  const own: { [name: string]: string } = {}
  for (const [name, value] of Object.entries(request.params)) {
    if (matched.vars[name] === undefined) own[name] = value
  }
  const wrong = checkParams(matched.route.params, matched.route.ruleFor, own)
  if (wrong !== null) return { answer: wrong, hop, handled: false }
  const answer = matched.route.handle({ ...base, vars: matched.vars, params: own })
  return { answer, hop, handled: true }
}

/** A boolean parameter. */
export const flag = (context: Context, name: string): boolean => context.params[name] === '1'

/** An integer parameter, or the fallback. */
export function integer(context: Context, name: string, fallback: number): number {
  const value = context.params[name]
  return value === undefined ? fallback : Number(value)
}

/** The vmid in the path. */
export const vmidOf = (context: Context): number => Number(context.vars.vmid)

/** The node in the path; routing has made sure that it exists. */
export const nodeOf = (context: Context): string => context.vars.node ?? ''
