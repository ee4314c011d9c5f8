import { timingSafeEqual } from 'node:crypto'
import { type Access, type AclEntry, type Caller, type SimToken, splitTokenId } from './acl.js'
import type { Rng } from './rng.js'

/** Who a request comes from, or PVE's reason for a 401. */
export type AuthResult =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'rejected'; readonly reason: 'No ticket' | 'Authentication failed!' }

function sameText(given: string, expected: string): boolean {
  const left = Buffer.from(given)
  const right = Buffer.from(expected)
  return left.length === right.length && timingSafeEqual(left, right)
}

/**
 * Reads the credentials of a request as PVE does: a cookie wins over the header, the token id ends at the last `=`,
 * and a blank is taken for the first `=`. Cookies are never valid here, since there are no tickets.
 */
export function authenticate(
  access: Access,
  header: string | undefined,
  cookie: string | undefined,
): AuthResult {
  if (cookie !== undefined && /(?:^|\s|;)PVEAuthCookie=/.test(cookie)) {
    return { kind: 'rejected', reason: 'Authentication failed!' }
  }
  const match = /(?:^|\s)PVEAPIToken(?:=| )([^;]*)/.exec(header ?? '')
  if (match === null) return { kind: 'rejected', reason: 'No ticket' }
  let value: string
  try {
    value = decodeURIComponent(match[1] ?? '')
  } catch {
    return { kind: 'rejected', reason: 'Authentication failed!' }
  }
  const split = value.lastIndexOf('=')
  const token = access.tokens.get(value.slice(0, Math.max(split, 0)))
  const parts = token === undefined ? null : splitTokenId(token.id)
  if (
    token === undefined ||
    parts === null ||
    token.disabled ||
    !sameText(value.slice(split + 1), token.secret)
  ) {
    return { kind: 'rejected', reason: 'Authentication failed!' }
  }
  return { kind: 'caller', caller: { id: token.id, ...parts, privsep: token.privsep } }
}

/** A token to make. Rules on `user` hold for the token's user, the others for the token itself. */
export type TokenSpec = {
  readonly id: string
  readonly secret?: string
  readonly privsep?: boolean
  readonly acl: readonly {
    readonly path: string
    readonly role: string
    readonly propagate?: boolean
    readonly on?: 'user' | 'token'
  }[]
}

const DEFAULT_TOKENS: readonly TokenSpec[] = [
  { id: 'root@pam!full', acl: [] },
  {
    id: 'mpc@pve!read',
    privsep: true,
    acl: [
      // The user has what all its tokens together may have; each token narrows it.
      { path: '/', role: 'MpcAdmin', on: 'user' },
      { path: '/', role: 'MpcReader', on: 'token' },
    ],
  },
  { id: 'mpc@pve!operate', privsep: true, acl: [{ path: '/', role: 'MpcOperator', on: 'token' }] },
  { id: 'mpc@pve!admin', privsep: true, acl: [{ path: '/', role: 'MpcAdmin', on: 'token' }] },
  { id: 'nobody@pve!none', acl: [] },
]

/** Makes tokens and rules. Secrets not given are drawn. */
export function createAccess(
  rng: Rng,
  secrets: { readonly [id: string]: string },
  further: readonly TokenSpec[],
): Access {
  const tokens = new Map<string, SimToken>()
  const rules: AclEntry[] = []
  for (const spec of [...DEFAULT_TOKENS, ...further]) {
    const drawn = rng.uuid()
    const secret = secrets[spec.id] ?? spec.secret ?? drawn
    tokens.set(spec.id, { id: spec.id, secret, privsep: spec.privsep ?? false, disabled: false })
    const user = splitTokenId(spec.id)?.user ?? spec.id
    for (const entry of spec.acl) {
      rules.push({
        path: entry.path,
        role: entry.role,
        propagate: entry.propagate ?? true,
        subject: entry.on === 'token' ? spec.id : user,
      })
    }
  }
  return { tokens, rules, revoked: [], revision: 0 }
}
