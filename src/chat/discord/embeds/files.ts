import type { CardFile } from '../../../core/card.js'
import { type Files, filesOf, type Held, wholeOf } from '../../message/files.js'
import { fitted, inertLine } from './escape.js'

/** Discord takes no more with one message, pictures included. */
const MOST_FILES = 10
const MORE = 'more-files.txt'
/** Where a file of that name is among them. */
const MORE_STILL = 'still-more-files.txt'
/** Of the lines about files together. */
export const MOST_SAID = 900

/** The files of a message that has so many pictures. */
export function discordFiles(given: readonly CardFile[], pictures: number): Files {
  const most = Math.max(1, MOST_FILES - pictures)
  return filesOf(given, {
    line: lineAbout,
    characters: MOST_SAID,
    gap: 1,
    pack: (files) => together(files, most),
  })
}

function lineAbout({ file, holds, titles }: Held): string {
  const what =
    titles.length === 0
      ? fitted(holds, 300, inertLine)
      : wholeOf(titles.map((title) => fitted(title, 60, inertLine)))
  return `📎 ${fitted(file.name, 80, inertLine)}: ${what}`.replace(/: –$/, '')
}

/** No file is lost where there are too many: the last ones become one. */
function together(files: readonly Held[], most: number): readonly Held[] {
  if (files.length <= most) return files
  const last = files.slice(most - 1).map(({ file }) => file)
  const text = last.map((file) => `===== ${file.name} =====\n${file.text}\n`).join('\n')
  const holds = `${last.length} files in one, ${last.map(({ name }) => name).join(', ')}`
  const kept = files.slice(0, most - 1)
  const name = kept.some(({ file }) => file.name === MORE) ? MORE_STILL : MORE
  return [...kept, { file: { name, mediaType: 'text/plain', text }, holds, titles: [] }]
}
