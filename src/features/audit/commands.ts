import { arg, optional } from '../../core/args.js'
import { type AuditHead, headText, parseHead } from '../../core/audit.js'
import { defineCommand, type Query } from '../../core/command.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { QueryContext } from '../../ports/query.js'
import type { AuditFilter } from '../../ports/store/audit.js'
import { exportLog } from './export.js'
import { exportCard, logCard, soundCard } from './view.js'

const AUDIT = { group: 'workspace', risk: 'read', role: 'auditor', freshness: 'none' } as const

const MOST = 500
const USUAL = 30

const OPERATION = arg.operation({
  label: 'operation',
  summary: 'only entries of this one, as op12',
  flag: true,
})

const auditLog = defineCommand({
  ...AUDIT,
  path: ['audit', 'log'],
  summary: 'Who asked, decided and changed what, the newest first',
  examples: [
    'audit log',
    'audit log --op op12',
    'audit log --person bob --since 24h',
    'audit log --action decision --limit 100',
  ],
  args: {
    op: { ...OPERATION, required: false, schema: OPERATION.schema.optional() },
    person: optional.person({ label: 'person', summary: 'only what this one did', flag: true }),
    action: optional.text(
      { label: 'word', summary: 'only this action, or all that begin with it: decision', flag: true },
      64,
    ),
    since: optional.duration({ label: 'time span', summary: 'not older than this', flag: true }),
    limit: optional.int(
      { label: 'n', summary: `no more than so many (${USUAL} unless said)`, flag: true },
      1,
      MOST,
    ),
  },
  answer: async (context: QueryContext, args) => {
    const { now, stores, nearest } = context
    const names = (await stores.people.list()).map(({ name }) => name)
    const person = args.person === undefined ? undefined : sameName(args.person, names)
    const action = args.action?.trim().toLowerCase()
    const filter: AuditFilter = {
      limit: args.limit ?? USUAL,
      ...(args.op === undefined ? {} : { operation: args.op }),
      ...(person === undefined ? {} : { person }),
      ...(action === undefined ? {} : { action }),
      ...(args.since === undefined ? {} : { since: new Date(now.getTime() - args.since) }),
    }
    const entries = await stores.audit.list(filter)
    // After the reading, so that it does not find itself; before the answer, so that none goes unrecorded.
    await stores.audit.append(
      {
        action: 'audit.read',
        actor: context.actor,
        workspace: context.workspace.name,
        operation: args.op ?? null,
        subject: 'audit log',
        code: null,
        data: {
          entries: entries.length,
          person,
          action,
          since: filter.since?.toISOString(),
          limit: filter.limit,
        },
      },
      now,
    )
    // Entries outlive persons, so a name that nobody bears now is no error; but it may be mistyped.
    const near = person === undefined || names.includes(person) ? null : nearest(person, names)
    return logCard(entries, { limit: filter.limit, near })
  },
})

function sameName(typed: string, names: readonly string[]): string {
  const name = typed.trim()
  return names.find((each) => each === name) ?? names.find((each) => lower(each) === lower(name)) ?? name
}

const lower = (text: string): string => text.toLowerCase()

const auditVerify = defineCommand({
  ...AUDIT,
  path: ['audit', 'verify'],
  summary: 'Whether the audit log is whole, and its head to keep elsewhere',
  examples: ['audit verify', `audit verify --against 42-${'0123456789abcdef'.repeat(4)}`],
  args: {
    against: optional.text(
      { label: 'head', summary: 'a head that was printed before and kept outside of this host', flag: true },
      200,
    ),
  },
  answer: async (context: QueryContext, args) => {
    const against = args.against === undefined ? null : readHead(args.against)
    if (isRefusal(against)) return against
    const verified = await context.stores.audit.verify(against)
    if (verified.kind === 'sound') return soundCard(verified.head, against)
    return refuse(
      'audit_broken',
      `The audit log is broken at entry ${verified.seq}: ${verified.why}.`,
      'Keep the database as it is, and compare it with a backup and with heads that were kept elsewhere.',
      [
        ...(verified.seq > 1 ? [`The entries before it, from 1 to ${verified.seq - 1}, are whole.`] : []),
        ...(against === null ? [] : [`Held against the head ${headText(against)}.`]),
      ],
    )
  },
})

function readHead(typed: string): AuditHead | Refusal {
  return (
    parseHead(typed) ??
    refuse(
      'wrong_argument',
      `\`${typed}\` is not a head of an audit log.`,
      'It is printed by `audit verify`: a number, a dash and 64 hex digits.',
    )
  )
}

const auditExport = defineCommand({
  ...AUDIT,
  path: ['audit', 'export'],
  summary: 'The whole audit log as a file',
  examples: ['audit export', 'audit export --format csv'],
  args: {
    format: {
      ...optional.choice(
        { label: 'format', summary: 'JSON Lines, which can be verified (unless said), or CSV' },
        ['jsonl', 'csv'],
      ),
      flag: true,
    },
  },
  answer: async (context: QueryContext, args) => {
    const made = await exportLog(context.stores.audit, args.format ?? 'jsonl', context.signal)
    await context.stores.audit.append(
      {
        action: 'audit.exported',
        actor: context.actor,
        workspace: context.workspace.name,
        operation: null,
        subject: made.file.name,
        code: null,
        data: { entries: made.head.seq, head: headText(made.head) },
      },
      context.now,
    )
    return exportCard(made)
  },
})

export const auditCommands: readonly Query<QueryContext>[] = [auditLog, auditVerify, auditExport]
