import type { Account, Actor, Grant, Person } from '../../core/people.js'
import type { Refusal } from '../../core/refusal.js'

/** A change of people. Persons are named by name; `actor` is null for what the program does when a home is made. */
export type PeopleChange =
  | {
      readonly kind: 'add'
      readonly name: string
      readonly accounts: readonly Account[]
      readonly grants: readonly Grant[]
    }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'grant'; readonly name: string; readonly grant: Grant }
  | { readonly kind: 'revoke'; readonly name: string; readonly grant: Grant }
  | { readonly kind: 'link'; readonly name: string; readonly account: Account }
  | { readonly kind: 'unlink'; readonly account: Account }

export type Invite = {
  readonly name: string
  /** SHA-256 of the code; the code itself is never stored. */
  readonly codeHash: string
  readonly expiresAt: Date
}

/**
 * Persons, their accounts and grants. Everything is written with its audit entry (`person.added`, `person.removed`,
 * `grant.added`, `grant.removed`, `account.linked`, `account.unlinked`, `person.invited`, `link.refused`) in one transaction.
 */
export interface PeopleStore {
  /** All who are not removed, by name. */
  list(): Promise<readonly Person[]>
  byAccount(account: Account): Promise<Person | null>
  byName(name: string): Promise<Person | null>
  /**
   * Refusals: `person_exists`, `unknown_person`, `account_taken`, `unknown_account`, `no_such_grant`, `last_admin` (nobody
   * would be left who is admin for everything and has an account, or, in a home without accounts, who is admin).
   */
  change(change: PeopleChange, actor: Actor | null, now: Date): Promise<Person | Refusal>
  /** One open code per person: a new one replaces the old. */
  invite(invite: Invite, actor: Actor, now: Date): Promise<Person | Refusal>
  /**
   * Links an account by the hash of a code. `link_wrong` for a wrong, used or old one; after 5 wrong ones from an account
   * within an hour that account, after 50 the whole home, is `link_locked` for an hour from the last of them. Times that
   * lie in the future (a clock that was set back) count as now. `account_taken` when the account belongs to somebody.
   */
  redeem(codeHash: string, account: Account, now: Date): Promise<Person | Refusal>
}
