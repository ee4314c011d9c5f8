import type { Person } from '../../core/people.js'
import { type Refusal, refuse } from '../../core/refusal.js'
import type { QueryContext } from '../../ports/query.js'

/** A person by name: as it is, else whatever its case. An unknown name is refused with the nearest one. */
export async function findPerson(
  context: Pick<QueryContext, 'stores' | 'nearest'>,
  typed: string,
): Promise<Person | Refusal> {
  const people = await context.stores.people.list()
  const found = named(people, typed.trim())
  if (found !== null) return found
  const near = context.nearest(
    typed,
    people.map(({ name }) => name),
  )
  const hint = near === null ? '`person ls` lists who there is.' : `Did you mean \`${near}\`?`
  return refuse('unknown_person', `There is no person \`${typed}\`.`, hint)
}

/** Names differ by more than case, so the second look finds one or none. */
export function named(people: readonly Person[], name: string): Person | null {
  const same = (person: Person) => person.name.toLowerCase() === name.toLowerCase()
  return people.find((person) => person.name === name) ?? people.find(same) ?? null
}

/** A person for a new name, or what is wrong with it. Names are read in logs and typed in rules: ASCII, no blanks. */
export function newName(typed: string, people: readonly Person[]): { readonly name: string } | Refusal {
  const name = typed.trim().toLowerCase()
  if (!/^[a-z0-9][a-z0-9._-]{0,31}$/.test(name))
    return refuse(
      'wrong_argument',
      `\`${typed}\` cannot be a person's name.`,
      'Use letters a to z, digits, dots and dashes, at most 32.',
    )
  const existing = named(people, name)
  if (existing === null) return { name }
  return refuse(
    'person_exists',
    `There is a person ${existing.name} already.`,
    '`person ls` lists who there is; take another name.',
  )
}

/** An operating-system user as the console knows them, or what is wrong with the text. */
export function osUser(typed: string): { readonly id: string } | Refusal {
  const id = typed.trim()
  // Printable ASCII but for blanks and the colon, which no password file can hold.
  if (/^[\x21-\x39\x3b-\x7e]{1,64}$/.test(id)) return { id }
  return refuse(
    'wrong_argument',
    `\`${typed}\` cannot be the name of an operating-system user.`,
    'It is what `id -un` prints for them.',
  )
}
