import { type AuditEntry, type AuditHead, headText } from '../../core/audit.js'
import { type Card, card, type Row } from '../../core/card.js'
import { column, count, fact } from '../../core/facts.js'
import { operationName } from '../../core/operation.js'
import { actorText } from '../../core/people.js'
import type { Exported } from './export.js'

/** Entries, newest first. `near` is the name that was probably meant. */
export function logCard(
  entries: readonly AuditEntry[],
  asked: { readonly limit: number; readonly near: string | null },
): Card {
  const rows = entries.map(
    (entry): Row => ({
      seq: entry.seq,
      at: entry.at,
      who: entry.actor === null ? 'the program' : actorText(entry.actor),
      account: entry.actor?.account ?? null,
      action: entry.action,
      operation: entry.operation === null ? null : operationName(entry.operation),
      subject: entry.subject,
      code: entry.code,
      workspace: entry.workspace,
    }),
  )
  const columns = [
    column('seq', 'entry', 'count', 1),
    column('at', 'time', 'time', 0),
    column('who', 'who', 'text', 0),
    column('action', 'action', 'text', 0),
    column('operation', 'operation', 'text', 3),
    column('subject', 'what', 'text', 0),
    column('code', 'code', 'text', 1),
    ...(new Set(rows.map(({ workspace }) => workspace)).size > 1
      ? [column('workspace', 'workspace', 'text', 4)]
      : []),
    column('account', 'account', 'text', 5),
  ]
  const full = rows.length === asked.limit
  const words = entries.length === 1 ? 'entry' : 'entries'
  return card({
    heading: full ? `The newest ${entries.length} ${words}` : `${entries.length} ${words}`,
    ...(full ? { text: '--limit, --since, --person, --op and --action choose others.' } : {}),
    table: {
      columns,
      rows,
      empty:
        asked.near === null ? 'No entry is like that.' : `No entry is like that. Did you mean ${asked.near}?`,
    },
  })
}

/** A log that is whole, with what that proves and what it does not. */
export function soundCard(head: AuditHead, against: AuditHead | null): Card {
  const text =
    against === null
      ? [
          'Every entry is as it was written and follows on the one before it.',
          'What this cannot see: entries cut off at the end, or a whole log that was computed anew. Keep the head outside of this host, and hold the log against it next time: audit verify --against HEAD',
        ]
      : [
          'Every entry is as it was written and follows on the one before it.',
          `The log goes on from the given head: up to entry ${against.seq} nothing was cut, and nothing computed anew. Keep the new head outside of this host for the next time.`,
        ]
  return card({
    heading: `The audit log is whole: ${count(head.seq, 'entry', 'entries')}`,
    tone: 'good',
    text: text.join('\n'),
    facts: [
      fact('entries', head.seq, 'count'),
      fact('head', headText(head)),
      ...(against === null ? [] : [fact('held against', headText(against))]),
    ],
  })
}

export function exportCard({ file, head }: Exported): Card {
  return card({
    heading: `${count(head.seq, 'entry', 'entries')} of the audit log`,
    text: 'The export itself is recorded, as the entry after these.',
    facts: [fact('head', headText(head))],
    files: [file],
  })
}
