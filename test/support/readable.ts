/** What people read of a text, without the invisible and the look-alike characters that keep it from coming alive. */

const LIKENESS: Readonly<Record<string, string>> = { '∗': '*', ˍ: '_', '∼': '~', ˋ: '`' }

export function readable(text: string): string {
  return text.replace(/[\u2060\u2068\u2069]/g, '').replace(/[∗ˍ∼ˋ]/g, (char) => LIKENESS[char] ?? char)
}
