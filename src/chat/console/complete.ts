import type { AsyncCompleter } from 'node:readline'
import type { Caller, Road } from '../../ports/road.js'
import { sanitise } from '../text.js'

/** Completion by Tab for node:readline. What cannot be typed safely is not offered; failures offer nothing. */
export function readlineCompleter(
  road: () => Road,
  workspace: () => string | null,
  caller: () => Caller,
): AsyncCompleter {
  return (line, callback) => {
    const { before, raw, text } = lastWord(line)
    const asked = raw === text ? line : `${before}${quoted(text)}`
    const slash = before.trim() === '' && raw.startsWith('/') ? '/' : ''
    road()
      .complete(asked, workspace(), caller())
      .then(
        (offers) => {
          const words = offers
            .map((offer) => offer.text)
            .filter((offer) => offer !== '' && sanitise(offer) === offer)
            .map((offer) => slash + (/[\s"'\\]/.test(offer) ? quoted(offer) : offer))
          const only = words[0]
          callback(null, [words.length === 1 && only !== undefined ? [`${only} `] : words, raw])
        },
        () => callback(null, [[], raw]),
      )
  }
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** The word that is being typed, as it stands and without its quotes; it may have an open one. */
export function lastWord(line: string): {
  readonly before: string
  readonly raw: string
  readonly text: string
} {
  let start = 0
  let text = ''
  let open: string | null = null
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i)
    if (open === null && /\s/.test(char)) {
      start = i + 1
      text = ''
    } else if (char === '\\' && open !== "'" && i + 1 < line.length) {
      i += 1
      text += line.charAt(i)
    } else if (char === open) open = null
    else if (open === null && (char === '"' || char === "'")) open = char
    else text += char
  }
  return { before: line.slice(0, start), raw: line.slice(start), text }
}
