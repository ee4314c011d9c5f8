import type { Policy } from '../core/policy.js'
import { isRefusal, type Refusal } from '../core/refusal.js'

/** What of the config file counts for changes, as the file is now. */
export type Settings = {
  readonly policy: Policy
  readonly policyHash: string
  /** Names of persons who may speak as another one outside a demo. */
  readonly assume: readonly string[]
  readonly demo: boolean
}

/** The settings by which is told who may speak as whom: while the file is broken, as they were before. */
export function settingsForSpeaking(source: SettingsSource): Settings | Refusal {
  const now = source.current()
  return isRefusal(now) ? (source.lastGood() ?? now) : now
}

/** Reads the config file again when it has changed. */
export interface SettingsSource {
  /** `config_invalid` while the file cannot be read: then nothing is changed. */
  current(): Settings | Refusal
  /** As they were when the file could be read last; for who may speak as whom, so that questions go on. */
  lastGood(): Settings | null
}
