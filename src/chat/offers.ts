import { distance } from 'fastest-levenshtein'
import type { ArgSpec } from '../core/args.js'
import { commandName } from '../core/command.js'
import type { CommandForm, Completion } from '../ports/road.js'
import { clip } from './text.js'

/** What may stand in a list of a form or of a completion: found, put in order and called as people know it. */

/**
 * The line to complete, so that `Road.complete(line, …, 'all')` gives what an argument of a command may be: the places
 * before it are filled with something.
 */
export function lineFor(command: CommandForm, argument: string): string {
  if (argumentOf(command, argument)?.flag === true) return `${commandName(command)} --${argument} `
  const fillers: string[] = []
  for (const [name, spec] of Object.entries(command.args)) {
    if (name === argument) break
    if (!spec.flag) fillers.push(spec.kind === 'choice' ? (spec.choices[0] ?? 'x') : 'x')
  }
  return `${[commandName(command), ...fillers].join(' ')} `
}

export type Offer = {
  /** What the grammar takes. */
  readonly value: string
  readonly text: string
  readonly note: string
  /** By what it is found. */
  readonly keys: readonly string[]
}
type Ranked = Offer & { readonly rank: number }

/**
 * In the order: last used, fits from its beginning, fits somewhere; what merely resembles what was typed comes only where
 * nothing fits, so that a name one letter off is not picked by mistake. `recent` holds values, the newest first.
 */
export function ranked(offers: readonly Offer[], typed: string, recent: readonly string[]): readonly Offer[] {
  const wanted = typed.trim().toLowerCase()
  const fitting = offers
    .map((offer) => ({ ...offer, rank: rankOf(offer, wanted) }))
    .filter(({ rank }) => rank < NO_FIT)
  const shown = fitting.length > 0 || wanted === '' ? fitting : resembling(offers, wanted)
  const newest = new Map([...recent].reverse().map((value, at) => [value, at + 1]))
  return shown.toSorted((a, b) => a.rank - b.rank || (newest.get(b.value) ?? 0) - (newest.get(a.value) ?? 0))
}

const NO_FIT = 3

/** Each thing once, under a name that the grammar takes in at most so many characters. */
export function offersOf(completions: readonly Completion[], mostValue: number): readonly Offer[] {
  const often = new Map<string, number>()
  for (const { text } of completions) {
    const key = text.toLowerCase()
    often.set(key, (often.get(key) ?? 0) + 1)
  }
  const seen = new Set<string>()
  return completions.flatMap((completion) => {
    const { text, note, exact } = completion
    const alone = often.get(text.toLowerCase()) === 1 && text.length <= mostValue && NAME.test(text)
    const value = exact === undefined || alone ? text : exact
    if (value === '' || value.length > mostValue || seen.has(value)) return []
    seen.add(value)
    return [{ value, text, note, keys: keysOf(completion) }]
  })
}

/** A name that the grammar cannot take for a list, a filter, a flag or a number. */
const NAME = /^(?!\d+$)[^\s,=/"'\\-][^\s,=/"'\\]*$/

/** `web-01` and `101 (pve1, running)` become `web-01 (101, pve1, running)`; the name is cut first. */
export function labelOf({ text, note }: Pick<Offer, 'text' | 'note'>, most: number): string {
  const inside = note.replace(/^(\S+) \((.*)\)$/, '$1, $2')
  if (inside === '') return text
  const room = Math.max(most - inside.length - 3, 20)
  return `${clip(text, room)} (${inside})`
}

function keysOf({ text, exact }: Completion): readonly string[] {
  const last = exact?.split('/').at(-1)
  return [text, ...(exact === undefined ? [] : [exact]), ...(last === undefined ? [] : [last])].map((key) =>
    key.toLowerCase(),
  )
}

function rankOf(offer: Offer, wanted: string): number {
  const { keys } = offer
  if (wanted === '') return 0
  if (keys.includes(wanted)) return 0
  if (keys.some((key) => key.startsWith(wanted))) return 1
  return keys.some((key) => key.includes(wanted)) || labelOf(offer, 1000).toLowerCase().includes(wanted)
    ? 2
    : NO_FIT
}

/** Candidates that are at most one letter in three away, the nearest first. */
function resembling(offers: readonly Offer[], wanted: string): readonly Ranked[] {
  const most = Math.floor(wanted.length / 3) + (wanted.length > 3 ? 1 : 0)
  return offers.flatMap((offer) => {
    const text = offer.keys[0] ?? ''
    const near = Math.abs(text.length - wanted.length) > most ? most + 1 : distance(wanted, text)
    return near <= most ? [{ ...offer, rank: NO_FIT + near }] : []
  })
}

/** Whether what was typed may be right although nothing of that name is known: filters, old names, older tasks. */
export function takesOther(spec: ArgSpec, typed: string, offers: readonly Offer[]): boolean {
  if (typed === '' || /\s/.test(typed) || offers.some(({ value }) => value === typed)) return false
  switch (spec.kind) {
    case 'guests':
      return /^[a-z]+=\S+$/i.test(typed) || typed.includes(',')
    case 'resource':
      return spec.past
    case 'task':
      return true
    case 'operation':
      return /^op\d{1,9}$/i.test(typed)
    case 'guest':
    case 'choice':
    case 'int':
    case 'duration':
    case 'workspace':
    case 'person':
    case 'words':
    case 'text':
    case 'switch':
      return false
  }
}

/** What a command takes under a name that came from outside; null where it takes no such thing. */
export function argumentOf(command: Pick<CommandForm, 'args'>, name: string): ArgSpec | null {
  return Object.hasOwn(command.args, name) ? (command.args[name] ?? null) : null
}
