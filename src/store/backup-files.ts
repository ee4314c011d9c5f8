import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export type Backup = { readonly path: string; readonly modified: Date }

/** Backups in a directory, newest first; none where there is no such directory. */
export function listBackups(directory: string): readonly Backup[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.bak'))
      .map((name) => join(directory, name))
      .map((path) => ({ path, modified: statSync(path).mtime }))
      .sort((a, b) => b.modified.getTime() - a.modified.getTime())
  } catch {
    return []
  }
}
