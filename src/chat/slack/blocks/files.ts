import { lineOf, linesOf } from '../../message/lines.js'
import { clip } from '../../text.js'
import { mrkdwn } from './escape.js'

/** What goes along with a message because it does not fit into it, and how the message says so. */

export type SlackFile = { readonly name: string; readonly mediaType: string; readonly text: string }

export type Files = {
  /** Puts a file beside the message; gives the name that was free. */
  readonly add: (file: SlackFile, holds: string) => string
  /** Where the file is has been said already. */
  readonly told: (name: string) => void
  /** Text that is told, whole, in the file of details. */
  readonly detail: (title: string, text: string) => void
  readonly all: () => readonly SlackFile[]
  /** A line about each file that was not told of yet. */
  readonly said: () => readonly string[]
}

const DETAILS = 'details.txt'
const MOST_SAID = 700
const MOST_TITLES = 8

export function filesOf(given: readonly SlackFile[]): Files {
  const files: { readonly file: SlackFile; readonly holds: string }[] = given.map((file) => ({
    file,
    holds: '',
  }))
  const told = new Set<string>()
  const details: { readonly title: string; readonly text: string }[] = []
  const free = (name: string): string => {
    const taken = (candidate: string) => files.some(({ file }) => file.name === candidate)
    if (!taken(name)) return name
    const [stem, ending] = name.split(/(?=\.[^.]*$)/)
    let at = 2
    while (taken(`${stem}-${at}${ending ?? ''}`)) at += 1
    return `${stem}-${at}${ending ?? ''}`
  }
  const lastly = (): typeof files => {
    if (details.length === 0) return files
    const text = details.map(({ title, text }) => `${title}\n\n${linesOf(text).join('\n')}\n`).join('\n\n')
    const titles = details.map(({ title }) => title)
    const more = titles.length > MOST_TITLES ? ` and ${titles.length - MOST_TITLES} more` : ''
    const holds = `the whole of ${titles.slice(0, MOST_TITLES).join(', ')}${more}`
    return [...files, { file: { name: free(DETAILS), mediaType: 'text/plain', text }, holds }]
  }
  return {
    add: (file, holds) => {
      const name = free(file.name)
      files.push({ file: { ...file, name }, holds })
      return name
    },
    told: (name) => {
      told.add(name)
    },
    detail: (title, text) => {
      details.push({ title: clip(lineOf(title).trim() || 'text', 60), text })
    },
    all: () => lastly().map(({ file }) => file),
    said: () =>
      saidOf(
        lastly()
          .map(({ file, holds }) => ({ name: file.name, holds }))
          .filter(({ name }) => !told.has(name)),
      ),
  }
}

function saidOf(files: readonly { readonly name: string; readonly holds: string }[]): readonly string[] {
  const lines: string[] = []
  let size = 0
  for (const [at, { name, holds }] of files.entries()) {
    const line = `📎 ${mrkdwn(clip(name, 80))}${holds === '' ? '' : `: ${mrkdwn(clip(holds, 300))}`}`
    size += line.length
    if (size > MOST_SAID || lines.length === 8) return [...lines, `📎 and ${files.length - at} more files`]
    lines.push(line)
  }
  return lines
}
