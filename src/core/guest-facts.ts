import type { IdentityMark } from './identity.js'
import type { Known } from './known.js'
import type { Outage } from './outage.js'
import type { GuestKind, PowerState, Task } from './resource.js'

/** Which guest, and where it was last seen. */
export type GuestPlace = {
  readonly kind: GuestKind
  readonly vmid: number
  readonly node: string
}

/** What a plan stands on: one guest as it is right now, read with the `read` token. */
export type GuestFacts = {
  /** ISO time of the reading by our clock. */
  readonly at: string
  /** Unix seconds by the clock of the host that answered (its Date header); null when it did not say. */
  readonly nodeTime: number | null
  readonly kind: GuestKind
  readonly vmid: number
  readonly node: string
  readonly name: string
  readonly power: PowerState
  /** Seconds; null when it does not run. */
  readonly uptime: number | null
  readonly template: boolean
  readonly lock: string | null
  readonly tags: readonly string[]
  readonly pool: string | null
  /** The state that the HA manager reports; null when it does not manage the guest. */
  readonly ha: string | null
  /** Whether its node is a member of the cluster right now. */
  readonly nodeOnline: boolean
  readonly quorate: Known<boolean>
  readonly protection: Known<boolean>
  readonly configDigest: Known<string>
  readonly mark: IdentityMark
  /** Names, sorted. */
  readonly snapshots: Known<readonly string[]>
  /** Keys of config changes that wait for the next start, sorted. */
  readonly pending: Known<readonly string[]>
  /** Whether the guest agent is enabled (VMs); null for containers and where the config is unreadable. */
  readonly agent: boolean | null
  /** `down=` of its startup order in seconds, which replaces the 60 s that PVE waits for a shutdown. */
  readonly downSeconds: number | null
  /** Tasks that run on it now. */
  readonly activeTasks: Known<readonly Task[]>
}

export type FactsReading =
  | { readonly kind: 'facts'; readonly facts: GuestFacts }
  /** The cluster does not list it any more. */
  | { readonly kind: 'gone'; readonly place: GuestPlace }
  /** It is listed, but could not be read (its node is down, a privilege is missing). */
  | {
      readonly kind: 'unreadable'
      readonly place: GuestPlace
      readonly nodeOnline: boolean
      readonly quorate: Known<boolean>
      readonly outage: Outage
    }
