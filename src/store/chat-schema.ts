import { z } from 'zod'
import type { Binding } from '../ports/store/bindings.js'
import type { CardMessage } from '../ports/store/card-messages.js'
import type { OutboxItem, Post, PostFile } from '../ports/store/outbox.js'
import { sqlJson } from './row-schema.js'

/** Rows of what belongs to chat, as the driver gives them: numbers may be bigints, booleans 0 and 1. */
type Whole = number | bigint
type Flag = boolean | Whole

export type BindingRow = {
  readonly surface: Binding['surface']
  readonly channel: string
  readonly name: string
  readonly workspace: string
  readonly approvals: Flag
}

export function bindingOf({ surface, channel, name, workspace, approvals }: BindingRow): Binding {
  return { surface, channel, name: textOf(name) ?? channel, workspace, approvals: Boolean(approvals) }
}

export type CardMessageRow = Omit<CardMessage, 'operation' | 'final' | 'failures'> & {
  readonly operation: Whole
  readonly final: Flag
  readonly failures: Whole
}

export function cardMessageOf(row: CardMessageRow): CardMessage {
  return {
    ...row,
    operation: Number(row.operation),
    final: Boolean(row.final),
    failures: Number(row.failures),
    error: textOf(row.error),
  }
}

export type OutboxRow = Pick<Post, 'surface' | 'channel' | 'key'> & {
  readonly id: Whole
  readonly at: string
  readonly body: string
  readonly failures: Whole
  readonly error: string | null
}

const file = z.object({
  name: z.string(),
  mediaType: z.string(),
  content: z.object({ encoding: z.enum(['utf8', 'base64']), data: z.string() }),
}) satisfies z.ZodType<PostFile>

const Body = z.object({
  under: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('operation'), operation: z.number() }),
      z.object({ kind: z.literal('message'), message: z.string() }),
    ])
    .nullable(),
  card: z.string().nullable(),
  files: z.array(file),
})

export function postBody({ under, card, files }: Post): string {
  return sqlJson({ under, card, files: [...files] } satisfies z.input<typeof Body>)
}

/** A post that was changed by hand and cannot be read is one that says nothing: it must not hold up what comes after. */
export function outboxItemOf(row: OutboxRow): OutboxItem {
  const { surface, channel, key, at } = row
  const body = Body.safeParse(parsed(row.body))
  const { under, card, files } = body.success ? body.data : { under: null, card: '{}', files: [] }
  const failures = Number(row.failures)
  return {
    id: Number(row.id),
    surface,
    channel,
    key,
    at,
    under,
    card,
    files,
    failures,
    error: textOf(row.error),
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

/** A text that is stored as JSON. */
function textOf(json: string | null): string | null {
  const value = json === null ? null : parsed(json)
  return typeof value === 'string' ? value : null
}
