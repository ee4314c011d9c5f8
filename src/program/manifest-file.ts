import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Refusal, refuse } from '../core/refusal.js'
import type { Given } from './arguments.js'

/** No such file is longer; what is, is another one. */
const MOST_BYTES = 1_000_000
const MOST_DIFFERENCES = 10

export type Here = {
  readonly output: { readonly write: (text: string) => unknown }
  readonly workingDirectory: string
}

/** A file that is derived from the commands. */
export type DerivedFile = {
  readonly name: string
  readonly text: string
  /** In what the content of such a file differs from what is derived; none where it is the same. Throws for what is none. */
  readonly differences: (text: string) => readonly string[]
  /** What to do where it differs. */
  readonly hint: string
}

/** Prints a derived file, writes it into the working directory, or says whether the one there still fits. */
export function runDerivedFile(file: DerivedFile, given: Given, here: Here): number | Refusal {
  const path = join(here.workingDirectory, file.name)
  if (given.flag('check')) return check(path, file, here)
  if (!given.flag('write')) {
    here.output.write(file.text)
    return 0
  }
  try {
    writeFileSync(path, file.text)
  } catch (error) {
    return refuse(
      'home_unwritable',
      `${path} cannot be written: ${reasonOf(error)}`,
      'Go to a directory that you may write to.',
    )
  }
  here.output.write(`Wrote ${path}\n`)
  return 0
}

function check(path: string, file: DerivedFile, here: Here): number | Refusal {
  const differs = (message: string, details: readonly string[] = []) =>
    refuse('manifest_differs', message, file.hint, details)
  if (!existsSync(path)) return differs(`There is no ${path}.`)
  let found: readonly string[]
  try {
    const text = readFileSync(path, 'utf8')
    if (text.length > MOST_BYTES) return differs(`${path} is too long to be one.`)
    found = file.differences(text)
  } catch (error) {
    return differs(`${path} cannot be read: ${reasonOf(error)}`)
  }
  if (found.length > 0)
    return differs(`${path} is not what the commands come to.`, found.slice(0, MOST_DIFFERENCES))
  here.output.write(`${path} is what the commands come to.\n`)
  return 0
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n')[0] ?? message
}
