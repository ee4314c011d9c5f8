import { type Card, card, type Fact, type Table, type Value } from '../../core/card.js'
import type { Answer } from '../../core/command.js'
import { isRefusal, REFUSAL_CODES, type Refusal } from '../../core/refusal.js'
import type { OperationReport } from '../../core/report.js'
import { cardOf } from './render.js'

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
export type OperationJson = Pick<OperationReport, 'id' | 'state' | 'code' | 'planDigest' | 'targets'>
export type ExecJson = {
  readonly ok: boolean
  /**
   * `done` or `already`, the code of a refusal, and of an operation its own code or its state; of one that waits
   * `needs_confirmation` (by whoever asked) or `needs_approval` (by others).
   */
  readonly code: string
  readonly card: JsonCard
  /** The operation that a change became; queries have none. */
  readonly operation: OperationJson | null
}

export type Asked = {
  /** The first word. */
  readonly verb?: string | undefined
  /** The operation that a refusal is about, if there is one. */
  readonly known?: OperationReport | null
}

/** The answer as one object for scripts. */
export function execJson(answer: Answer, asked: Asked = {}): ExecJson {
  const known = asked.known ?? null
  const operation = answer.kind === 'operation' ? answer.report : known
  const shown = isRefusal(answer) ? refusalCard(answer) : jsonCard(cardOf(answer))
  return {
    ok: exitCode(answer, asked) === 0,
    code: isMeant(answer, asked) ? 'done' : codeOf(answer),
    card: shown,
    operation: operation === null ? null : operationJson(operation),
  }
}

function codeOf(answer: Answer): string {
  if (isRefusal(answer)) return answer.code
  if (answer.kind === 'operation') {
    const { state, code, needs } = answer.report
    if (needs !== 'nothing') return `needs_${needs}`
    return state === 'verified' ? (code ?? 'done') : (code ?? state)
  }
  return cardOf(answer).outcome ?? 'done'
}

function operationJson({ id, state, code, planDigest, targets }: OperationReport): OperationJson {
  return { id, state, code, planDigest, targets }
}

/** The same on one line, in printable characters alone: what a terminal might obey is escaped. */
export function execJsonLine(answer: Answer, asked: Asked = {}): string {
  return JSON.stringify(execJson(answer, asked)).replace(
    /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/**
 * The exit status of a script's single command: 0 done (or on its way, where nobody waits for it), 1 failed, 2 refused
 * or wrongly asked, 3 waits for another person's approval, 4 for the confirmation of whoever asked, 5 the outcome is
 * not what it should be or not known.
 */
export function exitCode(answer: Answer, asked: Asked = {}): 0 | 1 | 2 | 3 | 4 | 5 {
  if (isRefusal(answer)) return REFUSAL_CODES[answer.code] === 'failed' ? 1 : 2
  return answer.kind === 'operation' && !isMeant(answer, asked) ? operationExitCode(answer.report) : 0
}

/** Whoever denies or cancels an operation has got what they wanted when it ends so. */
function isMeant(answer: Answer, { verb }: Asked): boolean {
  if (answer.kind !== 'operation') return false
  const word = verb?.toLowerCase()
  const { state } = answer.report
  return (word === 'deny' && state === 'denied') || (word === 'cancel' && state === 'cancelled')
}

function operationExitCode({ state, needs }: OperationReport): 0 | 1 | 2 | 3 | 4 | 5 {
  switch (state) {
    case 'waiting':
      return needs === 'confirmation' ? 4 : 3
    case 'ready':
    case 'running':
    case 'verified':
      return 0
    case 'failed':
    case 'partial':
      return 1
    case 'stale':
    case 'denied':
    case 'expired':
    case 'cancelled':
      return 2
    case 'unverified':
    case 'unknown':
      return 5
  }
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
