import type { AuditEntry, AuditHead } from '../../core/audit.js'
import type { CardFile } from '../../core/card.js'
import { canonical } from '../../core/digest.js'
import type { AuditStore } from '../../ports/store/audit.js'

export type ExportFormat = 'jsonl' | 'csv'

/** A file with all entries, and the head they come to. */
export type Exported = { readonly file: CardFile; readonly head: AuditHead }

const PIECE = 1000

/** Writes the whole log as text; stops with the signal. */
export async function exportLog(
  audit: Pick<AuditStore, 'pieces'>,
  format: ExportFormat,
  signal: AbortSignal,
): Promise<Exported> {
  const lines: string[] = format === 'csv' ? [CSV_HEAD] : []
  let head: AuditHead = { seq: 0, hash: '' }
  for await (const piece of audit.pieces(PIECE)) {
    signal.throwIfAborted()
    for (const entry of piece) {
      lines.push(format === 'csv' ? csvLine(entry) : `${canonical(entry)}\n`)
      head = { seq: entry.seq, hash: entry.hash }
    }
  }
  const mediaType = format === 'csv' ? 'text/csv' : 'application/x-ndjson'
  return { head, file: { name: `audit-${head.seq}.${format}`, mediaType, text: lines.join('') } }
}

const COLUMNS = [
  ...['seq', 'at', 'action', 'person', 'really', 'account', 'workspace', 'operation', 'subject', 'code'],
  ...['data', 'prev', 'hash'],
]

const CSV_HEAD = csvRow(COLUMNS)

function csvLine(entry: AuditEntry): string {
  const { actor } = entry
  return csvRow([
    String(entry.seq),
    entry.at,
    entry.action,
    actor?.person ?? '',
    actor?.realPerson ?? '',
    actor?.account ?? '',
    entry.workspace ?? '',
    entry.operation === null ? '' : `op${entry.operation}`,
    entry.subject,
    entry.code ?? '',
    canonical(entry.data),
    entry.prev,
    entry.hash,
  ])
}

function csvRow(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

/**
 * One quoted cell that no spreadsheet takes for a formula. An apostrophe goes before what would begin one: at the start,
 * and behind whatever a program that splits at other signs takes for the start of a cell.
 */
export function csvCell(text: string): string {
  const inert = text.replace(/(^|[;\t\r\n|])([\s\p{Cf}]*)([=+\-@＝＋－＠])/gu, "$1$2'$3")
  return `"${inert.replaceAll('"', '""')}"`
}
