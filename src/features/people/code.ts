/** A code as it is hashed: read out and typed again it may have other blanks, dashes and case. */
export function normalCode(typed: string): string {
  return typed.replace(/[\s-]+/g, '').toLowerCase()
}
