/** A fact that may be unreadable; `why` names the missing privilege or the failure. */
export type Known<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'unknown'; readonly why: string }

export function known<T>(value: T): Known<T> {
  return { kind: 'known', value }
}

export function unknown(why: string): { readonly kind: 'unknown'; readonly why: string } {
  return { kind: 'unknown', why }
}

/** The value, or null where it could not be read. */
export function orNull<T>(fact: Known<T>): T | null {
  return fact.kind === 'known' ? fact.value : null
}
