import type { KnownBlock } from '@slack/types'
import type { Card, CardAction, Source } from '../../../core/card.js'
import type { Format } from '../../format.js'
import type { Files } from '../../message/files.js'
import { fitting, howRead, type Told, tellsTimes, wholeSource } from '../../message/foot.js'
import { clip } from '../../text.js'
import { beginning } from './cut.js'
import { codeSpan, dateToken, mrkdwn, sentence } from './escape.js'
import { contexts, sum } from './page.js'

const MOST_ACTIONS = 1500
const MOST_SOURCES = 1800
const MOST_NOTE = 500

export type Foot = { readonly blocks: readonly KnownBlock[]; readonly characters: number }

/** What to type next, and where the facts come from. */
export function footOf(card: Card, timeZone: string, format: Format, files: Files): Foot {
  const zone = { shown: `times in tables: ${mrkdwn(timeZone)}`, whole: timeZone }
  const told = [
    ...card.sources.map((source) => sourceText(source, format)),
    ...(tellsTimes(card) ? [zone] : []),
  ]
  const actions = fitting(card.actions.map(actionText), MOST_ACTIONS, 0)
  const sources = fitting(told, MOST_SOURCES, 0)
  if (actions.lost.length > 0) files.detail('what to try', actions.lost.join('\n'))
  if (sources.lost.length > 0) files.detail('how old it is', sources.lost.join('\n'))
  return {
    blocks: [...contexts(actions.shown), ...contexts(sources.shown)],
    characters: sum(actions.shown) + sum(sources.shown),
  }
}

function actionText({ label, words }: CardAction): Told {
  return {
    shown: `${codeSpan(`/pve ${words}`)} ${mrkdwn(clip(label, 100))}`,
    whole: `/pve ${words}: ${label}`,
  }
}

function sourceText(source: Source, format: Format): Told {
  const { cluster, at, note } = source
  const name = mrkdwn(clip(cluster, 100))
  const said = note === undefined ? '' : sentence(note).replaceAll('\n', ' ')
  const more = said === '' ? '' : `. ${said.length > MOST_NOTE ? `${beginning(said, MOST_NOTE)}…` : said}`
  const whole = wholeSource(source)
  if (at === null) return { shown: `⚠️ ${name}: never read${more}`, whole }
  const late = said === '' ? '' : '⚠️ '
  return { shown: `${late}${name}: ${howRead(source)} ${dateToken(at, format.time(at))}${more}`, whole }
}
