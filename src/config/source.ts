import { type BigIntStats, readFileSync, statSync } from 'node:fs'
import { policyHash } from '../core/policy.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import { CONFIG_FILE, type HomePaths, unreadable } from './home.js'
import { parseConfig } from './load.js'
import type { Config } from './schema.js'

/** The config file as it is now. */
export type ConfigSource = { readonly current: () => Config | Refusal }

type Look = { readonly mark: string; readonly text: string | null; readonly parsed: Config | Refusal }

/** A file system may tell the same time for two writes that follow each other; later than this it does not. */
const SETTLED_MS = 2000

/**
 * Looks at the config file on every call and reads it again when it has changed; otherwise gives the very same value as
 * the last time. While the file is not valid that is a refusal (`config_invalid`); nothing older stands in for it.
 */
export function configSource(paths: HomePaths, now: () => Date = () => new Date()): ConfigSource {
  let last: Look | null = null
  return {
    current: () => {
      // The mark is taken before the text: whatever is written in between is seen by the next call.
      const mark = markOf(paths.config, now())
      if (last === null || mark === null || last.mark !== mark) last = look(paths.config, mark ?? '', last)
      return last.parsed
    },
  }
}

/** Null where the file was written so recently, or in the future, that a further write might not show. */
function markOf(path: string, now: Date): string | null {
  const stats = statOf(path)
  if (stats === null) return 'gone'
  const age = now.getTime() - Number(stats.mtimeNs / 1_000_000n)
  return age < SETTLED_MS ? null : `${stats.ino}/${stats.size}/${stats.mtimeNs}/${stats.ctimeNs}`
}

/** Null also where it may not be looked at: reading it then says why. */
function statOf(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true })
  } catch {
    return null
  }
}

function look(path: string, mark: string, before: Look | null): Look {
  const text = read(path)
  if (typeof text !== 'string') return { mark, text: null, parsed: text }
  const parsed = before !== null && before.text === text ? before.parsed : parseConfig(text, CONFIG_FILE)
  return { mark, text, parsed }
}

function read(path: string): string | Refusal {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return refuse(
        'config_missing',
        `${CONFIG_FILE} is gone.`,
        'Put it back; until then nothing is changed on a cluster.',
      )
    return unreadable(error)
  }
}

/** What of the config file counts for changes; what `ports/settings.ts` calls `Settings`. */
type Settings = {
  readonly policy: Config['policy']
  readonly policyHash: string
  readonly assume: readonly string[]
  readonly demo: boolean
}

/** The settings for changes as the config file has them now; a refusal while it cannot be read. */
export function settingsSource(source: ConfigSource): {
  readonly current: () => Settings | Refusal
  readonly lastGood: () => Settings | null
} {
  let last: { readonly config: Config; readonly settings: Settings } | null = null
  return {
    current: () => {
      const config = source.current()
      if (isRefusal(config)) return config
      if (last === null || last.config !== config) last = { config, settings: settingsOf(config) }
      return last.settings
    },
    lastGood: () => last?.settings ?? null,
  }
}

function settingsOf({ policy, assume, demo }: Config): Settings {
  return { policy, policyHash: policyHash(policy), assume, demo }
}
