/** Who may do what, where. Rules speak of persons; accounts are how surfaces know them. */

export const ROLES = ['reader', 'operator', 'approver', 'auditor', 'admin'] as const
export type Role = (typeof ROLES)[number]

export const SURFACES = ['console', 'slack', 'discord'] as const
export type Surface = (typeof SURFACES)[number]

export type Scope =
  | { readonly kind: 'everything' }
  | { readonly kind: 'pool' | 'tag' | 'node'; readonly name: string }
  | { readonly kind: 'guest'; readonly cluster: string; readonly vmid: number }

export type Grant = { readonly role: Role; readonly scope: Scope }

export type Account = { readonly surface: Surface; readonly id: string }

export type Person = {
  readonly id: number
  readonly name: string
  readonly accounts: readonly Account[]
  readonly grants: readonly Grant[]
}

/**
 * Who does something: the person who speaks and, where somebody speaks as another one, who it really is. `account` is
 * `console:maria`, or `console:maria as bob`.
 */
export type Actor = {
  readonly personId: number
  readonly person: string
  readonly account: string
  readonly realPersonId: number | null
  readonly realPerson: string | null
  /** What groups of a chat gave besides, when it was done; absent where they gave nothing. */
  readonly granted?: readonly Grant[] | undefined
}

/** What a scope is held against. */
export type Place = {
  readonly cluster: string
  readonly vmid: number
  readonly node: string
  readonly pool: string | null
  readonly tags: readonly string[]
}

/** Whether a role includes another: everybody with a role may read, an admin may do everything. */
export function includes(role: Role, wanted: Role): boolean {
  return role === wanted || role === 'admin' || wanted === 'reader'
}

export function covers(scope: Scope, place: Place): boolean {
  switch (scope.kind) {
    case 'everything':
      return true
    case 'pool':
      return place.pool === scope.name
    case 'tag':
      return place.tags.includes(scope.name)
    case 'node':
      return place.node === scope.name
    case 'guest':
      return place.cluster === scope.cluster && place.vmid === scope.vmid
  }
}

/** Whether somebody holds a role for a guest. */
export function holdsFor(grants: readonly Grant[], wanted: Role, place: Place): boolean {
  return grants.some(({ role, scope }) => includes(role, wanted) && covers(scope, place))
}

/** Whether somebody holds a role at all, wherever. */
export function holdsAnywhere(grants: readonly Grant[], wanted: Role): boolean {
  return grants.some(({ role }) => includes(role, wanted))
}

/** Whether somebody holds a role for everything. */
export function holdsEverywhere(grants: readonly Grant[], wanted: Role): boolean {
  return grants.some(({ role, scope }) => scope.kind === 'everything' && includes(role, wanted))
}

/** A scope as people write and read it. */
export function scopeText(scope: Scope): string {
  switch (scope.kind) {
    case 'everything':
      return 'everything'
    case 'guest':
      return `guest=${scope.cluster}/${scope.vmid}`
    default:
      return `${scope.kind}=${scope.name}`
  }
}

/** `operator`, `approver on pool=production`. */
export function grantText({ role, scope }: Grant): string {
  return scope.kind === 'everything' ? role : `${role} on ${scopeText(scope)}`
}

/** All persons who stand behind an actor: who is assumed, and who really types. */
export function personsOf(actor: Actor): readonly number[] {
  return actor.realPersonId === null ? [actor.personId] : [actor.personId, actor.realPersonId]
}

/** What somebody holds who did something: what they have in the home now, and what groups gave when it was done. */
export function grantsOf(person: Pick<Person, 'grants'> | undefined, actor: Actor): readonly Grant[] {
  return person === undefined ? [] : [...person.grants, ...(actor.granted ?? [])]
}

/** Whether two actors are, by whichever of their persons or by their account, the same human. */
export function sameHuman(one: Actor, other: Actor): boolean {
  if (one.account === other.account) return true
  const ids = personsOf(one)
  return personsOf(other).some((id) => ids.includes(id))
}

/** `maria`, or `bob (really maria)`. */
export function actorText(actor: Actor): string {
  return actor.realPerson === null || actor.realPerson === actor.person
    ? actor.person
    : `${actor.person} (really ${actor.realPerson})`
}

/** Somebody as they speak: from where, and with which grants; none where they are nobody here. */
export type Standing = { readonly surface: Surface; readonly grants: readonly Grant[] | null }

/** What keeps somebody from giving a command at all: the surface, or a role that they lack; null where nothing does. */
export function keptFrom(
  { role, surfaces }: { readonly role: Role | 'anyone'; readonly surfaces: 'all' | 'console' },
  { surface, grants }: Standing,
): 'surface' | Role | null {
  if (surfaces === 'console' && surface !== 'console') return 'surface'
  if (role === 'anyone') return null
  if (grants === null) return role
  // Roles that are about the home and not about guests hold for everything or not at all.
  const whole = role === 'admin' || role === 'auditor'
  return (whole ? holdsEverywhere(grants, role) : holdsAnywhere(grants, role)) ? null : role
}
