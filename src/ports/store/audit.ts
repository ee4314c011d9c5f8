import type { AuditEntry, AuditHead, NewAudit, Verified } from '../../core/audit.js'

export type AuditFilter = {
  /** Null for every workspace, those entries that belong to none included. */
  readonly workspaces?: readonly string[]
  readonly operation?: number
  /** Action, or its first word: `decision` finds `decision.approve`. */
  readonly action?: string
  /** Exactly one of these. */
  readonly actions?: readonly string[]
  readonly person?: string
  readonly since?: Date
  readonly limit: number
}

/** The append-only log. Entries of operations and people are written by their own stores, with what they describe. */
export interface AuditStore {
  append(entry: NewAudit, now: Date): Promise<AuditEntry>
  /** Newest first. */
  list(filter: AuditFilter): Promise<readonly AuditEntry[]>
  /** The newest entry of an action, or null. */
  newest(action: string): Promise<AuditEntry | null>
  head(): Promise<AuditHead>
  /** Follows the whole chain, a piece at a time; `against` is a head that was kept elsewhere. */
  verify(against: AuditHead | null): Promise<Verified>
  /** All entries in order, a piece at a time. */
  pieces(size: number): AsyncIterable<readonly AuditEntry[]>
}
