import { type Card, card, type Fact, type Table, type Value } from '../../core/card.js'
import type { Answer } from '../../core/command.js'
import { isRefusal, REFUSAL_CODES, type Refusal, type RefusalCode } from '../../core/refusal.js'

export type JsonTable = {
  readonly columns: readonly { readonly key: string; readonly label: string; readonly unit: string }[]
  readonly rows: readonly { readonly [key: string]: Value }[]
  readonly empty: string
}
export type JsonSection = {
  readonly title: string
  readonly text?: string
  readonly facts?: readonly Fact[]
  readonly table?: JsonTable
}
/** A card as scripts read it: values stay raw (bytes, seconds, ratios, ISO times). */
export type JsonCard = Omit<Card, 'kind' | 'table' | 'sections'> & {
  readonly table?: JsonTable
  readonly sections: readonly JsonSection[]
  /** Of a refusal. */
  readonly hint?: string
  readonly details?: readonly string[]
}
export type ExecJson = {
  readonly ok: boolean
  readonly code: 'done' | RefusalCode
  readonly card: JsonCard
  /** The operation that a change became; queries have none. */
  readonly operation: null
}

/** The answer as one object for scripts. */
export function execJson(answer: Answer): ExecJson {
  if (isRefusal(answer)) return { ok: false, code: answer.code, card: refusalCard(answer), operation: null }
  const shown = answer.kind === 'session' ? answer.card : answer
  return { ok: true, code: 'done', card: jsonCard(shown), operation: null }
}

/** The same on one line, in printable characters alone: what a terminal might obey is escaped. */
export function execJsonLine(answer: Answer): string {
  return JSON.stringify(execJson(answer)).replace(
    /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The exit status of a script's single command: 0 done, 1 failed, 2 refused or wrongly asked. */
export function exitCode(answer: Answer): 0 | 1 | 2 {
  if (!isRefusal(answer)) return 0
  return REFUSAL_CODES[answer.code] === 'failed' ? 1 : 2
}

function jsonCard({ kind: _kind, table, sections, ...rest }: Card): JsonCard {
  return {
    ...rest,
    ...(table === undefined ? {} : { table: jsonTable(table) }),
    sections: sections.map(({ table: inner, ...section }) => ({
      ...section,
      ...(inner === undefined ? {} : { table: jsonTable(inner) }),
    })),
  }
}

function refusalCard(refusal: Refusal): JsonCard {
  const { message, hint, details } = refusal
  return { ...jsonCard(card({ heading: message, tone: 'danger' })), hint, details }
}

/** Every row has every column, and nothing else. */
function jsonTable({ columns, rows, empty }: Table): JsonTable {
  return {
    columns: columns.map(({ key, label, unit }) => ({ key, label, unit })),
    rows: rows.map((row) => Object.fromEntries(columns.map(({ key }) => [key, row[key] ?? null]))),
    empty,
  }
}
