/** Without letters that are mistaken for each other; 32 of them, so that each stands for five bits. */
const ALPHABET = 'abcdefghjkmnpqrstvwxyz0123456789'
const LENGTH = 13

/** A secret word of 65 random bits in groups: `k7f3-9qwx-2mzta`. Case does not matter. */
export function newCode(random: (bytes: number) => Uint8Array): string {
  const letters = [...random(LENGTH)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('')
  return [letters.slice(0, 4), letters.slice(4, 8), letters.slice(8)].join('-')
}
