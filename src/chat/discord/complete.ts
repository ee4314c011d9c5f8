import type { APIApplicationCommandOptionChoice } from 'discord.js'
import type { ArgSpec } from '../../core/args.js'
import { isRefusal } from '../../core/refusal.js'
import type { Completion } from '../../ports/road.js'
import { argumentOf, lineFor, type Offer, offersOf, ranked } from '../offers.js'
import { clip, sanitise } from '../text.js'
import type { Where } from './heard-schema.js'
import type { Talk } from './parts.js'
import { whoIs } from './people.js'
import type { Invoked } from './words.js'

/** What Discord offers while somebody types in an option. */

export type OptionChoice = APIApplicationCommandOptionChoice<string>

const MOST_CHOICES = 25
const MOST_NAME = 100
const MOST_VALUE = 100
/** Discord waits 3 s; late or in trouble nothing is offered, and what is typed is taken as it is. */
const PATIENCE_MS = 2000

export async function choicesFor(talk: Talk, where: Where, invoked: Invoked): Promise<OptionChoice[]> {
  const over = new AbortController()
  const late = talk.run.clock.sleep(PATIENCE_MS, over.signal).then(
    () => null,
    () => null,
  )
  try {
    return (await Promise.race([offers(talk, where, invoked), late])) ?? []
  } catch (error) {
    talk.run.onFault(error)
    return []
  } finally {
    over.abort()
  }
}

async function offers(
  { run, recent }: Talk,
  where: Where,
  { command, given, focused }: Invoked,
): Promise<OptionChoice[]> {
  const spec = focused === null ? null : argumentOf(command, focused)
  const who = whoIs(where, run.settings)
  if (spec === null || focused === null || isRefusal(who)) return []
  const typed = String(given[focused] ?? '')
  const binding = await run.stores.bindings.of('discord', where.channel)
  const workspace = binding?.workspace ?? run.road.startWorkspace()
  const completions: readonly Completion[] =
    spec.kind === 'choice'
      ? spec.choices.map((text) => ({ text, note: '' }))
      : await run.road.complete(lineFor(command, focused), workspace, who.caller, 'all')
  return optionChoices(spec, typed, completions, recent.of(where.user.id))
}

/** The 25 that fit best. Of a list the last name is completed, and the ones before it stay. */
export function optionChoices(
  spec: ArgSpec,
  typed: string,
  completions: readonly Completion[],
  recent: readonly string[],
): OptionChoice[] {
  const cut = spec.kind === 'guests' ? Math.max(typed.lastIndexOf(','), typed.lastIndexOf(' ')) + 1 : 0
  const before = typed.slice(0, cut)
  const named = new Set(before.split(/[,\s]+/).filter((word) => word !== ''))
  return ranked(offersOf(completions, MOST_VALUE), typed.slice(cut), recent)
    .filter(({ value }) => !named.has(value) && before.length + value.length <= MOST_VALUE)
    .slice(0, MOST_CHOICES)
    .map((offer) => ({
      name: clip(sanitise(`${before}${labelOf(offer)}`), MOST_NAME),
      value: `${before}${offer.value}`,
    }))
}

/** `web-01` and `101 (pve1, running)` become `101 web-01 (pve1, running)`. */
function labelOf({ text, note }: Offer): string {
  const guest = /^(\d+) (\(.*\))$/.exec(note)
  if (guest !== null) return `${guest[1]} ${text} ${guest[2]}`
  return note === '' ? text : `${text}: ${note}`
}
