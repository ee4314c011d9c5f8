/** Invisible characters, with which text from outside keeps to its own place. */

/** Takes no room and belongs to no word: what it stands in is no token, mention or emoji any more. */
export const JOINER = '\u2060'

const RTL =
  '\\p{Script=Hebrew}\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Thaana}\\p{Script=Nko}\\p{Script=Adlam}'
const LETTER = new RegExp(`[${RTL}]`, 'u')
/** From the first to the last such letter; two blanks part the columns of a table. */
const RIGHT_TO_LEFT = new RegExp(
  `[${RTL}](?:(?:[${RTL}\\p{M}\\p{N}\\p{P}\\p{S}]| (?! ))*[${RTL}\\p{M}])?`,
  'gu',
)

/** What is written from right to left keeps to its own place, and takes no columns or brackets along. */
export function isolated(line: string): string {
  return line.replace(RIGHT_TO_LEFT, '\u2068$&\u2069')
}

/** Whether `isolated` puts an invisible mark beside a character. */
export function isIsolated(character: string): boolean {
  return LETTER.test(character)
}
