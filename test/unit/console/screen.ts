type Row = { text: string /** It goes on in the next row. */; wrapped: boolean }

/**
 * What a terminal shows after some output, row by row, with what scrolled out at the top. Knows what we write and fails
 * at anything else. Long lines go on in the next row and are broken anew when the width changes, as in most terminals.
 */
export function screen(columns: number, height: number) {
  let width = columns
  let rows: Row[] = [{ text: '', wrapped: false }]
  let row = 0
  let column = 0
  const at = (index: number): Row => {
    const found = rows[index] ?? { text: '', wrapped: false }
    rows[index] = found
    return found
  }
  const put = (char: string) => {
    if (column === width) {
      at(row).wrapped = true
      row += 1
      column = 0
    }
    const line = at(row)
    const chars = [...line.text.padEnd(column)]
    chars[column] = char
    line.text = chars.join('')
    column += 1
  }
  const up = (count: number) => {
    row -= count
    if (row < 0) throw new Error('the cursor was moved beyond the first row')
    if (rows.length - row > height) throw new Error('the cursor was moved above the screen')
  }
  const cut = () => {
    // The cursor waits in the last column behind the last character, and wiping takes that along.
    at(row).text = at(row).text.slice(0, Math.min(column, width - 1))
    at(row).wrapped = false
  }
  const obey = (text: string, final: string) => {
    const sequence = `${text}${final}`
    if (final === 'm') return
    if (final === 'A') up(Number(text))
    else if (sequence === 'K') cut()
    else if (sequence === '2K') rows[row] = { text: '', wrapped: false }
    else if (sequence === 'J') {
      cut()
      rows = rows.slice(0, row + 1)
    } else throw new Error(`an escape sequence that nobody expects: ${sequence}`)
  }
  return {
    write: (output: string) => {
      for (const [, text, final, char] of output.matchAll(/\u001b\[([0-9;]*)([A-Za-z])|([\s\S])/gu)) {
        if (final !== undefined) obey(text ?? '', final)
        else if (char === '\r') column = 0
        else if (char === '\n') {
          row += 1
          column = 0
          at(row)
        } else if (char !== undefined) {
          if (char < ' ') throw new Error(`a control character that nobody expects: ${char.charCodeAt(0)}`)
          put(char)
        }
      }
    },
    /** The cursor is expected at the start of an empty row. */
    resize: (to: number) => {
      if (at(row).text !== '') throw new Error('only to be used between two lines')
      const whole: string[] = []
      let goesOn = false
      for (const { text, wrapped } of rows.slice(0, row)) {
        if (goesOn) whole.push(`${whole.pop() ?? ''}${text}`)
        else whole.push(text)
        goesOn = wrapped
      }
      width = to
      rows = whole.flatMap((line): Row[] => {
        const pieces = line === '' ? [''] : (line.match(new RegExp(`.{1,${to}}`, 'gu')) ?? [])
        return pieces.map((text, index) => ({ text, wrapped: index < pieces.length - 1 }))
      })
      row = rows.length
      at(row)
    },
    /** Everything from the first row on, without blanks at the ends. */
    text: () =>
      rows
        .map(({ text }) => text.trimEnd())
        .join('\n')
        .trimEnd(),
  }
}
