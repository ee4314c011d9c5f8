import type { Picture } from '../core/change.js'
import type { InventoryStore } from '../ports/store/inventory.js'

/** The stored pictures of a workspace's clusters, each read at most once per request. */
export type Pictures = {
  readonly clusters: readonly string[]
  /** Pictures that exist; a cluster that was never synced has none. */
  readonly all: () => Promise<readonly Picture[]>
}

export function pictures(store: InventoryStore, clusters: readonly string[]): Pictures {
  let loaded: Promise<readonly Picture[]> | null = null
  return {
    clusters,
    all: () => {
      loaded ??= Promise.all(clusters.map((cluster) => store.picture(cluster))).then((found) =>
        found.filter((picture) => picture !== null),
      )
      return loaded
    },
  }
}
