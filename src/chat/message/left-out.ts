/** How a message says what is not in it. `attached` is false where no file can go along. */

export function restOf(attached: boolean): string {
  return attached ? '… the rest is in the file below' : '… and more'
}

/** Of a log, whose end says most. */
export function linesBefore(count: number, attached: boolean): string {
  return `… ${count} ${count === 1 ? 'line' : 'lines'} before these${attached ? ' in the file below' : ''}`
}

/** Of a table of which so many rows are shown, and which is whole in a file. */
export function rowsLeft(total: number, shown: number, file: string, attached: boolean): string {
  const where = attached ? `, all ${total} rows are in 📎 ${file}` : ''
  if (shown === 0) return `${total} rows${where}`
  return shown < total ? `… and ${total - shown} more${where}` : `columns or cells were cut${where}`
}

export function codeLeft(file: string, attached: boolean): string {
  return attached ? `The code is in 📎 ${file}.` : 'The code does not fit here.'
}

/** The lines about files, or that there would be some; `more` is what to type to see them, where that is known. */
export function filesLeft(
  lines: readonly string[],
  attached: boolean,
  more: string | null = null,
): readonly string[] {
  if (attached || lines.length === 0) return lines
  return [more === null ? 'There is more than fits here.' : `There is more than fits here: ${more} shows it.`]
}
