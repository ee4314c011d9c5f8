/** A card's heading and the most important line below it, for a notification; `write` may say the line otherwise. */
export function summaryOf(
  heading: string,
  more: string | undefined,
  write: (line: string) => string = (line) => line,
): string {
  const line = write(more?.split('\n').find((each) => each.trim() !== '') ?? '')
  const said = line === '' ? heading : `${heading.replace(/[.:]$/, '')}. ${line}`
  // A notification draws no code spans.
  return said.replaceAll('`', '')
}
