import type { DatedChange, StoredInventory } from '../../core/change.js'
import type { ResourceType } from '../../core/resource.js'

export type PastResource = {
  readonly cluster: string
  readonly type: ResourceType
  readonly key: string
  readonly name: string
}

export interface HistoryStore {
  /** Changes of one resource, newest first. */
  of(cluster: string, key: string, limit: number): Promise<readonly DatedChange[]>
  /** Changes of a whole cluster dated after `since` (ISO), newest first. */
  since(cluster: string, since: string, limit: number): Promise<readonly DatedChange[]>
  /**
   * The state at a time: the keyframe at or before it plus the changes until it. For a time before the first keyframe,
   * the first keyframe itself (its `at` tells); null only where there is no keyframe at all.
   */
  stateAt(
    cluster: string,
    at: string,
  ): Promise<{ readonly at: string; readonly inventory: StoredInventory } | null>
  /** Resources that history knows by this name or vmid, also those that are gone. */
  find(cluster: string, name: string): Promise<readonly PastResource[]>
}
