import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Card, CardFile } from '../core/card.js'
import type { Answer } from '../core/command.js'
import { fact } from '../core/facts.js'
import { isRefusal, refuse } from '../core/refusal.js'
import type { Road } from '../ports/road.js'

/** So many names are tried where files of that name are there already. */
const MOST_NAMES = 100

/** A road whose files lie in a directory when their card is shown; a terminal cannot show them in any other way. */
export function savingRoad(road: Road, directory: string): Road {
  return {
    ...road,
    ask: async (request) => saved(await road.ask(request), directory),
  }
}

function saved(answer: Answer, directory: string): Answer {
  if (isRefusal(answer) || answer.kind !== 'card' || answer.files.length === 0) return answer
  try {
    return withPaths(
      answer,
      answer.files.map((file) => save(file, directory)),
    )
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return refuse(
      'home_unwritable',
      `The file cannot be written: ${why}`,
      'Go to a directory that you may write to.',
    )
  }
}

/** Never over another file: `name.csv`, `name-2.csv` … Readable by its owner alone. */
function save({ name, text }: CardFile, directory: string): string {
  const dot = name.lastIndexOf('.')
  for (let n = 1; n <= MOST_NAMES; n++) {
    const path = join(directory, n === 1 ? name : `${name.slice(0, dot)}-${n}${name.slice(dot)}`)
    try {
      writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
      return path
    } catch (error) {
      const there = error instanceof Error && 'code' in error && error.code === 'EEXIST'
      if (!there) throw error
    }
  }
  throw new Error(`there are ${MOST_NAMES} files called ${name} already`)
}

function withPaths(card: Card, paths: readonly string[]): Card {
  return { ...card, facts: [...card.facts, ...paths.map((path) => fact('saved as', path))] }
}
