import { type Actor, holdsFor, includes, type Person, type Place, personsOf } from '../core/people.js'
import type { Requirement } from '../core/policy.js'

/** Whether a person may decide a plan, whoever asked for it: approver for all of it, and every further role. */
export function mayDecide(
  person: Pick<Person, 'grants'>,
  requirement: Pick<Requirement, 'roles'>,
  places: readonly Place[],
): boolean {
  return places.every(
    (place) =>
      holdsFor(person.grants, 'approver', place) &&
      requirement.roles.every((role) =>
        person.grants.some((grant) => includes(grant.role, role) && holdsFor([grant], grant.role, place)),
      ),
  )
}

/** Who could decide a plan: whether the requester could, and which others. */
export function decidersOf(
  people: readonly Person[],
  requester: Actor,
  requirement: Pick<Requirement, 'roles'>,
  places: readonly Place[],
): { readonly requester: boolean; readonly others: readonly Person[] } {
  const able = people.filter((person) => mayDecide(person, requirement, places))
  const own = personsOf(requester)
  return {
    requester: able.some(({ id }) => id === requester.personId),
    others: able.filter(({ id }) => !own.includes(id)),
  }
}
