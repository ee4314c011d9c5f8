import type { Choice } from '../core/report.js'
import { nodesOf } from './below.js'
import { buttonsOf, type CardButton } from './buttons.js'
import type { ChatParts } from './parts.js'

/** The buttons for what somebody may do next, of all operations that they may do something to. */
export async function buttonsForChoices(
  { board }: Pick<ChatParts, 'board'>,
  choices: readonly Choice[],
): Promise<readonly { readonly operation: number; readonly button: CardButton; readonly about: string }[]> {
  const found: { operation: number; button: CardButton; about: string }[] = []
  for (const [operation, verbs] of mayDo(choices)) {
    const view = await board.view(operation)
    if (view === null) continue
    // Several may stand there for the same verb.
    for (const button of buttonsOf(view.operation, nodesOf(view.card)))
      if (verbs.has(baseOf(button.verb))) found.push({ operation, button, about: view.card.heading })
  }
  return found
}

/** The command that a button's verb belongs to: `approve` of `approve_reason`. */
export const baseOf = (verb: string): string => verb.split('_')[0] ?? ''

function mayDo(choices: readonly Choice[]): ReadonlyMap<number, ReadonlySet<string>> {
  const byOperation = new Map<number, Set<string>>()
  for (const { words } of choices) {
    const [, verb, number] = /^(approve|confirm|deny|cancel) op(\d+)/.exec(words) ?? []
    if (verb === undefined) continue
    const verbs = byOperation.get(Number(number)) ?? new Set()
    byOperation.set(Number(number), verbs.add(verb))
  }
  return byOperation
}
