import type { Card, CardAction, Source } from '../../../core/card.js'
import type { Format } from '../../format.js'
import type { Files } from '../../message/files.js'
import { fitting, howRead, type Told, tellsTimes, wholeSource } from '../../message/foot.js'
import { isoTime } from '../../message/time.js'
import { clip } from '../../text.js'
import { codeSpan, fitted, inertLine, plainLine } from './escape.js'

/** What comes last in a card: what to type next, and where the facts come from. */

/** The foot of an embed is drawn without markdown; Discord draws `at` beside it, for everybody in their own zone. */
export type Foot = { readonly text: string; readonly at: string | null }

const MOST_ACTIONS = 1000
const MOST_FOOT = 1200
const MOST_NOTE = 400

/** Lines of what to type, in at most so many characters as a field has; the others go into the file. */
export function actionsOf(
  actions: readonly CardAction[],
  typed: (words: string) => string,
  files: Files,
): string {
  const told = actions.map(({ label, words }) => {
    const shown = typed(words)
    return { shown: `${codeSpan(shown)} ${fitted(label, 150, inertLine)}`, whole: `${shown}: ${label}` }
  })
  const { shown, lost } = fitting(told, MOST_ACTIONS, 1)
  if (lost.length > 0) files.detail('what to try', lost.join('\n'))
  return shown.join('\n')
}

/** How old a card's facts are. */
export function footOf(card: Card, timeZone: string, format: Format, files: Files): Foot {
  const zone = tellsTimes(card)
    ? [{ shown: `times in tables: ${plainLine(timeZone, 60)}`, whole: timeZone }]
    : []
  const [only, ...others] = card.sources
  const at = only === undefined || others.length > 0 ? null : isoTime(only.at ?? '')
  const sources = card.sources.map((source) => sourceText(source, at === null ? { format, timeZone } : null))
  const { shown, lost } = fitting([...zone, ...sources], MOST_FOOT, 1)
  const cut = card.sources.filter(({ note }) => (note?.length ?? 0) > MOST_NOTE)
  const notes = cut.map(({ cluster, note }) => `${cluster}: ${note}`)
  if (lost.length + notes.length > 0) files.detail('how old it is', [...lost, ...notes].join('\n'))
  return { text: shown.join('\n'), at: lost.length > 0 ? null : at }
}

/** `written` is null where Discord draws the time beside it, so that it has to come last. */
function sourceText(
  source: Source,
  written: { readonly format: Format; readonly timeZone: string } | null,
): Told {
  const { cluster, at, note } = source
  const name = plainLine(cluster, 100)
  const whole = wholeSource(source)
  const said = note === undefined || note.trim() === '' ? '' : plainLine(note.replaceAll('`', ''), MOST_NOTE)
  if (at === null) return { shown: `⚠️ ${name}: never read${said === '' ? '' : `. ${said}`}`, whole }
  const late = said === '' ? '' : '⚠️ '
  if (written === null)
    return { shown: `${late}${said === '' ? '' : `${said}\n`}${name}: ${howRead(source)}`, whole }
  const when = `${clip(written.format.time(at), 60)} ${clip(written.timeZone, 60)}`
  return { shown: `${late}${name}: ${howRead(source)} ${when}${said === '' ? '' : `. ${said}`}`, whole }
}
