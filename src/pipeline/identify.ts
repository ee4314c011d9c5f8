import { type Actor, type Grant, grantText, type Person, type Role } from '../core/people.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import type { Caller } from '../ports/road.js'
import type { Settings } from '../ports/settings.js'
import type { PeopleStore } from '../ports/store/people.js'

/** Who a demo starts as. */
export const DEMO_PERSON = 'alice'

export type Speaker =
  | { readonly kind: 'known'; readonly actor: Actor; readonly person: Person }
  /** An account that belongs to nobody. */
  | { readonly kind: 'stranger' }

/**
 * The person behind an account, or whom they assume. On the console of a demo anybody may be anybody; elsewhere only those
 * whom the config names, and who they really are goes along with everything they do. From a chat everybody speaks as who
 * they are, in a demo too: an account that is linked to nobody is a stranger, whatever its groups give.
 */
export async function identify(
  caller: Caller,
  people: Pick<PeopleStore, 'byAccount' | 'byName'>,
  settings: Settings | Refusal,
): Promise<Speaker | Refusal> {
  const own = withGranted(await people.byAccount({ surface: caller.surface, id: caller.account }), caller)
  const console = caller.surface === 'console'
  if (!console && caller.as !== null)
    return refuse(
      'not_assumable',
      'From a chat everybody speaks as who they are.',
      'Say it without that, or on the console of the host.',
    )
  const demo = console && !isRefusal(settings) && settings.demo
  const wanted = caller.as ?? (demo && own === null ? DEMO_PERSON : null)
  const account = `${caller.surface}:${caller.account}`
  if (wanted === null || own?.name === wanted)
    return own === null
      ? { kind: 'stranger' }
      : { kind: 'known', actor: withGroups(actorOf(own, account, null), caller), person: own }
  if (isRefusal(settings)) return settings
  if (!demo && (own === null || !settings.assume.includes(own.name)))
    return refuse(
      'not_assumable',
      `You may not speak as ${wanted} here.`,
      'Whoever runs this home can allow it in the config file: assume: [NAME].',
    )
  const person = await people.byName(wanted)
  if (person === null)
    return refuse('unknown_person', `There is no person \`${wanted}\`.`, '`person ls` lists who there is.')
  const assumed = `${account} as ${person.name}`
  return { kind: 'known', actor: actorOf(person, assumed, demo ? null : own), person }
}

/** What groups of a chat may give; the rest comes from the console alone. */
const FROM_GROUPS: readonly Role[] = ['reader', 'operator']

/** With what the groups of the chat give, for this request alone: to a person who is linked, and to nobody else. */
function withGranted(person: Person | null, { surface, granted = [] }: Caller): Person | null {
  if (person === null || surface === 'console') return person
  const grants = new Map<string, Grant>(person.grants.map((grant) => [grantText(grant), grant]))
  for (const grant of granted) if (FROM_GROUPS.includes(grant.role)) grants.set(grantText(grant), grant)
  return { ...person, grants: [...grants.values()] }
}

/** Kept with what they do: a group is not asked again when it is carried out. */
function withGroups(actor: Actor, { surface, granted = [] }: Caller): Actor {
  const given = surface === 'console' ? [] : granted.filter(({ role }) => FROM_GROUPS.includes(role))
  return given.length === 0 ? actor : { ...actor, granted: given }
}

function actorOf(person: Person, account: string, real: Person | null): Actor {
  return {
    personId: person.id,
    person: person.name,
    account,
    realPersonId: real?.id ?? null,
    realPerson: real?.name ?? null,
  }
}
