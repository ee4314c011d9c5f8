import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Refusal, RefusalError, refuse } from '../core/refusal.js'
import { parseConfig } from './load.js'
import type { Config } from './schema.js'

/** Where everything of a deployment lies. */
export type HomePaths = {
  readonly home: string
  readonly proxmox: string
  readonly config: string
  readonly database: string
  readonly secrets: string
  readonly history: string
}

/** The config file as messages name it. */
export const CONFIG_FILE = '.proxmox/config.yml'

export function homePaths(home: string): HomePaths {
  const root = resolve(home)
  const proxmox = join(root, '.proxmox')
  return {
    home: root,
    proxmox,
    config: join(proxmox, 'config.yml'),
    database: join(proxmox, 'state.db'),
    secrets: join(proxmox, 'secrets'),
    history: join(proxmox, 'console-history'),
  }
}

/** Reads a home's configuration, or says that there is none. */
export function readHome(paths: HomePaths): Config | Refusal {
  if (!existsSync(paths.config))
    return refuse(
      'no_home',
      `There is no Proxmox-MPC home in ${paths.home}.`,
      'Make one with `proxmox-mpc init`, or name another with --home DIR.',
    )
  try {
    return parseConfig(readFileSync(paths.config, 'utf8'), CONFIG_FILE)
  } catch (error) {
    return unreadable(error)
  }
}

/** A config file that is there and cannot be read. */
export function unreadable(error: unknown): Refusal {
  const why = error instanceof Error ? error.message : String(error)
  return refuse('config_missing', `The configuration cannot be read: ${why}`, 'Check the rights of the file.')
}

/**
 * Writes files and remembers them, so that an interrupted `init` can leave things as it found them.
 * Existing files are kept aside in memory; directories that it made go again when they are empty. What two processes
 * that make one home both need stays with the one that made it.
 */
export class HomeDraft {
  readonly #made: {
    readonly path: string
    /** What is `common` is the same, whoever makes it. */
    readonly kind: 'file' | 'common' | 'directory'
    readonly before: Buffer | null
  }[] = []
  readonly #config: string
  readonly #stood: boolean

  constructor({ config }: Pick<HomePaths, 'config'>) {
    this.#config = config
    this.#stood = existsSync(config)
  }

  directory(path: string, mode = 0o755): void {
    this.#guard(() => {
      if (existsSync(path)) return
      const parent = dirname(path)
      if (parent !== path) this.directory(parent, mode)
      // `recursive`, because another process may make it in between: then nothing was made here.
      if (mkdirSync(path, { mode, recursive: true }) !== undefined)
        this.#made.push({ path, kind: 'directory', before: null })
    })
  }

  /** Replaces a file that is there; one that is not is made, unless another process makes it first (`home_exists`). */
  file(path: string, text: string, mode = 0o644): void {
    this.#file('file', path, text, mode)
  }

  #file(kind: 'file' | 'common', path: string, text: string, mode: number): void {
    this.#guard(() => {
      const before = existsSync(path) ? readFileSync(path) : null
      const draft = `${path}.${randomUUID()}.new`
      try {
        writeFileSync(draft, text, { mode })
        chmodSync(draft, mode)
        if (before === null) linkSync(draft, path)
        else renameSync(draft, path)
        this.#made.push({ path, kind, before })
      } finally {
        rmSync(draft, { force: true })
      }
    })
  }

  /** Makes a file unless there is one, whoever made it. */
  fileIfAbsent(path: string, text: string): void {
    try {
      if (!existsSync(path)) this.#file('common', path, text, 0o644)
    } catch (error) {
      if (!existsSync(path)) throw error
    }
  }

  undo(): void {
    const made = this.#made.splice(0).reverse()
    for (const { path, before } of made.filter(({ kind }) => kind === 'file')) {
      if (before === null) rmSync(path, { force: true })
      else writeFileSync(path, before)
    }
    // Another process has made this home meanwhile, and found these there.
    if (!this.#stood && existsSync(this.#config)) return
    for (const { path, kind } of made.filter((one) => one.kind !== 'file')) {
      if (kind === 'directory') removeEmpty(path)
      else rmSync(path, { force: true })
    }
  }

  #guard(write: () => void): void {
    try {
      write()
    } catch (error) {
      if (error instanceof RefusalError) throw error
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      const why = error instanceof Error ? error.message : String(error)
      throw new RefusalError(refusalFor(code, why), { cause: error })
    }
  }
}

function refusalFor(code: string, why: string): Refusal {
  if (code === 'ENOSPC')
    return refuse('disk_full', 'The disk is full.', 'Make room; nothing was left half-written.')
  if (code === 'EEXIST')
    return refuse('home_exists', 'Another process makes this home right now.', 'Try again when it is done.')
  return refuse(
    'home_unwritable',
    `The home cannot be written: ${why}`,
    'Choose a directory that you may write to.',
  )
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // Somebody put something in: then it is not ours to remove.
  }
}

/** Files of the home that others on the machine can read although they hold secrets; for `doctor`. */
export function exposed(paths: HomePaths, files: readonly string[]): readonly string[] {
  return files.filter((file) => {
    const path = resolve(paths.home, file)
    return existsSync(path) && (statSync(path).mode & 0o007) !== 0
  })
}
