import { canonical, type Json, sha256 } from './digest.js'
import type { Actor } from './people.js'

/** What happened, as the one who did it hands it in; place in the chain and time come with the writing. */
export type NewAudit = {
  /** `operation.asked`, `decision.approve`, `effect.intended`, `person.added` … */
  readonly action: string
  /** Null for what the program does by itself. */
  readonly actor: Actor | null
  readonly workspace: string | null
  readonly operation: number | null
  /** What it is about: `stop web-01`, `lab/101`, `bob`. */
  readonly subject: string
  /** Of a refusal or an outcome. */
  readonly code: string | null
  readonly data: Json
}

export type AuditEntry = NewAudit & {
  /** 1, 2, 3 … without gaps. */
  readonly seq: number
  /** ISO time. */
  readonly at: string
  /** The hash of the entry before; empty for the first. */
  readonly prev: string
  readonly hash: string
}

/** The end of a chain: how many entries, and the hash of the last. */
export type AuditHead = { readonly seq: number; readonly hash: string }

/** The hash that binds an entry to all before it. */
export function entryHash(entry: Omit<AuditEntry, 'hash'>): string {
  const { seq, at, action, actor, workspace, operation, subject, code, data, prev } = entry
  return sha256(canonical({ v: 1, seq, at, action, actor, workspace, operation, subject, code, data, prev }))
}

/** An entry in its place after `head`. */
export function chained(head: AuditHead, audit: NewAudit, at: string): AuditEntry {
  const { action, actor, workspace, operation, subject, code, data } = audit
  const entry = {
    action,
    actor,
    workspace,
    operation,
    subject,
    code,
    data,
    at,
    seq: head.seq + 1,
    prev: head.hash,
  }
  return { ...entry, hash: entryHash(entry) }
}

/** A head as it is printed and typed: `42-<64 hex digits>`. */
export function headText({ seq, hash }: AuditHead): string {
  return seq === 0 ? '0' : `${seq}-${hash}`
}

/** Reads a printed head; null for any other text. */
export function parseHead(text: string): AuditHead | null {
  if (text === '0') return { seq: 0, hash: '' }
  const match = /^([1-9]\d{0,14})-([0-9a-f]{64})$/.exec(text.trim().toLowerCase())
  return match === null ? null : { seq: Number(match[1]), hash: match[2] ?? '' }
}

export type Verified =
  | { readonly kind: 'sound'; readonly head: AuditHead }
  | { readonly kind: 'broken'; readonly seq: number; readonly why: string }

/**
 * Follows a chain from its beginning. `head` is what the store says the end is; `against` a head that was kept elsewhere,
 * which alone can tell a cut tail or a chain that was computed anew.
 */
export class ChainCheck {
  #at: AuditHead = { seq: 0, hash: '' }
  #broken: Extract<Verified, { kind: 'broken' }> | null = null
  readonly #against: AuditHead | null
  #met: boolean

  constructor(against: AuditHead | null) {
    this.#against = against
    this.#met = against === null || against.seq === 0
  }

  /** Takes the next entry in the order of the store. */
  add(entry: AuditEntry): void {
    if (this.#broken !== null) return
    const expected = this.#at.seq + 1
    const { seq } = entry
    if (seq !== expected)
      this.#fail(expected, seq > expected ? 'it is missing' : `it stands at the place of another (${seq})`)
    else if (entry.prev !== this.#at.hash) this.#fail(seq, 'it does not follow on the one before it')
    else if (entryHash(entry) !== entry.hash) this.#fail(seq, 'it was changed')
    else if (this.#against?.seq === seq && this.#against.hash !== entry.hash)
      this.#fail(seq, 'it is not the entry that the given head was taken from; the chain was computed anew')
    this.#at = { seq, hash: entry.hash }
    if (this.#against?.seq === seq) this.#met = true
  }

  /** What the whole comes to; `head` is the stored one. */
  end(head: AuditHead): Verified {
    if (this.#broken !== null) return this.#broken
    if (!this.#met)
      return {
        kind: 'broken',
        seq: this.#at.seq + 1,
        why: 'the log ends before the given head; its tail was cut',
      }
    if (head.seq !== this.#at.seq || head.hash !== this.#at.hash)
      return { kind: 'broken', seq: this.#at.seq + 1, why: 'the log does not end where its head says' }
    return { kind: 'sound', head: this.#at }
  }

  #fail(seq: number, why: string): void {
    this.#broken = { kind: 'broken', seq, why }
  }
}
