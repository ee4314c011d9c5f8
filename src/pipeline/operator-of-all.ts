import { type Operation, operationName } from '../core/operation.js'
import { holdsFor } from '../core/people.js'
import { type Refusal, refuse } from '../core/refusal.js'
import type { Speaker } from './identify.js'
import { placesOfOperation } from './present.js'
import type { RoadParts } from './road-parts.js'

/** Refused for who may not operate all guests of an operation: what is said of it tells how each of them is. */
export async function operatorOfAll(
  parts: Pick<RoadParts, 'stores'>,
  { person }: Extract<Speaker, { readonly kind: 'known' }>,
  operation: Operation,
): Promise<Refusal | null> {
  const places = await placesOfOperation(parts, operation)
  return places.every((place) => holdsFor(person.grants, 'operator', place))
    ? null
    : refuse(
        'out_of_scope',
        `${person.name} is not operator for all guests of ${operationName(operation.id)}.`,
        '`whoami` shows your roles and for what they hold.',
      )
}
