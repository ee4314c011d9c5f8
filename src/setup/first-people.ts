import type { Grant, Role } from '../core/people.js'
import { isRefusal, RefusalError } from '../core/refusal.js'
import type { PeopleStore } from '../ports/store/people.js'

const everywhere = (...roles: readonly Role[]): readonly Grant[] =>
  roles.map((role) => ({ role, scope: { kind: 'everything' } }))

/** Who lives in a demo home. Alice may approve as well, so that it is seen that she may not approve her own. */
const DEMO_PEOPLE: readonly (readonly [string, readonly Grant[]])[] = [
  ['alice', everywhere('operator', 'approver', 'auditor')],
  ['bob', everywhere('approver', 'auditor')],
  ['carol', everywhere('admin')],
  ['dave', everywhere('reader')],
]

/**
 * Makes the first persons of a home that has none: in a demo its four, elsewhere the operating-system user who makes it,
 * as admin. Whoever can write the home owns it.
 */
export async function firstPeople(
  people: PeopleStore,
  home: { readonly demo: boolean; readonly user: string },
  now: Date,
): Promise<void> {
  if ((await people.list()).length > 0) return
  const first = home.demo
    ? DEMO_PEOPLE.map(([name, grants]) => ({ name, grants, accounts: [] }))
    : [
        {
          name: personName(home.user),
          grants: everywhere('admin'),
          accounts: [{ surface: 'console' as const, id: home.user }],
        },
      ]
  for (const person of first) {
    const added = await people.change({ kind: 'add', ...person }, null, now)
    // Two processes that open a new home at once: the other one was faster.
    if (isRefusal(added) && added.code !== 'person_exists' && added.code !== 'account_taken')
      throw new RefusalError(added)
  }
}

/** An operating-system user's name as the name of a person. */
function personName(user: string): string {
  const name = user
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 32)
  return name === '' ? 'owner' : name
}
