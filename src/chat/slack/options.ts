import type { PlainTextElement, PlainTextOption } from '@slack/types'
import type { ArgSpec } from '../../core/args.js'
import type { Completion } from '../../ports/road.js'
import { labelOf, offersOf, ranked, takesOther } from '../offers.js'
import { clip, sanitise } from '../text.js'

/** What Slack takes in a list. */
export const MOST_OPTIONS = 100
const MOST_TEXT = 75
const MOST_VALUE = 150

/** A text of which nothing comes alive: no mention, no link, no emoji. Cut where Slack would refuse it. */
export function plain(text: string, most: number): PlainTextElement {
  return { type: 'plain_text', text: clip(sanitise(text), most), emoji: false }
}

/** An option for a word that was typed already; null where it is too long for one. */
export function optionOf(word: string): PlainTextOption | null {
  return word === '' || word.length > MOST_VALUE ? null : { text: plain(word, MOST_TEXT), value: word }
}

/**
 * At most 100 options for a list, in the order: last used, fits from its beginning, fits somewhere; what merely resembles
 * what was typed is offered only where nothing fits, so that a name one letter off is not picked by mistake. A value is
 * what the grammar takes; `recent` holds such values, the newest first.
 */
export function optionsFor(
  spec: ArgSpec,
  typed: string,
  completions: readonly Completion[],
  recent: readonly string[],
): PlainTextOption[] {
  const offers = offersOf(completions, MOST_VALUE)
  const verbatim = takesOther(spec, typed.trim(), offers) ? optionOf(typed.trim()) : null
  const options = ranked(offers, typed, recent)
    .slice(0, MOST_OPTIONS - (verbatim === null ? 0 : 1))
    .map((offer) => ({ text: plain(labelOf(offer, MOST_TEXT), MOST_TEXT), value: offer.value }))
  return verbatim === null ? options : [...options, verbatim]
}
