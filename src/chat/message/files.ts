import type { CardFile } from '../../core/card.js'
import { clip } from '../text.js'
import { lineOf, linesOf } from './lines.js'

/** What goes along with a message because it does not fit into it, and how the message says so. */

export type Files = {
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

export type Held = {
  readonly file: CardFile
  /** What is in it; empty where its name says enough. */
  readonly holds: string
  /** Of the texts that are whole in it. */
  readonly titles: readonly string[]
}

export type FilesWriting = {
  /** The line about a file, escaped. */
  readonly line: (held: Held) => string
  /** Of all lines; each takes so many characters more than it has. */
  readonly characters: number
  readonly gap: number
  /** Makes as few of them as the chat takes. */
  readonly pack?: (files: readonly Held[]) => readonly Held[]
}

const DETAILS = 'details.txt'
const MOST_LINES = 8
const MOST_TITLES = 8

export function filesOf(given: readonly CardFile[], write: FilesWriting): Files {
  const files = given.map((file): Held => ({ file, holds: '', titles: [] }))
  const told = new Set<string>()
  const details: { readonly title: string; readonly text: string }[] = []
  const pack = write.pack ?? ((held) => held)
  // Putting the details together takes long where they are.
  let known: readonly Held[] | null = null
  const held = (): readonly Held[] => {
    known ??= pack(details.length === 0 ? files : [...files, detailsOf(details, free(DETAILS))])
    return known
  }
  const free = (name: string): string => {
    const taken = (candidate: string) => files.some(({ file }) => file.name === candidate)
    if (!taken(name)) return name
    const [stem, ending] = name.split(/(?=\.[^.]*$)/)
    let at = 2
    while (taken(`${stem}-${at}${ending ?? ''}`)) at += 1
    return `${stem}-${at}${ending ?? ''}`
  }
  return {
    add: (file, holds) => {
      known = null
      const name = free(file.name)
      files.push({ file: { ...file, name }, holds, titles: [] })
      return name
    },
    told: (name) => {
      told.add(name)
    },
    detail: (title, text) => {
      known = null
      details.push({ title, text })
    },
    all: () => held().map(({ file }) => file),
    said: () => {
      const left = held().filter(({ file }) => !told.has(file.name))
      return linesWithin(left.map(write.line), write)
    },
  }
}

/** The heading of a text in the file of details. */
export function detailTitle(title: string): string {
  return clip(lineOf(title).trim() || 'text', 60)
}

/** What a file of details holds. */
export function wholeOf(titles: readonly string[]): string {
  const more = titles.length > MOST_TITLES ? ` and ${titles.length - MOST_TITLES} more` : ''
  return `the whole of ${titles.slice(0, MOST_TITLES).join(', ')}${more}`
}

function detailsOf(
  details: readonly { readonly title: string; readonly text: string }[],
  name: string,
): Held {
  const texts = details.map(({ title, text }) => `${detailTitle(title)}\n\n${linesOf(text).join('\n')}\n`)
  const file = { name, mediaType: 'text/plain', text: texts.join('\n\n') }
  return { file, holds: '', titles: details.map(({ title }) => title) }
}

function linesWithin(
  lines: readonly string[],
  { characters, gap }: Pick<FilesWriting, 'characters' | 'gap'>,
): readonly string[] {
  let size = 0
  const fits = lines.findIndex((line, at) => {
    size += line.length + gap
    return size > characters || at === MOST_LINES
  })
  return fits < 0 ? lines : [...lines.slice(0, fits), `📎 and ${lines.length - fits} more files`]
}
