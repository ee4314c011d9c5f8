import { ALL_PRIVILEGES, ROLES } from './roles.js'

/** An access rule. `subject` is a user (`mpc@pve`) or a token (`mpc@pve!read`). */
export type AclEntry = {
  readonly path: string
  readonly subject: string
  readonly role: string
  readonly propagate: boolean
}

export type SimToken = {
  /** `user@realm!name` */
  readonly id: string
  readonly secret: string
  /** A privilege-separated token has only what both it and its user have. */
  readonly privsep: boolean
  disabled: boolean
}

/** Rights taken away by hand, on top of the rules: `privileges` empty means all, at the path and below it. */
export type Revocation = {
  readonly token: string
  readonly path: string
  readonly privileges: readonly string[]
}

export type Access = {
  readonly tokens: Map<string, SimToken>
  readonly rules: AclEntry[]
  revoked: Revocation[]
  /** Counts changes, so that answers can be kept until then. */
  revision: number
}

/** Who asks: a token, with `user` and `name` split from its id. */
export type Caller = {
  readonly id: string
  readonly user: string
  readonly name: string
  readonly privsep: boolean
}

/** Privilege -> whether it is handed down to paths below. */
export type Privileges = ReadonlyMap<string, boolean>

/** Where guests and storages get rights from the pool they are in. */
export type PoolLookup = {
  readonly poolsOf: (path: string) => readonly string[]
  /** Changes whenever membership does. */
  readonly revision: () => number
}

const NOTHING: Privileges = new Map()
const EVERYTHING: Privileges = new Map(ALL_PRIVILEGES.map((name) => [name, true]))

/** The paths from `/` down to the given one. */
function ancestors(path: string): string[] {
  const steps = ['/']
  let at = ''
  for (const part of path.split('/')) {
    if (part === '') continue
    at += `/${part}`
    steps.push(at)
  }
  return steps
}

/** The roles of one subject at a path: the deepest level that says anything replaces all above it. */
function rolesAt(access: Access, subject: string, path: string): Map<string, boolean> {
  let found = new Map<string, boolean>()
  for (const step of ancestors(path)) {
    const here = new Map<string, boolean>()
    for (const rule of access.rules) {
      if (rule.subject !== subject || rule.path !== step) continue
      if (step === path || rule.propagate) here.set(rule.role, rule.propagate)
    }
    if (here.size > 0) found = here
  }
  return found.has('NoAccess') ? new Map([['NoAccess', found.get('NoAccess') ?? false]]) : found
}

function subjectPrivileges(access: Access, pools: PoolLookup, subject: string, path: string): Privileges {
  const roles = rolesAt(access, subject, path)
  if (!roles.has('NoAccess')) {
    for (const pool of pools.poolsOf(path)) {
      for (const role of rolesAt(access, subject, `/pool/${pool}`).keys()) {
        // What comes through a pool is effective here, but never handed down.
        if (!roles.has(role)) roles.set(role, false)
      }
    }
  }
  const privileges = new Map<string, boolean>()
  for (const [role, propagate] of roles) {
    for (const name of ROLES[role] ?? []) privileges.set(name, (privileges.get(name) ?? false) || propagate)
  }
  return privileges
}

function intersect(token: Privileges, user: Privileges): Privileges {
  const both = new Map<string, boolean>()
  for (const [name, propagate] of token) {
    const fromUser = user.get(name)
    if (fromUser !== undefined) both.set(name, propagate && fromUser)
  }
  return both
}

function isBelow(path: string, top: string): boolean {
  return top === '/' || path === top || path.startsWith(`${top}/`)
}

function withoutRevoked(access: Access, caller: Caller, path: string, privileges: Privileges): Privileges {
  const taken = access.revoked.filter((entry) => entry.token === caller.id && isBelow(path, entry.path))
  if (taken.length === 0) return privileges
  const left = new Map(privileges)
  for (const entry of taken) {
    if (entry.privileges.length === 0) return NOTHING
    for (const name of entry.privileges) left.delete(name)
  }
  return left
}

function compute(access: Access, pools: PoolLookup, caller: Caller, path: string): Privileges {
  const isRoot = caller.user === 'root@pam'
  if (isRoot && !caller.privsep) return withoutRevoked(access, caller, path, EVERYTHING)
  const user = isRoot ? EVERYTHING : subjectPrivileges(access, pools, caller.user, path)
  const own = caller.privsep ? intersect(subjectPrivileges(access, pools, caller.id, path), user) : user
  return withoutRevoked(access, caller, path, own)
}

/** Answers what a caller may do where; remembers answers until rules or pools change. */
export type Permissions = {
  readonly at: (caller: Caller, path: string) => Privileges
  readonly hasAny: (caller: Caller, path: string, names: readonly string[]) => boolean
  readonly has: (caller: Caller, path: string, name: string) => boolean
}

/** Makes the permission check over the rules; it follows later changes of rules and pools. */
export function createPermissions(access: Access, pools: PoolLookup): Permissions {
  let [ruleRevision, poolRevision] = [-1, -1]
  const known = new Map<string, Map<string, Privileges>>()
  const at = (caller: Caller, path: string): Privileges => {
    const membership = pools.revision()
    if (access.revision !== ruleRevision || membership !== poolRevision) {
      known.clear()
      ruleRevision = access.revision
      poolRevision = membership
    }
    let paths = known.get(caller.id)
    if (paths === undefined) {
      paths = new Map()
      known.set(caller.id, paths)
    }
    let answer = paths.get(path)
    if (answer === undefined) {
      answer = compute(access, pools, caller, path)
      paths.set(path, answer)
    }
    return answer
  }
  return {
    at,
    has: (caller, path, name) => at(caller, path).has(name),
    hasAny: (caller, path, names) => names.some((name) => at(caller, path).has(name)),
  }
}

/** Splits `user@realm!name`; null when it is no token id. */
export function splitTokenId(id: string): { readonly user: string; readonly name: string } | null {
  const match = /^([^\s:/!]+@[A-Za-z][A-Za-z0-9.\-_]+)!([A-Za-z][A-Za-z0-9.\-_]+)$/.exec(id)
  const [, user, name] = match ?? []
  return user === undefined || name === undefined ? null : { user, name }
}
