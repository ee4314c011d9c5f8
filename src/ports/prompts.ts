import type { Refusal } from '../core/refusal.js'

/** What a question gives: a value, a person who left, or a refusal where nobody can be asked. */
export type Asked<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'cancelled' }
  | Refusal

/** `flag` (without dashes) gives the same answer on the command line. */
export type Question = { readonly flag: string; readonly message: string }
export type TextQuestion = Question & {
  /** Taken when nothing is typed. */
  readonly initial?: string
  /** Gives what is wrong with a text, or null. */
  readonly problem?: (text: string) => string | null
}
export type ConfirmQuestion = Question & { readonly initial: boolean }
export type Choice = { readonly value: string; readonly label: string; readonly hint?: string }
export type SelectQuestion = Question & { readonly choices: readonly Choice[]; readonly initial?: string }

/** Questions to the person at the terminal. Messages may hold untrusted text. */
export interface Prompts {
  text(question: TextQuestion): Promise<Asked<string>>
  /** What is typed is never shown. */
  secret(question: Question): Promise<Asked<string>>
  confirm(question: ConfirmQuestion): Promise<Asked<boolean>>
  select(question: SelectQuestion): Promise<Asked<string>>
  /** Tells something; the text may have several lines. */
  note(title: string, text: string): void
}
