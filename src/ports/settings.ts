import type { Policy } from '../core/policy.js'
import type { Refusal } from '../core/refusal.js'

/** What of the config file counts for changes, as the file is now. */
export type Settings = {
  readonly policy: Policy
  readonly policyHash: string
  /** Names of persons who may speak as another one outside a demo. */
  readonly assume: readonly string[]
  readonly demo: boolean
}

/** Reads the config file again when it has changed. */
export interface SettingsSource {
  /** `config_invalid` while the file cannot be read: then nothing is changed. */
  current(): Settings | Refusal
}
