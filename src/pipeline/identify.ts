import type { Actor, Person } from '../core/people.js'
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
 * The person behind an account, or whom they assume. In a demo anybody may be anybody; elsewhere only those whom the
 * config names, and who they really are goes along with everything they do.
 */
export async function identify(
  caller: Caller,
  people: Pick<PeopleStore, 'byAccount' | 'byName'>,
  settings: Settings | Refusal,
): Promise<Speaker | Refusal> {
  const own = await people.byAccount({ surface: caller.surface, id: caller.account })
  const demo = !isRefusal(settings) && settings.demo
  const wanted = caller.as ?? (demo && own === null ? DEMO_PERSON : null)
  const account = `${caller.surface}:${caller.account}`
  if (wanted === null || own?.name === wanted)
    return own === null
      ? { kind: 'stranger' }
      : { kind: 'known', actor: actorOf(own, account, null), person: own }
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

function actorOf(person: Person, account: string, real: Person | null): Actor {
  return {
    personId: person.id,
    person: person.name,
    account,
    realPersonId: real?.id ?? null,
    realPerson: real?.name ?? null,
  }
}
