import { readFileSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { type Refusal, refuse } from '../core/refusal.js'

/** Names of environment variables to their values; given by `main.ts`, the only reader of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the secret that a reference names. `home` is where relative paths start.
 * The refusal names the reference, never what it holds.
 */
export function readSecret(
  reference: string,
  home: string,
  environment: Environment,
): { readonly kind: 'secret'; readonly value: string } | Refusal {
  const inner = reference.slice(2, -1)
  if (inner.startsWith('env:')) {
    const name = inner.slice('env:'.length)
    const value = environment[name]?.trim()
    if (value === undefined || value === '')
      return refuse(
        'secret_missing',
        `The environment variable ${name} is not set.`,
        `Set it, or point the config at a file.`,
      )
    return { kind: 'secret', value }
  }
  const path = inner.slice('file:'.length)
  const file = isAbsolute(path) ? path : resolve(home, path)
  try {
    const value = readFileSync(file, 'utf8').trim()
    if (value === '' || value.includes('\n'))
      return refuse(
        'secret_missing',
        `The secret file ${file} does not hold exactly one line.`,
        'Put the secret alone into it.',
      )
    return { kind: 'secret', value }
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    return refuse(
      'secret_missing',
      `The secret file ${file} cannot be read (${why}).`,
      'Put it back, or run `init` again.',
    )
  }
}
