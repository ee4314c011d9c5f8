import type { CardFile } from '../../../core/card.js'
import { filesOf } from '../../slack/blocks/files.js'
import { fitted, inertLine } from './escape.js'

/** What goes along with a message, and how the message says so. */

export type Attachments = {
  /** Puts a file beside the message; gives the name that was free. */
  readonly add: (file: CardFile, holds: string) => string
  /** Where the file is has been said already. */
  readonly told: (name: string) => void
  /** Text that is told, whole, in the file of details. */
  readonly detail: (title: string, text: string) => void
  readonly all: () => readonly CardFile[]
  /** A line about each file that was not told of yet. */
  readonly said: () => readonly string[]
}

/** Discord takes no more with one message, pictures included. */
export const MOST_FILES = 10
const MORE = 'more-files.txt'
const MOST_LINES = 8
/** Of the lines about files together. */
export const MOST_SAID = 900
const MOST_TITLES = 8

/** The files of a message that has so many pictures. */
export function attachmentsOf(given: readonly CardFile[], pictures: number): Attachments {
  const files = filesOf(given)
  const holds = new Map<string, string>()
  const told = new Set<string>()
  const titles: string[] = []
  const most = Math.max(1, MOST_FILES - pictures)
  // Putting the details together takes long where they are.
  let known: readonly CardFile[] | null = null
  const before = (): readonly CardFile[] => {
    known ??= files.all()
    return known
  }
  const all = (): readonly CardFile[] => together(before(), most)
  return {
    add: (file, what) => {
      known = null
      const name = files.add(file, what)
      holds.set(name, what)
      return name
    },
    told: (name) => {
      told.add(name)
    },
    detail: (title, text) => {
      known = null
      files.detail(title, text)
      titles.push(fitted(title, 60, inertLine))
    },
    all,
    said: () => {
      const details = titles.length === 0 ? undefined : before().at(-1)?.name
      const shown = all()
      const what = (name: string): string => {
        if (shown.length < before().length && name === shown.at(-1)?.name)
          return inOne(before().slice(shown.length - 1))
        return name === details ? wholeOf(titles) : fitted(holds.get(name) ?? '', 150, inertLine)
      }
      const left = shown.filter(({ name }) => !told.has(name))
      return linesAbout(
        left.map(({ name }) => `📎 ${fitted(name, 80, inertLine)}: ${what(name)}`.replace(/: –$/, '')),
      )
    },
  }
}

function wholeOf(titles: readonly string[]): string {
  const more = titles.length > MOST_TITLES ? ` and ${titles.length - MOST_TITLES} more` : ''
  return `the whole of ${titles.slice(0, MOST_TITLES).join(', ')}${more}`
}

function inOne(files: readonly CardFile[]): string {
  const names = files.map(({ name }) => name).join(', ')
  return fitted(`${files.length} files in one, ${names}`, 300, inertLine)
}

function linesAbout(lines: readonly string[]): readonly string[] {
  let size = 0
  const fits = lines.findIndex((line, at) => {
    size += line.length + 1
    return size > MOST_SAID || at === MOST_LINES
  })
  return fits < 0 ? lines : [...lines.slice(0, fits), `📎 and ${lines.length - fits} more files`]
}

/** No file is lost where there are too many: the last ones become one. */
function together(files: readonly CardFile[], most: number): readonly CardFile[] {
  if (files.length <= most) return files
  const text = files
    .slice(most - 1)
    .map((file) => `===== ${file.name} =====\n${file.text}\n`)
    .join('\n')
  return [...files.slice(0, most - 1), { name: MORE, mediaType: 'text/plain', text }]
}
